// The page's address says what it shows: view, window, time zone, service. So a view can be kept, sent, and gone back to.

const WINDOW = ["from", "to", "hours", "days"];
const SERVICE = ["service", "service_namespace", "deployment_environment_name"];
// What of the list of conversations is shown.
const CHOICES = [
  "outcome",
  "resolution_status",
  "sentiment",
  "agent",
  "intent",
  "topic",
  "channel",
  "language",
  "id_prefix",
  "min_turns",
];
const LIST = ["conversations", "conversation"];
const NAMES = ["view", "id", ...CHOICES, ...WINDOW, "tz", ...SERVICE];
// Of these an empty text says something too: those without one.
const MAY_BE_EMPTY = new Set(SERVICE.slice(1));
const HOUR_MS = 3_600_000;

/** Return what the address says, by name. */
export function here() {
  const said = new URLSearchParams(location.search);
  const found = {};
  for (const name of NAMES) if (isSaid(name, said.get(name))) found[name] = said.get(name);
  if (!WINDOW.some((name) => name in found)) found.days = "7";
  found.tz ??= Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  found.view ??= "overview";
  return found;
}

/** Return an address like this one with some things changed; null leaves one out. A new window replaces the old one. */
export function address(changes, from = here()) {
  const kept = { ...from };
  if (WINDOW.some((name) => name in changes)) for (const name of WINDOW) delete kept[name];
  if ("view" in changes) delete kept.id;
  if ("view" in changes && !(LIST.includes(kept.view) && LIST.includes(changes.view)))
    for (const name of CHOICES) delete kept[name];
  const wanted = { ...kept, ...changes };
  if (wanted.view === "overview") delete wanted.view;
  const pairs = NAMES.filter((name) => isSaid(name, wanted[name])).map((name) => [name, wanted[name]]);
  return `?${new URLSearchParams(pairs)}`;
}

/** Return the parameters that choose window, time zone and service, as the API takes them. */
export function asked(said = here()) {
  return pick(said, [...WINDOW, "tz", ...SERVICE]);
}

/** Return the parameters that choose conversations for the list. */
export function chosen(said = here()) {
  return pick(said, CHOICES);
}

/** Return the parameters of the window of equal length that ends where another one begins. */
export function before(window, said = here()) {
  const [since, until] = [nanoseconds(window.since), nanoseconds(window.until)];
  const from = since - (until - since);
  return { from: String(from < 0n ? 0n : from), to: String(since), ...pick(said, ["tz", ...SERVICE]) };
}

/** Return how long a window lasts, hours. */
export function hoursOf(window) {
  return (Date.parse(window.until) - Date.parse(window.since)) / HOUR_MS;
}

/** Return whether a window is short enough to be shown by hours. */
export function isShort(window) {
  return hoursOf(window) <= 72;
}

function isSaid(name, value) {
  return value !== null && value !== undefined && (value !== "" || MAY_BE_EMPTY.has(name));
}

function pick(said, names) {
  return Object.fromEntries(names.filter((name) => name in said).map((name) => [name, said[name]]));
}

function nanoseconds(time) {
  const [, seconds, part] = /^(.*?)(?:\.(\d+))?Z$/.exec(time);
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt((part ?? "0").padEnd(9, "0"));
}
