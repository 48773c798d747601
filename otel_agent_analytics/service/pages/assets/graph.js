// Who hands over to whom: agents on an ellipse, arrows as wide as they are many.

import { drawn, picture, svg } from "./elements.js";
import { count, name } from "./figures.js";

const MOST = 12;
const BOX = 34;
const LETTER = 7.2;

/** Return the picture of handoffs: `pairs` have from_agent, to_agent and handoffs, the most first. */
export function handoffGraph(pairs) {
  const agents = [...new Set(pairs.flatMap((pair) => [name(pair.from_agent), name(pair.to_agent)]))].slice(0, MOST);
  const shown = pairs.filter((pair) => agents.includes(name(pair.from_agent)) && agents.includes(name(pair.to_agent)));
  const words = `Handoffs between ${agents.length} agents: ${shown.slice(0, 6).map(said).join("; ")}`;
  return drawn((width) => {
    const height = Math.max(300, Math.min(460, 120 + 50 * agents.length));
    const longest = Math.min(20, Math.max(...agents.map((agent) => agent.length)), Math.floor((width / 2 - 30) / LETTER));
    const wide = longest * LETTER + 22;
    const nodes = new Map(agents.map((agent, number) => [agent, place(number, agents.length, width, height, wide)]));
    const most = Math.max(...shown.map((pair) => pair.handoffs));
    const edges = shown.map((pair) => edge(pair, nodes.get(name(pair.from_agent)), nodes.get(name(pair.to_agent)), most, wide));
    return picture(width, height, words, ...edges.map((one) => one.line), ...agents.map((agent) => node(agent, nodes.get(agent), wide, longest)), ...edges.map((one) => one.number));
  });
}

/** Return a handoff in words. */
export function said(pair) {
  return `${name(pair.from_agent)} to ${name(pair.to_agent)} ${pair.handoffs}`;
}

function place(number, all, width, height, wide) {
  const angle = Math.PI + (number / all) * 2 * Math.PI;
  const [across, down] = [Math.max(0, width / 2 - wide / 2 - 4), height / 2 - BAR_ROOM];
  return all === 1 ? { x: width / 2, y: height / 2 } : { x: width / 2 + Math.min(across, 330) * Math.cos(angle), y: height / 2 + down * Math.sin(angle) };
}

const BAR_ROOM = BOX / 2 + 6;

function node(agent, at, wide, longest) {
  const text = agent.length > longest ? `${agent.slice(0, longest - 1)}…` : agent;
  return svg(
    "g",
    { class: "node" },
    svg("title", {}, agent),
    svg("rect", { x: at.x - wide / 2, y: at.y - BOX / 2, width: wide, height: BOX, rx: 8 }),
    svg("text", { x: at.x, y: at.y + 5, "text-anchor": "middle" }, text),
  );
}

function edge(pair, from, to, most, wide) {
  const thick = 1.5 + 8 * (pair.handoffs / most);
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const long = Math.hypot(dx, dy) || 1;
  // Bent to its left, so that two ways between the same agents lie beside each other.
  const bend = 0.14 * long;
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
      svg("path", { class: "way", d: `M${start.x} ${start.y}Q${bent.x} ${bent.y} ${neck.x} ${neck.y}`, "stroke-width": thick }),
      svg("path", { class: "tip", d: `M${tip.x} ${tip.y}L${wing(0.45)}L${wing(-0.45)}Z` }),
    ),
    number: svg(
      "g",
      { class: "many" },
      svg("rect", { x: middle.x - text.length * 4.2 - 5, y: middle.y - 10, width: text.length * 8.4 + 10, height: 20, rx: 10 }),
      svg("text", { x: middle.x, y: middle.y + 4.5, "text-anchor": "middle" }, text),
    ),
  };
}

function edgeOfBox(box, towards, wide, gap) {
  const [dx, dy] = [towards.x - box.x, towards.y - box.y];
  const share = Math.min((wide / 2 + gap) / Math.abs(dx || 1e-9), (BOX / 2 + gap) / Math.abs(dy || 1e-9));
  return { x: box.x + dx * share, y: box.y + dy * share };
}
