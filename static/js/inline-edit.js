// A fact edited where it stands: the field takes the focus, Escape cancels, and afterwards the focus is on the fact.

let edited = "";

const formOf = (element) => element.closest?.("[data-inline-form]");

document.addEventListener("htmx:after:swap", () => {
  const form = document.querySelector("[data-inline-form]");
  if (form) {
    edited = form.parentElement.id;
    if (!form.contains(document.activeElement)) {
      const field = form.querySelector("[aria-invalid=true], [autofocus], input:not([type=hidden]), select, textarea");
      field?.focus();
      field?.select?.();
    }
  } else if (edited) {
    document.getElementById(edited)?.querySelector("a, button")?.focus();
    edited = "";
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  const form = formOf(event.target);
  if (!form) return;
  event.preventDefault();
  form.querySelector("[data-inline-cancel]").click();
});

// In a checklist there is no value to bring back: the form just goes.
document.addEventListener("click", (event) => {
  const place = event.target.closest("[data-inline-cancel]")?.dataset.inlineCancel;
  if (!place) return;
  event.preventDefault();
  document.querySelector(place).replaceChildren();
  edited = "";
});
