// In which turn people give up most, in words; and which turns are worth a picture.

import { base, interval, rate } from "./figures.js";

const ENOUGH = 30;
const FEW = 10;

/** Return a sentence on the turn in which most give up, of those that enough conversations reached. */
export function worstTurn(turns) {
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

/** Return the turns that are drawn, and a sentence on those that are not; null where all are. */
export function drawnTurns(turns) {
  const some = turns.filter((turn) => turn.reached >= FEW);
  const shown = some.length ? some : turns;
  const left = turns.length - shown.length;
  const which = left === 1 ? "One later turn, which fewer" : `${left} later turns, which fewer`;
  const note = `${which} than ${FEW} conversations reached, ${left === 1 ? "is" : "are"} in the table only.`;
  return { shown, note: left > 0 ? note : null };
}
