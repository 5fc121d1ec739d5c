// Draws the outline of the world's land as static/dist/world.svg, by `npm run build`; plants/domain/world.py puts
// places on it by the same projection.
import { readFileSync, writeFileSync } from "node:fs";
import { geoNaturalEarth1, geoNaturalEarth1Raw, geoPath } from "d3-geo";
import { feature } from "topojson-client";

const WIDTH = 1000;
const HEIGHT = 438;
const TOP = (84 * Math.PI) / 180;

export function drawWorld() {
  const world = JSON.parse(readFileSync("node_modules/world-atlas/land-110m.json", "utf8"));
  const scale = WIDTH / (2 * geoNaturalEarth1Raw(Math.PI, 0)[0]);
  const projection = geoNaturalEarth1()
    .scale(scale)
    .translate([WIDTH / 2, scale * geoNaturalEarth1Raw(0, TOP)[1]])
    .clipExtent([
      [0, 0],
      [WIDTH, HEIGHT],
    ]);
  const outline = geoPath(projection).digits(1)(feature(world, world.objects.land));
  writeFileSync(
    "static/dist/world.svg",
    `<svg xmlns="http://www.w3.org/2000/svg"><symbol id="land" viewBox="0 0 ${WIDTH} ${HEIGHT}"><path d="${outline}"/></symbol></svg>\n`,
  );
}
