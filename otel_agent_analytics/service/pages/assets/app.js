// Draws the view that the address names, and goes where links lead without loading the page anew.

import { address, asked, here } from "./address.js";
import { ask, Refused } from "./ask.js";
import { el, fill } from "./elements.js";
import { moment } from "./figures.js";
import { drawPeriod } from "./period.js";
import { drawServices } from "./services.js";

const VIEWS = [
  ["overview", "Overview"],
  ["course", "Over time"],
  ["wants", "What users want"],
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
  ["main", "title", "about", "view", "views", "services", "period", "announcement"].map((id) => [
    id,
    document.getElementById(id),
  ]),
);
let drawing = 0;

async function draw({ moved = false, focus = null } = {}) {
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
    found = { title, ...(await load({ ask, said, asked: asked(said), go })) };
  } catch (problem) {
    found = { title: titleOf(view), nodes: [failure(problem)] };
  }
  clearTimeout(slow);
  if (mine !== drawing) return;
  show(found, said);
  if (moved) (document.getElementById(focus) ?? parts.title).focus({ preventScroll: true });
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
  drawServices(parts.services, said, go).catch(() => fill(parts.services)); // the view says what is wrong
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
  const service = window?.service ? ` · service ${window.service}` : "";
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

function go(to, focus = null) {
  history.pushState(null, "", to);
  draw({ moved: true, focus });
  if (focus === null) scrollTo({ top: 0 });
}

// A place on the page is gone to without a new entry in the history, which would draw the view anew.
function goWithin(id) {
  const place = document.getElementById(id);
  if (!place) return;
  if (!place.hasAttribute("tabindex")) place.setAttribute("tabindex", "-1");
  place.scrollIntoView({ block: "center" });
  place.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const elsewhere =
    event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  const to = link?.getAttribute("href") ?? "";
  if (elsewhere || link?.target || !/^[?#]/.test(to)) return;
  event.preventDefault();
  if (to.startsWith("#")) goWithin(to.slice(1));
  else go(to);
});
addEventListener("popstate", () => draw({ moved: true }));
history.replaceState(null, "", address({}));
parts.title.setAttribute("tabindex", "-1");
draw();
