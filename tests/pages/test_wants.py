"""What users want and do not get, what was found in a conversation, and how its turns are reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.storage.duckdb import IN_MEMORY, DuckDBDatabase
from tests.helpers.judge_endpoint import Reply, endpoint, findings
from tests.helpers.judged import court, talk
from tests.helpers.page import READY, WINDOW, api, named, number, opened, origin, percent, rows
from tests.helpers.script import BEGIN_NS, write
from tests.helpers.served import Served, served
from tests.helpers.traffic import DAY_NS, HOUR_NS, end_ns
from tests.pages.conftest import NOW_NS, database_with

if TYPE_CHECKING:
    from tests.helpers.script import Source

WORDS = {v.OTHER_LABEL: "something else"}


def shown(rate: Any) -> str:
    """Return a rate as a cell of a table has it."""
    if rate is None:
        return "not known"
    low, high = percent(rate["low"]).removesuffix(" %"), percent(rate["high"])
    return f"{percent(rate['value'])} {low}–{high} · {rate['part']} of {rate['whole']}"


def test_wants_are_those_of_the_api(chromium: Any, shop: Served) -> None:
    """Intents and unresolved topics have the API's figures; examples and counts lead to just these conversations."""
    intents, unresolved = (api(shop, name)["items"] for name in ("top-intents", "unresolved-topics"))
    assert len(intents) > 1
    assert unresolved[0]["examples"]
    with opened(chromium, shop, f"view=wants&{WINDOW}") as seen:
        page = seen.page
        found = [(row[0], row[1], number(row[2]), row[3]) for row in rows(page, "Intents")]
        assert found == [
            (
                WORDS.get(one["intent"], one["intent"]),
                shown(one["share"]),
                one["secondary"],
                shown(one["resolution_rate"]),
            )
            for one in intents
        ]
        left = [(row[0], row[1], row[4]) for row in rows(page, "Unresolved topics")]
        assert left == [
            (WORDS.get(one["topic"], one["topic"]), shown(one["rate"]), f"{one['count']} unresolved")
            for one in unresolved
        ]
        assert f"{unresolved[0]['count']} of {unresolved[0]['conversations']}" in page.locator(".lead").inner_text()
        examples = page.locator(".examples").first.locator("a")
        assert examples.all_inner_texts() == unresolved[0]["examples"]
        examples.first.click()
        page.wait_for_selector(f"{READY} .timeline")
        assert page.locator("#about").inner_text() == unresolved[0]["examples"][0]
        page.go_back()
        page.wait_for_selector(f"{READY} .examples")
        page.get_by_role("link", name=f"{unresolved[0]['count']} unresolved").first.click()
        page.wait_for_selector(f"{READY} .conversations")
        assert page.locator(".conversations > li").count() == unresolved[0]["count"]
        assert {*unresolved[0]["examples"]} <= {*page.locator(".conversations .heading a").all_inner_texts()}


def of_day(name: str, text: str, count: int, day: int) -> list[Source]:
    """Return conversations of a day in which users say one thing."""
    moves = f"user {text} | agent here you are | end"
    return [one for at in range(count) for one in write(moves, f"{name}{at}", BEGIN_NS + day * DAY_NS + at * 10**9)]


def test_what_is_new_is_told(chromium: Any) -> None:
    """A topic is new whose share is clearly larger than before, also where nobody had spoken of it; no other is."""
    before = [*of_day("a", "where is it", 40, 0), *of_day("b", "so", 5, 0)]
    now = [*of_day("c", "where is it", 30, 1), *of_day("d", "so", 6, 1), *of_day("e", "a human please", 20, 1)]
    database = database_with(sorted([*before, *now], key=end_ns))
    second = f"from={BEGIN_NS + 22 * HOUR_NS}&to={BEGIN_NS + 46 * HOUR_NS}&tz=UTC"
    with served(database, lambda: NOW_NS) as server:
        with opened(chromium, server, f"view=wants&{second}") as seen:
            assert [row[:3] for row in rows(seen.page, "New topics")] == [
                ["somebody else", "36 % (20 of 56)", "0 % (0 of 45)"]
            ]
        with opened(chromium, server, f"view=wants&from={BEGIN_NS}&to={BEGIN_NS + 22 * HOUR_NS}&tz=UTC") as seen:
            assert "nothing can be said of what is new" in seen.page.locator("main").inner_text()
    database.close()


