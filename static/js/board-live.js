// What colleagues do appears here: asks the server each second, waits while the page is hidden or a card is in hand.
import { isHeld } from "./board-hold.js";
import { applyPatch } from "./board-patch.js";
import { board } from "./board-places.js";

const EVERY_MS = 1000;
const SLOWEST_MS = 30_000;
const FAILURES_TO_SAY = 3;

let cursor = board?.dataset.cursor;
let failures = 0;
let timer = null;
let isAsking = false;

function askLater(delay) {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(ask, delay);
}

/** Take the whole board anew, after more changes than a patch can tell. */
async function renew() {
  const response = await fetch(location.href);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector("[data-board]");
  if (!response.ok || !fresh || isHeld()) return;
  const scrolled = [board, ...board.querySelectorAll("[data-cards]")].map((part) => [part.scrollLeft, part.scrollTop]);
  board.replaceChildren(...fresh.children);
  [board, ...board.querySelectorAll("[data-cards]")].forEach((part, index) => part.scrollTo(...(scrolled[index] ?? [0, 0])));
  document.querySelector("[data-totals]").replaceChildren(...page.querySelector("[data-totals]").childNodes);
  cursor = fresh.dataset.cursor;
  document.dispatchEvent(new CustomEvent("board:renewed"));
}

async function listen() {
  const response = await fetch(`${board.dataset.live}?since=${encodeURIComponent(cursor)}&${board.dataset.query}`, {
    headers: { Accept: "application/json" },
  });
  // Signed out meanwhile: the page itself says so.
  if (response.status === 401) return location.reload();
  if (response.status === 400) return renew();
  if (!response.ok) throw new Error(response.status);
  const update = await response.json();
  // Someone took a card in hand while we asked: the same changes are asked for again afterwards.
  if (isHeld()) return undefined;
  if (update.stale) return renew();
  if (update.patch) applyPatch(update.patch);
  cursor = update.cursor;
  return undefined;
}

async function ask() {
  if (isAsking) return;
  if (isHeld()) return askLater(EVERY_MS);
  isAsking = true;
  try {
    await listen();
    failures = 0;
  } catch {
    failures += 1;
  } finally {
    isAsking = false;
  }
  document.querySelector("[data-offline]").hidden = failures < FAILURES_TO_SAY;
  askLater(Math.min(EVERY_MS * 2 ** failures, SLOWEST_MS));
}

if (board) {
  document.addEventListener("visibilitychange", () => askLater(0));
  document.addEventListener("board:free", () => askLater(0));
  window.addEventListener("online", () => askLater(0));
  askLater(EVERY_MS);
}
