// Figures as people read them. What is not known is said to be so, and never shown as 0.

export const NOT_KNOWN = "not known";

const WHOLE = new Intl.NumberFormat("en-GB");
const ONE = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const CENTS = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const SMALL = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 3 });

/** Return a whole number. */
export function count(value) {
  return value === null ? NOT_KNOWN : WHOLE.format(value);
}

/** Return a number with one digit behind the point. */
export function decimal(value) {
  return value === null ? NOT_KNOWN : ONE.format(value);
}

/** Return a share, 0 to 1, in per cent: below 10 % with one digit behind the point. */
export function percent(value) {
  return value === null ? NOT_KNOWN : `${hundredths(value)} %`;
}

/** Return the value of a rate. */
export function rate(found) {
  return percent(found === null ? null : found.value);
}

/** Return the 95 % interval of a rate. */
export function interval(found) {
  return found === null ? "" : `${hundredths(found.low)}–${hundredths(found.high)} %`;
}

/** Return what a rate is a share of. */
export function base(found) {
  return found === null ? "n = 0" : `${count(found.part)} of ${count(found.whole)}`;
}

/** Return an amount in US dollars; small ones to three digits that say something. */
export function money(value) {
  if (value === null) return NOT_KNOWN;
  const amount = Math.abs(value);
  const text = amount >= 1 ? CENTS.format(amount) : SMALL.format(amount);
  return `${value < 0 ? "−" : ""}$${text}`;
}

/** Return a length of time, seconds. */
export function duration(seconds) {
  if (seconds === null) return NOT_KNOWN;
  if (seconds < 0.001) return "< 1 ms";
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${ONE.format(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60 * 48) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${ONE.format(minutes / 1440)} days`;
}

/** Return the difference of two shares in percentage points, with its sign. */
export function points(difference) {
  const text = ONE.format(Math.abs(difference * 100));
  return `${difference < 0 ? "−" : "+"}${text}`;
}

/** Return a name, where there is one. */
export function name(value) {
  return value === null || value === undefined || value === "" || value === "unknown" ? NOT_KNOWN : value;
}

/** Return a word of the API as words: `partially_resolved` as "partially resolved". */
export function words(value) {
  return name(value).replaceAll("_", " ");
}

/** Return a moment in a time zone. */
export function moment(time, zone, { seconds = false } = {}) {
  const second = seconds ? { second: "2-digit" } : {};
  const shape = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", ...second };
  return new Intl.DateTimeFormat("en-GB", { ...shape, timeZone: zone, hourCycle: "h23" }).format(new Date(time));
}

/** Return a time of day in a time zone, to the second. */
export function clock(time, zone) {
  const shape = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone };
  return new Intl.DateTimeFormat("en-GB", shape).format(new Date(time));
}

function hundredths(value) {
  const whole = value * 100;
  return whole === 0 || whole >= 99.95 || whole >= 9.95 ? WHOLE.format(Math.round(whole)) : ONE.format(whole);
}
