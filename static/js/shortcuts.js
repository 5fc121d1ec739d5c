// "?" lists the shortcuts; "g b" and the like go to pages; [data-shortcut] elements answer to their own key.
import { openDialog } from "./dialog.js";

const WAIT_MS = 1200;
let leader = 0;

const typing = (element) => element.closest?.("input, textarea, select, [contenteditable], .ts-wrapper");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key === "?") {
    event.preventDefault();
    openDialog(document.getElementById("shortcuts"));
    return;
  }
  const keys = Date.now() - leader < WAIT_MS ? `g ${event.key}` : event.key;
  leader = event.key === "g" ? Date.now() : 0;
  const target = document.querySelector(`[data-shortcut="${CSS.escape(keys)}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input, textarea")) target.focus();
  else target.click();
});
