// <a href data-dialog-open="#id"> or data-dialog-open="load" (fetches href into the page's own dialog).
// A form in a loaded dialog that comes back without an error closes it (HX-Trigger: "dialog:close").

const shared = document.getElementById("dialog");

const FIELDS = "input:not([type=hidden]), select:not([tabindex='-1']), textarea, .ts-control input";

function focusFirst(dialog) {
  for (const wanted of ["[autofocus]", "[aria-invalid=true]", FIELDS]) {
    const element = dialog.querySelector(wanted);
    if (element) {
      element.focus();
      return;
    }
  }
}

/** Open `dialog` as a modal and give the focus back when it closes. */
export function openDialog(dialog) {
  const opener = document.activeElement;
  if (!dialog.open) dialog.showModal();
  focusFirst(dialog);
  dialog.addEventListener("close", () => opener?.isConnected && opener.focus(), { once: true });
}

async function loadDialog(href) {
  shared.replaceChildren();
  await window.htmx.ajax("GET", href, { target: "#dialog", swap: "innerHTML" });
  if (!shared.childElementCount) return;
  const heading = shared.querySelector("h2");
  if (heading) {
    heading.id ||= "dialog-title";
    shared.setAttribute("aria-labelledby", heading.id);
  }
  openDialog(shared);
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    const name = opener.dataset.dialogOpen;
    if (name === "load") loadDialog(opener.getAttribute("href") ?? opener.dataset.href);
    else openDialog(document.querySelector(name));
    return;
  }
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
  // A click on the backdrop lands on the dialog itself.
  else if (event.target instanceof HTMLDialogElement && !event.target.querySelector("[data-unsaved].is-dirty")) {
    const box = event.target.getBoundingClientRect();
    const outside =
      event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
    if (outside) event.target.close();
  }
});

// A form that came back with errors.
document.addEventListener("htmx:after:swap", () => {
  if (shared?.open && shared.querySelector("[aria-invalid=true]")) focusFirst(shared);
});

document.addEventListener("dialog:close", () => shared?.close());
shared?.addEventListener("close", () => shared.replaceChildren());
