// [role=tablist] whose tabs name panels on the same page: arrows move, one panel shows, the URL's # keeps the choice.

function show(tab, focus) {
  for (const other of tab.closest("[role=tablist]").querySelectorAll("[role=tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    const panel = document.getElementById(other.getAttribute("aria-controls"));
    if (panel) panel.hidden = !chosen;
  }
  if (focus) tab.focus();
}

document.addEventListener("click", ({ target }) => {
  const tab = target.closest("[role=tab]");
  if (!tab) return;
  show(tab, false);
  history.replaceState(history.state, "", `#${tab.getAttribute("aria-controls")}`);
});

document.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step || !event.target.matches?.("[role=tab]")) return;
  const tabs = [...event.target.closest("[role=tablist]").querySelectorAll("[role=tab]")];
  show(tabs.at((tabs.indexOf(event.target) + step) % tabs.length), true);
});

const named = location.hash && document.querySelector(`[role=tab][aria-controls="${CSS.escape(location.hash.slice(1))}"]`);
if (named) show(named, false);
