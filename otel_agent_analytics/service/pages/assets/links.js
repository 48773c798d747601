// Links to the list of conversations.

import { address } from "./address.js";
import { el } from "./elements.js";
import { name } from "./figures.js";

/** Return a link to the conversations that have a value, or null for those of which it is not known, in a choice. */
export function listLink(choice, value, shown = name(value)) {
  return el("a", { href: address({ view: "conversations", [choice]: value ?? "unknown" }) }, shown);
}
