// The five outcomes: their order, names and colours; and bars that are made of parts.

import { drawn, el, picture, svg } from "./elements.js";
import { count, percent } from "./figures.js";
import { legend } from "./parts.js";

export const OUTCOMES = ["completed", "silent", "escalated", "abandoned", "failed"];
export const MEANING = {
  completed: "the user took leave, or the agent reported success",
  silent: "neither: it just ended",
  escalated: "handed to a human",
  abandoned: "the user gave up",
  failed: "the last run ended in an error",
};
export const SENTIMENTS = ["positive", "neutral", "negative", "frustrated", "unknown"];
const GAP = 2;
const BAR = 34;

/** Return a word that is coloured by what it says. */
export function pill(outcome) {
  return outcome === null
    ? el("span", { class: "pill visit" }, "visit")
    : el("span", { class: `pill ${outcome}` }, outcome);
}

/** Return one bar of parts that make up a whole, with a legend that has all figures. */
export function partsBar(words, names, counts, { title = (name) => name } = {}) {
  const all = names.reduce((sum, name) => sum + counts[name], 0);
  const draw = (width) => {
    let x = 0;
    const shown = names.filter((name) => counts[name] > 0);
    const room = width - GAP * (shown.length - 1);
    const pieces = shown.map((name) => {
      const long = Math.max(1, (counts[name] / all) * room);
      const piece = svg(
        "g",
        {},
        svg(
          "rect",
          { class: `fill-${name}`, x, y: 0, width: long, height: BAR, rx: 3 },
          svg("title", {}, `${title(name)}: ${counts[name]}`),
        ),
        long > 46 ? svg("text", { class: `on-${name}`, x: x + 8, y: BAR / 2 + 5 }, percent(counts[name] / all)) : null,
      );
      x += long + GAP;
      return piece;
    });
    return picture(width, BAR, words, ...pieces);
  };
  const pairs = names.map((name) => [`fill-${name}`, `${title(name)} ${count(counts[name])}`]);
  return el("div", {}, all > 0 ? drawn(draw) : null, legend(pairs), el("p", { class: "small" }, `n = ${count(all)}`));
}
