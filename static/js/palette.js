// Ctrl/⌘-K: a dialog whose search box fills a listbox (components/search_results.html) by htmx.

const palette = document.getElementById("palette");
const field = palette?.querySelector("input");

const options = () => [...palette.querySelectorAll("[role=option]")];

function choose(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (option) {
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
}

/** Open the palette with its box selected. */
export function openPalette() {
  if (!palette.open) palette.showModal();
  field.select();
}

function steer(event) {
  const all = options();
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") choose(all[at + 1] ?? all[0]);
  else if (event.key === "ArrowUp") choose(all[at - 1] ?? all.at(-1));
  else if (event.key === "Enter" && at >= 0) {
    if (event.ctrlKey || event.metaKey) window.open(all[at].href);
    else all[at].click();
  } else return;
  event.preventDefault();
}

if (palette) {
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette-open]")) return;
    event.preventDefault();
    openPalette();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
    }
  });
  field.addEventListener("keydown", steer);
  document.addEventListener("htmx:after:swap", () => {
    if (!palette.open) return;
    const all = options();
    all.forEach((option, index) => (option.id ||= `palette-option-${index}`));
    if (!all.some((option) => option.getAttribute("aria-selected") === "true")) choose(all[0]);
  });
  palette.addEventListener("click", ({ target }) => {
    if (target === palette) palette.close();
  });
}
