// Scales and axes of pictures.

import { svg } from "./elements.js";

/** Return round numbers from 0 up to at least `most`, about `wanted` steps. */
export function ticks(most, wanted = 4) {
  if (most <= 0) return [0, 1];
  const raw = most / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= raw);
  const steps = Math.ceil(most / step - 1e-9);
  return Array.from({ length: steps + 1 }, (_, number) => number * step);
}

/** Return lines across a picture with their numbers on the left. */
export function levels(values, y, left, right, shown) {
  return values.map((value) =>
    svg(
      "g",
      { class: "level" },
      svg("line", { x1: left, x2: right, y1: y(value), y2: y(value) }),
      svg("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, shown(value)),
    ),
  );
}

/** Return a text below a picture. */
export function below(x, y, text, anchor = "middle") {
  return svg("text", { class: "tick", x, y, "text-anchor": anchor }, text);
}
