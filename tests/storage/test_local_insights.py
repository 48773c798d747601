"""What the local extractor says of ended episodes, as rows: written with them, kept as history, gone with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.insights.schema import Insights
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.queries.asked import Asked
from otel_agent_analytics.service.queries.conversations import conversation
from otel_agent_analytics.storage.retention import DAY_NS, Retention
from tests.helpers.script import BEGIN_NS, write
from tests.helpers.traffic import HOUR_NS, price

if TYPE_CHECKING:
    from otel_agent_analytics.storage.database import Database

TALK = (
    "as user=mia | user hi | agent hello | user where is it | tool look failed | agent that failed "
    "| user a human please"
)


class Clock:
    """A time that goes on when it is told to."""

    now_ns = BEGIN_NS

    def __call__(self) -> int:
        """Return the time, UTC nanoseconds."""
        return self.now_ns


def analyzer(database: Database, clock: Clock, **said: int) -> Analyzer:
    """Return an analyzer that keeps each class for so many days."""
    writer = getattr(database, "writer", 0)
    return Analyzer(database, DEFAULT_RULES, clock, price, retention=Retention(**said), writer=writer)


def wait(one: Analyzer, clock: Clock, nanoseconds: int) -> None:
    """Let time pass, and do what is due."""
    clock.now_ns += nanoseconds
    while one.close_due():
        pass


def rows(database: Database, *columns: str) -> list[tuple[Any, ...]]:
    """Return columns of all rows of insights, in their order."""
    return database.read(f"SELECT {', '.join(columns)} FROM insights ORDER BY conversation_id, episode, revision")  # noqa: S608


def test_an_end_is_judged(database: Database) -> None:
    """Its row says what the user wanted and how it went; its body which turns show it."""
    clock = Clock()
    one = analyzer(database, clock)
    one.take(write(TALK, "c"))
    assert rows(database, "episode") == []
    wait(one, clock, HOUR_NS)

    said = rows(database, "conversation_id", "extractor", "revision", "primary_intent", "secondary_intents", "topics")
    assert said == [("c", "local", 1, "whereabouts", '["somebody else"]', '["whereabouts"]')]
    assert rows(database, "service_name", "resolution_status", "effort", "transcript_hash", "cost_usd") == [
        ("shop", "unresolved", 2, "", None)
    ]
    body = bytes(rows(database, "body")[0][0])
    found = Insights.model_validate_json(body)
    assert found.primary_intent.evidence == [2]
    assert [named.evidence for named in found.secondary_intents] == [[3]]
    assert found.resolution_status.evidence == [2]
    assert json.loads(body)["extractor_version"] == "1"


def test_history_of_an_end_that_is_taken_back(database: Database) -> None:
    """A user who comes back is judged anew: the row before stays, and the next has the next revision."""
    clock = Clock()
    one = analyzer(database, clock)
    first = write(TALK, "c")
    one.take(first)
    wait(one, clock, HOUR_NS)
    one.take(write("user where is it | agent it is booked | user thanks, bye", "c", clock.now_ns, "later"))
    assert rows(database, "revision") == [(1,)]
    wait(one, clock, HOUR_NS)

    assert rows(database, "revision", "resolution_status") == [(1, "unresolved"), (2, "resolved")]
    assert database.read("SELECT intent, topic, intents, resolution_status FROM conversations") == [
        ("whereabouts", "whereabouts", '["whereabouts","somebody else"]', "resolved")
    ]


def test_one_conversation_shows_what_was_said(database: Database) -> None:
    """The API answers with every revision, each finding with its confidence and turns."""
    clock = Clock()
    one = analyzer(database, clock)
    one.take(write(TALK, "c"))
    wait(one, clock, HOUR_NS)
    one.take(write("user where is it | agent it is booked", "c", clock.now_ns, "later"))
    wait(one, clock, HOUR_NS)
    asked = Asked(0, clock.now_ns, limit=10, conversation_id="c")
    with database.snapshot() as read:
        found = conversation(read, asked)

    assert found is not None
    assert [(said.extractor, said.revision, said.episode) for said in found.insights] == [
        ("local", 1, 1),
        ("local", 2, 1),
    ]
    assert found.insights[0].findings["resolution_status"] == {
        "value": "unresolved",
        "confidence": 0.85,
        "evidence": [2],
    }
    assert not {"extractor", "extractor_version"} & found.insights[0].findings.keys()


def test_only_what_changes_is_judged_anew(database: Database) -> None:
    """A late word changes an end, and what is sent twice does not; nor whether the user was back."""
    clock = Clock()
    one = analyzer(database, clock)
    sources = write("user where is it | agent look", "c")
    one.take(sources)
    wait(one, clock, HOUR_NS)
    one.take(sources)
    wait(one, clock, 2 * DAY_NS)
    assert rows(database, "revision") == [(1,)]


def test_late_words(database: Database) -> None:
    """What comes after the end was told, and belongs before it, makes the next revision."""
    clock = Clock()
    one = analyzer(database, clock)
    question, late = write("user where is it | agent look", "c"), write("tool look failed", "c", ids="late")
    one.take(question)
    wait(one, clock, HOUR_NS)
    one.take([source._replace(start_ns=BEGIN_NS + 10 * SECOND_NS) for source in late])  # type: ignore[call-arg]
    wait(one, clock, HOUR_NS)

    assert rows(database, "revision", "effort") == [(1, 1), (2, 2)]


def test_a_visit_is_not_judged(database: Database) -> None:
    """Where nobody spoke there is nothing to say."""
    clock = Clock()
    one = analyzer(database, clock)
    one.take(write("open | agent hello", "v"))
    wait(one, clock, HOUR_NS)

    assert database.read("SELECT count(*) FROM conversations") == [(1,)]
    assert rows(database, "revision") == []


def test_a_forgotten_user(database: Database) -> None:
    """What was judged of her conversations goes with them, and that of others stays."""
    clock = Clock()
    one = analyzer(database, clock)
    one.take([*write(TALK, "c"), *write(TALK.replace("mia", "bob"), "d")])
    wait(one, clock, HOUR_NS)
    done = one.forget("mia")

    assert done.rows["insights"] == 1
    assert rows(database, "conversation_id") == [("d",)]


def test_retention(database: Database) -> None:
    """Rows go with their conversations, and those of one that goes on when they are too old."""
    clock = Clock()
    one = analyzer(database, clock, conversations=20)
    one.take(write(TALK, "c"))
    for day in range(8):
        one.take(write("user where is it | agent look", "d", BEGIN_NS + 6 * day * DAY_NS, f"d{day}"))
        wait(one, clock, 6 * DAY_NS)
        while one.tidy():
            pass

    kept = rows(database, "conversation_id", "ended_ns")
    assert {conversation_id for conversation_id, _ in kept} == {"d"}
    assert all(ended_ns > clock.now_ns - 27 * DAY_NS for _, ended_ns in kept)
    assert len(kept) == len(database.read("SELECT 1 FROM conversations"))
