// The conversations of the window, the latest first; those that are chosen, page after page. Each leads to its own view.

import { address, chosen } from "./address.js";
import { choiceForm } from "./choices.js";
import { el, fill } from "./elements.js";
import { noConversations } from "./empty.js";
import { count, duration, moment, money, name, words } from "./figures.js";
import { pill } from "./outcomes.js";
import { notice } from "./parts.js";
import { wanted } from "./wanted.js";

export const title = "Conversations";

const PAGE = 50;

/** Read the first page, and what there is to choose from. */
export async function load({ ask, asked, said, go }) {
  const choices = chosen(said);
  const [first, ...groups] = await Promise.all([
    ask("conversations", { ...asked, ...choices, limit: String(PAGE) }),
    ...["compare-agents", "topics", "channels", "languages"].map((one) => ask(one, asked)),
  ]);
  const { window } = first;
  const isAny = Object.keys(choices).length > 0;
  if (first.matching === 0 && !isAny) return { window, nodes: [noConversations()] };
  return { window, nodes: [choiceForm(said, groups, go), ...listNodes(first, { ask, choices, said })] };
}

function listNodes(first, { ask, choices, said }) {
  const list = el("ol", { class: "conversations" }, ...first.items.map((item) => entry(item, said.tz)));
  const told = el("p", { class: "small", role: "status" });
  const further = el("button", { type: "button", class: "quiet" }, `Show ${PAGE} more`);
  const { since, until } = first.window;
  const fixed = { from: since, to: until, ...choices, limit: String(PAGE) };
  const services = ["service", "service_namespace", "deployment_environment_name"].filter((one) => one in said);
  for (const one of services) fixed[one] = said[one];
  let next = first.next;
  const tell = () => {
    const which = Object.keys(choices).length ? "that are chosen" : "that ended in this window, visits among them";
    fill(told, `${count(list.children.length)} of ${count(first.matching)} ${which}; the latest first.`);
    further.hidden = next === null;
  };
  further.addEventListener("click", async () => {
    further.disabled = true;
    try {
      const page = await ask("conversations", { ...fixed, after: next });
      const entries = page.items.map((item) => entry(item, said.tz));
      list.append(...entries);
      entries[0]?.querySelector("a").focus();
      next = page.next;
      tell();
    } catch (problem) {
      fill(told, `The next page could not be read: ${problem.message}`);
    } finally {
      further.disabled = false;
    }
  });
  tell();
  return first.matching ? [told, list, further] : [none(choices)];
}

function none(choices) {
  const all = Object.fromEntries(Object.keys(choices).map((one) => [one, null]));
  const byId = choices.id_prefix;
  return notice(
    "No conversation of this window is like that",
    el("p", {}, el("a", { href: address(all) }, "Show all of them"), ", or choose a longer window."),
    byId
      ? el(
          "p",
          {},
          "Or open ",
          el("a", { href: address({ view: "conversation", id: byId }) }, byId),
          " itself, whenever it was.",
        )
      : null,
  );
}

function entry(item, zone) {
  const to = address({ view: "conversation", id: item.conversation_id });
  const visit = ["nobody spoke", item.agent ? name(item.agent) : null, item.channel];
  const talk = [
    `${count(item.user_turns)} ${item.user_turns === 1 ? "turn" : "turns"}`,
    duration((Date.parse(item.ended) - Date.parse(item.started)) / 1000),
    item.topic === null ? null : `about ${wanted(item.topic)}`,
    item.agent ? name(item.agent) : null,
    item.channel,
    item.cost_usd === null ? "cost not known" : money(item.cost_usd),
    item.sentiment === null ? "mood not known" : `mood ${item.sentiment}`,
    item.tool_errors > 0
      ? `${count(item.tool_errors)} failed ${item.tool_errors === 1 ? "tool call" : "tool calls"}`
      : null,
    item.last_rating === null ? null : `rated ${item.last_rating}`,
  ];
  const facts = item.user_turns === 0 ? visit : talk;
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
