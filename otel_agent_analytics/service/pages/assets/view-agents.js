// Agents, models and versions beside each other, and who hands over to whom.

import { el } from "./elements.js";
import { noConversations } from "./empty.js";
import { base, count, duration, money, name, percent } from "./figures.js";
import { handoffGraph } from "./graph.js";
import { listLink } from "./links.js";
import { behind, nothing, panel, withBase } from "./parts.js";
import { table } from "./table.js";
import { rateCell, roomFor, upTo } from "./whisker.js";

export const title = "Agents";

/** Read the groups and the handoffs. */
export async function load({ ask, asked }) {
  const names = ["compare-agents", "handoffs", "compare-models", "compare-versions"];
  const [agents, handoffs, models, versions] = await Promise.all(names.map((one) => ask(one, asked)));
  if (agents.items.length === 0) return { window: agents.window, nodes: [noConversations()] };
  const nodes = [
    panel(
      "Agents",
      "A conversation counts for one agent: the one that gave the last answer, asked for a human, or failed.",
      groupTable("Agents", agents, (agent) => listLink("agent", agent)),
    ),
    panel(
      "Handoffs",
      "From agent to agent, over the calls that began in the window. The wider the arrow, the more.",
      ...handoffNodes(handoffs),
    ),
    panel(
      "Models",
      "A conversation counts for each model that it called, with all that it cost.",
      groupTable("Models", models),
    ),
    versions.items.some((one) => one.name !== null)
      ? panel("Versions of the service", null, groupTable("Versions", versions))
      : null,
  ];
  return { window: agents.window, nodes };
}

function groupTable(caption, { items, more }, shownName = name) {
  const rates = ["resolution_rate", "abandonment_rate", "escalation_rate"];
  const room = Object.fromEntries(rates.map((key) => [key, roomFor(items.map((item) => item.figures[key]))]));
  const shown = (key) => (item) => rateCell(item.figures[key], room[key]);
  const columns = [
    { title: caption.slice(0, -1), cell: (item) => shownName(item.name) },
    { title: "Conversations", cell: (item) => shareOf(item), number: true },
    { title: upTo("Resolved", room.resolution_rate), cell: shown("resolution_rate") },
    { title: upTo("Given up", room.abandonment_rate), cell: shown("abandonment_rate") },
    { title: upTo("Handed to a human", room.escalation_rate), cell: shown("escalation_rate") },
    { title: "Time to resolve", cell: (item) => mean(item.figures.resolution_seconds), number: true },
    { title: "Cost each", cell: (item) => costOf(item.figures.money), number: true },
  ];
  return table(caption, columns, items, { more });
}

function shareOf(item) {
  return withBase(
    count(item.figures.conversations),
    `${percent(item.share?.value ?? null)} of ${count(item.share?.whole ?? 0)}`,
  );
}

function mean(found) {
  return withBase(duration(found ? found.value : null), `n = ${count(found ? found.count : 0)}`);
}

function costOf(found) {
  return withBase(money(found.cost_per_conversation_usd), `n = ${count(found.priced_conversations)}`);
}

function handoffNodes({ items, more }) {
  if (items.length === 0) return [nothing("No agent handed over to another in this window.")];
  const all = items.reduce((sum, item) => sum + item.handoffs, 0);
  const columns = [
    { title: "From", cell: (item) => name(item.from_agent) },
    { title: "To", cell: (item) => name(item.to_agent) },
    { title: "Handoffs", cell: (item) => count(item.handoffs), number: true },
    { title: "Of them failed", cell: (item) => base({ part: item.errors, whole: item.handoffs }), number: true },
  ];
  return [
    handoffGraph(items),
    el("p", { class: "small" }, `n = ${count(all)} handoffs`),
    behind(table("Handoffs", columns, items, { more })),
  ];
}
