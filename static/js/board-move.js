// Tells the server that a card has moved, and takes only that card back when it says no.
import { announce, announceText } from "./board-announce.js";
import { askInDialog } from "./board-dialog.js";
import { hold, release } from "./board-hold.js";
import { applyPatch, elementOf, renewCard } from "./board-patch.js";
import { board, cardAbove, cardById, cardName, focusCard, isAt, putBack, stageName, stageOf } from "./board-places.js";
import { csrfToken } from "./csrf.js";
import { say } from "./words.js";

const moveUrl = (card) => card.querySelector("[data-move-open]").getAttribute("href");

function toast(text, kind) {
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind } }));
}

/** Ask or tell the server something about a move; resolve to the status and its answer, if any came. */
export async function talk(url, body) {
  try {
    const response = await fetch(url, {
      method: body ? "POST" : "GET",
      body,
      headers: { Accept: "application/json", ...(body && { "X-CSRFToken": csrfToken() }) },
    });
    const isJson = response.headers.get("Content-Type")?.includes("json");
    return { status: response.ok && !isJson ? 403 : response.status, answer: isJson ? await response.json() : {} };
  } catch {
    return { status: 0, answer: {} };
  }
}

function rollBack(card, origin) {
  const hadFocus = card.contains(document.activeElement) || document.activeElement === document.body;
  putBack(card, origin);
  if (hadFocus) focusCard(card);
}

/** Say where a card is after all: a colleague may have moved it meanwhile. */
function announcePlace(id) {
  const card = cardById(id);
  if (card) announce("put_back", { card: cardName(card), column: stageName(card) });
}

function explain(status, answer) {
  if (answer.toast) document.getElementById("toasts").append(elementOf(answer.toast));
  else if (answer.text) toast(answer.text, "waiting");
  else toast(say(status === 0 ? "error_network" : `error_${status in KNOWN ? status : 500}`), "late");
}

const KNOWN = { 400: true, 401: true, 403: true, 404: true, 409: true, 429: true };

function settle(id, origin, { status, answer }) {
  let card = cardById(id);
  if (status === 200) {
    card = renewCard(card, answer.html);
    announceText(answer.text);
  } else {
    if (origin) rollBack(card, origin);
    explain(status, answer);
    if (answer.patch) applyPatch(answer.patch);
    if (origin) announcePlace(id);
  }
  release();
}

/** Show what a move still needs; cancelling puts the card back. */
function ask(id, origin, html) {
  askInDialog(html, {
    send: (form) => talk(`${form.getAttribute("action")}?${board.dataset.query}`, new URLSearchParams(new FormData(form))),
    done: (result) => settle(id, origin, result),
    cancel: () => {
      if (origin) {
        rollBack(cardById(id), origin);
        announcePlace(id);
      }
      release();
    },
  });
}

/** Send where a card now is; `origin` is where it goes back to if the move is refused. */
export async function commitMove(card, origin) {
  if (isAt(card, origin)) return;
  const id = card.dataset.card;
  hold();
  card.classList.add("is-moving");
  const body = new URLSearchParams({
    version: card.dataset.version,
    stage: stageOf(card),
    after: cardAbove(card)?.dataset.card ?? "",
  });
  const result = await talk(`${moveUrl(card)}?${board.dataset.query}`, body);
  card.classList.remove("is-moving");
  if (result.answer.dialog) ask(id, origin, result.answer.dialog);
  else settle(id, origin, result);
}

/** Ask for the reason to let a card pass what it lacks, and move it. */
export async function askToWaive(id, url) {
  hold();
  const result = await talk(url);
  const card = cardById(id);
  if (!result.answer.dialog || !card) return settle(id, null, result);
  const stage = new URL(url, document.baseURI).searchParams.get("stage");
  askInDialog(result.answer.dialog, {
    send: (form) => talk(`${form.getAttribute("action")}?${board.dataset.query}`, new URLSearchParams(new FormData(form))),
    done: (sent) => {
      if (sent.status === 200) {
        const list = board.querySelector(`[data-column="${stage}"] [data-cards]`);
        const after = cardById(new URL(url, document.baseURI).searchParams.get("after"));
        if (after?.parentElement === list) after.after(card);
        else list?.prepend(card);
      }
      settle(id, null, sent);
    },
    cancel: release,
  });
}
