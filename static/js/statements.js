// <a data-trace="id" aria-expanded>: shows and hides that row in place; a link to the page with all of them without scripts.
// <a data-traces-all data-open data-label-open data-label-close>: shows and hides every one.

const toggles = () => document.querySelectorAll("[data-trace]");

function show(toggle, isOpen) {
  toggle.setAttribute("aria-expanded", String(isOpen));
  document.getElementById(toggle.dataset.trace).hidden = !isOpen;
}

function showAll(link, isOpen) {
  for (const toggle of toggles()) show(toggle, isOpen);
  link.dataset.open = String(isOpen);
  link.textContent = isOpen ? link.dataset.labelClose : link.dataset.labelOpen;
}

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-trace]");
  const all = event.target.closest("[data-traces-all]");
  if (!toggle && !all) return;
  event.preventDefault();
  if (toggle) show(toggle, toggle.getAttribute("aria-expanded") !== "true");
  else showAll(all, all.dataset.open !== "true");
});

// An amount elsewhere links to its line: #line-12 opens it.
const linked = location.hash.startsWith("#line-") && document.getElementById(location.hash.slice(1));
if (linked) show(linked.querySelector("[data-trace]"), true);
