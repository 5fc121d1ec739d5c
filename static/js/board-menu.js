// “Move to…”: one menu for all cards, shown beside the card that asks. Without scripts its link opens a page.
import { commitMove } from "./board-move.js";
import { board, canMove, focusCard, listOf, placeOf, putOnTop, stageOf } from "./board-places.js";

const GAP_PX = 4;
const menu = document.getElementById("move-menu");
let card = null;

const items = () => [...menu.querySelectorAll("[role=menuitem]:not(:disabled)")];

/** Show the stages that a card can go to. */
export function openMoveMenu(asking) {
  card = asking;
  for (const item of menu.querySelectorAll("[role=menuitem]")) item.disabled = item.value === stageOf(card);
  menu.showPopover();
  const anchor = card.querySelector("[data-move-open]").getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(GAP_PX, Math.min(anchor.left, innerWidth - width - GAP_PX))}px`;
  menu.style.top = `${Math.max(GAP_PX, Math.min(anchor.bottom + GAP_PX, innerHeight - height - GAP_PX))}px`;
  items()[0]?.focus();
}

function moveTo(stage) {
  const moved = card;
  menu.hidePopover();
  const origin = placeOf(moved);
  putOnTop(moved, listOf(stage));
  focusCard(moved, { scroll: true });
  commitMove(moved, origin);
}

function onKey(event) {
  const choices = items();
  const at = choices.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1 + choices.length, Home: 0, End: choices.length - 1 }[event.key];
  if (next !== undefined) {
    event.preventDefault();
    choices[next % choices.length].focus();
  } else if (event.key === "Tab") {
    menu.hidePopover();
  } else if (event.key.length === 1 && event.key !== " ") {
    const order = [...choices.slice(at + 1), ...choices.slice(0, at + 1)];
    order.find((item) => item.textContent.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  }
}

if (canMove) {
  board.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-move-open]");
    if (!opener || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    openMoveMenu(opener.closest("[data-card]"));
  });
  menu.addEventListener("click", ({ target }) => target.matches("[role=menuitem]") && moveTo(target.value));
  menu.addEventListener("keydown", onKey);
  menu.addEventListener("toggle", ({ newState }) => {
    if (newState !== "closed") return;
    if (menu.contains(document.activeElement) || document.activeElement === document.body) focusCard(card);
  });
}
