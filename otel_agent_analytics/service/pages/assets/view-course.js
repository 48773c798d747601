// How conversations ended over time.

import { isShort } from "./address.js";
import { label, placed, rates, stacks } from "./course.js";
import { el } from "./elements.js";
import { noConversations } from "./empty.js";
import { count, words } from "./figures.js";
import { OUTCOMES, SENTIMENTS } from "./outcomes.js";
import { behind, legend, panel } from "./parts.js";
import { table } from "./table.js";
import { rateCell } from "./whisker.js";

export const title = "Over time";

const RATES = [
  ["resolution_rate", "Resolved", "completed", "of those whose result is known"],
  ["abandonment_rate", "Given up", "abandoned", "of all that ended"],
  ["escalation_rate", "Handed to a human", "escalated", "of all that ended"],
];

/** Read the outcomes of each hour or day. */
export async function load({ ask, asked }) {
  const { window } = await ask("overview", asked).then((answer) => ({ window: answer.window }));
  const byHour = isShort(window);
  const [found, moods] = await Promise.all([
    ask(`outcomes-by-${byHour ? "hour" : "day"}`, asked),
    ask("sentiment-by-day", asked),
  ]);
  const periods = placed(found.items);
  if (periods.length === 0) return { window, nodes: [noConversations()] };
  const days = placed(moods.items.map((day) => ({ ...day, start: day.day })));
  return { window, nodes: [...nodes(periods, byHour), moodPanel(days)] };
}

function moodPanel(days) {
  const parts = { names: SENTIMENTS, of: (day) => day.sentiments, title: "Mood of users" };
  const columns = [
    { title: "Day", cell: (day) => label(day, false) },
    ...SENTIMENTS.map((name) => ({ title: words(name), cell: (day) => count(day.sentiments[name]), number: true })),
    { title: "Negative or frustrated", cell: (day) => rateCell(day.negative_rate) },
  ];
  const all = days.reduce((sum, day) => sum + day.conversations, 0);
  return panel(
    "Mood day by day",
    `From what users wrote, measured in English only; n = ${count(all)} conversations. Below, the share that was ` +
      "negative or frustrated, of those whose mood is known.",
    stacks(days, false, parts),
    legend(SENTIMENTS.map((name) => [`fill-${name}`, words(name)])),
    rates(days, "negative_rate", false, "abandoned", "Negative or frustrated"),
    behind(table("Mood by day", columns, days)),
  );
}

function nodes(periods, byHour) {
  const unit = byHour ? "hour" : "day";
  const all = periods.reduce((sum, period) => sum + period.conversations, 0);
  const pictures = RATES.map(([key, name, kind, about]) => panel(name, about, rates(periods, key, byHour, kind, name)));
  return [
    panel(
      "Outcomes",
      `Each bar is ${byHour ? "an hour" : "a day"}; n = ${count(all)} in all.`,
      stacks(periods, byHour),
      legend(OUTCOMES.map((name) => [`fill-${name}`, name])),
      behind(courseTable(periods, byHour)),
    ),
    el(
      "p",
      { class: "about" },
      `Rates by ${unit}: the upright line through each point is its 95 % interval. Where few conversations ` +
        "ended it is long, and what looks like a change may be chance. Pale points are shares of fewer than 10, and " +
        "no line leads to them.",
    ),
    ...pictures,
  ];
}

function courseTable(periods, byHour) {
  const columns = [
    { title: byHour ? "Hour" : "Day", cell: (period) => label(period, byHour) },
    { title: "Ended", cell: (period) => count(period.conversations), number: true },
    ...OUTCOMES.map((name) => ({ title: name, cell: (period) => count(period.outcomes[name]), number: true })),
    ...RATES.map(([key, name]) => ({ title: name, cell: (period) => rateCell(period[key]) })),
  ];
  return table(`Outcomes by ${byHour ? "hour" : "day"}`, columns, periods);
}
