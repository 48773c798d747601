// Chooses the service, where the store has several; what is chosen stands in the address.

import { address } from "./address.js";
import { ask } from "./ask.js";
import { el, fill } from "./elements.js";
import { count } from "./figures.js";

const EVER = { days: "3653", limit: "1000" };
const NAMES = ["service", "service_namespace", "deployment_environment_name"];
let known = null;

/** Draw the chooser, once it is known which services there are; `go(address, id)` is called with where it leads. */
export async function drawServices(place, said, go) {
  known ??= ask("services", EVER).catch((problem) => {
    known = null; // asked again with the next view; this one says itself what is wrong
    throw problem;
  });
  const { items } = await known;
  const options = optionsOf(items, said);
  fill(place, options.length > 2 ? chooser(options, go) : null);
}

// The first option is all of them; what is chosen is among them even where nothing is known of it.
function optionsOf(items, said) {
  const places = Map.groupBy ? Map.groupBy(items, (one) => one.name) : grouped(items);
  const services = [...places].flatMap(([name, rows]) => {
    const all = rows.reduce((sum, one) => sum + one.conversations, 0);
    const whole = option([name, null, null], [name], all);
    return rows.length === 1
      ? [whole]
      : [
          whole,
          ...rows.map((one) =>
            option(
              [name, one.namespace, one.environment],
              [name, one.namespace || "no namespace", one.environment || "no environment"],
              one.conversations,
            ),
          ),
        ];
  });
  const options = [{ text: "All services", changes: changesTo([null, null, null]) }, ...services];
  const wanted = NAMES.map((name) => said[name] ?? null);
  const current = options.find((one) => NAMES.every((name, at) => one.changes[name] === wanted[at]));
  if (current) return options.map((one) => ({ ...one, current: one === current }));
  return [...options, { ...option(wanted, wanted.filter(Boolean), 0), current: true }];
}

function option(names, shown, conversations) {
  return { text: `${shown.join(" · ")} (${count(conversations)})`, changes: changesTo(names) };
}

function changesTo(names) {
  return Object.fromEntries(NAMES.map((name, at) => [name, names[at]]));
}

function grouped(items) {
  const found = new Map();
  for (const one of items) found.set(one.name, [...(found.get(one.name) ?? []), one]);
  return found;
}

function chooser(options, go) {
  const field = el(
    "select",
    { id: "service", on: { change: (event) => go(address(options[event.target.value].changes), "service") } },
    ...options.map((one, number) => el("option", { value: String(number), selected: one.current }, one.text)),
  );
  return el("p", {}, el("label", { for: "service" }, "Service"), field);
}
