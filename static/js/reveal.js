// <button data-reveal="class" aria-expanded>: shows and hides every element of that class.

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-reveal]");
  if (!button) return;
  const isOpen = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!isOpen));
  for (const element of document.getElementsByClassName(button.dataset.reveal)) element.hidden = isOpen;
});
