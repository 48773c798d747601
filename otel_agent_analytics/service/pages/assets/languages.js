// Names of languages.

import { name } from "./figures.js";

/** Return the English name of a language by its code; what is none stays as it is. */
export function languageName(code) {
  if (code === null) return name(code);
  try {
    return new Intl.DisplayNames(["en-GB"], { type: "language", fallback: "none" }).of(code) ?? code;
  } catch {
    return code;
  }
}
