// data-file-drop on a form with one file input: a file dropped on it is chosen and sent.
for (const form of document.querySelectorAll("[data-file-drop]")) {
  const input = form.querySelector("input[type=file]");
  const mark = (isOver) => form.classList.toggle("is-over", isOver);

  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    mark(true);
  });
  form.addEventListener("dragleave", (event) => {
    if (!form.contains(event.relatedTarget)) mark(false);
  });
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    form.requestSubmit();
  });
}
