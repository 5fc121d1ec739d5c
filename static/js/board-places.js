// Where cards are on the board, and how to put one somewhere.

export const board = document.querySelector("[data-board]");
export const canMove = board?.hasAttribute("data-can-move") ?? false;

export const lists = () => [...board.querySelectorAll("[data-cards]")];
export const cardById = (id) => document.getElementById(`deal-${id}`);
export const listOf = (stage) => board.querySelector(`[data-column="${stage}"] [data-cards]`);
export const columnOf = (element) => element.closest("[data-column]");
export const stageOf = (element) => columnOf(element).dataset.column;
export const stageName = (element) => columnOf(element).querySelector("h2").textContent;
export const cardName = (card) => card.querySelector(".card-top span").textContent;
export const cardsIn = (list) => [...list.querySelectorAll("[data-card]")];

/** Return the card right above `card` in its group, if there is one. */
export function cardAbove(card) {
  const above = card.previousElementSibling;
  return above?.matches("[data-card]") ? above : null;
}

/** Return the place of a card, to put it back there. */
export const placeOf = (card) => ({ list: card.parentElement, next: card.nextElementSibling });

/** Return whether a card stands where `place` says. */
export const isAt = (card, { list, next }) => card.parentElement === list && card.nextElementSibling === next;

/** Put a card back to a place that `placeOf` gave. */
export function putBack(card, { list, next }) {
  if (next?.parentElement === list) list.insertBefore(card, next);
  else list.insertBefore(card, list.querySelector(".column-more"));
}

/** Put a card on top of a column. */
export function putOnTop(card, list) {
  list.insertBefore(card, list.querySelector("[data-card]") ?? list.querySelector(".column-more"));
}

/** Give a card the focus without scrolling the board under the reader. */
export function focusCard(card, { scroll = false } = {}) {
  card.querySelector(".card-link").focus({ preventScroll: !scroll });
  if (scroll) card.scrollIntoView({ block: "nearest", inline: "nearest" });
}
