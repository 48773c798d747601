// Chooses the window of time and the time zone; what is chosen stands in the address.

import { address } from "./address.js";
import { el, fill } from "./elements.js";
import { moment } from "./figures.js";

const LENGTHS = [
  ["hours=24", "24 hours"],
  ["days=7", "7 days"],
  ["days=30", "30 days"],
  ["days=90", "90 days"],
];

/** Draw the chooser; `go(address)` is called with where it leads. */
export function drawPeriod(place, said, go) {
  const lengths = LENGTHS.map(([length, text]) => {
    const [name, value] = length.split("=");
    const current = said[name] === value && !said.from;
    return el("a", { href: address({ [name]: value }), "aria-current": current ? "true" : null }, text);
  });
  const more = el("details", { class: "more" }, el("summary", {}, chosen(said)), form(said, go));
  more.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    more.open = false;
    more.querySelector("summary").focus();
  });
  fill(place, el("div", { class: "lengths", role: "group", "aria-label": "Window back from now" }, ...lengths), more);
}

function chosen(said) {
  const own = said.from ? `${shown(said.from, said.tz)} – ${said.to ? shown(said.to, said.tz) : "now"}` : length(said);
  return `${own} · ${said.tz}`;
}

function length(said) {
  const [name, value] = said.hours ? ["hours", said.hours] : ["days", said.days];
  const known = LENGTHS.some(([one]) => one === `${name}=${value}`);
  const unit = value === "1" ? name.slice(0, -1) : name;
  return known ? "Other times" : `${value} ${unit}`;
}

function shown(time, zone) {
  if (/^\d+$/.test(time)) return moment(Number(time) / 1e6, zone);
  return time.replace("T", " ");
}

function form(said, go) {
  const zones = Intl.supportedValuesOf?.("timeZone") ?? [];
  const from = field("from", "From", { type: "datetime-local", value: local(said.from) });
  const to = field("to", "Up to", { type: "datetime-local", value: local(said.to) });
  const tz = field("tz", "Time zone", {
    type: "text",
    list: "zones",
    value: said.tz,
    spellcheck: "false",
    autocomplete: "off",
  });
  const listed = el(
    "datalist",
    { id: "zones" },
    ...["UTC", ...zones.filter((zone) => zone !== "UTC")].map((zone) => el("option", { value: zone })),
  );
  const wanted = (name) => made.elements[name].value.trim();
  const made = el("form", {}, from, to, tz, listed, el("button", { type: "submit" }, "Show"));
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    const window = wanted("from") ? { from: wanted("from"), to: wanted("to") || null } : {};
    go(address({ ...window, tz: wanted("tz") || "UTC" }));
  });
  return made;
}

function field(name, text, attributes) {
  const id = `period-${name}`;
  return el("p", {}, el("label", { for: id }, text), el("input", { id, name, ...attributes }));
}

function local(time) {
  if (!time || /^\d+$/.test(time)) return "";
  return time.length === 10 ? `${time}T00:00` : time.slice(0, 16);
}
