// Brings the board up to date with what the server sends: cards, removals and figures.
import { settleGroups } from "./board-groups.js";
import { board, cardById, focusCard, listOf } from "./board-places.js";

/** Return the element that a piece of HTML from the server describes. */
export function elementOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function looksTheSame(card, other) {
  return card.dataset.version === other.dataset.version && card.textContent === other.textContent;
}

/** Put newer HTML in the place of a card; the focus stays on it. Return the card that is now there. */
export function renewCard(card, html) {
  const fresh = elementOf(html);
  if (looksTheSame(card, fresh)) return card;
  const hasFocus = card.contains(document.activeElement);
  card.replaceWith(fresh);
  if (hasFocus) focusCard(fresh);
  return fresh;
}

function takeAway(card) {
  if (card.contains(document.activeElement)) {
    const neighbour = card.nextElementSibling ?? card.previousElementSibling;
    if (neighbour?.matches("[data-card]")) focusCard(neighbour);
  }
  card.remove();
}

/** Return the card above this one in its column, of whatever group. */
function upperOf(card) {
  let above = card.previousElementSibling;
  while (above?.matches("[data-group]")) above = above.previousElementSibling;
  return above;
}

function place({ id, stage, above, group, group_label: label, html }) {
  const list = listOf(stage);
  const former = cardById(id);
  const upper = above === null ? null : cardById(above);
  // A card that follows ones which are not loaded yet comes with them.
  if (!list || (above !== null && upper?.parentElement !== list)) {
    if (former) takeAway(former);
    return;
  }
  const card = former ? renewCard(former, html) : elementOf(html);
  const isInPlace = former && card.parentElement === list && upperOf(card) === upper;
  if (!isInPlace) {
    const hasFocus = card.contains(document.activeElement);
    if (upper) upper.after(card);
    else list.prepend(card);
    if (hasFocus) focusCard(card);
    card.classList.add("is-arrived");
  }
  settleGroups(list, card, group, label);
}

/** Apply a patch (see deals/views/board_parts.py). */
export function applyPatch({ cards, gone, heads, totals }) {
  for (const id of gone) {
    const card = cardById(id);
    if (card) takeAway(card);
  }
  cards.forEach(place);
  for (const [stage, html] of Object.entries(heads)) {
    const column = board.querySelector(`[data-column="${stage}"]`);
    const figures = column?.querySelector("[data-column-figures]");
    if (!figures) continue;
    figures.innerHTML = html;
    column.querySelector("[data-column-count]").textContent = figures.querySelector("data").textContent;
  }
  document.querySelector("[data-totals]").innerHTML = totals;
}
