// <form data-unsaved>: leaving the page with something typed asks first.

document.addEventListener("input", ({ target }) => target.form?.closest("[data-unsaved]")?.classList.add("is-dirty"));
document.addEventListener("submit", ({ target }) => target.classList.remove("is-dirty"));

window.addEventListener("beforeunload", (event) => {
  if (document.querySelector("[data-unsaved].is-dirty")) event.preventDefault();
});
