"""Sums by day: whatever is written, changed or taken away, answers are those of the rows alone."""

from __future__ import annotations

import itertools
import json
import math
import random
import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.service.queries.answers import encoded
from otel_agent_analytics.service.queries.asked import Asked
from otel_agent_analytics.service.queries.catalogue import QUERIES
from otel_agent_analytics.service.queries.summed import gaps_between, runs_of, sum_up
from otel_agent_analytics.service.queries.tally import NAMES
from otel_agent_analytics.service.summing import Summing
from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.database import Batch
from otel_agent_analytics.storage.days import DAY_NS
from otel_agent_analytics.storage.postgres import PostgresDatabase
from tests.helpers.databases import NO_POSTGRES, new_database, postgres

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.storage.database import Database
    from otel_agent_analytics.storage.rows import Row

FIRST_DAY = 20_000
DAYS = 6
BEGIN_NS, END_NS = FIRST_DAY * DAY_NS, (FIRST_DAY + DAYS) * DAY_NS
SUMMED = (
    "overview", "drop-off", "compare-agents", "compare-models", "countries", "tools", "models", "errors", "cost",
    "peak-hours", "users", "handoffs",
)  # fmt: skip
"""Queries that use sums, one of each kind."""
SERVICES = (("shop", "", ""), ("shop", "eu", "live"), ("help", "", "live"))
SOME = {
    "outcome": v.OUTCOMES, "sentiment": v.SENTIMENTS[:4], "trajectory": v.TRAJECTORIES[:3],
    "rating": (None, "positive"), "user_hash": (None, *"abcdefg"),
    "resolution_status": (None, v.RESOLVED, v.UNRESOLVED), "agent": (None, "Ann", "Bob"), "country": (None, "NL", "DE"),
    "models": ("[]", '["mini"]', '["mini","large"]'), "error_types": ("[]", '["timeout"]'),
    "user_turns": (0, 1, 2, 25), "score_sum": (None, 4.0), "cost_usd": (None, Decimal("0.0000001"), Decimal("1.5")),
    "unpriced_calls": (0, 1), "returned": (None, True, False), "kind": ("tool", "model", "handoff"), "name": ("x", "y"),
    "role": ("user", "agent"), "error_type": (None, "timeout"), "input_tokens": (None, 7),
    "first_token_ns": (None, 5, 10**9),
}  # fmt: skip
"""What columns may hold; the others hold the same everywhere."""
PLAIN = {t.TEXT: "z", t.WHOLE: 3, t.YES_NO: True, t.EXACT: Decimal(1), t.NUMBER: 0.1, t.NAMES: "[]"}


def row(table: t.Table, chance: random.Random, **said: Any) -> Row:
    """Return a row of a table with anything in it."""
    names = ("service_name", "service_namespace", "deployment_environment_name")
    given = dict(zip(names, chance.choice(SERVICES), strict=True)) | {
        column.name: chance.choice(SOME[column.name]) if column.name in SOME else PLAIN[column.type]
        for column in table.columns
        if column.name not in names
    }
    return tuple((given | said)[name] for name in table.names)


def moment(chance: random.Random) -> int:
    """Return a time, now and then the first or the last one of a day."""
    edge = chance.randrange(FIRST_DAY, FIRST_DAY + DAYS) * DAY_NS
    return chance.choice((edge, edge + DAY_NS - 1, chance.randrange(BEGIN_NS, END_NS)))


def batch(chance: random.Random, stored: set[str]) -> Batch:
    """Return calls, messages, and episodes that are new, changed or open again."""
    ids = [f"c{chance.randrange(40)}" for _ in range(chance.randrange(6))]
    ends = {one: moment(chance) for one in ids}
    starts = {one: end - chance.randrange(DAY_NS) for one, end in ends.items()}
    episodes = [
        row(t.CONVERSATIONS, chance, conversation_id=one, episode=1, started_ns=starts[one], ended_ns=end)
        for one, end in ends.items()
    ]
    gone = chance.sample(sorted(stored - {*ids}), k=min(len(stored - {*ids}), chance.randrange(3)))
    stored |= {*ids}
    stored -= {*gone}
    calls = [
        row(t.CALLS, chance, started_ns=moment(chance), duration_ns=chance.randrange(10 ** chance.randrange(1, 12)))
        for _ in range(chance.randrange(8))
    ]
    messages = [row(t.MESSAGES, chance, sent_ns=moment(chance)) for _ in range(chance.randrange(8))]
    return Batch(calls=calls, messages=messages, conversations=episodes, removed=[(one, 1) for one in gone])


