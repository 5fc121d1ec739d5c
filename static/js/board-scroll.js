// While a card is in hand near an edge of the board, or of the column under it, that scrolls on: the nearer, the faster.
import { board, lists } from "./board-places.js";

const EDGE_PX = 72;
const FASTEST_PX_PER_S = 1200;
const LONGEST_FRAME_MS = 50;
const KINDS = ["pointermove", "touchmove"];

let pointer = null;
let frame = 0;
let former = 0;

function note(event) {
  const { clientX, clientY } = event.touches?.[0] ?? event;
  pointer = { x: clientX, y: clientY };
}

/** Return how strongly a place pulls between two edges: from −1 at the first over 0 to 1 at the second. */
function pull(place, start, end) {
  const edge = Math.min(EDGE_PX, (end - start) / 4);
  if (place < start + edge) return -Math.min(1, (start + edge - place) / edge);
  if (place > end - edge) return Math.min(1, (place - end + edge) / edge);
  return 0;
}

function scroll(distance) {
  const sides = board.getBoundingClientRect();
  board.scrollLeft += distance * pull(pointer.x, sides.left, sides.right);
  for (const list of lists()) {
    const { left, right, top, bottom } = list.getBoundingClientRect();
    if (pointer.x >= left && pointer.x < right) list.scrollTop += distance * pull(pointer.y, top, bottom);
  }
}

function step(now) {
  if (pointer) scroll((FASTEST_PX_PER_S * Math.min(now - former, LONGEST_FRAME_MS)) / 1000);
  former = now;
  frame = requestAnimationFrame(step);
}

/** Begin to follow the pointer. */
export function startScrolling() {
  pointer = null;
  for (const kind of KINDS) document.addEventListener(kind, note, { passive: true });
  frame = requestAnimationFrame(step);
}

/** Leave board and columns where they are. */
export function stopScrolling() {
  cancelAnimationFrame(frame);
  for (const kind of KINDS) document.removeEventListener(kind, note);
}
