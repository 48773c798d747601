// What happened in a conversation, one thing after the other.

import { el } from "./elements.js";
import { turnId } from "./insights.js";
import { clock, count, duration, moment, money, name, words } from "./figures.js";
import { pill } from "./outcomes.js";
import { spoken } from "./spoken.js";

const VERBS = {
  tool: "called the tool",
  model: "asked the model",
  handoff: "handed over to",
  guardrail: "was checked by",
};

/** Return messages and calls in their order; `kept` has texts, or is null where none may be read. */
export function timeline(found, kept, zone) {
  const said = { ...spoken(found, kept), turns: turnsOf(found) };
  const things = [
    ...found.episodes.map((one) => ({ at: one.started, kind: "begin", one, order: 0 })),
    ...found.messages.map((one, number) => ({
      at: one.sent,
      kind: one.role === "user" ? "user" : "agent",
      one,
      number,
      order: one.role === "user" ? 1 : 3,
    })),
    ...found.calls.map((one, number) => ({ at: one.started, kind: "call", one, number, order: 2 })),
    ...found.episodes.map((one) => ({ at: one.ended, kind: "end", one, order: 4 })),
  ];
  things.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.order - b.order));
  const draw = { begin, end, user: message, agent: message, call };
  return el(
    "ol",
    { class: "timeline" },
    ...things.map((thing) => draw[thing.kind](thing, said, zone, found.episodes.length)),
  );
}

// Turn n of an episode is the n-th message of its user.
function turnsOf(found) {
  const turns = new Map();
  const users = found.messages.map((one, number) => ({ ...one, number })).filter((one) => one.role === "user");
  for (const { episode, started, ended } of found.episodes) {
    const mine = users.filter((one) => one.sent >= started && one.sent <= ended);
    for (const [at, { number }] of mine.entries()) turns.set(number, { episode, turn: at + 1 });
  }
  return turns;
}

function begin({ one, at }, _, zone, all) {
  const which = all > 1 ? `Episode ${one.episode} begins` : "It begins";
  return el("li", { class: "edge-of" }, time(at, zone), `${which}, ${moment(at, zone).split(",")[0]}`);
}

function end({ one, at }, _, zone) {
  const why =
    { idle: "nothing came any more", requested: "the application ended it", max_age: "it had lasted too long" }[
      one.end_reason
    ] ?? words(one.end_reason);
  return el("li", { class: "edge-of" }, time(at, zone), "Ended: ", pill(one.outcome), ` ${why}`);
}

function message({ one, at, kind, number }, said, zone) {
  const turn = kind === "user" ? said.turns.get(number) : undefined;
  const user = turn ? `User, turn ${turn.turn}` : "User";
  const who = kind === "user" ? user : name(one.agent);
  const text = said.messages.get(number);
  return el(
    "li",
    { class: `message ${kind}`, id: turn ? turnId(turn.episode, turn.turn) : null },
    time(at, zone),
    el(
      "div",
      { class: "bubble" },
      el("p", { class: "who" }, who),
      text
        ? el("p", { class: "text" }, text)
        : el("p", { class: "text untold" }, kind === "user" ? "said something" : "answered"),
    ),
  );
}

function call({ one, at, number }, said, zone) {
  const failed = one.error_type !== null;
  const trip = one.triggered ? " and was stopped" : "";
  const took = one.kind === "tool" || one.kind === "model" ? `, ${duration(one.duration_seconds)}` : "";
  const tokens =
    one.kind === "model" && one.input_tokens !== null
      ? `, ${count(one.input_tokens)} tokens in, ${count(one.output_tokens)} out`
      : "";
  const cost = one.kind === "model" ? `, ${one.cost_usd === null ? "cost not known" : money(one.cost_usd)}` : "";
  const line = el(
    "p",
    {},
    `${name(one.agent)} ${VERBS[one.kind] ?? one.kind} `,
    el("strong", {}, name(one.name)),
    `${trip}${took}${tokens}${cost}`,
    failed ? el("span", { class: "failed-call" }, ` failed: ${words(one.error_type)}`) : null,
  );
  const texts_ = said.calls.get(number);
  const more = texts_
    ? el(
        "details",
        {},
        el("summary", {}, "Arguments and result"),
        ...texts_.map((text) => el("pre", { tabindex: "0" }, text)),
      )
    : null;
  return el(
    "li",
    { class: `call ${one.kind}${failed || one.triggered ? " bad" : ""}` },
    time(at, zone),
    el("div", {}, line, more),
  );
}

function time(at, zone) {
  return el("time", { datetime: at }, clock(at, zone));
}
