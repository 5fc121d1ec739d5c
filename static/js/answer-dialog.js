// <form data-answer-dialog>, a form of the page: errors come back as a dialog with everything typed; once saved it is empty.
import { openDialog } from "./dialog.js";

const dialog = document.getElementById("dialog");

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement;
  if (!form?.matches?.("[data-answer-dialog]")) return;
  if (ctx.response.status >= 400) {
    if (dialog.childElementCount && !dialog.open) openDialog(dialog);
    return;
  }
  form.reset();
  form.classList.remove("is-dirty");
});
