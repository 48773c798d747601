// Tools, models and errors.

import { noConversations } from "./empty.js";
import { count, duration, money, name } from "./figures.js";
import { nothing, panel, withBase } from "./parts.js";
import { table } from "./table.js";
import { rateCell, roomFor, upTo } from "./whisker.js";

export const title = "Tools and errors";

/** Read the calls and what failed. */
export async function load({ ask, asked }) {
  const [tools, errors, models] = await Promise.all(["tools", "errors", "models"].map((one) => ask(one, asked)));
  const { window } = tools;
  if (tools.items.length + errors.items.length + models.items.length === 0)
    return { window, nodes: [noConversations()] };
  return { window, nodes: [toolPanel(tools), errorPanel(errors), modelPanel(models)] };
}

function toolPanel({ items, more }) {
  const room = roomFor(items.map((item) => item.error_rate));
  const columns = [
    { title: "Tool", cell: (item) => name(item.tool) },
    { title: "Calls", cell: (item) => count(item.calls), number: true },
    { title: upTo("Failed", room), cell: (item) => rateCell(item.error_rate, room) },
    { title: "Half take less than", cell: (item) => duration(item.p50_seconds), number: true },
    { title: "95 % take less than", cell: (item) => duration(item.p95_seconds), number: true },
  ];
  const shown = items.length ? table("Tools", columns, items, { more }) : nothing("No tool was called in this window.");
  return panel("Tools", "Over the calls that began in the window.", shown);
}

function errorPanel({ items, more }) {
  const room = roomFor(items.map((item) => item.conversations));
  const columns = [
    { title: "Error", cell: (item) => name(item.error_type) },
    { title: upTo("Conversations with it", room), cell: (item) => rateCell(item.conversations, room) },
    { title: "Calls of tools", cell: (item) => count(item.tool_calls), number: true },
    { title: "Calls of models", cell: (item) => count(item.model_calls), number: true },
    { title: "Handoffs", cell: (item) => count(item.handoffs), number: true },
  ];
  const shown = items.length ? table("Errors", columns, items, { more }) : nothing("Nothing failed in this window.");
  return panel(
    "Errors",
    "Conversations that ended in the window in which a run or a tool failed so, and calls that did.",
    shown,
  );
}

function modelPanel({ items, more }) {
  const room = roomFor(items.map((item) => item.error_rate));
  const columns = [
    { title: "Model", cell: (item) => name(item.model) },
    { title: "Calls", cell: (item) => count(item.calls), number: true },
    { title: upTo("Failed", room), cell: (item) => rateCell(item.error_rate, room) },
    { title: "Half take less than", cell: (item) => duration(item.p50_seconds), number: true },
    {
      title: "First token, median",
      cell: (item) => withBase(duration(item.p50_first_token_seconds), `n = ${count(item.streamed)}`),
      number: true,
    },
    {
      title: "Tokens",
      cell: (item) => withBase(`${count(item.tokens.input)} in`, `${count(item.tokens.output)} out`),
      number: true,
    },
    {
      title: "Cost",
      cell: (item) => withBase(money(item.cost_usd), `${count(item.unpriced)} of ${count(item.calls)} unpriced`),
      number: true,
    },
  ];
  const shown = items.length
    ? table("Models", columns, items, { more })
    : nothing("No model was called in this window.");
  return panel(
    "Models",
    "A call without a known price or usage is not counted as free: it is left out, and said to be.",
    shown,
  );
}
