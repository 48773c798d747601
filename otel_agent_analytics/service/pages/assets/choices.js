// Chooses which conversations the list shows; what is chosen stands in the address, and the API does the choosing.

import { address, chosen } from "./address.js";
import { el } from "./elements.js";
import { words } from "./figures.js";
import { languageName } from "./languages.js";
import { OUTCOMES, SENTIMENTS } from "./outcomes.js";
import { OPEN, wanted } from "./wanted.js";

const RESULTS = ["resolved", "partially_resolved", "unresolved", "escalated", "unknown"].map((one) => [
  one,
  words(one),
]);
// On a phone the choices would fill the screen before the first conversation.
const ROOMY = "(min-width: 801px)";
const TURNS = ["2", "3", "5", "10"].map((one) => [one, `${one} or more`]);

/** Return the form; `groups` are the answers with agents, topics, channels and languages, `go` leads to an address. */
export function choiceForm(said, [agents, topics, channels, languages], go) {
  const selects = [
    ["outcome", "Outcome", [...OUTCOMES, "visit"].map((one) => [one, one])],
    ["resolution_status", "Result", [[OPEN.resolution_status, "unresolved, also in part"], ...RESULTS]],
    ["topic", "Topic", topics.items.map(({ topic }) => [topic, wanted(topic)])],
    ["agent", "Agent", named(agents)],
    ["sentiment", "Mood", SENTIMENTS.map((one) => [one, words(one)])],
    ["channel", "Channel", named(channels)],
    ["language", "Language", named(languages, languageName)],
    ["min_turns", "Turns", TURNS],
  ].map(([key, text, values]) => select(key, text, values, said, go));
  const all = Object.fromEntries(Object.keys(chosen(said)).map((key) => [key, null]));
  const many = Object.keys(all).length;
  const form = el(
    "div",
    { class: "choices", role: "search", "aria-label": "Which conversations" },
    ...selects,
    finder(said, go),
    said.intent ? el("p", { class: "small" }, `Begun for: ${wanted(said.intent)}`) : null,
    many ? el("p", { class: "all" }, el("a", { href: address(all) }, "Show all of them")) : null,
  );
  const open = many > 0 || matchMedia(ROOMY).matches;
  return el("details", { class: "choosing", open }, el("summary", {}, "Choose which ones"), form);
}

function named({ items }, shown = words) {
  return items.map((item) => [item.name ?? "unknown", shown(item.name)]);
}

function select(key, text, values, said, go) {
  const id = `choice-${key}`;
  const current = said[key] ?? "";
  const known = current === "" || values.some(([value]) => value === current);
  const options = [["", "any"], ...values, ...(known ? [] : [[current, words(current)]])];
  const field = el(
    "select",
    { id, on: { change: (event) => go(address({ [key]: event.target.value || null }), id) } },
    ...options.map(([value, shown]) => el("option", { value, selected: value === current }, shown)),
  );
  return el("p", {}, el("label", { for: id }, text), field);
}

function finder(said, go) {
  const input = el("input", {
    id: "find",
    name: "id_prefix",
    value: said.id_prefix ?? "",
    spellcheck: "false",
    autocomplete: "off",
  });
  const label = el("label", { for: "find" }, "Id, or how it begins");
  const form = el("form", { class: "finder" }, el("p", {}, label, input, el("button", { type: "submit" }, "Find")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(address({ id_prefix: input.value.trim() || null }), "find");
  });
  return form;
}
