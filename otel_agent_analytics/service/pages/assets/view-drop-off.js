// In which turn people give up.

import { hazard, survival } from "./curve.js";
import { el } from "./elements.js";
import { noConversations } from "./empty.js";
import { count, percent } from "./figures.js";
import { drawnTurns, worstTurn } from "./giving-up.js";
import { behind, panel } from "./parts.js";
import { table } from "./table.js";
import { rateCell, roomFor, upTo } from "./whisker.js";

export const title = "Drop-off";

/** Read the turns. */
export async function load({ ask, asked }) {
  const { window, items } = await ask("drop-off", asked);
  if (items.length === 0) return { window, nodes: [noConversations()] };
  return { window, nodes: nodes(items) };
}

function nodes(turns) {
  const { shown, note } = drawnTurns(turns);
  const room = roomFor(turns.map((turn) => turn.hazard));
  const columns = [
    { title: "Turn", cell: (turn) => turn.turn },
    { title: "Reached it", cell: (turn) => count(turn.reached), number: true },
    { title: "Gave up in it", cell: (turn) => count(turn.abandoned), number: true },
    { title: upTo("Share that gave up", room), cell: (turn) => rateCell(turn.hazard, room) },
    { title: "Not given up since the start", cell: (turn) => percent(turn.survival), number: true },
  ];
  return [
    el("p", { class: "lead" }, worstTurn(turns)),
    panel(
      "Who gives up in which turn",
      "Of those who reach a turn, the share that gives up in it, with 95 % intervals.",
      hazard(shown),
      note ? el("p", { class: "small" }, note) : null,
    ),
    panel(
      "Who is left",
      "The share that has not given up, if everybody went on until then: other ends do not count against it.",
      survival(shown),
      note ? el("p", { class: "small" }, note) : null,
    ),
    behind(table("Drop-off by turn", columns, turns)),
  ];
}
