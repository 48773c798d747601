// What was found in an episode: by the rules, and beside it by a judge where one looked, each with the turns that show it.

import { el } from "./elements.js";
import { count, moment, percent, words } from "./figures.js";
import { panel } from "./parts.js";
import { table } from "./table.js";
import { wanted } from "./wanted.js";

const LOCAL = "local";
const ROWS = [
  ["What the user came for", "primary_intent", wanted],
  ["Asked for beside it", "secondary_intents", wanted],
  ["Topics", "topics", wanted],
  ["Result", "resolution_status", words],
  ["Mood", "sentiment", words],
  ["Mood from beginning to end", "sentiment_trajectory", words],
  ["Effort for the user, 1 to 5", "effort_score", (value) => (value === null ? words(null) : String(value))],
];
const COMPARED = new Set(["resolution_status", "sentiment", "sentiment_trajectory", "effort_score"]);

/** Return the panel of an episode; null where nobody has looked at it. */
export function insightPanel(episode, insights, zone, many) {
  const latest = new Map();
  for (const one of insights) if (one.episode === episode.episode) latest.set(one.extractor, one);
  if (latest.size === 0) return null;
  const by = [...latest.values()].sort((a, b) => (b.extractor === LOCAL) - (a.extractor === LOCAL));
  const columns = [
    { title: "What", cell: ([text]) => text },
    ...by.map((one) => ({
      title: headingOf(one),
      cell: ([, key, shown]) => cell(one, by[0], key, shown, episode.episode),
    })),
  ];
  const about =
    "With how sure it is, and the turns that show it. Rates and alerts go by the rules." +
    (by.length === 1 ? " No judge looked at it." : "");
  const title = many ? `What was found in episode ${episode.episode}` : "What was found";
  const dates = by.map((one) => `${nameOf(one)} ${moment(one.judged, zone)}${again(one)}`);
  const shown = table(title, columns, ROWS);
  if (by.length === 1) shown.classList.add("narrow");
  return panel(title, about, shown, el("p", { class: "small" }, `Looked at: ${dates.join("; ")}.`));
}

function nameOf(one) {
  return one.extractor === LOCAL ? "rules" : one.extractor;
}

function headingOf(one) {
  return one.extractor === LOCAL ? "By the rules" : `Judged by ${one.extractor} (${one.extractor_version})`;
}

function again(one) {
  return one.revision > 1 ? `, for the ${count(one.revision)}. time` : "";
}

function cell(one, first, key, shown, episode) {
  const found = one.findings[key];
  const all = (Array.isArray(found) ? found : [found]).filter(Boolean);
  if (all.length === 0) return "none found";
  const differs = one !== first && COMPARED.has(key) && found.value !== first.findings[key]?.value;
  return el(
    "span",
    { class: differs ? "finding differs" : "finding" },
    ...all.map((each) => el("span", { class: "found" }, shown(each.value), ...grounds(each, episode))),
    differs ? el("strong", { class: "base" }, "other than the rules") : null,
  );
}

function grounds({ value, confidence, evidence }, episode) {
  if (value === null) return [];
  const links = evidence.flatMap((turn, at) => [at ? ", " : " · turn ", turnLink(episode, turn)]);
  return [el("small", { class: "base" }, `${percent(confidence)} sure`, ...links)];
}

function turnLink(episode, turn) {
  return el("a", { href: `#${turnId(episode, turn)}`, "aria-label": `turn ${turn}` }, String(turn));
}

/** Return the id of a turn's place in the timeline. */
export function turnId(episode, turn) {
  return `turn-${episode}-${turn}`;
}
