// How it goes: the rates with their intervals, what changed, and how conversations ended.

import { before, isShort } from "./address.js";
import { change } from "./change.js";
import { placed, stacks } from "./course.js";
import { el } from "./elements.js";
import { noConversations } from "./empty.js";
import { base, count, decimal, duration, interval, money, percent, rate } from "./figures.js";
import { MEANING, OUTCOMES, partsBar, SENTIMENTS } from "./outcomes.js";
import { behind, panel, tile, tiles } from "./parts.js";
import { table } from "./table.js";
import { rateCell, whisker } from "./whisker.js";

export const title = "Overview";

const CARDS = [
  ["resolution_rate", "Resolved", "up", "of those whose result is known"],
  ["abandonment_rate", "Given up", "down", "in their last turn"],
  ["escalation_rate", "Handed to a human", "down", "at any turn"],
  ["failure_rate", "Failed", "down", "by an error at the end"],
  ["negative_rate", "Negative mood", "down", "negative or frustrated, of those whose mood is known"],
  ["csat", "Satisfied, as rated", "up", "thumbs up, or 4 or 5, of those who rated"],
];
const RESOLUTIONS = [
  ["contained", "Contained", "no human was asked for"],
  ["assumed", "Assumed", "and the user was not back within a day"],
  ["confirmed", "Confirmed", "the application or the user said so"],
  ["verified", "Verified", "a judge, or the agent’s last word on the result"],
];

/** Read the figures of the window, and of the one before. */
export async function load({ ask, asked }) {
  const now = await ask("overview", asked);
  if (now.figures.conversations === 0) return { window: now.window, nodes: [noConversations(now.open_now)] };
  const byHour = isShort(now.window);
  const [then, course] = await Promise.all([
    ask("overview", before(now.window)),
    ask(`outcomes-by-${byHour ? "hour" : "day"}`, asked),
  ]);
  return { window: now.window, nodes: nodes(now, then, course.items, byHour) };
}

function nodes(now, then, periods, byHour) {
  const figures = now.figures;
  return [
    el("p", { class: "lead" }, lead(figures)),
    el("p", { class: "small" }, against(then)),
    el("div", { class: "cards" }, ...CARDS.map((card) => rateCard(card, figures, then.figures))),
    outcomePanel(figures, then.figures, periods, byHour),
    keyFigures(now),
    el("div", { class: "halves" }, resolutionPanel(figures.resolutions), moodPanel(figures)),
  ];
}

function lead(figures) {
  const known = figures.resolution_rate;
  const solved = known
    ? `${rate(known)} of the ${count(known.whole)} whose result is known were resolved`
    : "of none of them the result is known";
  return (
    `${count(figures.conversations)} conversations ended: ${solved}; of all, ` +
    `${rate(figures.abandonment_rate)} were given up and ${rate(figures.escalation_rate)} handed ` +
    "to a human."
  );
}

function against(then) {
  const many = then.figures.conversations;
  return many
    ? "Changes are in percentage points, against the window of equal length before, in which " +
        `${count(many)} ended; a change is clear where the 95 % interval of the difference leaves ` +
        "out 0."
    : "In the window of equal length before no conversation ended, so nothing can be said of changes.";
}

function rateCard([key, title, good, about], figures, then) {
  const found = figures[key];
  const old = then.conversations ? then[key] : null;
  return el(
    "section",
    { class: "card", "data-figure": key },
    el("h2", {}, title),
    el("p", { class: "value" }, rate(found)),
    whisker(found, old),
    el("p", { class: "base" }, found ? `${interval(found)} · ${base(found)}` : "n = 0"),
    el("p", { class: "about" }, about),
    then.conversations ? change(found, old, good) : null,
  );
}

function keyFigures(now) {
  const { figures } = now;
  const { money: cost } = figures;
  const of = (mean) => (mean ? `mean, n = ${count(mean.count)}` : "n = 0");
  const value = (mean, shown) => shown(mean ? mean.value : null);
  return tiles(
    tile("Conversations", count(figures.conversations), `ended; ${count(now.open_now)} open now`),
    tile("Users", count(now.users), `different ones, of ${count(figures.conversations)} conversations`),
    tile(
      "Length",
      duration(now.median_duration_seconds),
      `median; 95 % take less than ${duration(now.p95_duration_seconds)}; n = ${count(figures.conversations)}`,
    ),
    tile("Turns", value(figures.turns, decimal), of(figures.turns)),
    tile("First answer", value(figures.first_response_seconds, duration), of(figures.first_response_seconds)),
    tile(
      "Cost each",
      money(cost.cost_per_conversation_usd),
      `mean, n = ${count(cost.priced_conversations)} with a price`,
    ),
    tile(
      "Cost of a resolved one",
      money(cost.cost_per_resolved_usd),
      `all costs ÷ n = ${count(cost.resolved_conversations)}`,
    ),
    tile(
      "Rating",
      figures.rating ? decimal(figures.rating.value) : "not known",
      `of 5, ${of(figures.rating)}; ${rate(figures.csat_response_rate)} rated at all`,
    ),
  );
}

function outcomePanel(figures, then, periods, byHour) {
  const bar = partsBar(`Outcomes of ${figures.conversations} conversations`, OUTCOMES, figures.outcomes);
  const when = el("h3", {}, byHour ? "Hour by hour" : "Day by day");
  return panel(
    "How conversations ended",
    null,
    bar,
    when,
    stacks(placed(periods), byHour),
    outcomeTable(figures, then),
  );
}

function outcomeTable(figures, then) {
  const rows = OUTCOMES.map((name) => ({
    name,
    now: figures.outcomes[name],
    then: then.conversations ? then.outcomes[name] / then.conversations : null,
  }));
  const columns = [
    { title: "Outcome", cell: (row) => row.name },
    { title: "Meaning", cell: (row) => MEANING[row.name] },
    { title: "Conversations", cell: (row) => count(row.now), number: true },
    { title: "Share", cell: (row) => percent(row.now / figures.conversations), number: true },
    { title: "Share before", cell: (row) => percent(row.then), number: true },
  ];
  return behind(table(`Outcomes, n = ${count(figures.conversations)}`, columns, rows));
}

function resolutionPanel(resolutions) {
  const rows = RESOLUTIONS.map(([key, name, about]) =>
    el("li", {}, el("p", {}, el("strong", {}, name), ` ${about}`), rateCell(resolutions[key])),
  );
  return panel(
    "Four ways to say resolved",
    "They are not the same: contained is not solved.",
    el("ul", { class: "rates" }, ...rows),
  );
}

function moodPanel(figures) {
  const { improved, stable, declined } = figures.trajectories;
  const known = improved + stable + declined;
  const course = known
    ? `Of the ${count(known)} whose course is known, ${count(improved)} got better and ` +
      `${count(declined)} worse from beginning to end.`
    : "Of none of them the course is known.";
  const title = (name) => (name === "unknown" ? "not known" : name);
  const bar = partsBar(`Mood in ${figures.conversations} conversations`, SENTIMENTS, figures.sentiments, { title });
  const judged = figures.satisfaction;
  const estimate = judged
    ? `Satisfaction is estimated at ${percent(judged.value)} (mean over n = ` +
      `${count(judged.count)}); it is no rating of users.`
    : null;
  return panel(
    "Mood",
    "From what users wrote; measured in English only.",
    bar,
    el("p", {}, course),
    estimate ? el("p", {}, estimate) : null,
  );
}
