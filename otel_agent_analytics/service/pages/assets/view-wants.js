// What users want, what of it they do not get, and what is new.

import { address, before } from "./address.js";
import { difference } from "./change.js";
import { el } from "./elements.js";
import { noConversations } from "./empty.js";
import { base, count, moment, points, rate } from "./figures.js";
import { nothing, panel } from "./parts.js";
import { table } from "./table.js";
import { OPEN, wanted } from "./wanted.js";
import { rateCell, roomFor, upTo } from "./whisker.js";

export const title = "What users want";

const MANY = { limit: "1000" };
const FEWEST = 5;

/** Read intents and topics of the window, and topics of the one before. */
export async function load({ ask, said, asked }) {
  const [intents, topics, unresolved] = await Promise.all([
    ask("top-intents", asked),
    ask("topics", { ...asked, ...MANY }),
    ask("unresolved-topics", asked),
  ]);
  const { window } = intents;
  if (intents.items.length + topics.items.length === 0) return { window, nodes: await withoutAny(ask, asked) };
  const then = await ask("topics", { ...before(window), ...MANY });
  const nodes = [
    el("p", { class: "lead" }, lead(topics.items, unresolved.items)),
    unresolvedPanel(unresolved, said.tz),
    newPanel(topics.items, then.items),
    intentPanel(intents, said.tz),
    topicPanel(topics, intents, said.tz),
  ];
  return { window, nodes };
}

async function withoutAny(ask, asked) {
  const { figures, open_now: openNow } = await ask("overview", asked);
  if (figures.conversations === 0) return [noConversations(openNow)];
  return [
    panel(
      "What users want is not known",
      null,
      el("p", {}, `${count(figures.conversations)} conversations ended in this window, and of none it is known.`),
      el(
        "p",
        {},
        "Name what your users want, with a few examples of each, in a file: ",
        el("code", {}, "AGENT_ANALYTICS_INTENTS_FILE=intents.json"),
        ". Or let topics be found: ",
        el("code", {}, "AGENT_ANALYTICS_TOPICS=true"),
        ". The words stay where they are said; only the names travel.",
      ),
    ),
  ];
}

function lead(topics, unresolved) {
  const most = topics[0];
  const worst = unresolved[0];
  const first = most
    ? `Most often it is about “${wanted(most.topic)}”: ${rate(most.share)} of those of which it is known ` +
      `(${base(most.share)}).`
    : "";
  const second = worst
    ? ` Most that stays unresolved is about “${wanted(worst.topic)}”: ${base(worst.rate)} conversations.`
    : " Nothing is known to have stayed unresolved.";
  return first + second;
}

function unresolvedPanel({ items, more }, zone) {
  const room = roomFor(items.map((item) => item.rate));
  const columns = [
    { title: "Topic", cell: (item) => wanted(item.topic) },
    { title: upTo("Share that stays unresolved", room), cell: (item) => rateCell(item.rate, room) },
    { title: "Latest examples", cell: (item) => examples(item.examples) },
    { title: "Last seen", cell: (item) => moment(item.last_seen, zone) },
    {
      title: "All of them",
      cell: (item) => el("a", { href: listOf({ topic: item.topic, ...OPEN }) }, `${count(item.count)} unresolved`),
    },
  ];
  const shown = items.length
    ? table("Unresolved topics", columns, items, { more })
    : nothing("Nothing is known to have stayed unresolved in this window.");
  return panel(
    "What they want and do not get",
    "Conversations that are known to be unresolved, in whole or in part; those with most of them first.",
    shown,
  );
}

function examples(ids) {
  const links = ids.map((id) => el("li", {}, el("a", { href: address({ view: "conversation", id }) }, id)));
  return el("ul", { class: "examples" }, ...links);
}

