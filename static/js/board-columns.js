// Columns load more cards as they scroll, and fold away; what is folded stands in the address.
import { board, cardById, cardsIn, lists } from "./board-places.js";

const AHEAD = "600px";
let watchers = [];

async function loadMore(link) {
  if (link.dataset.loading !== undefined) return;
  link.dataset.loading = "";
  const list = link.closest("[data-cards]");
  const url = new URL(link.href);
  const last = cardsIn(list).at(-1);
  if (last) url.searchParams.set("after", last.dataset.card);
  try {
    const response = await fetch(url, { headers: { "HX-Request": "true" } });
    if (!response.ok) throw new Error(response.status);
    const template = document.createElement("template");
    template.innerHTML = await response.text();
    for (const item of [...template.content.querySelectorAll("[data-card]")]) {
      if (cardById(item.dataset.card)) item.remove();
    }
    const [first] = template.content.querySelectorAll("[data-group]");
    const known = [...list.querySelectorAll("[data-group]")].at(-1);
    if (first && known?.dataset.group === first.dataset.group) first.remove();
    for (const anchor of template.content.querySelectorAll("[data-card] a")) anchor.tabIndex = -1;
    link.closest(".column-more").replaceWith(template.content);
    watch(list);
  } catch {
    // The link stays, to be tried again by a click.
    delete link.dataset.loading;
  }
}

function watch(list) {
  const link = list.querySelector("[data-more]");
  if (!link) return;
  const watcher = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      loadMore(link);
    },
    { root: list, rootMargin: `${AHEAD} 0px` },
  );
  watcher.observe(link);
  watchers.push(watcher);
}

function watchAll() {
  for (const watcher of watchers) watcher.disconnect();
  watchers = [];
  lists().forEach(watch);
}

/** Keep what is folded in this page's address and in every link that leads back to the board. */
function rememberFolded() {
  const folded = [...board.querySelectorAll(".column.is-collapsed")].map((column) => column.dataset.column).join(",");
  const write = (url) => {
    if (folded) url.searchParams.set("collapsed", folded);
    else url.searchParams.delete("collapsed");
    return url;
  };
  history.replaceState(history.state, "", write(new URL(location.href)));
  for (const link of document.querySelectorAll(".filterbar a[href^='?']")) link.href = write(new URL(link.href)).search;
  for (const link of document.querySelectorAll("[data-save-view]")) {
    const url = new URL(link.href);
    url.searchParams.set("query", location.search.slice(1));
    link.href = url;
  }
  for (const input of document.querySelectorAll(".filterbar input[name=collapsed]")) input.value = folded;
}

board?.addEventListener("click", (event) => {
  const fold = event.target.closest("[data-collapse]");
  const more = event.target.closest("[data-more]");
  if (more) {
    event.preventDefault();
    loadMore(more);
  } else if (fold) {
    event.preventDefault();
    const isFolded = fold.closest("[data-column]").classList.toggle("is-collapsed");
    fold.setAttribute("aria-expanded", String(!isFolded));
    rememberFolded();
  }
});
document.addEventListener("board:renewed", watchAll);
if (board) watchAll();
