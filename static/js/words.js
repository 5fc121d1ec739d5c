// The few sentences that scripts say; base.html renders them, translated, into #words.

const source = document.getElementById("words");
const words = source ? JSON.parse(source.textContent) : {};

/** Return the sentence named `key`, its {placeholders} filled from `values`. */
export function say(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
