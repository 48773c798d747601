// Tables: columns are data, cells are text or elements.

import { el } from "./elements.js";

const MANY = 3;

/**
 * Return a table in a frame that scrolls by itself; on a phone each row of many cells stands as a block of its own.
 *
 * `columns` have a title, `cell(row)`, and `number: true` where digits stand below each other; the first names the row.
 */
export function table(caption, columns, rows, { more = false } = {}) {
  const head = el("tr", {}, ...columns.map((column) => el("th", { scope: "col", class: kind(column) }, column.title)));
  const body = rows.map((row) => el("tr", {}, ...columns.map((column, number) => cell(column, row, number))));
  return el(
    "div",
    { class: "frame", role: "region", tabindex: "0", "aria-label": caption },
    el(
      "table",
      { class: columns.length > MANY ? "wide" : null },
      el("caption", {}, caption),
      el("thead", {}, head),
      el("tbody", {}, ...body),
    ),
    more ? el("p", { class: "small" }, "There are more; these are the first.") : null,
  );
}

function cell(column, row, number) {
  const shown = column.cell(row);
  const attributes = { class: kind(column) };
  return number === 0
    ? el("th", { ...attributes, scope: "row" }, shown)
    : el("td", { ...attributes, "data-title": column.title }, shown);
}

function kind(column) {
  return column.number ? "number" : null;
}
