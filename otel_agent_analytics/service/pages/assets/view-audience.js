// Who the users are, where they come from, how, and when.

import { el } from "./elements.js";
import { noConversations } from "./empty.js";
import { base, count, interval, name, percent, rate } from "./figures.js";
import { languageName } from "./languages.js";
import { listLink } from "./links.js";
import { countryName, notOnMap, worldMap } from "./map.js";
import { behind, nothing, panel, tile, tiles, withBase } from "./parts.js";
import { table } from "./table.js";
import { busiest, shades, week, WEEK_COLUMNS } from "./week.js";
import { rateCell, roomFor, upTo } from "./whisker.js";

export const title = "Audience";

/** Read the users, the segments and the hours. */
export async function load({ ask, asked }) {
  const names = ["users", "countries", "channels", "devices", "languages", "peak-hours"];
  const [users, countries, channels, devices, languages, hours] = await Promise.all(
    names.map((one) => ask(one, asked)),
  );
  const { window } = users;
  if (users.messages === 0 && countries.items.length === 0) return { window, nodes: [noConversations()] };
  const nodes = [
    userTiles(users),
    countryPanel(countries),
    el(
      "div",
      { class: "thirds" },
      segmentPanel("Channels", channels, (channel) => listLink("channel", channel)),
      segmentPanel("Devices", devices),
      segmentPanel("Languages", languages, (code) => listLink("language", code, languageName(code))),
    ),
    hourPanel(hours.items, window.timezone),
  ];
  return { window, nodes };
}

function userTiles(users) {
  const returning = users.returning_rate
    ? `${rate(users.returning_rate)} (${interval(users.returning_rate)}) of n = ` +
      `${count(users.unique)}; seen before this window`
    : "n = 0";
  return tiles(
    tile("Users", count(users.unique), `different ones; n = ${count(users.messages)} messages`),
    tile("New", count(users.new), `first seen in this window, of n = ${count(users.unique)}`),
    tile("Returning", count(users.returning), returning),
    tile("Without a user id", count(users.messages_without_user), `messages of n = ${count(users.messages)}`),
  );
}

function countryPanel({ items, more }) {
  const known = items.filter((item) => item.name !== null);
  const all = items[0]?.share?.whole ?? 0;
  if (known.length === 0)
    return panel(
      "Countries",
      null,
      nothing(
        "No conversation says its country. conversation(country=…) does, or ip_address=… with the " +
          "extra “country”: it is looked up without a network, and dropped.",
      ),
    );
  const words = (item) =>
    `${countryName(item.name)}: ${count(item.figures.conversations)} (${percent(item.share.value)})`;
  const missing = notOnMap(items).map((item) => `${countryName(item.name)} ${count(item.figures.conversations)}`);
  const columns = segmentColumns("Country", countryName, items);
  return panel(
    "Countries",
    `Conversations by country, n = ${count(all)}.`,
    worldMap(items, (item) => item.figures.conversations, words),
    shades("many conversations"),
    missing.length ? el("p", { class: "small" }, `Not on the map: ${missing.join(", ")}.`) : null,
    table("Countries", columns, items, { more }),
  );
}

function segmentPanel(caption, { items, more }, shown = name) {
  const known = items.filter((item) => item.name !== null);
  if (known.length === 0)
    return panel(caption, null, nothing("Nobody said it: conversation(channel=…, device=…, language=…) does."));
  const room = roomFor(items.map((item) => item.share));
  const columns = [
    { title: caption.slice(0, -1), cell: (item) => shown(item.name) },
    { title: upTo("Share of conversations", room), cell: (item) => rateCell(item.share, room) },
  ];
  return panel(caption, null, table(caption, columns, items, { more }));
}

function segmentColumns(titleOfName, shown, items) {
  const resolved = roomFor(items.map((item) => item.figures.resolution_rate));
  const share = roomFor(items.map((item) => item.share));
  return [
    { title: titleOfName, cell: (item) => shown(item.name) },
    { title: upTo("Share of conversations", share), cell: (item) => rateCell(item.share, share) },
    { title: "Users", cell: (item) => count(item.users), number: true },
    { title: upTo("Resolved", resolved), cell: (item) => rateCell(item.figures.resolution_rate, resolved) },
    {
      title: "Given up",
      cell: (item) => withBase(rate(item.figures.abandonment_rate), base(item.figures.abandonment_rate)),
      number: true,
    },
  ];
}

function hourPanel(hours, zone) {
  const all = hours.reduce((sum, one) => sum + one.messages, 0);
  if (all === 0) return panel("Hours of the week", null, nothing("Nobody wrote in this window."));
  return panel(
    "Hours of the week",
    `User messages by weekday and hour, n = ${count(all)}, time of ${zone}.`,
    week(hours),
    shades("many messages"),
    behind(table("The busiest hours", WEEK_COLUMNS, busiest(hours)), "The ten busiest hours as a table"),
  );
}
