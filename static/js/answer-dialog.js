// A form of the page whose errors come back as a dialog: open it, with everything that was typed.
import { openDialog } from "./dialog.js";

const dialog = document.getElementById("dialog");

document.addEventListener("htmx:after:swap", () => {
  if (dialog.open || !dialog.querySelector("form")) return;
  if (document.querySelector("[data-answer-dialog]")) openDialog(dialog);
});
