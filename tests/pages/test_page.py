"""The page in a real browser: it says what the API says; with hostile texts, by keyboard, on a phone, in the dark."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.service.access import Access
from otel_agent_analytics.service.care import Care
from otel_agent_analytics.storage.content import Keeper, Safe
from otel_agent_analytics.storage.duckdb import IN_MEMORY, DuckDBDatabase
from tests.helpers.browser import Seen, axe_source, looking
from tests.helpers.page import READY, WINDOW, api, named, number, opened, origin, percent, rows
from tests.helpers.served import Served, served
from tests.pages.conftest import HOSTILE, HOSTILE_INTENT, NOW_NS, VIEWS, database_with, traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUS = "\N{MINUS SIGN}"
PICTURES = os.environ.get("PAGE_PICTURES")
"""A folder for pictures of every view; unset: none are kept."""
CUT_OFF = "[...document.querySelectorAll('.frame')].filter((one) => one.scrollWidth > one.clientWidth).length"
"""How many tables are wider than there is room."""
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def picture(seen: Seen, name: str) -> None:
    """Keep a picture, where somebody wants them."""
    if PICTURES:
        seen.page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def views(server: Served) -> list[str]:
    """Return the queries of every view, that of one conversation too."""
    first = api(server, "conversations")["items"][0]["conversation_id"]
    return [*(f"view={view}&{WINDOW}" for view in VIEWS), f"view=conversation&id={quote(first, safe='')}&{WINDOW}"]


def every_view(running: Any, server: Served, more: str = "", **context: Any) -> Iterator[tuple[Seen, str]]:
    """Look at one view after the other, each once it is drawn; yield with each what its address asks for."""
    with looking(running, origin(server), **context) as seen:
        for query in views(server):
            seen.page.goto(f"{origin(server)}/?{query}{more}")
            seen.page.wait_for_selector(READY)
            yield seen, query


# --- every view -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["desktop", "phone"])
def test_every_view_is_drawn(how: str, chromium: Any, shop: Served) -> None:
    """Without a complaint of the browser or of its policy, nothing from elsewhere, and never wider than the screen."""
    context = {"desktop": {}, "phone": PHONE}[how]
    for seen, query in every_view(chromium, shop, **context):
        seen.page.wait_for_timeout(100)  # pictures are drawn once their width is known
        assert (seen.complaints, seen.violations()) == ([], []), query
        assert seen.requests
        assert all(address.startswith(origin(shop)) for address in seen.requests)
        assert seen.page.locator(".problem").count() == 0, query
        assert seen.page.locator("h1").inner_text() == seen.page.title().split(" · ")[0]
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert seen.page.evaluate(wider) == 0, query
        if how == "phone":
            assert seen.page.evaluate(CUT_OFF) == 0, query
        assert seen.page.evaluate("document.querySelectorAll('[style]').length") == 0
        picture(seen, f"{how}-{seen.page.locator('h1').inner_text()}")


@pytest.mark.parametrize("how", ["light", "dark", "phone"])
def test_axe_finds_nothing_serious(how: str, chromium: Any, shop: Served) -> None:
    """axe-core, with all its rules, finds nothing serious in any view, with everything opened that can be."""
    axe = axe_source()
    for seen, query in every_view(chromium, shop, **(PHONE if how == "phone" else {"color_scheme": how})):
        picture(seen, f"{how}-{seen.page.locator('h1').inner_text()}")
        seen.page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
        seen.page.evaluate(axe)
        found = seen.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert len(found["passes"]) > 15  # rules that had something to look at
        serious = [
            (one["id"], one["nodes"][0]["html"][:300], one["nodes"][0]["failureSummary"])
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == [], query


def test_hostile_texts_are_shown_as_texts(chromium: Any, den: Served) -> None:
    """Names of services, agents, tools, channels, errors and ids that are markup stand there, and fit on a phone."""
    told = {"wants", "agents", "tools", "audience", "cost", "conversations", "conversation"}
    for seen, query in every_view(chromium, den, f"&service={quote(HOSTILE)}", **PHONE):
        assert (seen.complaints, seen.violations()) == ([], []), query
        assert seen.page.evaluate("window.hacked") is None
        assert seen.page.evaluate("[...document.images].filter((one) => !one.src.endsWith('icon.svg')).length") == 0
        assert seen.page.evaluate("document.scripts.length") == 1
        view = parse_qs(query)["view"][0]
        if view in told:
            named_so = HOSTILE_INTENT if view == "wants" else HOSTILE
            assert named_so in seen.page.locator("main").text_content(), query
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert seen.page.evaluate(wider) == 0, query


# --- the figures are the API's ----------------------------------------------------------------------------------------


def test_overview_says_what_the_api_says(chromium: Any, shop: Served) -> None:
    """Each rate with its interval and what it is a share of; counts, means and money with theirs."""
    found = api(shop, "overview")["figures"]
    with opened(chromium, shop) as seen:
        assert f"{found['conversations']} conversations ended" in seen.page.locator(".lead").inner_text()
        for key in ("resolution_rate", "abandonment_rate", "escalation_rate", "failure_rate", "negative_rate", "csat"):
            card = seen.page.locator(f"[data-figure={key}]")
            rate = found[key]
            assert card.locator(".value").inner_text() == percent(rate["value"])
            low, high = percent(rate["low"]).removesuffix(" %"), percent(rate["high"])
            assert card.locator(".base").inner_text() == f"{low}–{high} · {rate['part']} of {rate['whole']}"
        tiles = named(seen.page)
        assert number(tiles["Conversations"]) == found["conversations"]
        assert number(tiles["Turns"]) == round(found["turns"]["value"], 1)
        assert number(tiles["Cost each"]) == pytest.approx(found["money"]["cost_per_conversation_usd"], rel=0.01)
        outcomes = rows(seen.page, f"Outcomes, n = {found['conversations']}")
        assert {row[0]: int(row[2]) for row in outcomes} == found["outcomes"]


def test_changes_are_against_the_window_before(chromium: Any, shop: Served) -> None:
    """The window of equal length before is asked about; a change is said with its interval, or that there is none."""
    half = "from=2023-11-15T10:00&to=2023-11-15T22:00&tz=UTC"
    before = api(shop, "overview", "from=2023-11-14T22:00&to=2023-11-15T10:00&tz=UTC")["figures"]
    now = api(shop, "overview", half)["figures"]
    assert min(before["conversations"], now["conversations"]) > 5
    with opened(chromium, shop, half) as seen:
        assert f"in which {before['conversations']} ended" in seen.page.locator("#view").inner_text()
        said = seen.page.locator("[data-figure=abandonment_rate] .change").inner_text()
    one, other = now["abandonment_rate"], before["abandonment_rate"]
    low, high = (float(text.replace(MINUS, "-")) for text in re.findall(rf"[{MINUS}+]\d+\.\d", said)[-2:])
    change = 100 * (one["value"] - other["value"])
    assert low < change < high
    # Newcombe's interval is wider than that of either rate, and narrower than both together.
    widths = [100 * (rate["high"] - rate["low"]) for rate in (one, other)]
    assert max(widths) < high - low < sum(widths)
    assert ("No clear change" in said) == (low <= 0 <= high)


def test_tables_say_what_the_api_says(chromium: Any, shop: Served) -> None:
    """Turns, agents, handoffs, tools and errors: the same names and numbers, in the same order."""
    wanted = {name: api(shop, name)["items"] for name in ("drop-off", "compare-agents", "handoffs", "tools", "errors")}
    with opened(chromium, shop, f"view=drop-off&{WINDOW}") as seen:
        found = [(row[0], number(row[1]), number(row[2])) for row in rows(seen.page, "Drop-off by turn")]
        assert found == [(one["turn"], one["reached"], one["abandoned"]) for one in wanted["drop-off"]]
    with opened(chromium, shop, f"view=agents&{WINDOW}") as seen:
        agents = [(row[0], number(row[1])) for row in rows(seen.page, "Agents")]
        names = [
            {None: "not known", v.UNKNOWN: "not known"}.get(one["name"], one["name"])
            for one in wanted["compare-agents"]
        ]
        counts = [one["figures"]["conversations"] for one in wanted["compare-agents"]]
        assert agents == list(zip(names, counts, strict=True))
        handoffs = [(row[0], row[1], number(row[2])) for row in rows(seen.page, "Handoffs")]
        assert handoffs == [(one["from_agent"], one["to_agent"], one["handoffs"]) for one in wanted["handoffs"]]
    with opened(chromium, shop, f"view=tools&{WINDOW}") as seen:
        tools = [
            (row[0], number(row[1]), row[2].endswith(f"{one['errors']} of {one['calls']}"))
            for row, one in zip(rows(seen.page, "Tools"), wanted["tools"], strict=True)
        ]
        assert tools == [(one["tool"], one["calls"], True) for one in wanted["tools"]]
        assert [row[0] for row in rows(seen.page, "Errors")] == [one["error_type"] for one in wanted["errors"]]


def test_audience_and_cost_say_what_the_api_says(chromium: Any, shop: Served) -> None:
    """Countries on the map and in the table, the hour of most messages, and the money."""
    countries, cost = api(shop, "countries")["items"], api(shop, "cost")
    hours = sorted((one["messages"] for one in api(shop, "peak-hours")["items"] if one["messages"]), reverse=True)
    with opened(chromium, shop, f"view=audience&{WINDOW}") as seen:
        assert [row[0] for row in rows(seen.page, "Countries")][:1] != ["not known"]
        assert [number(row[2]) for row in rows(seen.page, "Countries")] == [one["users"] for one in countries]
        drawn = seen.page.evaluate(
            "[...document.querySelectorAll('.map .land:not(.heat-0) title')].map((one) => one.textContent)"
        )
        assert len(drawn) == len([one for one in countries if one["name"]])
        singapore = next(one for one in countries if one["name"] == "SG")
        assert any(text.startswith(f"Singapore: {singapore['figures']['conversations']} ") for text in drawn)
        assert [int(row[1]) for row in rows(seen.page, "The busiest hours")] == hours[:10]
    with opened(chromium, shop, f"view=cost&{WINDOW}") as seen:
        said = named(seen.page)
        assert number(said["Saved"]) == pytest.approx(abs(cost["money"]["savings_usd"]), abs=0.005)
        spent = [(row[0], row[1], number(row[3])) for row in rows(seen.page, "Cost by agent and model")]
        assert spent == [(one["agent"] or "not known", one["model"], one["calls"]) for one in cost["calls"]["items"]]
        unpriced = [one for one in cost["calls"]["items"] if one["cost_usd"] is None]
        assert unpriced
        assert [row[2] for row in rows(seen.page, "Cost by agent and model")].count("not known") == len(unpriced)


def test_one_conversation_from_its_list(chromium: Any, shop: Served) -> None:
    """A click leads from the list to all its messages and calls, in order, and to its trace; back leads back."""
    listed = api(shop, "conversations")["items"]
    with opened(chromium, shop, f"view=conversations&{WINDOW}") as seen:
        links = seen.page.locator(".conversations a")
        assert links.all_inner_texts() == [one["conversation_id"] for one in listed][:50]
        place = next(at for at, one in enumerate(listed) if one["tool_calls"] and one["trace_id"])
        chosen = listed[place]
        links.nth(place).click()
        seen.page.wait_for_selector(f"{READY} .timeline")
        whole = api(shop, f"conversations/{chosen['conversation_id']}", "")
        assert seen.page.locator(".message").count() == len(whole["messages"])
        assert seen.page.locator(".call").count() == len(whole["calls"])
        times = seen.page.evaluate("[...document.querySelectorAll('.timeline time')].map((one) => one.dateTime)")
        assert times == sorted(times)
        link = seen.page.get_by_text("Open its trace")
        assert (
            link.first.get_attribute("href")
            == f"http://traces.example/explore?id={whole['episodes'][0]['trace_id']}&x=1"
        )
        assert "noopener" in (link.first.get_attribute("rel") or "")
        seen.page.go_back()
        seen.page.wait_for_selector(f"{READY} .conversations")


# --- asking, choosing, failing ----------------------------------------------------------------------------------------


def test_without_data_it_says_what_to_do(chromium: Any, nothing: Served) -> None:
    """No view shows a figure where there is none; each says how to get some."""
    with looking(chromium, origin(nothing)) as seen:
        for view in VIEWS[:-1]:
            seen.page.goto(f"{origin(nothing)}/?view={view}&days=7&tz=UTC")
            seen.page.wait_for_selector(READY)
            said = seen.page.locator("main").inner_text()
            assert "No conversation ended in this window" in said
            assert f"OTEL_EXPORTER_OTLP_ENDPOINT={origin(nothing)}" in said
            assert "0 %" not in said
            assert seen.complaints == []


def test_token_is_asked_for_and_kept_in_the_tab(chromium: Any) -> None:
    """Figures need a token: a wrong one is told, a right one is kept for this tab alone, and in no address."""
    database = database_with(traffic())
    with (
        served(database, lambda: NOW_NS, allowed=Access(read=("good-token",))) as server,
        looking(chromium, origin(server)) as seen,
    ):
        page = seen.page
        page.goto(f"{origin(server)}/?{WINDOW}")
        page.fill("#token", "bad-token")
        page.keyboard.press("Enter")
        assert "not accepted" in page.locator("dialog [role=alert]").inner_text()
        page.keyboard.press("Escape")
        assert "bearer token" in page.locator("main [role=alert]").inner_text()
        page.get_by_role("button", name="Try again").click()
        page.fill("#token", "good-token")
        page.get_by_role("button", name="Use it").click()
        page.wait_for_selector(f"{READY} .cards")
        kept = page.evaluate(
            "[Object.values(sessionStorage), Object.values(localStorage), document.cookie, location.href]"
        )
        assert kept[0] == ["good-token"]
        assert "good-token" not in json.dumps(kept[1:])
        assert "good-token" not in "".join(seen.requests)
        page.reload()
        page.wait_for_selector(f"{READY} .cards")
    database.close()


def test_texts_only_for_admins(chromium: Any) -> None:
    """Who may read figures does not see texts; an admin's token shows them, as texts."""
    database = DuckDBDatabase(IN_MEMORY)
    access = Access(read=("reader",), admin=("admin",))
    care = Care(keeper=Keeper(Safe()))
    said = {"event": "user_message", "conversation_id": "c-1", "event_id": "m-1", "text": f"Where is it? {HOSTILE}"}
    answer = {
        "event": "agent_response",
        "conversation_id": "c-1",
        "event_id": "m-2",
        "text": "On its way.",
        "agent": "Ann",
    }
    with served(database, allowed=access, care=care) as server, looking(chromium, origin(server)) as seen:
        body = json.dumps({"events": [said, answer]}).encode()
        assert server.send("/api/events", body, type_="application/json").status == 200
        page = seen.page
        page.goto(f"{origin(server)}/?view=conversation&id=c-1")
        page.fill("#token", "reader")
        page.keyboard.press("Enter")
        page.wait_for_selector(f"{READY} .timeline")
        assert "Where is it?" not in page.locator("main").inner_text()
        page.get_by_role("button", name="Show the texts").click()
        page.fill("#token", "admin")
        page.keyboard.press("Enter")
        page.get_by_text("On its way.").wait_for()
        assert f"Where is it? {HOSTILE}" in page.locator(".message.user").text_content()
        assert page.evaluate("window.hacked") is None
        assert seen.violations() == []
    database.close()


