// <form data-unsaved>: leaving the page, or closing the form's dialog, with something typed asks first.
import { ask } from "./confirm.js";
import { say } from "./words.js";

const isDirty = (scope) => scope?.querySelector("[data-unsaved].is-dirty");

function markRefused() {
  for (const form of document.querySelectorAll("[data-unsaved]:has([aria-invalid=true])")) form.classList.add("is-dirty");
}

function markUnsent({ detail: { ctx } }) {
  ctx?.sourceElement?.closest?.("[data-unsaved]")?.classList.add("is-dirty");
}

async function askBeforeClosing(event, dialog) {
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!(await ask(say("discard"), say("discard_yes")))) return;
  isDirty(dialog)?.classList.remove("is-dirty");
  dialog.close();
}

document.addEventListener("input", ({ target }) => target.form?.closest("[data-unsaved]")?.classList.add("is-dirty"));
document.addEventListener("submit", ({ target }) => target.classList.remove("is-dirty"));
document.addEventListener("htmx:after:swap", markRefused);
document.addEventListener("htmx:response:error", markUnsent);
document.addEventListener("htmx:error", markUnsent);
markRefused();

// Both in the capture phase: before the dialog itself closes.
document.addEventListener("cancel", (event) => isDirty(event.target) && askBeforeClosing(event, event.target), true);
document.addEventListener(
  "click",
  (event) => {
    const dialog = event.target.closest("[data-dialog-close]")?.closest("dialog");
    if (isDirty(dialog)) askBeforeClosing(event, dialog);
  },
  true,
);

window.addEventListener("beforeunload", (event) => {
  if (isDirty(document)) event.preventDefault();
});
