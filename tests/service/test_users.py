"""Unique users behind the analyzer, and label values that several analyzers show together."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service, SpanRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.storage.postgres import PostgresDatabase
from otel_agent_analytics.storage.users import ShownUsers
from tests.helpers.databases import NO_POSTGRES, new_database, postgres
from tests.helpers.script import write
from tests.helpers.traffic import DAY_NS, price
from tests.service.test_analyzer import Clock, Fragile

if TYPE_CHECKING:
    from otel_agent_analytics.outputs.audience import Gauge
    from otel_agent_analytics.storage.database import Database
    from tests.helpers.script import Source

NOW_NS = 20_000 * DAY_NS + DAY_NS // 2
SHOP = Service("shop")


def counting(database: Database, clock: Clock) -> Analyzer:
    """Return an analyzer that counts users."""
    return Analyzer(database, DEFAULT_RULES, clock, price, users=True, writer=getattr(database, "writer", 0))


def spoken(user: str, at_ns: int) -> list[Source]:
    """Return a conversation of a user at a time."""
    return write(f"as user={user} | user hi | agent x", f"{user} at {at_ns}", at_ns)


def gauges(database: Database, clock: Clock) -> set[Gauge]:
    """Return what a reader shows that starts now."""
    return set(ShownUsers(database, clock, stable_key=True).gauges())


def test_windows_new_and_returning(database: Database) -> None:
    """Users are counted once in each window, new on their first day, through restarts and batches that come twice."""
    clock = Clock(NOW_NS)
    days = {0: ("ann", "bob"), 3: ("ann", "cem", "dan"), 20: ("eve",)}
    for ago, users in days.items():
        for user in users:
            for _ in range(2):
                counting(database, clock).take(spoken(user, NOW_NS - ago * DAY_NS))

    expected = {(c.UNIQUE_USERS, "1d", 2), (c.UNIQUE_USERS, "7d", 4), (c.UNIQUE_USERS, "30d", 5)}
    expected |= {(c.NEW_USERS, "1d", 1), (c.RETURNING_USERS, "1d", 1)}
    shown = gauges(database, clock)
    assert {service for _, service, _, _ in shown} == {SHOP}
    assert expected <= {(metric, window, users) for metric, _, window, users in shown}


def test_reader_hears_of_what_is_new(database: Database) -> None:
    """A reader that goes on shows what was written since it last looked."""
    clock = Clock(NOW_NS)
    one, reader = counting(database, clock), ShownUsers(database, clock, stable_key=False)
    for number in range(1, 4):
        one.take(spoken(f"user{number}", NOW_NS))
        assert (c.UNIQUE_USERS, SHOP, "1d", number) in reader.gauges()


def test_users_of_a_batch_that_failed(database: Database) -> None:
    """Who was only in a batch that is not stored is not counted."""
    clock, fragile = Clock(NOW_NS), Fragile(database)
    one = counting(fragile, clock)
    one.take(spoken("ann", NOW_NS))
    fragile.share = 1.0
    before = database.read("SELECT count(*) FROM facts")
    with contextlib.suppress(ConnectionError):
        one.take(spoken("bob", NOW_NS))
    fragile.share = 0.0
    one.take(spoken("cem", NOW_NS))
    stored = database.read("SELECT count(DISTINCT conversation_id) FROM facts")

    assert before == [(1,)]
    assert (c.UNIQUE_USERS, SHOP, "1d", stored[0][0]) in gauges(database, clock)


def two_analyzers() -> tuple[list[PostgresDatabase], list[Analyzer], Clock]:
    """Return two analyzers on one database."""
    server = postgres()
    if server is None:
        pytest.skip(NO_POSTGRES)
    url, clock = new_database(server), Clock(NOW_NS)
    databases = [PostgresDatabase(url) for _ in range(2)]
    return databases, [counting(database, clock) for database in databases], clock


def test_users_of_several_analyzers() -> None:
    """Users whom two analyzers have seen are counted once, and every reader shows the same."""
    databases, analyzers, clock = two_analyzers()
    for number in range(30):
        for one in analyzers[: 1 + number % 2]:
            one.take(spoken(f"user{number}", NOW_NS + number * SECOND_NS))
    shown = [gauges(database, clock) for database in databases]

    assert (c.UNIQUE_USERS, SHOP, "1d", 30) in shown[0]
    assert shown[0] == shown[1]
    for database in databases:
        database.close()


def call(tool: str, number: int) -> SpanRecord:
    """Return the span of a call of a tool."""
    said = {
        v.DERIVED: False, v.GEN_AI_OPERATION_NAME: "execute_tool", v.GEN_AI_TOOL_NAME: tool,
        v.GEN_AI_CONVERSATION_ID: f"c{number}",
    }  # fmt: skip
    return SpanRecord("a" * 32, f"{number:016x}", NOW_NS, NOW_NS + 1, said, failed=False, service=SHOP)


def test_labels_of_several_analyzers() -> None:
    """Two analyzers that see other tools show as many together as one may, and the same ones fall to the rest."""
    databases, analyzers, _ = two_analyzers()
    for number in range(100):
        analyzers[number % 2].take([call(f"tool{number}", number)])
    for number in range(100):
        analyzers[(number + 1) % 2].take([call(f"tool{number}", 1000 + number)])
    shown = analyzers[0].shown().histograms()[c.TOOL_DURATION]

    by_tool = {labels[0]: sum(distribution.counts) for (_, labels), distribution in shown.items()}
    assert by_tool == {**{f"tool{number}": 2 for number in range(30)}, "other": 140}
    for database in databases:
        database.close()
