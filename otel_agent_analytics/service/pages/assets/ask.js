// Questions to the API. Where it wants a bearer token, the user is asked for one; it is kept for this tab and no longer.

import { tokenFromUser } from "./token.js";

const KEPT = "agent-analytics-token";
const ADMIN = "agent-analytics-admin";
const MAYBE_BUSY = 503;
const NO_TOKEN = 401;

/** Why there is no answer: `status` is that of HTTP, 0 where nobody answered. */
export class Refused extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

/** Return the answer to a question; a token is asked for until it fits. */
export async function ask(name, parameters = {}) {
  for (;;) {
    const used = kept();
    const answer = await sent(`api/${name}`, parameters);
    if (answer.status !== NO_TOKEN) return read(answer);
    if (kept() !== used) continue; // given for another question, while this one was under way
    const token = await tokenFromUser(Boolean(used));
    if (token === null) throw new Refused("The figures are read with a bearer token, and none was given.", NO_TOKEN);
    keep(token);
  }
}

/** Return what the page has been set to. */
export async function settings() {
  const answer = await sent("page/settings.json", {});
  return answer.ok ? answer.json() : { trace_url: null };
}

/** Return the texts of a conversation; null where the token that there is, or none, does not permit it. */
export async function texts(id) {
  const answer = kept() ? await sent(`api/content/${encodeURIComponent(id)}`, {}) : { status: NO_TOKEN };
  const permitted = answer.status !== NO_TOKEN;
  if (permitted) sessionStorage.setItem(ADMIN, "yes");
  else sessionStorage.removeItem(ADMIN);
  return permitted ? read(answer) : null;
}

/** Return whether the token that there is has been an admin's: otherwise asking for texts would be in vain. */
export function mayReadTexts() {
  return sessionStorage.getItem(ADMIN) === "yes";
}

/** Keep a token until the tab is closed. */
export function keep(token) {
  sessionStorage.setItem(KEPT, token);
}

function kept() {
  return sessionStorage.getItem(KEPT);
}

async function sent(path, parameters) {
  const query = new URLSearchParams(parameters).toString();
  const token = kept();
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  try {
    return await fetch(query ? `${path}?${query}` : path, { headers, credentials: "omit" });
  } catch (problem) {
    throw new Refused(`The analyzer does not answer (${problem.message}).`);
  }
}

async function read(answer) {
  if (answer.ok) return answer.json();
  const said = await answer.json().catch(() => ({}));
  const busy = answer.status === MAYBE_BUSY ? "The analyzer is busy, or its store is away: " : "";
  const wrong = said.parameter ? `${said.parameter} = ${said.value}: it must be ${said.allowed}` : said.error;
  throw new Refused(`${busy}${wrong ?? `the analyzer answered ${answer.status}`}`, answer.status);
}
