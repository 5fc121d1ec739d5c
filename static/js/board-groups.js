// Headings of groups inside a column (?group=…): each stands above the cards of its group, and never alone.

const headingOf = (list, group) =>
  [...list.querySelectorAll("[data-group]")].find((heading) => heading.dataset.group === group);

/** Put a card that was just placed under the heading of its group, and drop headings without cards. */
export function settleGroups(list, card, group, label) {
  const isGrouped = document.querySelector("[data-board]").dataset.query.includes("group=");
  if (!isGrouped) return;
  let above = card.previousElementSibling;
  while (above && !above.matches("[data-group]")) above = above.previousElementSibling;
  if (above?.dataset.group !== group) {
    let heading = headingOf(list, group);
    if (!heading) {
      heading = document.createElement("li");
      heading.className = "card-group";
      heading.dataset.group = group;
      heading.textContent = label;
      card.before(heading);
    }
    heading.after(card);
  }
  for (const heading of document.querySelectorAll("[data-group]")) {
    if (!heading.nextElementSibling?.matches("[data-card]")) heading.remove();
  }
}
