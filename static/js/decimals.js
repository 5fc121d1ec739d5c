// Figures as the server reads and writes them, exact: whole numbers of billionths, as binary fractions hold no tenth.
const PLACES = 9;
const SPACES = /[\s\u00a0\u202f'’_]/g;
const MINUS = "\u2212";
export const ONE = 10n ** BigInt(PLACES);
const LARGEST = 10n ** 15n * ONE;

/** A figure in billionths; nothing is nought, and null is what the server refuses. See `NumberReader` there. */
export function readDecimal(text) {
  const compact = text.replace(SPACES, "").replace(MINUS, "-");
  if (!compact) return 0n;
  if (!/^[+-]?[\d.,]*\d[.,]?$/.test(compact)) return null;
  const [whole, fraction = ""] = split(compact.replace(/^[+-]/, "")) ?? [];
  if (whole === undefined) return null;
  const digits = fraction.padEnd(PLACES + 1, "0");
  const size = BigInt(whole || "0") * ONE + BigInt(digits.slice(0, PLACES)) + (digits[PLACES] >= "5" ? 1n : 0n);
  if (size >= LARGEST) return null;
  return compact.startsWith("-") ? -size : size;
}

/** The digits before and after the decimal mark; undefined where marks stand as in no number. */
function split(text) {
  const mark = decimalMark(text);
  const thousands = mark === "." ? "," : ".";
  const parts = text.split(mark);
  const groups = parts[0].split(thousands);
  const isGrouped = groups.length === 1 || (/^\d{1,3}$/.test(groups[0]) && groups.slice(1).every((each) => /^\d{3}$/.test(each)));
  if (!isGrouped || parts.length > 2 || parts[1]?.includes(thousands)) return undefined;
  return [groups.join(""), parts[1]];
}

/** The mark that a number proves; the point where it may be either. */
function decimalMark(text) {
  const last = Math.max(text.lastIndexOf("."), text.lastIndexOf(","));
  if (last < 0) return ".";
  const [mark, other] = text[last] === "." ? [".", ","] : [",", "."];
  if (text.includes(other)) return mark;
  if (text.indexOf(mark) !== last) return other;
  return /^[1-9]\d{0,2}$/.test(text.slice(0, last)) && text.length - last === 4 ? "." : mark;
}

/** The nearest multiple of a step, of two equally near the even one: so the server rounds what it stores. */
export function roundTo(figure, step) {
  const size = figure < 0n ? -figure : figure;
  const [count, rest] = [size / step, size % step];
  const isUp = 2n * rest > step || (2n * rest === step && count % 2n === 1n);
  const rounded = (isUp ? count + 1n : count) * step;
  return figure < 0n ? -rounded : rounded;
}

/** A figure with separators of thousands and all of its decimals, of which there are at least some. */
export function formatDecimal(figure, { least = 0, minus = MINUS } = {}) {
  const digits = String(figure < 0n ? -figure : figure).padStart(PLACES + 1, "0");
  const whole = digits.slice(0, -PLACES).replace(/\B(?=(\d{3})+$)/g, ",");
  const fraction = digits.slice(-PLACES).replace(/0+$/, "").padEnd(least, "0");
  return `${figure < 0n ? minus : ""}${whole}${fraction ? `.${fraction}` : ""}`;
}
