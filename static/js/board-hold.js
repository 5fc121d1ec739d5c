// While someone has a card in hand or a form open, nothing else may move: live updates wait.

let holds = 0;

/** Make live updates wait until `release` was called as often. */
export function hold() {
  holds += 1;
}

/** End one hold; live updates go on when it was the last. */
export function release() {
  holds = Math.max(0, holds - 1);
  if (!isHeld()) document.dispatchEvent(new CustomEvent("board:free"));
}

/** Return whether live updates have to wait. */
export function isHeld() {
  return holds > 0 || document.querySelector("dialog[open], [popover]:popover-open") !== null;
}
