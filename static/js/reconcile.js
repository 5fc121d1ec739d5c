// Reconcile by keyboard: j and k move, 1 to 3 accept, s splits, x sets aside, u undoes.
const payments = () => [...document.querySelectorAll("[data-reconcile-payment]")];
const isTyping = (target) => target.closest("input, textarea, select, [contenteditable], dialog[open]");

function current() {
  return document.activeElement?.closest("[data-reconcile-payment]") ?? payments()[0];
}

function move(step) {
  const all = payments();
  const inside = document.activeElement?.closest("[data-reconcile-payment]");
  const place = inside ? all.indexOf(inside) + step : 0;
  const next = all[Math.min(Math.max(place, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const actions = {
  j: () => move(1),
  k: () => move(-1),
  s: () => current()?.querySelector("[data-reconcile-split]")?.click(),
  x: () => current()?.querySelector("[data-reconcile-ignore]")?.click(),
  u: () => document.querySelector("[data-reconcile-undo]")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (/^[1-3]$/.test(event.key)) {
    current()?.querySelectorAll("[data-reconcile-accept]")[Number(event.key) - 1]?.click();
  } else if (actions[event.key]) {
    actions[event.key]();
  } else {
    return;
  }
  event.preventDefault();
});

// What was acted on is gone: the payment in its place is next.
let place = 0;
document.addEventListener("htmx:before:request", () => {
  place = Math.max(0, payments().indexOf(current()));
});
document.addEventListener("htmx:after:swap", () => {
  const all = payments();
  if (!document.activeElement || document.activeElement === document.body) all[Math.min(place, all.length - 1)]?.focus();
});
