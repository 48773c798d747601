// The hours of a week as a field of squares: the darker, the more was said.

import { drawn, el, picture, svg } from "./elements.js";
import { count } from "./figures.js";

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const LEVELS = 5;
const LEFT = 40;
const TOP = 18;

/** Return the picture of all 168 hours; `hours` have weekday, hour and messages. */
export function week(hours) {
  const most = Math.max(...hours.map((one) => one.messages), 1);
  const peak = hours.reduce((best, one) => (one.messages > best.messages ? one : best));
  return drawn((width) => {
    const wide = (width - LEFT) / 24;
    const tall = Math.max(18, Math.min(26, wide));
    const cells = hours.map((one) =>
      svg(
        "rect",
        {
          class: `heat-${one.messages ? Math.max(1, Math.ceil((LEVELS * one.messages) / most)) : 0}`,
          x: LEFT + one.hour * wide,
          y: TOP + (one.weekday - 1) * tall,
          width: Math.max(1, wide - 1.5),
          height: tall - 1.5,
          rx: 2,
        },
        svg("title", {}, `${DAYS[one.weekday - 1]}, ${clockOf(one.hour)}: ${one.messages}`),
      ),
    );
    const names = DAYS.map((day, number) =>
      svg("text", { class: "tick", x: 0, y: TOP + number * tall + tall / 2 + 4 }, day.slice(0, 3)),
    );
    const marks = [0, 6, 12, 18].map((hour) =>
      svg("text", { class: "tick", x: LEFT + hour * wide, y: 12 }, clockOf(hour)),
    );
    const words =
      `User messages by hour of the week; most on ${DAYS[peak.weekday - 1]} at ` +
      `${clockOf(peak.hour)}: ${peak.messages}`;
    return picture(width, TOP + 7 * tall, words, ...cells, ...names, ...marks);
  });
}

/** Return the busiest hours, the busiest first. */
export function busiest(hours, wanted = 10) {
  return hours
    .filter((one) => one.messages > 0)
    .sort((a, b) => b.messages - a.messages)
    .slice(0, wanted);
}

/** Return how an hour of the week is called. */
export function hourName(one) {
  return `${DAYS[one.weekday - 1]}, ${clockOf(one.hour)}`;
}

/** Return the busiest hours as rows of a table. */
export const WEEK_COLUMNS = [
  { title: "Hour", cell: hourName },
  { title: "User messages", cell: (one) => count(one.messages), number: true },
];

/** Return what the shades mean. */
export function shades(words) {
  const squares = [1, 2, 3, 4, 5].map((level) => el("span", { class: `swatch heat-${level}` }));
  return el("p", { class: "shades small" }, el("span", {}, "few"), ...squares, el("span", {}, words));
}

function clockOf(hour) {
  return `${String(hour).padStart(2, "0")}:00`;
}
