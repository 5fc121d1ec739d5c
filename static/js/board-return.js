// Who comes back to the board, or loads it anew, finds it scrolled as they left it; browsers do so for whole pages only.
import { board, columnOf, lists } from "./board-places.js";

const KEY = `board-scroll:${location.pathname}`;

function remember() {
  const columns = lists().map((list) => [columnOf(list).dataset.column, list.scrollTop]);
  sessionStorage.setItem(KEY, JSON.stringify({ left: board.scrollLeft, columns: columns.filter(([, top]) => top > 0) }));
}

function restore() {
  const { left, columns } = JSON.parse(sessionStorage.getItem(KEY) ?? '{"left": 0, "columns": []}');
  board.scrollLeft = left;
  for (const [stage, top] of columns) {
    const list = board.querySelector(`[data-column="${stage}"] [data-cards]`);
    if (list) list.scrollTop = top;
  }
}

if (board) {
  if (performance.getEntriesByType("navigation")[0]?.type !== "navigate") restore();
  addEventListener("pagehide", remember);
}