function intentPanel({ items, more }, zone) {
  if (items.length === 0)
    return panel(
      "Intents",
      null,
      nothing("None is known: AGENT_ANALYTICS_INTENTS_FILE names what your users want, with a few examples of each."),
    );
  const room = roomFor(items.map((item) => item.share));
  const columns = [
    { title: "Intent", cell: (item) => wanted(item.intent) },
    { title: upTo("What they came for", room), cell: (item) => rateCell(item.share, room) },
    { title: "Asked for beside it", cell: (item) => count(item.secondary), number: true },
    { title: "Resolved, of those whose result is known", cell: (item) => rateCell(item.resolution_rate) },
    { title: "Last seen", cell: (item) => moment(item.last_seen, zone) },
    {
      title: "Show them",
      cell: (item) => (item.count ? el("a", { href: listOf({ intent: item.intent }) }, count(item.count)) : "0"),
    },
  ];
  return panel(
    "Intents",
    "What conversations were begun for, and what was asked for beside it. “Something else” is none of the known ones.",
    table("Intents", columns, items, { more }),
  );
}

// Where no topics are discovered, intents stand in their place, and the same table twice would help nobody.
function topicPanel({ items }, intents, zone) {
  const names = new Set(intents.items.map((item) => item.intent));
  if (items.length > 0 && items.every((item) => names.has(item.topic)))
    return panel(
      "Topics",
      null,
      nothing(
        "No topics were discovered in this window; the intents above stand in their place. " +
          "AGENT_ANALYTICS_TOPICS=true finds some.",
      ),
    );
  const room = roomFor(items.map((item) => item.share));
  const columns = [
    { title: "Topic", cell: (item) => wanted(item.topic) },
    { title: upTo("Share of conversations", room), cell: (item) => rateCell(item.share, room) },
    { title: "Resolved, of those whose result is known", cell: (item) => rateCell(item.resolution_rate) },
    { title: "Last seen", cell: (item) => moment(item.last_seen, zone) },
    { title: "Show them", cell: (item) => el("a", { href: listOf({ topic: item.topic }) }, count(item.count)) },
  ];
  const first = items.slice(0, 100);
  return panel(
    "Topics",
    "What conversations are about.",
    items.length ? table("Topics", columns, first, { more: items.length > 100 }) : nothing("None is known."),
  );
}

function newPanel(now, then) {
  const about =
    "Topics whose share is clearly larger than in the window of equal length before: the 95 % interval of the " +
    "difference leaves out 0.";
  if (then.length === 0)
    return panel(
      "What is new",
      null,
      nothing("In the window of equal length before nothing is known, so nothing can be said of what is new."),
    );
  const rows = emerging(now, then);
  if (rows.length === 0) return panel("What is new", about, nothing("No topic has clearly become more frequent."));
  const columns = [
    { title: "Topic", cell: (row) => wanted(row.topic) },
    { title: "Now", cell: (row) => `${rate(row.now)} (${base(row.now)})`, number: true },
    { title: "Before", cell: (row) => `${rate(row.then)} (${base(row.then)})`, number: true },
    {
      title: "Change, percentage points",
      cell: (row) => `${points(row.change.value)} (${points(row.change.low)} to ${points(row.change.high)})`,
      number: true,
    },
  ];
  return panel("What is new", about, table("New topics", columns, rows));
}

/** Return topics that have clearly become more frequent, those that grew most first. */
export function emerging(now, then) {
  const whole = then[0].share.whole;
  const none = { value: 0, low: 0, high: 3.841458820694124 / (whole + 3.841458820694124), part: 0, whole };
  const shares = new Map(then.map((item) => [item.topic, item.share]));
  return now
    .filter((item) => item.count >= FEWEST)
    .map((item) => ({ topic: item.topic, now: item.share, then: shares.get(item.topic) ?? none }))
    .map((row) => ({ ...row, change: difference(row.now, row.then) }))
    .filter((row) => row.change.low > 0)
    .sort((a, b) => b.change.value - a.change.value);
}

function listOf(choices) {
  return address({ view: "conversations", ...choices });
}
