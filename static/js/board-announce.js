// What screen readers hear about a card in hand.
import { say } from "./words.js";

/** Say the sentence named `key` (see words.js). */
export function announce(key, values) {
  const region = document.querySelector("[data-announce]");
  if (region) region.textContent = say(key, values);
}

/** Say a sentence that the server wrote. */
export function announceText(text) {
  const region = document.querySelector("[data-announce]");
  if (region) region.textContent = text;
}
