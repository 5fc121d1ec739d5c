// Toasts: shown by the server (components/toast.html), by an HX-Trigger "toast" event or by a script.
import { say } from "./words.js";

const LINGER_MS = 6000;
const region = document.getElementById("toasts");

/** Bring the toasts above a dialog that opened since the last one. */
function lift() {
  if (!region.childElementCount || !document.querySelector("dialog:modal")) return;
  region.hidePopover();
  region.showPopover();
}

function dismissLater(toast) {
  // What can be acted on stays, unless it says for how long.
  if (!toast.dataset.linger && toast.querySelector("a, button:not([data-toast-close])")) return;
  let timer;
  const start = () => (timer = setTimeout(() => toast.remove(), Number(toast.dataset.linger) || LINGER_MS));
  toast.addEventListener("mouseenter", () => clearTimeout(timer));
  toast.addEventListener("mouseleave", start);
  toast.addEventListener("focusin", () => clearTimeout(timer));
  start();
}

/** Show a sentence in the corner; `kind` is info, done, late, waiting or blocked. */
export function toast({ text, kind = "info", detail = "" }) {
  const card = document.createElement("div");
  card.className = `toast toast-${kind}`;
  const title = document.createElement("p");
  title.className = "toast-title";
  title.textContent = text;
  card.append(title);
  if (detail) {
    const more = document.createElement("p");
    more.className = "muted small";
    more.textContent = detail;
    card.append(more);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "toast-close";
  close.dataset.toastClose = "";
  close.setAttribute("aria-label", say("close"));
  close.textContent = "×";
  card.append(close);
  region?.append(card);
  return card;
}

if (region) {
  region.querySelectorAll(".toast").forEach(dismissLater);
  new MutationObserver((changes) => {
    lift();
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) dismissLater(node);
    }
  }).observe(region, { childList: true });
}

document.addEventListener("click", ({ target }) => target.closest("[data-toast-close]")?.closest(".toast").remove());
document.addEventListener("toast", ({ detail }) => toast(detail));
