// <input type="file" data-max-megabytes>: a file that is too large is refused where it is chosen, before it travels.
import { say } from "./words.js";

const MEGABYTE = 1024 ** 2;

document.addEventListener("change", ({ target }) => {
  const limit = Number(target.dataset.maxMegabytes);
  if (!limit) return;
  const size = Math.max(0, ...[...target.files].map((file) => file.size)) / MEGABYTE;
  target.setCustomValidity(size > limit ? say("file_too_large", { size: Math.ceil(size), limit }) : "");
  target.reportValidity();
});
