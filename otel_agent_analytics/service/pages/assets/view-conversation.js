// One conversation: what is known of it, and what happened, one thing after the other.

import { address } from "./address.js";
import { keep, mayReadTexts, settings, texts } from "./ask.js";
import { el, fill } from "./elements.js";
import { count, duration, moment, money, name, percent, words } from "./figures.js";
import { insightPanel } from "./insights.js";
import { languageName } from "./languages.js";
import { countryName } from "./map.js";
import { pill } from "./outcomes.js";
import { notice, panel } from "./parts.js";
import { timeline } from "./timeline.js";
import { tokenFromUser } from "./token.js";

export const title = "Conversation";

/** Read one conversation, what may be read of its texts, and where its trace is. */
export async function load({ ask, said }) {
  const back = el("p", {}, el("a", { href: address({ view: "conversations" }) }, "← Conversations"));
  if (!said.id) return { nodes: [back, notice("No conversation is named")] };
  const id = encodeURIComponent(said.id);
  const [found, set, said_] = await Promise.all([
    ask(`conversations/${id}`),
    settings(),
    mayReadTexts() ? texts(said.id).catch(() => null) : null,
  ]);
  return { about: found.conversation_id, nodes: [back, ...nodes(found, set, said_, said)] };
}

function nodes(found, set, kept, said) {
  const last = found.episodes.at(-1);
  const open = found.open
    ? el("p", { class: "lead" }, "It is open: its user has spoken, and it has not ended yet.")
    : null;
  const place = el("div", {});
  const show = (texts_) => fill(place, textState(texts_, said.id, show), timeline(found, texts_, said.tz));
  show(kept);
  return [
    open,
    ...found.episodes.flatMap((episode) => [
      factPanel(episode, found.episodes.length, set, said.tz),
      insightPanel(episode, found.insights, said.tz, found.episodes.length > 1),
    ]),
    last || found.messages.length ? panel("What happened", null, place) : null,
    found.more ? el("p", { class: "small" }, "There is more; these are the first 1,000 calls and messages.") : null,
  ];
}

function factPanel(episode, all, set, zone) {
  const which = all > 1 ? `Episode ${episode.episode}` : "How it ended";
  const link = traceLink(set.trace_url, episode.trace_id);
  const rated = episode.last_rating === null ? "not rated" : `${episode.last_rating} (n = ${count(episode.ratings)})`;
  const facts = [
    [
      "Outcome",
      [
        pill(episode.outcome),
        " ",
        el("small", { class: "base" }, episode.outcome_reason ? `rule: ${words(episode.outcome_reason)}` : ""),
      ],
    ],
    ["Result", words(episode.resolution_status)],
    ["From", moment(episode.started, zone, { seconds: true })],
    ["To", moment(episode.ended, zone, { seconds: true })],
    ["Length", duration((Date.parse(episode.ended) - Date.parse(episode.started)) / 1000)],
    ["Turns", count(episode.user_turns)],
    ["Agents", episode.agents?.length ? episode.agents.join(", ") : name(null)],
    ["Mood", words(episode.sentiment)],
    ["Satisfaction, estimated", percent(episode.satisfaction)],
    ["Rated", rated],
    ["First answer after", duration(episode.first_response_seconds)],
    ["Cost", costOf(episode)],
    ["Channel, device", `${name(episode.channel)}, ${name(episode.device)}`],
    ["Country, language", `${countryName(episode.country)}, ${languageName(episode.language)}`],
    ["Errors", episode.error_types?.length ? episode.error_types.join(", ") : "none"],
    ["Service", `${episode.service_name}${episode.version ? `, version ${episode.version}` : ""}`],
  ];
  const list = el(
    "dl",
    { class: "facts-list" },
    ...facts.map(([term, fact]) => el("div", {}, el("dt", {}, term), el("dd", {}, fact))),
  );
  return panel(which, null, list, link ? el("p", {}, link) : null);
}

function costOf(episode) {
  const missing =
    episode.unpriced_calls > 0
      ? ` (${count(episode.unpriced_calls)} of ${count(episode.model_calls)} calls without a price)`
      : "";
  return `${money(episode.cost_usd)}${missing}`;
}

function traceLink(pattern, id) {
  if (!pattern || !id || !/^https?:\/\//.test(pattern)) return null;
  const to = pattern.replaceAll("{trace_id}", encodeURIComponent(id));
  return el("a", { class: "trace", href: to, target: "_blank", rel: "noopener noreferrer" }, "Open its trace");
}

function textState(kept, id, show) {
  if (kept?.items.length)
    return el("p", { class: "small" }, "Texts are shown as they are kept: redacted, for admins only.");
  if (kept)
    return el(
      "p",
      { class: "small" },
      "No text of this conversation is kept. AGENT_ANALYTICS_KEEP_CONTENT says whether texts are.",
    );
  const read = async () => {
    const mine = await texts(id);
    if (mine !== null) return show(mine);
    const token = await tokenFromUser(
      false,
      "Texts are read with an admin’s bearer token. It is used for everything on this page from then on.",
    );
    if (token === null) return null;
    keep(token);
    const found = await texts(id);
    return found === null ? fill(told, "This token is not an admin’s.") : show(found);
  };
  const told = el("span", { role: "status" });
  return el(
    "p",
    { class: "small" },
    "Texts are shown to admins only, where they are kept. ",
    el("button", { type: "button", class: "quiet", on: { click: read } }, "Show the texts"),
    " ",
    told,
  );
}
