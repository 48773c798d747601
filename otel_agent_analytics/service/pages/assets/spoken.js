// Texts that are kept of a conversation → which message said them, and which call had them.

const INPUT = "gen_ai.input.messages";
const OUTPUT = "gen_ai.output.messages";
const ARGUMENTS = "gen_ai.tool.call.arguments";
const RESULT = "gen_ai.tool.call.result";

/** Return texts by the number of their message and of their call; `kept` is null where none may be read. */
export function spoken(found, kept) {
  const items = (kept?.items ?? []).filter((item) => item.content !== null);
  return { messages: messagesOf(found.messages, items), calls: callsOf(found.calls, items) };
}

function messagesOf(messages, items) {
  const texts = new Map();
  const turns = messages.map((one, number) => ({ ...one, number })).filter((one) => one.role === "user");
  for (const [place, turn] of turns.entries()) {
    const until = turns[place + 1]?.sent ?? "9";
    const inTurn = items.filter((item) => item.time >= turn.sent && item.time < until);
    const heard = inTurn.map((item) => lastOf(item.content[INPUT], "user")).find(Boolean);
    if (heard) texts.set(turn.number, heard);
    const answers = messages
      .map((one, number) => ({ ...one, number }))
      .filter((one) => one.role !== "user" && one.sent >= turn.sent && one.sent < until);
    const said = inTurn.map((item) => lastOf(item.content[OUTPUT], "assistant")).findLast(Boolean);
    if (answers.length && said) texts.set(answers.at(-1).number, said);
  }
  return texts;
}

function callsOf(calls, items) {
  const texts = new Map();
  const left = items.filter((item) => ARGUMENTS in item.content || RESULT in item.content);
  for (const [number, call] of calls.entries()) {
    const place = call.kind === "tool" ? left.findIndex((item) => item.time === call.started) : -1;
    if (place < 0) continue;
    const [item] = left.splice(place, 1);
    texts.set(number, [item.content[ARGUMENTS], item.content[RESULT]].filter((text) => text !== undefined).map(shown));
  }
  return texts;
}

function lastOf(value, role) {
  const messages = read(value);
  if (!Array.isArray(messages)) return null;
  const said = messages
    .filter((message) => message?.role === role)
    .map(textOf)
    .filter(Boolean);
  return said.at(-1) ?? null;
}

function textOf(message) {
  const parts = Array.isArray(message.parts) ? message.parts : [];
  return parts
    .filter((part) => part?.type === "text" && typeof part.content === "string")
    .map((part) => part.content)
    .join("\n");
}

function read(value) {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return null;
  }
}

// Objects are written out, a line for each part.
function shown(value) {
  const said = read(value);
  return said !== null && typeof said === "object" ? JSON.stringify(said, null, 2) : String(value);
}
