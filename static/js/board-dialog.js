// The page's dialog with a form that a move needs: sent by script, shown again while it has errors.

import { say } from "./words.js";

const dialog = document.getElementById("dialog");

function show(html) {
  dialog.innerHTML = html;
  dialog.setAttribute("aria-labelledby", "dialog-title");
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("[aria-invalid=true], [autofocus]")?.focus();
}

/** Show a form; `send` posts it, then `done` gets the result, or `cancel` is called when it is closed unsent. */
export function askInDialog(html, { send, done, cancel }) {
  let result = null;
  const submit = async (event) => {
    if (!event.target.matches("[data-move-form]")) return;
    event.preventDefault();
    const button = event.submitter;
    if (button) button.disabled = true;
    const sent = await send(event.target);
    if (sent.answer.dialog) return show(sent.answer.dialog);
    if (sent.status === 0 && button) {
      // Nothing arrived: what was typed stays, to be sent again.
      button.disabled = false;
      return document.dispatchEvent(new CustomEvent("toast", { detail: { text: say("error_network"), kind: "late" } }));
    }
    result = sent;
    dialog.close();
  };
  dialog.addEventListener("submit", submit);
  dialog.addEventListener(
    "close",
    () => {
      dialog.removeEventListener("submit", submit);
      if (result) done(result);
      else cancel();
    },
    { once: true },
  );
  show(html);
}
