// What conversations cost, and what they save.

import { el, svg } from "./elements.js";
import { noConversations } from "./empty.js";
import { count, money, name } from "./figures.js";
import { nothing, panel, tile, tiles } from "./parts.js";
import { table } from "./table.js";

export const title = "Cost and savings";

/** Read what was spent. */
export async function load({ ask, asked }) {
  const found = await ask("cost", asked);
  const { window } = found;
  if (found.conversations === 0 && found.calls.items.length === 0) return { window, nodes: [noConversations()] };
  return { window, nodes: [figureTiles(found), savingsPanel(found), spendingPanel(found.calls)] };
}

function figureTiles({ money: cost, conversations }) {
  return tiles(
    tile(
      "Cost",
      money(cost.cost_usd),
      `of n = ${count(conversations)} conversations; ${count(cost.unpriced_calls)} calls without a ` +
        "price are not in it",
    ),
    tile(
      "Cost each",
      money(cost.cost_per_conversation_usd),
      `mean over n = ${count(cost.priced_conversations)} in which every call has a price`,
    ),
    tile(
      "Cost of a resolved one",
      money(cost.cost_per_resolved_usd),
      `all costs ÷ n = ${count(cost.resolved_conversations)} resolved`,
    ),
    tile(
      "Saved",
      money(cost.savings_usd),
      `of n = ${count(conversations)}; ${count(cost.savings_left_out)} left out for want of a price`,
    ),
  );
}

function savingsPanel({ human_cost_usd: human }) {
  if (human === null)
    return panel(
      "How savings are reckoned",
      null,
      nothing("What a conversation costs that a human handles is not known: AGENT_ANALYTICS_HUMAN_COST_USD says it."),
    );
  return panel(
    "How savings are reckoned",
    null,
    el(
      "p",
      {},
      `A conversation that a human handles is taken to cost ${money(human)}. Each one that is ` +
        "verified as resolved saves that, less its own cost; each one that was handed to a human " +
        "only adds its own cost. Conversations with a call that has no price are left out, and " +
        "counted above.",
    ),
  );
}

function spendingPanel({ items, more }) {
  const most = Math.max(...items.map((item) => item.cost_usd ?? 0), 0);
  const columns = [
    { title: "Agent", cell: (item) => name(item.agent) },
    { title: "Model", cell: (item) => name(item.model) },
    { title: "Cost", cell: (item) => costCell(item, most) },
    { title: "Calls", cell: (item) => count(item.calls), number: true },
    { title: "Without a price", cell: (item) => count(item.unpriced), number: true },
    { title: "Tokens in", cell: (item) => count(item.input_tokens), number: true },
    { title: "Tokens out", cell: (item) => count(item.output_tokens), number: true },
  ];
  const shown = items.length
    ? table("Cost by agent and model", columns, items, { more })
    : nothing("No model was called in this window.");
  return panel("By agent and model", "Over the calls that began in the window.", shown);
}

function costCell(item, most) {
  if (item.cost_usd === null) return el("span", { class: "unknown" }, "not known");
  const long = most > 0 ? (item.cost_usd / most) * 100 : 0;
  const bar = svg(
    "svg",
    { class: "bar", viewBox: "0 0 100 8", "aria-hidden": "true", preserveAspectRatio: "none" },
    svg("rect", { class: "fill-accent", width: Math.max(0.5, long), height: 8 }),
  );
  return el("span", {}, money(item.cost_usd), bar);
}
