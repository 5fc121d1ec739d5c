// <a data-move-ask="42">: a manager waives what a card lacks, from the toast that says what it is.
import { askToWaive } from "./board-move.js";

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-move-ask]");
  if (!opener) return;
  event.preventDefault();
  opener.closest(".toast")?.remove();
  askToWaive(opener.dataset.moveAsk, opener.getAttribute("href"));
});
