// <form data-reorder>: its rows are put into another order by dragging their grip, or by the arrow buttons, and sent.
import Sortable from "sortablejs";

const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

function makeSortable(root) {
  for (const list of root.querySelectorAll("[data-reorder] [data-reorder-list]")) {
    if (Sortable.get(list)) continue;
    new Sortable(list, {
      handle: "[data-reorder-grip]",
      draggable: "[data-reorder-row]",
      animation: calm ? 0 : 120,
      onEnd: ({ oldIndex, newIndex }) => {
        if (oldIndex !== newIndex) list.closest("form").requestSubmit();
      },
    });
  }
}

// The row moves before the answer comes, so that a second press goes on from where the first one put it.
document.addEventListener("click", (event) => {
  const arrow = event.target.closest("[data-reorder] :is(button[name=up], button[name=down])");
  if (!arrow) return;
  event.preventDefault();
  const row = arrow.closest("[data-reorder-row]");
  const neighbour = arrow.name === "up" ? row.previousElementSibling : row.nextElementSibling;
  if (!neighbour) return;
  neighbour[arrow.name === "up" ? "before" : "after"](row);
  arrow.focus();
  arrow.form.requestSubmit();
});

makeSortable(document);
document.addEventListener("htmx:after:swap", () => makeSortable(document));
