// Cards dragged by mouse, or by touch after a long press; a swipe scrolls.
import Sortable from "sortablejs";
import { hold, release } from "./board-hold.js";
import { commitMove } from "./board-move.js";
import { board, canMove, lists, placeOf, putBack } from "./board-places.js";
import { startScrolling, stopScrolling } from "./board-scroll.js";

const LONG_PRESS_MS = 280;
const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
let origin = null;
let isCancelled = false;

function makeSortable(list) {
  Sortable.create(list, {
    group: "cards",
    draggable: "[data-card]",
    filter: "[data-move-open]",
    preventOnFilter: false,
    delay: LONG_PRESS_MS,
    delayOnTouchOnly: true,
    touchStartThreshold: 8,
    // Our own pointer drag rather than the browser's: the same on every device.
    forceFallback: true,
    fallbackOnBody: true,
    fallbackTolerance: 6,
    fallbackClass: "card-in-hand",
    ghostClass: "card-placeholder",
    animation: isCalm ? 0 : 120,
    // Its own scrolling goes on in the former direction when the card has left the edge.
    scroll: false,
    onStart: ({ item }) => {
      hold();
      origin = placeOf(item);
      isCancelled = false;
      startScrolling();
      board.classList.add("is-dragging");
    },
    onEnd: ({ item }) => {
      stopScrolling();
      board.classList.remove("is-dragging");
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
