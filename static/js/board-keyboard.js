// Cards by keyboard: arrows go from card to card; Space picks one up, arrows move it, Space drops it, Escape returns it.
import { announce } from "./board-announce.js";
import { hold, release } from "./board-hold.js";
import { openMoveMenu } from "./board-menu.js";
import { commitMove } from "./board-move.js";
import { board, canMove, cardName, cardsIn, columnOf, focusCard, lists, placeOf, putBack, stageName } from "./board-places.js";

let lifted = null;

/** Leave one stop for the Tab key in each column: the card that was in focus last, or the first. */
function rove(list, card) {
  for (const link of list.querySelectorAll("[data-card] a")) link.tabIndex = card.contains(link) ? 0 : -1;
}

function roveAll() {
  for (const list of lists()) {
    const first = list.querySelector("[data-card]");
    if (first) rove(list, first);
  }
}

function neighbourList(list, step) {
  const open = lists().filter((other) => !columnOf(other).classList.contains("is-collapsed"));
  return open[open.indexOf(list) + step];
}

function announcePlace() {
  const { card } = lifted;
  const cards = cardsIn(card.parentElement);
  announce("over", {
    card: cardName(card),
    column: stageName(card),
    place: cards.indexOf(card) + 1,
    count: cards.length,
  });
}

function lift(card) {
  hold();
  lifted = { card, origin: placeOf(card) };
  card.classList.add("is-lifted");
  announce("picked_up", { card: cardName(card) });
}

function letGo({ isCancelled }) {
  const { card, origin } = lifted;
  lifted = null;
  card.classList.remove("is-lifted");
  if (isCancelled) {
    putBack(card, origin);
    announce("put_back", { card: cardName(card), column: stageName(card) });
  } else {
    announce("dropped", { card: cardName(card), column: stageName(card) });
    commitMove(card, origin);
  }
  if (card.isConnected) focusCard(card, { scroll: true });
  release();
}

function carry(key) {
  const { card } = lifted;
  const list = card.parentElement;
  if (key === "ArrowUp" && card.previousElementSibling) card.previousElementSibling.before(card);
  else if (key === "ArrowDown" && card.nextElementSibling?.matches("[data-card]")) card.nextElementSibling.after(card);
  else if (key === "ArrowLeft" || key === "ArrowRight") {
    const target = neighbourList(list, key === "ArrowLeft" ? -1 : 1);
    if (!target) return;
    const place = cardsIn(list).indexOf(card);
    target.insertBefore(card, cardsIn(target)[place] ?? target.querySelector(".column-more"));
  }
  focusCard(card, { scroll: true });
  announcePlace();
}

function walk(card, key) {
  const cards = cardsIn(card.parentElement);
  const at = cards.indexOf(card);
  if (key === "ArrowUp") return cards[at - 1];
  if (key === "ArrowDown") return cards[at + 1];
  for (let list = card.parentElement; list; ) {
    list = neighbourList(list, key === "ArrowLeft" ? -1 : 1);
    const others = list ? cardsIn(list) : [];
    if (others.length) return others[Math.min(at, others.length - 1)];
  }
  return null;
}

function onKey(event) {
  const card = event.target.closest("[data-card]");
  if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
  const isArrow = /^Arrow/.test(event.key);
  if (lifted) {
    if (event.key === "Tab") return letGo({ isCancelled: true });
    event.preventDefault();
    event.stopPropagation();
    if (isArrow) carry(event.key);
    else if (event.key === "Escape") letGo({ isCancelled: true });
    else if (event.key === " " || event.key === "Enter") letGo({ isCancelled: false });
  } else if (isArrow) {
    const next = walk(card, event.key);
    if (!next) return;
    event.preventDefault();
    focusCard(next, { scroll: true });
  } else if (canMove && event.key === " ") {
    event.preventDefault();
    lift(card);
  } else if (canMove && event.key === "m") {
    event.preventDefault();
    openMoveMenu(card);
  }
}

board?.addEventListener("keydown", onKey);
board?.addEventListener("focusin", ({ target }) => {
  const card = target.closest("[data-card]");
  if (card) rove(card.parentElement, card);
});
board?.addEventListener("pointerdown", () => lifted && letGo({ isCancelled: true }));
document.addEventListener("board:renewed", roveAll);
if (board) roveAll();
