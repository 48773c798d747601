// What each figure means, as the code says that reckons it.

import { el } from "./elements.js";
import { panel } from "./parts.js";

export const title = "Definitions";

/** Read the definitions. */
export async function load({ ask }) {
  const { definitions } = await ask("definitions");
  const groups = new Map();
  for (const one of definitions) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return {
    about: "What each figure means",
    nodes: [...groups].map(([group, items]) => panel(group, null, ...items.map(entry))),
  };
}

function entry(one) {
  const lines = one.lines?.length
    ? el(
        "ol",
        {},
        ...one.lines.map((line) =>
          el(
            "li",
            {},
            plain(
              typeof line === "string"
                ? line
                : Object.values(line)
                    .filter((part) => typeof part === "string")
                    .join(": "),
            ),
          ),
        ),
      )
    : null;
  const paragraphs = [one.text, lines, one.after].flatMap((part) =>
    typeof part === "string" ? part.split("\n\n").filter(Boolean).map(paragraph) : [part],
  );
  return el("section", { class: "definition" }, el("h3", {}, one.title), ...paragraphs);
}

function paragraph(text) {
  if (!text.startsWith("- ")) return el("p", {}, plain(text));
  return el(
    "ul",
    {},
    ...text
      .slice(2)
      .split("\n- ")
      .map((item) => el("li", {}, plain(item.replaceAll("**", "")))),
  );
}

// Pieces between backquotes are code.
function plain(text) {
  return text.split("`").map((piece, number) => (number % 2 ? el("code", {}, piece) : piece));
}