def asked(chance: random.Random) -> Asked:
    """Return a window, of whole days now and then."""
    from_ns, to_ns = sorted((moment(chance), moment(chance) + 1))
    zone = chance.choice(("UTC", "Asia/Kolkata", "America/New_York"))
    service, namespace, environment = chance.choice(((None, None, None), ("shop", None, None), (None, "", "live")))
    return Asked(from_ns, to_ns, ZoneInfo(zone), zone, service, namespace, environment, 1000, human_cost_usd=Decimal(5))


def same(one: Any, other: Any) -> bool:
    """Return whether two answers are the same; floating-point numbers but for their last digits."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return bool(one == other) and type(one) is type(other)


def check(database: Database, window: Asked) -> int:
    """Check every answer against that of the rows alone, at the same moment; return how many days had sums."""
    summed = 0
    with database.snapshot() as read:

        def from_rows(statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
            nonlocal summed
            found = read(statement, parameters)
            if "FROM days" in statement:
                summed += len(found)
                return []
            return found

        for query in QUERIES:
            if query.name in SUMMED:
                one, other = (json.loads(encoded(query.answer(each, window))) for each in (read, from_rows))
                assert same(one, other), (query.name, window, one, other)
    return summed


def test_whatever_happens_answers_are_those_of_rows(database: Database) -> None:
    """Batches, days that are summed up and questions in any order: every answer is that of the rows alone."""
    chance, stored, summed = random.Random(41), set[str](), 0
    for number in range(40):
        with database.transaction() as transaction:
            transaction.write(batch(chance, stored))
        for _ in range(chance.randrange(5)):
            source = chance.choice((t.CALLS, t.MESSAGES, t.CONVERSATIONS)).name
            sum_up(database, source, chance.randrange(FIRST_DAY, FIRST_DAY + DAYS))
        if number % 5 == 4:
            summed += check(database, asked(chance))
    summing = Summing(database, lambda: END_NS + 3 * DAY_NS)
    for window in (Asked(BEGIN_NS, END_NS), *(asked(chance) for _ in range(2))):
        summing.sum_all()
        summed += check(database, window)

    assert summed > 100
    assert database.read("SELECT count(*) FROM days WHERE NOT summed")[0][0] == 0


def test_episode_that_changes_or_is_open_again(database: Database) -> None:
    """An episode that ends on another day than before, and one that is taken away, are in no sum of the day before."""
    chance = random.Random(46)
    days = [FIRST_DAY + number for number in range(4)]

    def ended(name: str, day: int) -> Row:
        said = {"conversation_id": name, "episode": 1, "started_ns": day * DAY_NS, "user_turns": 2, "user_hash": name}
        return row(t.CONVERSATIONS, chance, **said, ended_ns=day * DAY_NS + 1)

    def write(**said: Any) -> None:
        with database.transaction() as transaction:
            transaction.write(Batch(**said))
        assert check(database, Asked(BEGIN_NS, END_NS)) > 0

    def sum_all() -> None:
        for day in days:
            sum_up(database, t.CONVERSATIONS.name, day)

    with database.transaction() as transaction:
        transaction.write(Batch(conversations=[ended(f"c{day}", day) for day in days]))
    sum_all()
    write(conversations=[ended(f"c{days[0]}", days[1])])
    sum_all()
    write(removed=[(f"c{days[2]}", 1)])
    sum_all()
    write()


def test_batch_that_fails_leaves_sums(database: Database) -> None:
    """What a transaction that fails took away of the sums is there again, and a later change is still noticed."""
    chance = random.Random(42)
    call = row(t.CALLS, chance, started_ns=BEGIN_NS, kind="tool")
    with database.transaction() as transaction:
        transaction.write(Batch(calls=[call]))
    sum_up(database, "calls", FIRST_DAY)

    def fail() -> None:
        with database.transaction() as transaction:
            transaction.write(Batch(calls=[call]))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert check(database, Asked(BEGIN_NS, END_NS)) > 0
    with database.transaction() as transaction:
        transaction.write(Batch(calls=[call]))
    assert check(database, Asked(BEGIN_NS, END_NS)) == 0


def test_rows_that_are_deleted(database: Database) -> None:
    """Days of which rows are deleted have no sums until these are made again, from the rows that are left."""
    chance = random.Random(43)
    with database.transaction() as transaction:
        transaction.write(batch(chance, set()))
        transaction.write(Batch(messages=[row(t.MESSAGES, chance, sent_ns=BEGIN_NS, role="user", user_hash="u")]))
    summing = Summing(database, lambda: END_NS + 3 * DAY_NS)
    assert summing.sum_all() > 0
    before = database.read("SELECT count(*) FROM message_user_days")[0][0]
    with database.transaction() as transaction:
        assert transaction.delete(t.MESSAGES, "user_hash", ["u"]) > 0
        assert transaction.forget_person("u") > 0
    check(database, Asked(BEGIN_NS, END_NS))
    assert database.read("SELECT count(*) FROM message_user_days")[0][0] < before

    with database.transaction() as transaction:
        assert transaction.delete_old(t.CALLS, "started_ns", END_NS, 10) > 0
    check(database, Asked(BEGIN_NS, END_NS))
    assert summing.sum_all() > 0
    assert check(database, Asked(BEGIN_NS, END_NS)) > 0


def test_day_is_left_alone_until_it_is_settled(database: Database) -> None:
    """A day is summed up 26 hours after its end, and not before."""
    with database.transaction() as transaction:
        transaction.write(Batch(calls=[row(t.CALLS, random.Random(44), started_ns=BEGIN_NS)]))
    settled_ns = BEGIN_NS + DAY_NS + 26 * 3_600 * 10**9

    assert Summing(database, lambda: settled_ns - 1).sum_all() == 0
    assert Summing(database, lambda: settled_ns).sum_all() == 1


def test_writer_that_is_not_done_is_waited_for() -> None:
    """On PostgreSQL a day is not summed up while another analyzer's transaction that wrote it is open."""
    server = postgres()
    if server is None:
        pytest.skip(NO_POSTGRES)
    url = new_database(server)
    one, other = PostgresDatabase(url), PostgresDatabase(url)
    call = row(t.CALLS, random.Random(45), started_ns=BEGIN_NS)
    with one.transaction() as transaction:
        transaction.write(Batch(calls=[call]))
    summing = threading.Thread(target=sum_up, args=(other, "calls", FIRST_DAY))
    with one.transaction() as transaction:
        transaction.write(Batch(calls=[call]))
        transaction.end()  # what its owner does last, before it counts
        summing.start()
        summing.join(0.3)
        assert summing.is_alive()
    summing.join(30)

    assert other.read("SELECT sum(calls) FROM call_days") == [(2,)]
    assert check(other, Asked(BEGIN_NS, END_NS)) > 0
    one.close()
    other.close()


