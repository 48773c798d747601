// What is said where there is nothing to show, and what can be done about it.

import { address } from "./address.js";
import { el } from "./elements.js";
import { count } from "./figures.js";
import { notice } from "./parts.js";

/** Return what to say where no conversation ended in the window. */
export function noConversations(openNow = 0) {
  const open =
    openNow > 0
      ? el(
          "p",
          {},
          `${count(openNow)} are open now. A conversation counts once it has ended: 30 minutes after ` +
            "its last event, unless that is set otherwise.",
        )
      : null;
  return notice(
    "No conversation ended in this window",
    open,
    el(
      "p",
      {},
      "Choose a longer one: ",
      el("a", { href: address({ days: "30" }) }, "30 days"),
      " or ",
      el("a", { href: address({ days: "400" }) }, "all that is kept"),
      ".",
    ),
    el(
      "p",
      {},
      "If there are none at all: agents send OTLP to this address, ",
      el("code", {}, `OTEL_EXPORTER_OTLP_ENDPOINT=${location.origin}`),
      " and ",
      el("code", {}, "instrument(conversation_metrics=False)"),
      ".",
    ),
  );
}