def test_where_nothing_is_known_it_says_what_to_do(chromium: Any) -> None:
    """Conversations of which nobody knows what they were about: the settings that change that are named."""
    database = database_with(write("user hi | agent x | end", begin_ns=BEGIN_NS + HOUR_NS))
    with served(database, lambda: NOW_NS) as server, opened(chromium, server, f"view=wants&{WINDOW}") as seen:
        said = seen.page.locator("main").inner_text()
        assert "AGENT_ANALYTICS_INTENTS_FILE" in said
        assert "1 conversations ended" in said.replace("conversation ended", "conversations ended")
        assert "0 %" not in said
    database.close()


def test_overview_answers_what_a_product_owner_asks(chromium: Any, shop: Served) -> None:
    """What stays unresolved, where people give up, what it costs and saves, how many rated: each as the API has it."""
    overview, unresolved, turns = (
        api(shop, "overview")["figures"],
        api(shop, "unresolved-topics"),
        api(shop, "drop-off"),
    )
    with opened(chromium, shop) as seen:
        page = seen.page
        panel = page.locator(".panel", has=page.get_by_role("heading", name="What they want and do not get"))
        topics = [(one["topic"], shown(one["rate"])) for one in unresolved["items"][:5]]
        assert panel.locator("li").all_text_contents() == [f"{WORDS.get(name, name)}{rate}" for name, rate in topics]
        worst = max(
            (one for one in turns["items"] if one["reached"] >= 30), key=lambda one: float(one["hazard"]["value"])
        )
        text = page.locator(".panel", has=page.get_by_role("heading", name="Where people give up")).inner_text()
        assert f"turn {worst['turn']}: {percent(worst['hazard']['value'])}" in text
        tiles, money = named(page), overview["money"]
        assert number(tiles["Cost of all"]) == float(f"{money['cost_usd']:.3g}")
        assert number(tiles["Saved against humans"]) == round(abs(money["savings_usd"]), 2)
        answered = overview["csat_response_rate"]
        card = page.locator("[data-figure=csat]").inner_text()
        assert f"{percent(answered['value'])} rated ({answered['part']} of {answered['whole']})" in card


def test_mood_by_day(chromium: Any, shop: Served) -> None:
    """Each day's moods and the share that was negative are the API's."""
    days = api(shop, "sentiment-by-day")["items"]
    with opened(chromium, shop, f"view=course&{WINDOW}") as seen:
        found = [([number(cell) for cell in row[1:6]], row[6]) for row in rows(seen.page, "Mood by day")]
        names = ("positive", "neutral", "negative", "frustrated", "unknown")
        assert found == [([one["sentiments"][name] for name in names], shown(one["negative_rate"])) for one in days]


def test_findings_lead_to_their_turns(chromium: Any, shop: Served) -> None:
    """What the rules found stands with how sure they are; a click on a turn goes to what was said in it, no further."""
    long = api(shop, "conversations", f"{WINDOW}&limit=500&min_turns=3&resolution_status=unresolved")["items"]
    chosen = long[0]["conversation_id"]
    latest = api(shop, f"conversations/{chosen}", "")["insights"][-1]["findings"]
    result = latest["resolution_status"]
    assert result["evidence"]
    with opened(chromium, shop, f"view=conversation&id={chosen}&{WINDOW}") as seen:
        page = seen.page
        cells = dict(rows(page, "What was found"))
        turns = ", ".join(map(str, result["evidence"]))
        assert cells["Result"] == f"unresolved{percent(result['confidence'])} sure · turn {turns}"
        assert cells["Effort for the user, 1 to 5"].startswith(str(latest["effort_score"]["value"]))
        before = page.url
        page.locator("tr", has_text="Result").get_by_role("link", name=f"turn {result['evidence'][-1]}").click()
        where = "[document.activeElement.id, document.activeElement.querySelector('.who').textContent]"
        number_ = result["evidence"][-1]
        assert page.evaluate(where) == [f"turn-1-{number_}", f"User, turn {number_}"]
        assert page.url == before


