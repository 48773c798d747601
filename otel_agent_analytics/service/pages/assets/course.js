// Pictures of what happened over time: outcomes on top of each other, and a rate with its intervals.

import { below, levels, ticks } from "./axes.js";
import { drawn, picture, svg } from "./elements.js";
import { count, interval, percent, rate } from "./figures.js";
import { OUTCOMES } from "./outcomes.js";

const LEFT = 48;
const RIGHT = 8;
const TOP = 8;
const FOOT = 22;
const FEW = 10;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MONTH_DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** Return periods of the API with `at`, their local time as if it were UTC, milliseconds. */
export function placed(periods) {
  return periods.map((period) => ({
    ...period,
    at: Date.parse(`${period.start.includes("T") ? period.start.slice(0, 16) : `${period.start}T00:00`}Z`),
  }));
}

const ENDS = { names: OUTCOMES, of: (period) => period.outcomes, title: "How conversations ended" };

/** Return a picture of the parts that the conversations of each period have, by default their outcomes. */
export function stacks(periods, byHour, parts = ENDS) {
  return drawn((width) => {
    const height = 230;
    const { x, slot, marks } = across(periods, byHour, width, height);
    const most = Math.max(...periods.map((period) => period.conversations));
    const values = ticks(most).filter((value) => Number.isInteger(value));
    const y = down(values.at(-1), height);
    const bars = periods.map((period) => bar(period, x(period.at), slot, y, byHour, parts));
    const words =
      `${parts.title}, ${byHour ? "by hour" : "by day"}: ${periods.length} bars, at most ` + `${most} conversations`;
    return picture(width, height, words, levels(values, y, LEFT, width - RIGHT, count), ...bars, ...marks);
  });
}

/** Return a picture of a rate of each period, with whiskers. */
export function rates(periods, key, byHour, kind, title) {
  const known = periods.filter((period) => period[key] !== null);
  return drawn((width) => {
    const height = 150;
    const { x, slot, marks } = across(periods, byHour, width, height);
    const y = down(1, height);
    const points = known.map((period) => {
      const middle = x(period.at) + slot / 2;
      const found = period[key];
      return svg(
        "g",
        { class: isFew(found) ? `rate-${kind} few` : `rate-${kind}` },
        svg("line", { class: "reach", x1: middle, x2: middle, y1: y(found.low), y2: y(found.high) }),
        svg("circle", { cx: middle, cy: y(found.value), r: Math.min(4, Math.max(2, slot / 3)) }),
        svg(
          "title",
          {},
          `${label(period, byHour)}: ${rate(found)} (${interval(found)}), ${found.part} of ${found.whole}`,
        ),
      );
    });
    const paths = trusted(known, key).map((run) => {
      const corners = run.map((period) => `${x(period.at) + slot / 2},${y(period[key].value)}`);
      return svg("polyline", { class: `path rate-${kind}`, points: corners.join(" ") });
    });
    const grid = levels([0, 0.5, 1], y, LEFT, width - RIGHT, percent);
    return picture(
      width,
      height,
      `${title}, ${byHour ? "by hour" : "by day"}, with 95 % intervals`,
      grid,
      ...paths,
      ...points,
      ...marks,
    );
  });
}

// A share of so few says next to nothing, and a line to it would look as if it did.
function isFew(found) {
  return found.whole < FEW;
}

// Periods that follow each other without one of few between them.
function trusted(periods, key) {
  const runs = [[]];
  for (const period of periods) {
    if (isFew(period[key])) runs.push([]);
    else runs.at(-1).push(period);
  }
  return runs.filter((run) => run.length > 1);
}

/** Return how a period is called. */
export function label(period, byHour) {
  const day = MONTH_DAY.format(period.at);
  return byHour ? `${day}, ${period.start.slice(11, 16)}` : day;
}

function bar(period, left, slot, y, byHour, { names, of }) {
  let under = 0;
  const gap = slot > 6 ? 1.5 : 0.5;
  const counts = of(period);
  const pieces = names
    .filter((name) => counts[name] > 0)
    .map((name) => {
      const over = under + counts[name];
      const piece = svg("rect", {
        class: `fill-${name}`,
        x: left + gap / 2,
        y: y(over),
        width: Math.max(0.5, slot - gap),
        height: y(under) - y(over),
      });
      under = over;
      return piece;
    });
  const said = names.map((name) => `${name} ${counts[name]}`).join(", ");
  return svg("g", {}, svg("title", {}, `${label(period, byHour)}: ${period.conversations} ended; ${said}`), ...pieces);
}

function across(periods, byHour, width, height) {
  const unit = byHour ? HOUR_MS : DAY_MS;
  const first = periods[0].at;
  const slots = Math.round((periods.at(-1).at - first) / unit) + 1;
  const slot = Math.min(110, (width - LEFT - RIGHT) / slots);
  const x = (at) => LEFT + ((at - first) / unit) * slot;
  const every = stepOf(byHour, 62 / slot);
  const marks = [];
  for (let number = 0; number < slots; number += 1) {
    const at = first + number * unit;
    const place = x(at) + (byHour ? 0 : slot / 2);
    if (Math.round(at / unit) % every === 0 && place < width - 20)
      marks.push(below(place, height - 5, mark(at, byHour), byHour ? "start" : "middle"));
  }
  return { x, slot, marks };
}

function stepOf(byHour, least) {
  return (
    (byHour ? [1, 2, 3, 6, 12, 24] : [1, 2, 7, 14, 28, 91, 182, 364]).find((step) => step >= least) ?? Math.ceil(least)
  );
}

function mark(at, byHour) {
  const hour = new Date(at).getUTCHours();
  return byHour && hour > 0 ? `${String(hour).padStart(2, "0")}:00` : MONTH_DAY.format(at);
}

function down(most, height) {
  return (value) => TOP + (1 - value / most) * (height - TOP - FOOT);
}
