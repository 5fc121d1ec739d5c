// Cards dragged by mouse, or by touch after a long press; a swipe scrolls.
import Sortable from "sortablejs";
import { hold, release } from "./board-hold.js";
import { commitMove } from "./board-move.js";
import { board, canMove, columnOf, lists, placeOf, putBack } from "./board-places.js";

const LONG_PRESS_MS = 280;
const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
let origin = null;
let isCancelled = false;

function markTarget(column) {
  for (const other of board.querySelectorAll(".column.is-target")) other.classList.remove("is-target");
  column?.classList.add("is-target");
}

function makeSortable(list) {
  Sortable.create(list, {
    group: "cards",
    draggable: "[data-card]",
    filter: "[data-move-open]",
    preventOnFilter: false,
    delay: LONG_PRESS_MS,
    delayOnTouchOnly: true,
    touchStartThreshold: 8,
    // Our own pointer drag rather than the browser's: the same on every device, and it scrolls the board.
    forceFallback: true,
    fallbackOnBody: true,
    fallbackTolerance: 6,
    fallbackClass: "card-in-hand",
    ghostClass: "card-placeholder",
    animation: isCalm ? 0 : 120,
    scroll: true,
    forceAutoScrollFallback: true,
    bubbleScroll: true,
    scrollSensitivity: 72,
    scrollSpeed: 14,
    onStart: ({ item }) => {
      hold();
      origin = placeOf(item);
      isCancelled = false;
      board.classList.add("is-dragging");
      markTarget(columnOf(item));
    },
    onMove: ({ to }) => markTarget(columnOf(to)),
    onEnd: ({ item }) => {
      board.classList.remove("is-dragging");
      markTarget(null);
      if (isCancelled) putBack(item, origin);
      else commitMove(item, origin);
      origin = null;
      release();
    },
  });
}

function makeAllSortable() {
  if (canMove) lists().forEach(makeSortable);
}

document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || !origin) return;
    event.preventDefault();
    isCancelled = true;
    document.dispatchEvent(new PointerEvent("pointerup", { bubbles: true }));
  },
  true,
);
// A link would start a drag of its own, and a long press the browser's menu.
board?.addEventListener("dragstart", (event) => event.preventDefault());
board?.addEventListener("contextmenu", (event) => {
  if (event.pointerType === "touch" && canMove) event.preventDefault();
});
document.addEventListener("board:renewed", makeAllSortable);
if (board) makeAllSortable();
