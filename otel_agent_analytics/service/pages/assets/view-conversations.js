// The latest conversations; each leads to its own view.

import { address } from "./address.js";
import { el, fill } from "./elements.js";
import { noConversations } from "./empty.js";
import { count, duration, moment, money, name, words } from "./figures.js";
import { OUTCOMES, pill, SENTIMENTS } from "./outcomes.js";
import { nothing } from "./parts.js";

export const title = "Conversations";

const MOST = 500;
const PAGE = 50;
const CHOICES = [
  ["outcome", "Outcome", OUTCOMES],
  ["resolution_status", "Result", ["resolved", "partially_resolved", "unresolved", "escalated", "unknown"]],
  ["sentiment", "Mood", SENTIMENTS],
];

/** Read the latest ones. */
export async function load({ ask, asked, said }) {
  const { window, items, more } = await ask("conversations", { ...asked, limit: String(MOST) });
  if (items.length === 0) return { window, nodes: [noConversations(), finder()] };
  const list = el("ol", { class: "conversations" });
  const told = el("p", { class: "small", role: "status" });
  const chosen = {};
  let room = PAGE;
  const further = el(
    "button",
    { type: "button", class: "quiet", on: { click: () => redraw(room + PAGE) } },
    `Show ${PAGE} more`,
  );
  const redraw = (wanted) => {
    room = wanted;
    const shown = items.filter((item) =>
      CHOICES.every(([key]) => !chosen[key] || (item[key] ?? "unknown") === chosen[key]),
    );
    const which = more ? `the latest ${count(items.length)} that ended` : `all ${count(items.length)} that ended`;
    fill(told, `${count(shown.length)} of ${which} in this window, visits among them.`);
    further.hidden = shown.length <= room;
    fill(
      list,
      ...(shown.length
        ? shown.slice(0, room).map((item) => entry(item, said.tz))
        : [el("li", {}, nothing("None of them is like that."))]),
    );
  };
  const choices = CHOICES.map(([key, text, values]) =>
    select(key, text, values, (value) => {
      chosen[key] = value;
      redraw(PAGE);
    }),
  );
  redraw(PAGE);
  return { window, nodes: [el("div", { class: "choices" }, ...choices, finder()), told, list, further] };
}

function select(key, text, values, choose) {
  const id = `choice-${key}`;
  const options = [el("option", { value: "" }, "any"), ...values.map((value) => el("option", { value }, words(value)))];
  const field = el("select", { id, on: { change: (event) => choose(event.target.value) } }, ...options);
  return el("p", {}, el("label", { for: id }, text), field);
}

function finder() {
  const input = el("input", { id: "find", name: "id", required: true, spellcheck: "false", autocomplete: "off" });
  const link = el("a", { class: "unseen", tabindex: "-1", "aria-hidden": "true" });
  const form = el(
    "form",
    { class: "finder" },
    el("p", {}, el("label", { for: "find" }, "Id of a conversation"), input, el("button", { type: "submit" }, "Open")),
    link,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    link.setAttribute("href", address({ view: "conversation", id: input.value }));
    link.click();
  });
  return form;
}

function entry(item, zone) {
  const to = address({ view: "conversation", id: item.conversation_id });
  const facts = [
    `${count(item.user_turns)} ${item.user_turns === 1 ? "turn" : "turns"}`,
    duration((Date.parse(item.ended) - Date.parse(item.started)) / 1000),
    item.agent ? name(item.agent) : null,
    item.channel,
    item.cost_usd === null ? "cost not known" : money(item.cost_usd),
    item.sentiment === null ? "mood not known" : item.sentiment,
    item.tool_errors > 0
      ? `${count(item.tool_errors)} failed ${item.tool_errors === 1 ? "tool call" : "tool calls"}`
      : null,
    item.last_rating === null ? null : `rated ${item.last_rating}`,
  ];
  const result = item.outcome === null ? null : `result ${words(item.resolution_status)}`;
  return el(
    "li",
    {},
    el(
      "div",
      { class: "heading" },
      el("a", { href: to }, item.conversation_id),
      pill(item.outcome),
      result ? el("span", { class: "result" }, result) : null,
      el("time", { datetime: item.ended }, moment(item.ended, zone)),
    ),
    el("p", { class: "facts" }, facts.filter(Boolean).join(" · ")),
  );
}