def test_a_judge_stands_beside_the_rules(chromium: Any) -> None:
    """A judge's findings have a column of their own, with its name; where it says something else, that is said."""
    database = DuckDBDatabase(IN_MEMORY)
    with endpoint() as model:
        model.reply = lambda _: Reply(said=findings(resolution_status="partially_resolved"))
        there = court(database, model.url)
        there.end(*talk("c1", ("where is my order?", "I do not know"), ("still not here", "it is booked"), more="end"))
        there.judge_all()
    with served(database) as server, opened(chromium, server, f"view=conversation&id=c1&{WINDOW}") as seen:
        page = seen.page
        table = page.locator("table:has(caption:text-is('What was found'))")
        assert table.locator("thead th").all_inner_texts() == ["What", "By the rules", "Judged by judge (tiny 1)"]
        cells = {row[0]: row[1:] for row in rows(page, "What was found")}
        assert cells["Result"][1] == "partially resolved90 % sure · turn 1other than the rules"
        assert [text.startswith("neutral") for text in cells["Mood"]] == [True, True]
        assert "other than" not in cells["Mood"][1]
        assert cells["What the user came for"][1] == "change a flight90 % sure · turn 1"
        assert "Rates and alerts go by the rules" in page.locator("main").inner_text()
    database.close()


# --- the list of conversations ----------------------------------------------------------------------------------------


def listed(page: Any) -> list[str]:
    """Return the ids of the conversations that are shown."""
    found: list[str] = page.locator(".conversations .heading a").all_inner_texts()
    return found


def test_choices_are_made_by_the_api(chromium: Any, shop: Served) -> None:
    """What is chosen stands in the address, is asked of the API, and is there again on the way back."""
    with opened(chromium, shop, f"view=conversations&{WINDOW}") as seen:
        page = seen.page
        page.select_option("#choice-outcome", "abandoned")
        page.wait_for_url("**outcome=abandoned**")
        page.wait_for_selector(READY)
        assert page.evaluate("document.activeElement.id") == "choice-outcome"
        page.select_option("#choice-min_turns", "2")
        page.wait_for_url("**min_turns=2**")
        page.wait_for_selector(READY)
        wanted = api(shop, "conversations", f"{WINDOW}&outcome=abandoned&min_turns=2")
        assert 0 < wanted["matching"] < api(shop, "conversations")["matching"]
        assert listed(page) == [one["conversation_id"] for one in wanted["items"]]
        assert f"{len(wanted['items'])} of {wanted['matching']}" in page.locator("#view p[role=status]").inner_text()
        page.locator(".conversations a").first.click()
        page.wait_for_selector(f"{READY} .timeline")
        page.get_by_role("link", name="← Conversations").click()
        page.wait_for_selector(f"{READY} .conversations")
        assert listed(page) == [one["conversation_id"] for one in wanted["items"]]
        page.get_by_role("link", name="Overview").click()
        page.wait_for_selector(f"{READY} .cards")
        assert "outcome" not in parse_qs(urlsplit(page.url).query)


def test_an_id_by_its_beginning(chromium: Any, shop: Served) -> None:
    """A piece of an id finds those that begin so; one that is not in the window can be opened all the same."""
    with opened(chromium, shop, f"view=conversations&{WINDOW}") as seen:
        page = seen.page
        page.fill("#find", "c1")
        page.keyboard.press("Enter")
        page.wait_for_url("**id_prefix=c1**")
        page.wait_for_selector(f"{READY} .conversations")
        found = listed(page)
        assert found == [
            one["conversation_id"] for one in api(shop, "conversations", f"{WINDOW}&id_prefix=c1")["items"]
        ]
        assert all(name.startswith("c1") for name in found)
        page.goto(f"{origin(shop)}/?view=conversations&id_prefix=c1&hours=1&tz=UTC")
        page.wait_for_selector(f"{READY} .notice")
        assert page.locator(".notice").get_by_role("link", name="c1").count() == 1


