// <details data-menu>: arrow keys, Home, End, Escape, first letters; closes on a choice and on a click outside.

const items = (menu) => [...menu.querySelectorAll(".menu-item:not(:disabled)")].filter((item) => item.offsetParent);

function close(menu, refocus) {
  menu.open = false;
  if (refocus) menu.querySelector("summary").focus();
}

document.addEventListener(
  "toggle",
  ({ target }) => {
    if (!target.matches?.("[data-menu]") || !target.open) return;
    for (const other of document.querySelectorAll("[data-menu][open]")) {
      if (other !== target && !other.contains(target)) other.open = false;
    }
    const panel = target.querySelector(".menu");
    if (panel && panel.getBoundingClientRect().right > window.innerWidth) target.classList.add("menu-end");
  },
  true,
);

document.addEventListener("click", ({ target }) => {
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    if (!menu.contains(target)) menu.open = false;
    else if (target.closest(".menu-item") && !target.closest("[data-menu-stay]")) close(menu, false);
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("[data-menu]");
  if (!menu) return;
  const choices = items(menu);
  const at = choices.indexOf(document.activeElement);
  if (event.key === "Escape" && menu.open) {
    event.stopPropagation();
    event.preventDefault();
    close(menu, true);
  } else if (event.key === "ArrowDown" && (menu.open || event.target.matches("summary"))) {
    event.preventDefault();
    event.stopPropagation();
    menu.open = true;
    requestAnimationFrame(() => (items(menu)[at + 1] ?? items(menu)[0])?.focus());
  } else if (event.key === "ArrowUp" && menu.open) {
    event.preventDefault();
    event.stopPropagation();
    (choices[at - 1] ?? choices.at(-1))?.focus();
  } else if ((event.key === "Home" || event.key === "End") && menu.open && at >= 0) {
    event.preventDefault();
    choices.at(event.key === "Home" ? 0 : -1)?.focus();
  } else if (menu.open && /^\S$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.target.matches("input")) {
    event.preventDefault(); // or the letter would be a shortcut of the page
    const start = event.key.toLowerCase();
    const order = [...choices.slice(at + 1), ...choices.slice(0, at + 1)];
    order.find((item) => item.textContent.trim().toLowerCase().startsWith(start))?.focus();
  }
});

document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const menu = target.closest?.("[data-menu][open]");
  if (menu && relatedTarget && !menu.contains(relatedTarget)) menu.open = false;
});
