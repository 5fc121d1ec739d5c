// <table data-tree>: a [data-tree-toggle] folds the rows below its own, which [data-depth] tells.

function below(row) {
  const rows = [];
  for (let next = row.nextElementSibling; next; next = next.nextElementSibling) {
    if (Number(next.dataset.depth) <= Number(row.dataset.depth)) break;
    rows.push(next);
  }
  return rows;
}

function fold(toggle, open) {
  toggle.setAttribute("aria-expanded", String(open));
  let hiddenBelow = Infinity;
  for (const row of below(toggle.closest("tr"))) {
    const depth = Number(row.dataset.depth);
    if (depth <= hiddenBelow) hiddenBelow = Infinity;
    row.hidden = !open || depth > hiddenBelow;
    // A branch that was folded itself stays so when the one above opens.
    const inner = row.querySelector("[data-tree-toggle]");
    if (!row.hidden && inner?.getAttribute("aria-expanded") === "false") hiddenBelow = depth;
  }
}

document.addEventListener("click", ({ target }) => {
  const toggle = target.closest("[data-tree-toggle]");
  if (toggle) fold(toggle, toggle.getAttribute("aria-expanded") !== "true");
});
