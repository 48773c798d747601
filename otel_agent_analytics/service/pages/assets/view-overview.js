// How it goes: is it good, what changed, where do people give up, what do they want and not get, what does it cost.

import { address, before, isShort } from "./address.js";
import { change, difference, isClear, sideOf } from "./change.js";
import { placed, stacks } from "./course.js";
import { hazard } from "./curve.js";
import { el } from "./elements.js";
import { noConversations } from "./empty.js";
import { base, count, decimal, duration, interval, money, percent, points, rate } from "./figures.js";
import { drawnTurns, worstTurn } from "./giving-up.js";
import { listLink } from "./links.js";
import { MEANING, OUTCOMES, partsBar, SENTIMENTS } from "./outcomes.js";
import { behind, nothing, panel, tile, tiles } from "./parts.js";
import { table } from "./table.js";
import { OPEN, wanted } from "./wanted.js";
import { rateCell, whisker } from "./whisker.js";

export const title = "Overview";

const plainly = (text) => () => text;
const CARDS = [
  ["resolution_rate", "Resolved", "up", plainly("of those whose result is known"), "wants"],
  ["abandonment_rate", "Given up", "down", plainly("in their last turn, of all that ended"), "drop-off"],
  ["escalation_rate", "Handed to a human", "down", plainly("at any turn, of all that ended"), "agents"],
  ["failure_rate", "Failed", "down", plainly("by an error at the end, of all that ended"), "tools"],
  ["negative_rate", "Negative mood", "down", plainly("negative or frustrated, of those whose mood is known"), "course"],
  ["csat", "Satisfied, as rated (CSAT)", "up", rated, null],
];
const RESOLUTIONS = [
  ["contained", "Contained", "no human was asked for"],
  ["assumed", "Assumed", "and the user was not back within a day"],
  ["confirmed", "Confirmed", "the application or the user said so"],
  ["verified", "Verified", "a judge, or the agent’s last word on the result"],
];

const TOPICS = 5;
const READING =
  "How to read it: the line goes from 0 to 100 %, the dark mark is the share, and the band around it the 95 % " +
  "interval: the fewer conversations there are, the wider it is, and the less the share says. A dashed mark is the " +
  "window before.";

/** Read the figures of the window, and of the one before. */
export async function load({ ask, asked }) {
  const now = await ask("overview", asked);
  if (now.figures.conversations === 0) return { window: now.window, nodes: [noConversations(now.open_now)] };
  const byHour = isShort(now.window);
  const [then, course, turns, unresolved] = await Promise.all([
    ask("overview", before(now.window)),
    ask(`outcomes-by-${byHour ? "hour" : "day"}`, asked),
    ask("drop-off", asked),
    ask("unresolved-topics", { ...asked, limit: String(TOPICS) }),
  ]);
  return { window: now.window, nodes: nodes(now, then, course.items, byHour, turns.items, unresolved) };
}

function nodes(now, then, periods, byHour, turns, unresolved) {
  const figures = now.figures;
  return [
    el("p", { class: "lead" }, lead(figures)),
    el("p", {}, against(figures, then.figures)),
    el("div", { class: "cards" }, ...CARDS.map((card) => rateCard(card, figures, then.figures))),
    el("p", { class: "small" }, READING),
    el("div", { class: "halves" }, wantPanel(unresolved, figures), turnPanel(turns)),
    costFigures(figures),
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

function against(figures, then) {
  const many = then.conversations;
  if (!many) return "In the window of equal length before no conversation ended, so nothing can be said of changes.";
  const said = CARDS.map(([key, title, good]) => [title, difference(figures[key], then[key]), good])
    .filter(([, found]) => isClear(found))
    .map(([title, found, good]) => `“${title}” ${points(found.value)} percentage points (${sideOf(found, good)})`)
    .join(", ");
  return (
    `Against the window of equal length before, in which ${count(many)} ended, ` +
    (said ? `these changed clearly: ${said}.` : "no share changed clearly.")
  );
}

// Whoever rates is not like those who do not: so how many did stands beside it.
function rated(figures) {
  const answered = figures.csat_response_rate;
  const share = answered ? `; ${rate(answered)} rated (${base(answered)})` : "";
  return `thumbs up, or 4 or 5, of those who rated${share}`;
}

function wantPanel({ items, more }, figures) {
  const rows = items.map((item) =>
    el(
      "li",
      {},
      el(
        "p",
        {},
        el("a", { href: address({ view: "conversations", topic: item.topic, ...OPEN }) }, wanted(item.topic)),
      ),
      rateCell(item.rate),
    ),
  );
  const shown = rows.length
    ? el("ul", { class: "rates" }, ...rows)
    : nothing(
        figures.resolution_rate
          ? "Nothing is known to have stayed unresolved, or it is not known what it was about."
          : "Of no conversation the result is known.",
      );
  const link = el(
    "p",
    {},
    el("a", { href: address({ view: "wants" }) }, more ? "All of it, with examples" : "More, with examples"),
  );
  return panel(
    "What they want and do not get",
    "By topic, the share of conversations that stays unresolved, also in part.",
    shown,
    link,
  );
}

function turnPanel(turns) {
  const { shown } = drawnTurns(turns);
  return panel(
    "Where people give up",
    null,
    el("p", {}, worstTurn(turns)),
    hazard(shown),
    el(
      "p",
      { class: "small" },
      "By turn (message of the user): the share that gives up in it, and how many reached it.",
    ),
    el("p", {}, el("a", { href: address({ view: "drop-off" }) }, "All turns")),
  );
}

function costFigures({ money: cost, conversations }) {
  const unpriced = cost.unpriced_calls ? `; ${count(cost.unpriced_calls)} calls without a price are not in it` : "";
  const left = cost.savings_left_out ? `; ${count(cost.savings_left_out)} left out for want of a price` : "";
  return tiles(
    tile("Cost of all", money(cost.cost_usd), `US dollars, n = ${count(conversations)}${unpriced}`),
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
      "Saved against humans",
      money(cost.savings_usd),
      el("span", {}, `US dollars${left}; `, el("a", { href: address({ view: "cost" }) }, "how it is reckoned")),
    ),
  );
}

function rateCard([key, title, good, about, view], figures, then) {
  const found = figures[key];
  const heading = view ? el("a", { href: address({ view }) }, title) : title;
  const old = then.conversations ? then[key] : null;
  return el(
    "section",
    { class: "card", "data-figure": key },
    el("h2", {}, heading),
    el("p", { class: "value" }, rate(found)),
    whisker(found, old),
    el("p", { class: "base" }, found ? `${interval(found)} · ${base(found)}` : "n = 0"),
    el("p", { class: "about" }, about(figures)),
    then.conversations ? change(found, old, good) : null,
  );
}

function keyFigures(now) {
  const { figures } = now;
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
    tile("Rating", value(figures.rating, decimal), `of 5, ${of(figures.rating)}`),
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
    { title: "Outcome", cell: (row) => listLink("outcome", row.name) },
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
