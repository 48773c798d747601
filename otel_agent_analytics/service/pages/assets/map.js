// A map of the world, coloured by how many conversations came from each country.

import { picture, svg } from "./elements.js";
import { HEIGHT, OTHER_LAND, OUTLINES, POINTS, WIDTH } from "./outlines.js";

const LEVELS = 5;
const POINT = 9;

const NAMES = new Intl.DisplayNames(["en-GB"], { type: "region", fallback: "none" });

/** Return the English name of a country by its two letters; what is none stays as it is. */
export function countryName(code) {
  if (code === null) return "not known";
  try {
    return NAMES.of(code) ?? code;
  } catch {
    return code;
  }
}

/** Return the map; `items` have a name (two letters), and a number and words of it by `value` and `words`. */
export function worldMap(items, value, words) {
  const found = new Map(items.filter((item) => item.name !== null).map((item) => [item.name, item]));
  const most = Math.max(...[...found.values()].map(value), 1);
  const level = (item) => (item ? Math.max(1, Math.ceil(LEVELS * Math.sqrt(value(item) / most))) : 0);
  const told = (code) => (found.has(code) ? svg("title", {}, words(found.get(code))) : null);
  const land = Object.entries(OUTLINES).map(([code, d]) =>
    svg("path", { class: `land heat-${level(found.get(code))}`, d }, told(code)),
  );
  const points = Object.entries(POINTS)
    .filter(([code]) => found.has(code))
    .map(([code, [cx, cy]]) =>
      svg("circle", { class: `land heat-${level(found.get(code))}`, cx, cy, r: POINT }, told(code)),
    );
  const said = [...found.values()].slice(0, 5).map(words).join("; ");
  const map = picture(
    WIDTH,
    HEIGHT,
    `Map of the world by conversations. ${said}`,
    svg("path", { class: "land heat-0", d: OTHER_LAND }),
    ...land,
    ...points,
  );
  map.classList.add("map");
  map.removeAttribute("width");
  map.removeAttribute("height");
  return map;
}

/** Return those of the items that the map cannot show. */
export function notOnMap(items) {
  return items.filter((item) => item.name === null || !(item.name in OUTLINES || item.name in POINTS));
}
