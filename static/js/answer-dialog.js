// <form data-answer-dialog>, a form of the page: errors come back as a dialog with everything typed; once saved it is empty.
// (app.js has the one copy of dialog.js on a page: importing it here would answer every click twice.)
const dialog = document.getElementById("dialog");

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement;
  if (!form?.matches?.("[data-answer-dialog]")) return;
  if (ctx.response.status >= 400) {
    if (dialog.childElementCount && !dialog.open) dialog.showModal();
    return;
  }
  form.reset();
  form.classList.remove("is-dirty");
});
