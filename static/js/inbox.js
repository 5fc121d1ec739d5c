// The inbox by keyboard, as in mail programs: j and k (or arrows) walk, x selects, e is done, s snoozes, m mutes, u undoes.
// Enter opens, as the links themselves do. After an action the focus stays at its place in the list.

const NOT_KEYS = "input:not([type=checkbox]), textarea, select, [contenteditable], .ts-wrapper, dialog, .menu";
let place = null;

const rows = () => [...document.querySelectorAll("[data-inbox-row]")];
const current = () => document.activeElement?.closest("[data-inbox-row]");
const picked = () => document.querySelector("[data-inbox] [data-pick]:checked");

function focusRow(row) {
  row?.querySelector("[data-inbox-open]").focus();
  row?.scrollIntoView({ block: "nearest" });
}

function walk(step) {
  const all = rows();
  const at = all.indexOf(current());
  focusRow(at < 0 ? all.at(place ?? 0) : all[at + step]);
}

/** Do what a key stands for: with the selected reminders, else with the one in focus. */
function act(key) {
  const scope = picked() ? document.querySelector("[data-pick-needed]") : current();
  const control = scope?.querySelector(`[data-inbox-do="${key}"]`);
  if (!control) return false;
  if (!control.matches("details")) control.click();
  else {
    control.open = true;
    control.querySelector(".menu-item").focus();
  }
  return true;
}

function select() {
  const box = current()?.querySelector("[data-pick]");
  box?.click();
  return Boolean(box);
}

const DOES = {
  j: () => walk(1),
  k: () => walk(-1),
  ArrowDown: () => (current() ? walk(1) : false),
  ArrowUp: () => (current() ? walk(-1) : false),
  x: select,
  e: () => act("e"),
  s: () => act("s"),
  m: () => act("m"),
  u: () => document.querySelector("#toasts [data-inbox-undo]")?.click() ?? undefined,
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!document.querySelector("[data-inbox]") || document.querySelector("dialog[open]")) return;
  const { target, key } = event;
  if (key === "Enter" && target.matches("[data-inbox-until]")) {
    event.preventDefault();
    target.nextElementSibling.click();
  } else if (key === "Enter" && target.matches("[data-pick]")) {
    event.preventDefault();
    current().querySelector("[data-inbox-open]").click();
  } else if (Object.hasOwn(DOES, key) && !target.closest(NOT_KEYS) && DOES[key]() !== false) event.preventDefault();
});

// The list is drawn anew after an action: what was at the same place in it is next.
document.addEventListener("focusin", () => {
  const row = current();
  if (row) place = rows().indexOf(row);
});

document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  if (!ctx.sourceElement?.closest?.("[data-inbox-form], [data-inbox-done]")) return;
  for (const toast of document.querySelectorAll("[data-inbox-done]")) toast.dataset.stale = "";
});

document.addEventListener("htmx:finally:request", () => {
  for (const toast of document.querySelectorAll("[data-stale]")) toast.remove();
});

document.addEventListener("inbox:changed", () => {
  const all = rows();
  if (place !== null && (document.activeElement === document.body || !document.activeElement)) {
    focusRow(all[Math.min(place, all.length - 1)]);
  }
});