def test_page_after_page(chromium: Any, shop: Served) -> None:
    """Each click appends the next page, until every conversation of the window is there, each once."""
    whole = api(shop, "conversations", f"{WINDOW}&limit=500")["items"]
    assert len(whole) > 50
    with opened(chromium, shop, f"view=conversations&{WINDOW}") as seen:
        page = seen.page
        assert len(listed(page)) == 50
        page.get_by_role("button", name="Show 50 more").click()
        page.locator(f".conversations > li:nth-child({len(whole)})").wait_for()
        assert listed(page) == [one["conversation_id"] for one in whole]
        assert page.get_by_role("button", name="Show 50 more").count() == 0
        assert page.evaluate("document.activeElement.textContent") == whole[50]["conversation_id"]


# --- several services -------------------------------------------------------------------------------------------------


def test_figures_follow_the_service(chromium: Any, mall: Served, shop: Served) -> None:
    """Where there are several, one can be chosen, also in one of its environments; every view asks for it alone."""
    with opened(chromium, shop) as seen:
        assert seen.page.locator("#service").count() == 0
    with opened(chromium, mall) as seen:
        page = seen.page
        options = page.locator("#service option").all_inner_texts()
        assert options[0] == "All services"
        found = {text.rsplit(" (", 1)[0] for text in options[1:]}
        assert found == {"help", "help · no namespace · live", "help · no namespace · no environment", "shop"}
        for label, query in (("shop (", "service=shop"), ("help · no namespace · no", LAST)):
            page.select_option("#service", index=next(at for at, one in enumerate(options) if one.startswith(label)))
            page.wait_for_selector(READY)
            page.wait_for_function("() => location.search.includes('service=')")
            count = api(mall, "overview", f"{WINDOW}&{query}")["figures"]["conversations"]
            page.locator(".lead", has_text=f"{count} conversations ended").wait_for()
            assert f"({count})" in page.locator("#service option:checked").inner_text()
        page.get_by_role("link", name="Tools and errors").click()
        page.wait_for_selector(f"{READY} table")
        asked = {**parse_qs(WINDOW), **parse_qs(LAST, keep_blank_values=True)}
        sent = [urlsplit(address) for address in seen.requests]
        assert parse_qs([one for one in sent if one.path == "/api/tools"][-1].query, keep_blank_values=True) == asked
        tools = api(mall, "tools", f"{WINDOW}&{LAST}")["items"]
        assert [row[0] for row in rows(page, "Tools")] == [one["tool"] for one in tools]
        page.reload()
        page.wait_for_selector(f"{READY} table")
        assert page.locator("#service option:checked").inner_text().startswith("help · no namespace · no environment")
        page.goto(f"{origin(mall)}/?{WINDOW}&service={quote('gone <b>')}")
        page.wait_for_selector(READY)
        assert page.locator("#service option:checked").inner_text() == "gone <b> (0)"


LAST = "service=help&service_namespace=&deployment_environment_name="


# --- on paper, and at rest --------------------------------------------------------------------------------------------


def test_on_paper(chromium: Any, shop: Served) -> None:
    """Printed, a view is its figures: nothing to click on is there, in light colours even where the screen is dark."""
    with opened(chromium, shop, color_scheme="dark") as seen:
        page = seen.page
        page.emulate_media(media="print")
        for gone in ("#views", ".chooser"):
            assert not page.locator(gone).is_visible()
        assert page.locator(".cards").is_visible()
        look = "getComputedStyle(document.querySelector('.card'))"
        ink, ground = (brightness(page.evaluate(f"{look}.{one}")) for one in ("color", "backgroundColor"))
        assert ink < 200
        assert ground > 600


def brightness(colour: str) -> int:
    """Return the sum of the three parts of a colour."""
    return sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(", ")))


def test_nothing_moves_for_those_who_do_not_want_it(chromium: Any, shop: Served) -> None:
    """With reduced motion no element has a transition or an animation; without it the view fades."""
    moving = (
        "[...document.querySelectorAll('*')].filter((one) => { const look = getComputedStyle(one);"
        " return parseFloat(look.transitionDuration) > 0 || look.animationName !== 'none'; }).length"
    )
    with opened(chromium, shop, reduced_motion="reduce") as seen:
        assert seen.page.evaluate(moving) == 0
        seen.page.emulate_media(reduced_motion="no-preference")
        assert seen.page.evaluate(moving) > 0
