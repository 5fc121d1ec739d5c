// <button data-copy="text"> or data-copy="#id": puts the text on the clipboard and says so.
import { toast } from "./toast.js";
import { say } from "./words.js";

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const wanted = button.dataset.copy;
  const source = wanted.startsWith("#") ? document.querySelector(wanted) : null;
  await navigator.clipboard.writeText(source ? (source.value ?? source.innerText) : wanted);
  toast({ text: say("copied"), kind: "done" });
});
