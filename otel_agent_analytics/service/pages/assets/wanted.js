// Names of what users want, as words.

import { name } from "./figures.js";

/** The results that count as unresolved, as the list of conversations takes them. */
export const OPEN = { resolution_status: "unresolved,partially_resolved" };

/** Return what an intent or a topic is called. */
export function wanted(value) {
  return value === "other" ? "something else" : name(value);
}
