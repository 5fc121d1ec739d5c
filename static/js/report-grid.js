// The grid of a report's figures: totals while typing, Enter down a column, and figures that follow the unit.
import { ONE, formatDecimal, readDecimal, roundTo } from "./decimals.js";

const UNITS = { kWh: 1n, MWh: 1000n, GWh: 1_000_000n };
// What is stored of any figure, energy in kWh.
const STEP = ONE / 1000n;
const NO_BREAK = "\u00a0";

const figureOf = (input) => input.name.replace(/^rows-\d+-/, "");
const isEnergy = (name) => name.startsWith("energy_");

function total(grid) {
  for (const output of grid.querySelectorAll("[data-total]")) {
    const inputs = [...grid.querySelectorAll("[data-figure]")].filter((each) => figureOf(each) === output.dataset.total);
    const sums = new Map();
    for (const input of inputs) {
      const kind = unitOfFigure(grid, input);
      const figure = readDecimal(input.value);
      const sum = sums.has(kind) ? sums.get(kind) : 0n;
      sums.set(kind, figure === null || sum === null ? null : sum + stored(figure, kind));
    }
    const parts = [...sums].filter(([, sum], at) => sum || at === 0).map(([kind, sum]) => words(grid, sum ?? 0n, kind));
    output.value = [...sums.values()].includes(null) ? "–" : parts.join("\n");
  }
}

/** A figure as it will be stored, in the unit in which it was typed. */
function stored(figure, kind) {
  const factor = UNITS[kind] ?? 1n;
  return roundTo(figure * factor, STEP) / factor;
}

/** The unit of energy, or the row's currency for money, which is never added across currencies; units have none. */
function unitOfFigure(grid, input) {
  const name = figureOf(input);
  if (isEnergy(name)) return unitOf(grid)?.value ?? "kWh";
  if (name === "units") return "";
  return grid.querySelector(`[name="${input.name.slice(0, -name.length)}currency"]`)?.value.toUpperCase() ?? "";
}

/** A sum as the server writes it: energy before its unit, money after its currency and with its decimals. */
function words(grid, sum, kind) {
  if (!kind) return formatDecimal(sum);
  if (kind in UNITS) return `${formatDecimal(sum)}${NO_BREAK}${kind}`;
  const decimals = JSON.parse(grid.dataset.decimals)[kind] ?? 2;
  return `${kind}${NO_BREAK}${formatDecimal(sum, { least: decimals })}`;
}

const unitOf = (grid) => grid.querySelector("select[name=unit]");

/** What stood there when the page came means the same quantity in any unit; what was typed is in the new one. */
function followUnit(grid, before, after) {
  for (const input of grid.querySelectorAll("[data-figure]")) {
    const wasShown = (input.dataset.shown ?? input.defaultValue) === input.value;
    if (!isEnergy(figureOf(input)) || !input.value || !wasShown) continue;
    const figure = readDecimal(input.value);
    if (figure === null) continue;
    input.value = formatDecimal((figure * UNITS[before]) / UNITS[after], { minus: "-" });
    input.dataset.shown = input.value;
  }
}

function moveDown(grid, input, step) {
  const column = [...grid.querySelectorAll("[data-figure]")].filter((each) => figureOf(each) === figureOf(input));
  const next = column[column.indexOf(input) + step];
  next?.focus();
  next?.select();
}

for (const grid of document.querySelectorAll("[data-report-grid]")) {
  let unit = unitOf(grid)?.value;
  grid.addEventListener("input", () => total(grid));
  grid.addEventListener("change", (event) => {
    if (event.target !== unitOf(grid)) return;
    followUnit(grid, unit, event.target.value);
    unit = event.target.value;
    total(grid);
  });
  grid.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-figure]")) return;
    event.preventDefault();
    moveDown(grid, event.target, event.shiftKey ? -1 : 1);
  });
  total(grid);
}