def test_sums_have_the_columns_of_the_tally(database: Database) -> None:
    """The table of sums has a column for each figure, in the order in which they are written."""
    columns = database.read(
        "SELECT column_name FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position",
        ["conversation_days"],
    )
    assert [name for (name,) in columns][6:] == NAMES.split(", ")


@given(days=st.sets(st.integers(1, 9)), ends=st.tuples(st.integers(0, 10 * DAY_NS), st.integers(0, 10 * DAY_NS)))
def test_gaps_and_days_are_the_window(days: set[int], ends: tuple[int, int]) -> None:
    """Days within a window and the gaps between them are the window, each instant once."""
    from_ns, to_ns = sorted(ends)
    inside = sorted(day for day in days if from_ns <= day * DAY_NS and (day + 1) * DAY_NS <= to_ns)
    runs = runs_of(inside)
    gaps = gaps_between(runs, from_ns, to_ns)

    stretches = sorted([*gaps, *((day * DAY_NS, (day + 1) * DAY_NS) for day in inside)])
    assert [day for begin, end in runs for day in range(begin, end)] == inside
    assert all(end < begin for (_, end), (begin, _) in itertools.pairwise(runs))
    assert all(begin < end for begin, end in gaps)
    assert sum(end - begin for begin, end in stretches) == to_ns - from_ns
    edges = [edge for stretch in stretches for edge in stretch]
    assert edges == sorted(edges)
    assert not edges or (edges[0], edges[-1]) == (from_ns, to_ns)
