// In which turn people give up.

import { hazard, survival } from "./curve.js";
import { el } from "./elements.js";
import { noConversations } from "./empty.js";
import { base, count, interval, percent, rate } from "./figures.js";
import { behind, panel } from "./parts.js";
import { table } from "./table.js";
import { rateCell, roomFor } from "./whisker.js";

export const title = "Drop-off";

const ENOUGH = 30;
const FEW = 10;

/** Read the turns. */
export async function load({ ask, asked }) {
  const { window, items } = await ask("drop-off", asked);
  if (items.length === 0) return { window, nodes: [noConversations()] };
  return { window, nodes: nodes(items) };
}

function nodes(turns) {
  const drawn = turns.filter((turn) => turn.reached >= FEW);
  const shown = drawn.length ? drawn : turns;
  const left = turns.length - shown.length;
  const room = roomFor(turns.map((turn) => turn.hazard));
  const columns = [
    { title: "Turn", cell: (turn) => turn.turn },
    { title: "Reached it", cell: (turn) => count(turn.reached), number: true },
    { title: "Gave up in it", cell: (turn) => count(turn.abandoned), number: true },
    { title: "Share that gave up", cell: (turn) => rateCell(turn.hazard, room) },
    { title: "Not given up since the start", cell: (turn) => percent(turn.survival), number: true },
  ];
  return [
    el("p", { class: "lead" }, lead(turns)),
    panel(
      "Who gives up in which turn",
      "Of those who reach a turn, the share that gives up in it, with 95 % intervals.",
      hazard(shown),
      note(left),
    ),
    panel(
      "Who is left",
      "The share that has not given up, if everybody went on until then: other ends do not count against it.",
      survival(shown),
      note(left),
    ),
    behind(table("Drop-off by turn", columns, turns)),
  ];
}

function note(left) {
  return left > 0
    ? el(
        "p",
        { class: "small" },
        `${left} later turns, which fewer than ${FEW} conversations reached, are in the table only.`,
      )
    : null;
}

function lead(turns) {
  const trusted = turns.filter((turn) => turn.hazard !== null && turn.reached >= ENOUGH);
  if (trusted.length === 0)
    return `Fewer than ${ENOUGH} conversations reached any turn: too few to say in which one people give up.`;
  const worst = trusted.reduce((most, turn) => (turn.hazard.value > most.hazard.value ? turn : most));
  return (
    `Most often people give up in turn ${worst.turn}: ${rate(worst.hazard)} of those who reach ` +
    `it (${interval(worst.hazard)}; ${base(worst.hazard)}), of the turns that at least ${ENOUGH} ` +
    "reached."
  );
}
