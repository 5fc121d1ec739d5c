// How many reminders are new: in every [data-counter="unread"] and the title of the page, asked for every few seconds.
// [data-unread] is the address to ask. The last answer is kept for the next page, which shows it at once.

const EVERY_MS = 5000;
const SLOWEST_MS = 60_000;
const KEPT = "unread";
const source = document.querySelector("[data-unread]");
const bareTitle = () => document.title.replace(/^\(\d+\) /, "");

let failures = 0;
let timer = null;
let isAsking = false;

function show(count) {
  for (const badge of document.querySelectorAll('[data-counter="unread"]')) {
    badge.hidden = count === 0;
    badge.textContent = count > 99 ? "99+" : count;
  }
  document.title = count ? `(${count}) ${bareTitle()}` : bareTitle();
}

function askLater(delay) {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(ask, delay);
}

async function ask() {
  if (isAsking) return;
  isAsking = true;
  try {
    const response = await fetch(source.dataset.unread, { headers: { Accept: "application/json" } });
    // Signed out meanwhile: the next click says so.
    if (response.redirected) return;
    if (!response.ok) throw new Error(response.status);
    const { unread } = await response.json();
    sessionStorage.setItem(KEPT, unread);
    show(unread);
    failures = 0;
  } catch {
    failures += 1;
  } finally {
    isAsking = false;
  }
  askLater(Math.min(EVERY_MS * 2 ** failures, SLOWEST_MS));
}

if (source) {
  show(Number(sessionStorage.getItem(KEPT)));
  document.addEventListener("visibilitychange", () => askLater(0));
  document.addEventListener("inbox:changed", () => askLater(0));
  window.addEventListener("online", () => askLater(0));
  askLater(0);
} else {
  // Whoever signs in next has an inbox of their own.
  sessionStorage.removeItem(KEPT);
}
