// Draws the view that the address names, and goes where links lead without loading the page anew.

import { address, asked, here } from "./address.js";
import { ask, Refused } from "./ask.js";
import { el, fill } from "./elements.js";
import { moment } from "./figures.js";
import { drawPeriod } from "./period.js";

const VIEWS = [
  ["overview", "Overview"],
  ["course", "Over time"],
  ["drop-off", "Drop-off"],
  ["agents", "Agents"],
  ["tools", "Tools and errors"],
  ["audience", "Audience"],
  ["cost", "Cost and savings"],
  ["conversations", "Conversations"],
  ["definitions", "Definitions"],
];
const PART_OF = { conversation: "conversations" };
const SLOW_MS = 200;

const parts = Object.fromEntries(
  ["main", "title", "about", "view", "views", "period", "announcement"].map((id) => [id, document.getElementById(id)]),
);
let drawing = 0;

async function draw({ moved = false } = {}) {
  const mine = (drawing += 1);
  const said = here();
  const known = [...VIEWS.map(([name]) => name), ...Object.keys(PART_OF)].includes(said.view);
  const view = known ? said.view : "overview";
  drawFrame(view, said);
  fill(parts.title, titleOf(view));
  parts.main.setAttribute("aria-busy", "true");
  const slow = setTimeout(
    () => mine === drawing && fill(parts.view, el("p", { class: "loading" }, "Loading …")),
    moved ? SLOW_MS : 0,
  );
  let found;
  try {
    const { load, title } = await import(`./view-${view}.js`);
    found = { title, ...(await load({ ask, said, asked: asked(said) })) };
  } catch (problem) {
    found = { title: titleOf(view), nodes: [failure(problem)] };
  }
  clearTimeout(slow);
  if (mine !== drawing) return;
  show(found, said);
  if (moved) parts.title.focus({ preventScroll: true });
}

function drawFrame(view, said) {
  const current = PART_OF[view] ?? view;
  fill(
    parts.views,
    el(
      "ul",
      {},
      ...VIEWS.map(([name, text]) =>
        el(
          "li",
          {},
          el("a", { href: address({ view: name }), "aria-current": name === current ? "page" : null }, text),
        ),
      ),
    ),
  );
  drawPeriod(parts.period, said, go);
  const brand = document.querySelector(".brand");
  brand.setAttribute("href", address({ view: "overview" }));
  document.getElementById("definitions").setAttribute("href", address({ view: "definitions" }));
  parts.views.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

function show(found, said) {
  document.title = `${found.title} · Agent analytics`;
  fill(parts.title, found.title);
  const window = found.window;
  const span = window ? `${moment(window.since, said.tz)} to ${moment(window.until, said.tz)}, ${said.tz}` : "";
  const service = window?.service ? `, service ${window.service}` : "";
  fill(parts.about, [found.about, span + service].filter(Boolean).join(" · "));
  fill(parts.view, ...found.nodes);
  parts.main.setAttribute("aria-busy", "false");
  fill(parts.announcement, `${found.title} is shown.`);
}

function failure(problem) {
  const text = problem instanceof Refused ? problem.message : `The page is at fault: ${problem.message}`;
  if (!(problem instanceof Refused)) console.error(problem);
  return el(
    "section",
    { class: "notice problem", role: "alert" },
    el("h2", {}, "The figures could not be read"),
    el("p", {}, text),
    el("p", {}, el("button", { type: "button", on: { click: () => draw() } }, "Try again")),
  );
}

function titleOf(view) {
  return VIEWS.find(([name]) => name === (PART_OF[view] ?? view))[1];
}

function go(to) {
  history.pushState(null, "", to);
  draw({ moved: true });
  scrollTo({ top: 0 });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const elsewhere =
    event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (!link || elsewhere || link.target || !link.getAttribute("href").startsWith("?")) return;
  event.preventDefault();
  go(link.getAttribute("href"));
});
addEventListener("popstate", () => draw({ moved: true }));
history.replaceState(null, "", address({}));
parts.title.setAttribute("tabindex", "-1");
draw();
