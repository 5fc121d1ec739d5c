// <form data-auto-submit>: a filter sends itself when it changes, a text box shortly after the last key.

const PAUSE_MS = 300;
let timer;

document.addEventListener("change", ({ target }) => {
  const form = target.form;
  if (form?.matches("[data-auto-submit]") && target.type !== "search") form.requestSubmit();
});

document.addEventListener("input", ({ target }) => {
  const form = target.form;
  if (!form?.matches("[data-auto-submit]") || target.type !== "search") return;
  clearTimeout(timer);
  timer = setTimeout(() => form.requestSubmit(), PAUSE_MS);
});