def test_a_token_is_asked_for_once(chromium: Any) -> None:
    """A question that was under way without a token is asked again with the one that was given meanwhile."""
    database, access = DuckDBDatabase(IN_MEMORY), Access(read=("reader",))
    held: list[Any] = []
    with served(database, allowed=access) as server, looking(chromium, origin(server)) as seen:
        page = seen.page
        page.route("**/api/services*", lambda route: held.append(route), times=1)  # noqa: PLW0108 - Playwright marks it
        page.goto(f"{origin(server)}/")
        page.fill("#token", "reader")
        page.keyboard.press("Enter")
        page.wait_for_selector("#token", state="detached")
        while not held:
            page.wait_for_timeout(50)
        with page.expect_response(lambda answer: "/api/services" in answer.url and answer.status == 200):
            held[0].continue_()
        page.wait_for_selector(READY)
        assert page.locator("#token").count() == 0
    database.close()


def test_what_is_chosen_stands_in_the_address(chromium: Any, shop: Served) -> None:
    """Window and zone are in the address, asked of the API, kept from view to view, and gone back to."""
    with opened(chromium, shop, "", timezone_id="Asia/Tokyo") as seen:
        page = seen.page
        assert "tz=Asia%2FTokyo" in page.url
        page.locator(".more summary").click()
        for name, value in (
            ("from", "2023-11-14T09:00"),
            ("to", "2023-11-17T00:00"),
            ("tz", "Europe/Amsterdam"),
        ):
            page.fill(f"#period-{name}", value)
        page.get_by_role("button", name="Show").click()
        page.wait_for_selector(f"{READY} .cards")
        wanted = {
            "from": ["2023-11-14T09:00"],
            "to": ["2023-11-17T00:00"],
            "tz": ["Europe/Amsterdam"],
        }
        assert parse_qs(urlsplit(page.url).query) == wanted
        page.get_by_role("link", name="Drop-off").click()
        page.wait_for_selector(f"{READY} .behind")
        assert parse_qs(urlsplit(page.url).query) == {**wanted, "view": ["drop-off"]}
        asked = [urlsplit(address) for address in seen.requests]
        assert parse_qs([one for one in asked if one.path == "/api/drop-off"][-1].query) == wanted
        page.get_by_role("link", name="30 days").click()
        page.wait_for_url("**days=30**")
        page.go_back()
        page.go_back()
        page.wait_for_selector(f"{READY} .cards")
        assert parse_qs(urlsplit(page.url).query) == wanted


