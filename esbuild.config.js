// Bundles static/css and static/js into static/dist, and draws the icon sprite and the map. Run by `npm run build`.
import { readFileSync, writeFileSync } from "node:fs";
import { context } from "esbuild";
import { compile } from "sass";
import icons from "./static/icons.js";
import { drawWorld } from "./static/world.js";

const tabler = "node_modules/@tabler/core/scss";
const drawings = "node_modules/@tabler/icons/icons/outline";

const scss = {
  name: "scss",
  setup(build) {
    build.onLoad({ filter: /\.scss$/ }, ({ path }) => {
      const { css } = compile(path, { loadPaths: [tabler], quietDeps: true });
      return { contents: css, loader: "css" };
    });
  },
};

/** One <symbol> per icon named in static/icons.js, drawn in the current colour. */
function drawSprite() {
  const symbols = icons.map((name) => {
    const drawing = readFileSync(`${drawings}/${name}.svg`, "utf8");
    const strokes = drawing.slice(drawing.indexOf(">", drawing.indexOf("<svg")) + 1, drawing.lastIndexOf("</svg>"));
    return `<symbol id="${name}" viewBox="0 0 24 24">${strokes.replace(/\s*\n\s*/g, "")}</symbol>`;
  });
  writeFileSync("static/dist/icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
}

const bundles = await context({
  entryPoints: [
    "static/css/admin.css",
    "static/css/api-docs.css",
    "static/css/api-reference.css",
    "static/css/app.css",
    "static/css/import.css",
    "static/css/board.css",
    "static/css/forecast.css",
    "static/css/plants.css",
    "static/css/statements.css",
    "static/css/sandbox.css",
    "static/css/workspace.css",
    "static/js/api-docs.js",
    "static/js/api-reference.js",
    "static/js/app.js",
    "static/js/file-drop.js",
    "static/js/board.js",
    "static/js/reconcile.js",
    "static/js/reorder.js",
    "static/js/report-grid.js",
    "static/js/select.js",
    "static/js/statements.js",
    "static/js/workspace.js",
  ],
  entryNames: "[name]",
  assetNames: "[name]",
  outdir: "static/dist",
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  loader: { ".woff2": "file", ".svg": "dataurl" },
  plugins: [scss],
  logLevel: "info",
});

await bundles.rebuild();
drawSprite();
drawWorld();
if (process.argv.includes("--watch")) await bundles.watch();
else await bundles.dispose();
