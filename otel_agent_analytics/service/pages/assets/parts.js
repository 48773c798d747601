// The parts that views are made of: panels, figures with their bases, tables behind pictures, legends, notices.

import { el } from "./elements.js";

/** Return a part of a view with a heading, and a sentence on what is to be seen. */
export function panel(title, about, ...children) {
  return el(
    "section",
    { class: "panel" },
    el("h2", {}, title),
    about ? el("p", { class: "about" }, about) : null,
    ...children,
  );
}

/** Return a figure with what it is reckoned from. */
export function tile(title, value, base) {
  return el(
    "div",
    { class: "tile" },
    el("dt", {}, title),
    el("dd", { class: "value" }, value),
    el("dd", { class: "base" }, base),
  );
}

/** Return a figure for a cell of a table, and below it what it is reckoned from. */
export function withBase(value, base) {
  return el("span", {}, value, " ", el("small", { class: "base" }, base));
}

/** Return tiles beside each other. */
export function tiles(...children) {
  return el("dl", { class: children.length % 4 ? "tiles by-three" : "tiles" }, ...children);
}

/** Return a table that stands behind a picture, to be opened. */
export function behind(table, title = "The same as a table") {
  return el("details", { class: "behind" }, el("summary", {}, title), table);
}

/** Return what colours mean: pairs of a class and a text. */
export function legend(pairs) {
  const items = pairs.map(([kind, text]) =>
    el("li", {}, el("span", { class: `swatch ${kind}`, "aria-hidden": "true" }), text),
  );
  return el("ul", { class: "legend" }, ...items);
}

/** Return something that is said in the place of figures. */
export function notice(title, ...children) {
  return el("section", { class: "notice" }, el("h2", {}, title), ...children);
}

/** Return what is said where a list is empty. */
export function nothing(text) {
  return el("p", { class: "nothing" }, text);
}
