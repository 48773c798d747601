// What changed against the window before: the difference of two rates with its 95 % interval (Newcombe's, from Wilson's).

import { el } from "./elements.js";
import { points } from "./figures.js";

/** Return the difference of two rates and its interval; null where one is not known. */
export function difference(now, then) {
  if (now === null || then === null || now === undefined || then === undefined) return null;
  const value = now.value - then.value;
  return {
    value,
    low: value - Math.hypot(now.value - now.low, then.high - then.value),
    high: value + Math.hypot(now.high - now.value, then.value - then.low),
  };
}

/** Return whether two rates differ clearly: the interval of their difference leaves out 0. */
export function isClear(found) {
  return found !== null && (found.low > 0 || found.high < 0);
}

/** Return which way a difference goes: "better" or "worse"; empty where neither way is. */
export function sideOf(found, good) {
  return good === null ? "" : (found.value > 0 ? "up" : "down") === good ? "better" : "worse";
}

/** Return a line that says what changed; `good` says which way is better: "up", "down", or neither. */
export function change(now, then, good = null) {
  if (now === null) return null;
  const found = difference(now, then);
  if (found === null) return el("p", { class: "change" }, "Before: not known");
  const span = `${points(found.low)} to ${points(found.high)}`;
  if (!isClear(found)) return el("p", { class: "change" }, `No clear change: ${span} points`);
  const side = sideOf(found, good);
  const arrow = found.value > 0 ? "▲" : "▼";
  return el(
    "p",
    { class: `change ${side}` },
    `${arrow} ${points(found.value)} points${side ? `, ${side}` : ""} (${span})`,
  );
}
