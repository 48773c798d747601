"""The list of conversations: which ones are chosen, and page after page, against the records of an in-process host."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.queries.answers import encoded
from otel_agent_analytics.service.queries.asked import WrongParameterError, asked_of
from otel_agent_analytics.service.queries.catalogue import QUERIES
from otel_agent_analytics.service.queries.choices import CHOICES
from tests.helpers.script import BEGIN_NS, write
from tests.helpers.traffic import DAY_NS, HOUR_NS, conversation_of, day_of, end_ns, price, straight

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.storage.database import Database
    from tests.helpers.script import Source

HOSTILE = "%_'; DROP TABLE conversations; --.1.\\ {columns} :after ?\n"
QUERY = next(one for one in QUERIES if one.name == "conversations" and not one.of_conversation)
WINDOW = (("from", str(BEGIN_NS - DAY_NS)), ("to", str(BEGIN_NS + 100 * DAY_NS)))


class Chosen(NamedTuple):
    """What is chosen, and of which records that is true."""

    parameters: dict[str, str]
    holds: Callable[[ConversationRecord], bool]


def traffic() -> list[Source]:
    """Return a day in which many conversations end at one moment, some with hostile ids, languages and intents."""
    found = []
    for source in day_of(random.Random(77), 90):
        name = conversation_of(source)
        number = int(name[1:])
        said = {v.GEN_AI_CONVERSATION_ID: HOSTILE + name if number % 9 == 0 else name}
        if number % 4:
            said[v.LANGUAGE] = ("en", "nl", HOSTILE)[number % 3]
        found.append(source._replace(attributes={**source.attributes, **said}))
    same_moment = [one for at in range(12) for one in write("user hi | agent x | end", f"same{at}", BEGIN_NS + HOUR_NS)]
    others = [*write("open", "visit", BEGIN_NS + HOUR_NS), *write("user so | agent x | end", "else", BEGIN_NS)]
    return sorted([*found, *same_moment, *others], key=end_ns)


SOURCES = traffic()
RECORDS = sorted(straight(SOURCES).records, key=lambda one: (-one.ended_ns, one.conversation_id, -one.episode))
CASES = {
    "all": Chosen({}, lambda _: True),
    **{
        f"outcome {name}": Chosen({"outcome": name}, lambda one, name=name: one.outcome == name)  # type: ignore[misc]
        for name in v.OUTCOMES
    },
    "visits": Chosen({"outcome": "visit"}, lambda one: not one.engaged),
    "unresolved": Chosen({"resolution_status": v.UNRESOLVED}, lambda one: one.resolution_status == v.UNRESOLVED),
    "unresolved or none": Chosen(
        {"resolution_status": f"{v.UNRESOLVED},{v.UNKNOWN}"}, lambda one: one.resolution_status in (v.UNRESOLVED, None)
    ),
    "no result": Chosen({"resolution_status": v.UNKNOWN}, lambda one: one.resolution_status is None),
    "neutral": Chosen({"sentiment": v.NEUTRAL}, lambda one: one.sentiment == v.NEUTRAL),
    "no mood": Chosen({"sentiment": v.UNKNOWN, "min_turns": "0"}, lambda one: one.sentiment is None),
    "agent": Chosen({"agent": "Billing"}, lambda one: one.agent == "Billing"),
    "no agent": Chosen({"agent": v.UNKNOWN}, lambda one: one.agent in (None, v.UNKNOWN)),
    "channel": Chosen({"channel": "web"}, lambda one: one.context.channel == "web"),
    "language": Chosen({"language": HOSTILE}, lambda one: one.context.language == HOSTILE),
    "no language": Chosen({"language": v.UNKNOWN}, lambda one: one.context.language is None),
    "intent": Chosen({"intent": "whereabouts"}, lambda one: one.intents[:1] == ("whereabouts",)),
    "topic": Chosen({"topic": "whereabouts"}, lambda one: one.topic == "whereabouts"),
    "prefix": Chosen({"id_prefix": "c1"}, lambda one: one.conversation_id.startswith("c1")),
    "hostile prefix": Chosen({"id_prefix": HOSTILE}, lambda one: one.conversation_id.startswith(HOSTILE)),
    "any sign is none": Chosen({"id_prefix": "_1"}, lambda one: one.conversation_id.startswith("_1")),
    "turns": Chosen({"min_turns": "3"}, lambda one: one.user_turns >= 3),
    "several": Chosen(
        {"min_turns": "2", "channel": "web", "outcome": v.ABANDONED},
        lambda one: one.user_turns >= 2 and one.context.channel == "web" and one.outcome == v.ABANDONED,
    ),
}


def fill(database: Database) -> None:
    """Let an analyzer take everything, and then let the time run out."""
    now_ns = end_ns(SOURCES[-1]) + HOUR_NS
    analyzer = Analyzer(database, DEFAULT_RULES, lambda: now_ns, price, writer=getattr(database, "writer", 0))
    analyzer.take(SOURCES)
    for _ in range(12):
        now_ns += DAY_NS
        while analyzer.close_due():
            pass


def ask(database: Database, **said: str) -> Any:
    """Return an answer as it is sent, read back."""
    asked = asked_of([*WINDOW, *said.items()], QUERY.taken, 0)
    with database.snapshot() as read:
        return json.loads(encoded(QUERY.answer(read, asked)))


def pages(database: Database, said: dict[str, str], limit: int) -> list[Any]:
    """Return all pages, one after the other."""
    found = [ask(database, **said, limit=str(limit))]
    while found[-1]["next"] is not None:
        found.append(ask(database, **said, limit=str(limit), after=found[-1]["next"]))
        assert len(found) <= len(RECORDS)
    return found


def names(items: list[Any]) -> list[tuple[str, int]]:
    """Return which episodes a list has."""
    return [(one["conversation_id"], one["episode"]) for one in items]


def test_choices_and_pages(database: Database) -> None:
    """Each choice shows what it says and how much there is; its pages together are the whole list."""
    fill(database)
    for title, (said, holds) in CASES.items():
        wanted = [(one.conversation_id, one.episode) for one in RECORDS if holds(one)]
        assert wanted or title == "any sign is none", title
        found = ask(database, **said, limit="500")
        assert names(found["items"]) == wanted, title
        assert (found["matching"], found["more"], found["next"]) == (len(wanted), False, None), title
    for limit in (1, 7, len(RECORDS)):
        turned = pages(database, {}, limit)
        assert [one for page in turned for one in names(page["items"])] == [one[:2] for one in RECORDS], limit
        assert [page["matching"] for page in turned] == [len(RECORDS), *[None] * (len(turned) - 1)]
        assert [page["more"] for page in turned] == [True] * (len(turned) - 1) + [False]
    several = CASES["turns"]
    turned = pages(database, several.parameters, 5)
    assert len(turned) > 2
    whole = [(one.conversation_id, one.episode) for one in RECORDS if several.holds(one)]
    assert [one for page in turned for one in names(page["items"])] == whole


def test_new_ends_move_no_page(database: Database) -> None:
    """What ends while somebody turns pages is on none of those behind: nothing stands twice, nothing is missed."""
    fill(database)
    first = ask(database, limit="10")
    late = write("user hi | agent x | end", "late", end_ns(SOURCES[-1]) + 20 * DAY_NS)
    now_ns = end_ns(late[-1]) + DAY_NS
    analyzer = Analyzer(database, DEFAULT_RULES, lambda: now_ns, price, writer=getattr(database, "writer", 0))
    analyzer.take(late)
    now_ns += DAY_NS
    while analyzer.close_due():
        pass
    assert ask(database, limit="1")["items"][0]["conversation_id"] == "late"
    second = ask(database, limit="10", after=first["next"])
    assert names([*first["items"], *second["items"]]) == [one[:2] for one in RECORDS[:20]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("outcome", ""), ("outcome", "Abandoned"), ("outcome", "unknown"), ("outcome", "failed,"),
        ("resolution_status", "solved"),
        ("sentiment", "x" * 2000), ("agent", ""), ("channel", "\0"), ("topic", "x" * 1025), ("id_prefix", ""),
        ("min_turns", "-1"), ("min_turns", "1.5"), ("min_turns", "1000001"), ("min_turns", "٣"), ("after", ""),
        ("after", "1.1"), ("after", "1.1."), ("after", "x.1.c"), ("after", "9999999999999999999.1.c"),
        ("after", "1.9999999999999999999.c"), ("after", "1.1.\0"), ("after", "-1.1.c"),
    ],
)  # fmt: skip
def test_wrong_choices(name: str, value: str) -> None:
    """A choice that cannot be is told by name, with what is allowed; no other query takes one."""
    with pytest.raises(WrongParameterError) as raised:
        asked_of([(name, value)], QUERY.taken, DAY_NS * 30)
    assert (raised.value.parameter, raised.value.allowed) == (name, CHOICES[name].allowed)
    overview = next(one for one in QUERIES if one.name == "overview")
    with pytest.raises(WrongParameterError, match="no parameter here"):
        asked_of([("outcome", v.FAILED)], overview.taken, DAY_NS * 30)
