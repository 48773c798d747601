// Pictures of drop-off: how many are left after each turn, and what share of those who reach a turn give up in it.

import { below, levels, ticks } from "./axes.js";
import { drawn, picture, svg } from "./elements.js";
import { base, count, interval, percent, rate } from "./figures.js";

const LEFT = 50;
const RIGHT = 10;
const TOP = 10;
const FEW = 10;

/** Return the picture of who has not given up after each turn. */
export function survival(turns) {
  return drawn((width) => {
    const height = 210;
    const { slot, x, y, foot } = places(turns, width, height, 1, 24);
    const known = turns.filter((turn) => turn.survival !== null);
    let path = `M${x(0)} ${y(1)}`;
    for (const [number, turn] of known.entries())
      path += `H${x(number) + slot / 2}V${y(turn.survival)}H${x(number + 1)}`;
    const area = `${path}V${y(0)}H${x(0)}Z`;
    const points = known.map((turn, number) =>
      svg(
        "circle",
        { class: "dot", cx: x(number) + slot / 2, cy: y(turn.survival), r: 3.5 },
        svg("title", {}, `After turn ${turn.turn}: ${percent(turn.survival)} have not given up`),
      ),
    );
    const said = known.map((turn, number) =>
      slot > 40
        ? svg("text", { class: "said", x: x(number) + slot / 2 + 5, y: y(turn.survival) - 7 }, percent(turn.survival))
        : null,
    );
    const grid = levels([0, 0.25, 0.5, 0.75, 1], y, LEFT, width - RIGHT, percent);
    const words = `Share of conversations in which nobody has given up, after each of ${turns.length} turns`;
    const marks = [
      below(2, foot, "turn", "start"),
      ...turns.map((turn, number) => below(x(number) + slot / 2, foot, turn.turn)),
    ];
    return picture(
      width,
      height,
      words,
      grid,
      svg("path", { class: "area", d: area }),
      svg("path", { class: "line", d: path }),
      ...points,
      ...said,
      ...marks,
    );
  });
}

/** Return the picture of the share that gives up in each turn, with whiskers and with how many reached it. */
export function hazard(turns) {
  return drawn((width) => {
    const height = 230;
    const trusted = turns.filter((turn) => turn.hazard !== null && turn.reached >= FEW);
    const most = Math.max(0.05, ...(trusted.length ? trusted : turns).map((turn) => turn.hazard?.high ?? 0));
    const values = ticks(Math.min(1, most));
    const { slot, x, y, foot } = places(turns, width, height, values.at(-1), 40);
    const wide = Math.min(46, slot * 0.62);
    const bars = turns.map((turn, number) => {
      if (turn.hazard === null) return null;
      const middle = x(number) + slot / 2;
      const top = y(turn.hazard.value);
      const words =
        `Turn ${turn.turn}: ${rate(turn.hazard)} give up (${interval(turn.hazard)}), ` + `${base(turn.hazard)}`;
      return svg(
        "g",
        { class: turn.reached < FEW ? "few" : null },
        svg("title", {}, words),
        svg("rect", {
          class: "fill-abandoned",
          x: middle - wide / 2,
          y: top,
          width: wide,
          height: y(0) - top,
          rx: 2,
        }),
        svg("path", {
          class: "reach",
          d: reach(middle, y(turn.hazard.low), y(Math.min(turn.hazard.high, values.at(-1))), Math.min(6, wide / 3)),
        }),
      );
    });
    const marks = turns.map((turn, number) => [
      below(x(number) + slot / 2, foot - 16, turn.turn),
      slot > 26 || number % 2 === 0 ? below(x(number) + slot / 2, foot, count(turn.reached)) : null,
    ]);
    const grid = levels(values, y, LEFT, width - RIGHT, percent);
    const words = `Share that gives up in each turn, with 95 % intervals, for ${turns.length} turns`;
    return picture(
      width,
      height,
      words,
      grid,
      ...bars,
      below(2, foot - 16, "turn", "start"),
      below(2, foot, "n =", "start"),
      ...marks,
    );
  });
}

function reach(middle, low, high, half) {
  return `M${middle} ${low}V${high}M${middle - half} ${low}h${2 * half}M${middle - half} ${high}h${2 * half}`;
}

function places(turns, width, height, most, room) {
  const slot = Math.min(150, (width - LEFT - RIGHT) / turns.length);
  return {
    slot,
    x: (number) => LEFT + number * slot,
    y: (value) => TOP + (1 - value / most) * (height - TOP - room),
    foot: height - 6,
  };
}
