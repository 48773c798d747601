// Who hands over to whom: agents on two sides, arrows as wide as they are many.

import { drawn, picture, svg } from "./elements.js";
import { count, name } from "./figures.js";

const MOST = 12;
const BOX = 42;
const ROW = 78;
const LETTER = 8;
const MARGIN = 30;
const NARROW = 480;

/** Return the picture of handoffs: `pairs` have from_agent, to_agent and handoffs, the most first. */
export function handoffGraph(pairs) {
  const agents = [...new Set(pairs.flatMap((pair) => [name(pair.from_agent), name(pair.to_agent)]))].slice(0, MOST);
  const shown = pairs.filter((pair) => agents.includes(name(pair.from_agent)) && agents.includes(name(pair.to_agent)));
  const words = `Handoffs between ${agents.length} agents: ${shown.slice(0, 6).map(said).join("; ")}`;
  const sides = sidesOf(agents, shown);
  const rows = Math.max(...sides.map((side) => side.length));
  const longest = Math.min(22, Math.max(...agents.map((agent) => agent.length)));
  const most = Math.max(...shown.map((pair) => pair.handoffs));
  return drawn((width) => {
    const margin = width < NARROW ? 2 : MARGIN;
    const wide = Math.min(longest * LETTER + 24, (width - 2 * margin) * 0.38);
    const height = rows * ROW + 20;
    const nodes = new Map(
      sides.flatMap((side, place) =>
        side.map((agent, row) => [agent, at(place, row, side.length, { width, height, wide, margin })]),
      ),
    );
    const edges = shown.map((pair) =>
      edge(pair, nodes.get(name(pair.from_agent)), nodes.get(name(pair.to_agent)), most, wide),
    );
    const boxes = agents.map((agent) => node(agent, nodes.get(agent), wide));
    return picture(width, height, words, ...edges.map((one) => one.line), ...boxes, ...edges.map((one) => one.number));
  });
}

/** Return a handoff in words. */
export function said(pair) {
  return `${name(pair.from_agent)} to ${name(pair.to_agent)} ${pair.handoffs}`;
}

// Who gives more than it takes stands on the left.
function sidesOf(agents, pairs) {
  const given = new Map(agents.map((agent) => [agent, 0]));
  for (const pair of pairs) {
    given.set(name(pair.from_agent), given.get(name(pair.from_agent)) + pair.handoffs);
    given.set(name(pair.to_agent), given.get(name(pair.to_agent)) - pair.handoffs);
  }
  const left = agents.filter((agent) => given.get(agent) > 0);
  return left.length ? [left, agents.filter((agent) => given.get(agent) <= 0)] : [agents.slice(0, 1), agents.slice(1)];
}

function at(side, row, rows, { width, height, wide, margin }) {
  const room = Math.min(width, 860);
  const edgeOf = (width - room) / 2 + margin + wide / 2;
  return { x: side === 0 ? edgeOf : width - edgeOf, y: height / 2 + (row - (rows - 1) / 2) * ROW };
}

function node(agent, place, wide) {
  const lines = linesOf(agent, Math.floor((wide - 12) / LETTER));
  const first = place.y + 5 - (lines.length - 1) * 8;
  return svg(
    "g",
    { class: "node" },
    svg("title", {}, agent),
    svg("rect", { x: place.x - wide / 2, y: place.y - BOX / 2, width: wide, height: BOX, rx: 8 }),
    ...lines.map((line, number) => svg("text", { x: place.x, y: first + number * 16, "text-anchor": "middle" }, line)),
  );
}

// A name that is too long for one line is cut at a space into two, and each of them shortened if need be.
function linesOf(text, most) {
  const space = text.length > most ? text.lastIndexOf(" ", most) : -1;
  const lines = space > 0 ? [text.slice(0, space), text.slice(space + 1)] : [text];
  return lines.map((line) => (line.length > most ? `${line.slice(0, most - 1)}…` : line));
}

function edge(pair, from, to, most, wide) {
  const thick = 1.5 + 8 * (pair.handoffs / most);
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const long = Math.hypot(dx, dy) || 1;
  // Bent to its left, so that two ways between the same agents lie beside each other.
  const bend = Math.min(40, 0.12 * long);
  const bent = { x: (from.x + to.x) / 2 + (dy / long) * bend, y: (from.y + to.y) / 2 - (dx / long) * bend };
  const start = edgeOfBox(from, bent, wide, 2);
  const tip = edgeOfBox(to, bent, wide, 3);
  const angle = Math.atan2(tip.y - bent.y, tip.x - bent.x);
  const head = 7 + thick;
  const neck = { x: tip.x - head * 0.8 * Math.cos(angle), y: tip.y - head * 0.8 * Math.sin(angle) };
  const wing = (turn) => `${tip.x - head * Math.cos(angle + turn)} ${tip.y - head * Math.sin(angle + turn)}`;
  const middle = { x: (start.x + 2 * bent.x + tip.x) / 4, y: (start.y + 2 * bent.y + tip.y) / 4 };
  const text = count(pair.handoffs);
  return {
    line: svg(
      "g",
      { class: "edge" },
      svg("title", {}, said(pair)),
      svg("path", {
        class: "way",
        d: `M${start.x} ${start.y}Q${bent.x} ${bent.y} ${neck.x} ${neck.y}`,
        "stroke-width": thick,
      }),
      svg("path", { class: "tip", d: `M${tip.x} ${tip.y}L${wing(0.45)}L${wing(-0.45)}Z` }),
    ),
    number: svg(
      "g",
      { class: "many" },
      svg("rect", {
        x: middle.x - text.length * 4.2 - 5,
        y: middle.y - 10,
        width: text.length * 8.4 + 10,
        height: 20,
        rx: 10,
      }),
      svg("text", { x: middle.x, y: middle.y + 4.5, "text-anchor": "middle" }, text),
    ),
  };
}

function edgeOfBox(box, towards, wide, gap) {
  const [dx, dy] = [towards.x - box.x, towards.y - box.y];
  const share = Math.min((wide / 2 + gap) / Math.abs(dx || 1e-9), (BOX / 2 + gap) / Math.abs(dy || 1e-9));
  return { x: box.x + dx * share, y: box.y + dy * share };
}
