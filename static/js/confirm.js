// <form data-confirm="…"> or <button data-confirm="…"> asks first; hx-confirm asks in the same dialog.
import { openDialog } from "./dialog.js";
import { say } from "./words.js";

const dialog = document.getElementById("confirm");

/** Ask `question`; resolve to true when the answer is yes. */
export function ask(question, yes = say("confirm")) {
  dialog.querySelector("[data-confirm-text]").textContent = question;
  dialog.querySelector("[data-confirm-yes]").textContent = yes;
  dialog.returnValue = "";
  openDialog(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

const confirmed = new WeakSet();

async function askBeforeSubmit(event) {
  const { target: form, submitter } = event;
  const asking = submitter?.dataset.confirm ? submitter : form;
  if (!asking.dataset.confirm || confirmed.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!(await ask(asking.dataset.confirm, asking.dataset.confirmYes))) return;
  confirmed.add(form);
  form.requestSubmit(submitter);
}

// In the capture phase: before htmx sees the event.
document.addEventListener("submit", askBeforeSubmit, true);

document.addEventListener("htmx:confirm", async (event) => {
  event.preventDefault();
  const { ctx, issueRequest, dropRequest } = event.detail;
  if (await ask(ctx.confirm, ctx.sourceElement.dataset.confirmYes)) issueRequest();
  else dropRequest();
});