def test_a_wrong_parameter_and_a_busy_analyzer_are_told(chromium: Any, shop: Served) -> None:
    """What the API refuses is said in its words; after 503 a click tries again."""
    with opened(chromium, shop, "days=7&tz=Nowhere/Land") as seen:
        said = seen.page.locator("main [role=alert]").inner_text()
        assert "tz = Nowhere/Land" in said
        assert "IANA" in said
    with looking(chromium, origin(shop)) as seen:
        busy = {"status": 503, "content_type": "application/json", "body": '{"error": "come later"}'}
        seen.page.route("**/api/overview?*", lambda route: route.fulfill(**busy))
        seen.page.goto(f"{origin(shop)}/?{WINDOW}")
        assert "busy" in seen.page.locator("main [role=alert]").inner_text()
        seen.page.unroute("**/api/overview?*")
        seen.page.get_by_role("button", name="Try again").click()
        seen.page.wait_for_selector(f"{READY} .cards")


# --- by keyboard, and quickly -----------------------------------------------------------------------------------------


FOCUSED = """
() => {
  const one = document.activeElement;
  const look = getComputedStyle(one);
  const framed = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) > 1;
  return [one.tagName, one.textContent.trim().slice(0, 40), framed];
}
"""


def test_by_keyboard_alone(chromium: Any, shop: Served) -> None:
    """Tab reaches every link, table and switch, each with a visible frame; Enter goes there, and the focus too."""
    with opened(chromium, shop) as seen:
        page = seen.page
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUSED)[1] == "Skip to the figures"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.reload()
        page.wait_for_selector(READY)
        reached = []
        for _ in range(80):
            page.keyboard.press("Tab")
            tag, text, framed = page.evaluate(FOCUSED)
            if tag == "BODY":
                break
            assert framed, (tag, text)
            reached.append(text)
        views_there = page.locator("#views a").all_inner_texts()
        assert [text for text in reached if text in views_there] == views_there
        assert {"24 hours", "7 days", "The same as a table"} <= {*reached}

        page.locator("#views a", has_text="Agents").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(f"{READY} .node")
        assert page.evaluate("document.activeElement.tagName") == "H1"
        page.locator(".behind summary").focus()
        page.keyboard.press("Enter")
        assert page.locator(".behind[open]").count() == 1
        page.locator(".more summary").focus()
        page.keyboard.press("Space")
        assert page.locator(".more[open]").count() == 1
        page.keyboard.press("Escape")
        assert page.locator(".more[open]").count() == 0


def test_first_paint(chromium: Any, shop: Served) -> None:
    """The first thing is painted within a second; the best of three counts, as other programs may be at work."""
    took = []
    for _ in range(3):
        with opened(chromium, shop) as seen:
            took.append(seen.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    assert min(took) < 1000, took
