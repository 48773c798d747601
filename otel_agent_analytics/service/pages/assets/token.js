// Asks the user for a bearer token.

import { el, fill } from "./elements.js";

let open = null;

/** Return a token from the user, null if there is none to be had. However many ask, the user is asked once. */
export function tokenFromUser(refused, what = "The figures of this analyzer are read with a bearer token.") {
  open ??= asked(refused, what).finally(() => {
    open = null;
  });
  return open;
}

function asked(refused, what) {
  return new Promise((resolve) => {
    const input = el("input", {
      id: "token",
      type: "password",
      autocomplete: "off",
      required: true,
      spellcheck: "false",
    });
    const cancel = el("button", { type: "button", class: "quiet", on: { click: () => dialog.close() } }, "Not now");
    const form = el(
      "form",
      {},
      el("h2", { id: "token-title" }, "Token"),
      el("p", {}, what),
      refused ? el("p", { class: "problem", role: "alert" }, "The token that was given is not accepted.") : null,
      el("label", { for: "token" }, "Bearer token"),
      input,
      el("p", { class: "small" }, "It is kept in this tab until you close it, and sent to this analyzer only."),
      el("p", { class: "buttons" }, el("button", { type: "submit" }, "Use it"), cancel),
    );
    const dialog = el("dialog", { "aria-labelledby": "token-title" }, form);
    let token = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      token = input.value.trim() || null;
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(token);
    });
    document.body.append(dialog);
    dialog.showModal();
    fill(document.getElementById("announcement"), "A token is needed.");
  });
}
