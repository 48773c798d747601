// A rate as a point with its interval on a line from 0 to 100 %, and where it stood before.

import { el, svg } from "./elements.js";
import { base, interval, percent, rate } from "./figures.js";

const WIDTH = 200;
const HEIGHT = 16;
const EDGE = 4;

/** Return the picture of a rate; `before` is drawn as a mark below it. `most` is the right end of the line. */
export function whisker(found, before = null, most = 1) {
  if (found === null) return null;
  const x = (share) => EDGE + (Math.min(share, most) / most) * (WIDTH - 2 * EDGE);
  const middle = HEIGHT / 2;
  const low = x(found.low);
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "whisker", "aria-hidden": "true", preserveAspectRatio: "none" },
    svg("line", { class: "track", x1: EDGE, x2: WIDTH - EDGE, y1: middle, y2: middle }),
    svg("rect", {
      class: "span",
      x: low,
      y: middle - 3,
      width: Math.max(1, x(found.high) - low),
      height: 6,
      rx: 3,
    }),
    before ? svg("line", { class: "then", x1: x(before.value), x2: x(before.value), y1: 1, y2: HEIGHT - 1 }) : null,
    svg("line", { class: "point", x1: x(found.value), x2: x(found.value), y1: middle - 6, y2: middle + 6 }),
  );
}

/** Return a rate for a cell of a table: value, whiskers, and in small what it is a share of. */
export function rateCell(found, most = 1) {
  if (found === null) return el("span", { class: "unknown" }, "not known");
  return el(
    "span",
    { class: "rate" },
    el("span", { class: "rate-value" }, rate(found)),
    " ",
    whisker(found, null, most),
    el("span", { class: "rate-base" }, `${interval(found)} · ${base(found)}`),
  );
}

/** Return the right end of a line on which all of some rates can be seen. */
export function roomFor(rates) {
  const most = Math.max(0, ...rates.filter(Boolean).map((one) => one.high));
  return [0.1, 0.25, 0.5, 1].find((end) => most <= end) ?? 1;
}

/** Return the title of a column of rates: where its lines end, unless that is 100 %. */
export function upTo(title, room) {
  return room === 1 ? title : `${title} (line: 0 to ${percent(room)})`;
}
