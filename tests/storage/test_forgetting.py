"""A forgotten user is in no column of any table of the store, and what is sent again does not bring her back."""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.summing import Summing
from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.content import Keeper, Safe
from otel_agent_analytics.storage.days import MARKS, PERSONS, SUMS
from otel_agent_analytics.storage.forgetting import forget
from otel_agent_analytics.storage.outbox import Outbox
from otel_agent_analytics.storage.postgres import PostgresDatabase
from otel_agent_analytics.storage.retention import DAY_NS
from tests.helpers.databases import NO_POSTGRES, new_database, postgres
from tests.helpers.script import BEGIN_NS, write
from tests.helpers.searching import columns, places
from tests.helpers.traffic import HOUR_NS, price
from tests.service.test_foreign import retold

if TYPE_CHECKING:
    from otel_agent_analytics.storage.database import Database
    from tests.helpers.script import Source

ANN, BOB = "a" * 64, "b" * 64
OWN = ("ended-of-ann", "open-of-ann", "visit-of-ann", "once-of-ann", "traced-of-ann")
OTHERS = ("ended-of-bob", "open-of-bob", "of-nobody")
SESSIONS = {name: f"session-{name}" for name in (*OWN, *OTHERS)}
NOW_NS = BEGIN_NS + 6 * DAY_NS


class Clock:
    """A time that goes on when it is told to."""

    now_ns = NOW_NS

    def __call__(self) -> int:
        """Return the time, UTC nanoseconds."""
        return self.now_ns


def said(name: str, who: str, moves: str, begin_ns: int, ids: str = "") -> list[Source]:
    """Return what a conversation sends, each span with a text and a trace of its own kind."""
    whose = f"as session={SESSIONS[name]} meta.ticket={SESSIONS[name]}" + (f" user={who}" if who else "")
    sources = write(f"{whose} | {moves}", name, begin_ns, ids or name)
    texts = {v.GEN_AI_INPUT_MESSAGES: f"the words of {name}"}
    return [one._replace(attributes={**one.attributes, **texts}, trace_id=trace_of(name)) for one in sources]


def trace_of(name: str) -> str:
    """Return the trace of a conversation."""
    return name.encode().hex()[:32].ljust(32, "0")


def everything() -> list[Source]:
    """Return what Ann's, Bob's and nobody's conversations send; of one of Ann's only the first episode names her."""
    moves = "user hi | tool look | model mini 10 10 | agent hello | rate 5"
    spans_only = [one for one in said("traced-of-ann", ANN, moves, NOW_NS - HOUR_NS) if not is_turn(one)]
    return [
        *said("ended-of-ann", ANN, moves, BEGIN_NS),
        *said("open-of-ann", ANN, moves, NOW_NS - HOUR_NS // 6),
        *said("visit-of-ann", ANN, "open", NOW_NS - HOUR_NS // 6),
        *said("once-of-ann", ANN, moves, BEGIN_NS),
        *said("once-of-ann", "", moves, BEGIN_NS + 4 * DAY_NS, ids="again"),
        *spans_only,
        *said("ended-of-bob", BOB, moves, BEGIN_NS),
        *said("open-of-bob", BOB, moves, NOW_NS - HOUR_NS // 6),
        *said("of-nobody", "", moves, BEGIN_NS),
    ]


def is_turn(source: Source) -> bool:
    """Return whether a source is the span of a user turn, or a record of the application."""
    return source.attributes.get(v.OPERATION) == v.OPERATION_TURN or v.EVENT_ID in source.attributes


def analyzer(database: Database, clock: Clock) -> Analyzer:
    """Return an analyzer that keeps texts, and tells of everything."""
    writer = getattr(database, "writer", 0)
    outbox = Outbox(every_event=True, writer=writer)
    return Analyzer(database, DEFAULT_RULES, clock, price, keeper=Keeper(Safe()), writer=writer, outbox=outbox)


def filled(database: Database, clock: Clock) -> Analyzer:
    """Return an analyzer that took everything, and has ended what is due."""
    one = analyzer(database, clock)
    one.take(everything())
    clock.now_ns += HOUR_NS // 10
    while one.close_due():
        pass
    return one


def traces(names: tuple[str, ...]) -> list[str]:
    """Return what tells of conversations: ids, sessions, texts and traces."""
    return [text for name in names for text in (name, SESSIONS[name], f"words of {name}", trace_of(name))]


def rows(database: Database) -> dict[str, list[Any]]:
    """Return every row of every table that has something of persons."""
    return {
        table.name: sorted(map(str, database.read(f"SELECT * FROM {table.name}")))  # noqa: S608 - our own names
        for table in t.TABLES
        if table.personal
    }


def shown(one: Analyzer) -> Any:
    """Return every series but those of batches."""
    return {
        (metric.name, labels): (total.value, total.retracted)
        for metric, series in one.shown().counters().items()
        for (_, labels), total in series.items()
        if "_spans_" not in metric.name
    }


def test_nowhere_in_the_store(database: Database) -> None:
    """Ended and open conversations, visits, and one that names her in an earlier episode only: nothing of them is left.

    What is of others, and every total, is as it was; the answer says how many rows went, as a dry run did before.
    """
    clock = Clock()
    one = filled(database, clock)
    held = {place[2] for place in places(database, [ANN, *traces(OWN), *traces(OTHERS)])}
    # Where no message says so, nothing but the texts tells whose a conversation is, and nothing tells its session.
    assert held == {ANN, *traces(OWN), *traces(OTHERS)} - {SESSIONS["traced-of-ann"]}
    Summing(database, lambda: NOW_NS + 3 * DAY_NS).sum_all()
    person = str(UUID(md5(ANN.encode(), usedforsecurity=False).hexdigest()))
    assert {place[0] for place in places(database, [person])} == set(PERSONS)
    series, before = shown(one), rows(database)

    planned = one.forget(ANN, dry_run=True)
    assert rows(database) == before
    done = one.forget(ANN)

    assert done == planned
    assert set(done.conversation_ids) == set(OWN)
    assert places(database, [ANN, person, *traces(OWN)]) == set()
    after = rows(database)
    assert {name: len(before[name]) - len(after[name]) for name in before} == done.rows
    assert all(set(after[name]) <= set(before[name]) for name in before)
    assert {place[2] for place in places(database, [BOB, *traces(OTHERS)])} == {BOB, *traces(OTHERS)}
    assert shown(one) == series
    assert not set(OWN) & set(one._store._held)
    assert one.forget(ANN) == ((), dict.fromkeys(done.rows, 0), ())


def test_what_is_sent_again_is_late(database: Database) -> None:
    """Old spans and events of a forgotten user count as late and store nothing; a later message begins anew."""
    clock = Clock()
    one = filled(database, clock)
    one.forget(ANN)
    series = shown(one)
    clock.now_ns += HOUR_NS

    one.take(everything())
    one = analyzer(database, clock)
    one.take(everything())
    assert shown(one) == series
    assert places(database, [ANN, *traces(OWN)]) == set()
    later = said("open-of-ann", ANN, "user back again | agent welcome", clock.now_ns, ids="later")
    one.take(later)
    for _ in range(3):
        clock.now_ns += DAY_NS
        while one.close_due():
            pass
    found = database.read("SELECT episode, user_turns FROM conversations WHERE conversation_id = 'open-of-ann'")
    assert found == [(1, 1)]
    assert {place[2] for place in places(database, traces(("ended-of-ann", "visit-of-ann")))} == set()
    one.forget(ANN)
    assert places(database, [ANN, *traces(OWN)]) == set()


def test_spans_that_wait_to_be_read(database: Database) -> None:
    """Spans of other frameworks that name her as she is go with the rest of their trace; those of others wait on."""
    clock = Clock()
    one = analyzer(database, clock)
    for number, who in ((1, "ann@example.org"), (2, "bob@example.org")):
        first, *rest = retold("openinference", number)
        one.take([first._replace(attributes={**first.attributes, "user.id": who}), *rest])
    told = ["ann@example.org", "conversation 1", "bob@example.org", "conversation 2"]
    assert {place[2] for place in places(database, told)} == set(told)

    assert one.forget(ANN, rater="ann@example.org").rows["waiting"] > 0
    assert {place[2] for place in places(database, told)} >= {"bob@example.org", "conversation 2"}
    assert places(database, ["ann@example.org"]) == set()


def test_what_its_own_process_derives(database: Database) -> None:
    """Facts that are only kept, since another process derives them, go too, and do not come back."""
    clock = Clock()
    one = analyzer(database, clock)
    sources = [
        span._replace(attributes={**span.attributes, v.DERIVED: True})
        for span in said("ended-of-ann", ANN, "user hi | agent hello", BEGIN_NS)
    ]
    one.take(sources)
    assert {place[0] for place in places(database, [ANN])} == {"facts"}

    assert one.forget(ANN).rows["facts"] == 1
    one.take(sources)
    assert places(database, [ANN, *traces(OWN)]) == set()


def test_ratings_of_others_stay_without_a_name(database: Database) -> None:
    """Where she rated a conversation of somebody else, open or ended, her name goes and every figure stays."""
    clock = Clock()
    one = analyzer(database, clock)
    for name, begin_ns in (("ended-of-bob", NOW_NS - 5 * HOUR_NS), ("open-of-bob", NOW_NS - HOUR_NS // 6)):
        one.take(said(name, BOB, "user hi | agent hello | rate 1 supervisor-ann | rate 5 supervisor", begin_ns))
    clock.now_ns += HOUR_NS // 10
    while one.close_due():
        pass
    before = rows(database)
    assert {place[0] for place in places(database, ["supervisor-ann"])} == {"facts", "heads", "outbox"}
    assert one.forget(ANN, rater="supervisor-ann", dry_run=True).rated == ("ended-of-bob", "open-of-bob")

    done = one.forget(ANN, rater="supervisor-ann")
    assert (done.conversation_ids, done.rated) == ((), ("ended-of-bob", "open-of-bob"))
    assert places(database, ["supervisor-ann"]) == set()
    after = rows(database)
    assert {name: len(after[name]) for name in after} == {name: len(before[name]) for name in before}
    assert after["conversations"] == before["conversations"]
    one.take(said("open-of-bob", BOB, "rate 4 supervisor", clock.now_ns, ids="more"))
    for _ in range(3):
        clock.now_ns += DAY_NS
        while one.close_due():
            pass
    question = "SELECT conversation_id, rating, score FROM conversations ORDER BY 1"
    assert database.read(question) == [("ended-of-bob", "neutral", 3.0), ("open-of-bob", "negative", 2.5)]
    assert one.forget(BOB, rater=v.DEFAULT_RATER).rated == ()


def test_other_analyzers_do_not_bring_it_back() -> None:
    """What another analyzer of the same database holds in memory is not taken for what is stored now."""
    server = postgres()
    if server is None:
        pytest.skip(NO_POSTGRES)
    url = new_database(server)
    first, second = PostgresDatabase(url), PostgresDatabase(url)
    clock = Clock()
    one, other = analyzer(first, clock), analyzer(second, clock)
    one.take(said("open-of-ann", ANN, "user hi | agent hello", NOW_NS - HOUR_NS))
    other.forget(ANN)
    clock.now_ns += HOUR_NS // 4
    other.take(said("open-of-ann", BOB, "user I am new | agent hello", NOW_NS + HOUR_NS // 8, ids="new"))
    one.take(said("open-of-ann", BOB, "user more | agent yes", NOW_NS + HOUR_NS // 6, ids="more"))
    for _ in range(3):
        clock.now_ns += DAY_NS
        while one.close_due():
            pass

    assert first.read("SELECT episode, user_turns, user_hash FROM conversations") == [(1, 2, BOB)]
    assert places(first, [ANN]) == set()
    first.close()
    second.close()


def test_every_table_says_what_of_it_is_personal(database: Database) -> None:
    """Each table is declared and says how the rows of a person are found; where nothing is said there is nothing."""
    others = {"schema_migrations", "store_key", MARKS, *SUMS}  # of the sums ``PERSONS`` are of persons
    there = {pair for pair in columns(database) if pair[0] not in others}
    assert set(PERSONS) == {table for table, column in columns(database) if column == "person"}
    assert there == {(table.name, column) for table in t.TABLES for column in table.names}
    for table in t.TABLES:
        assert table.personal is not None, f"{table.name}: say by which columns the rows of a person are found"
        assert set(table.personal) <= {t.CONVERSATION_ID, t.USER_HASH, t.TRACE_ID} & set(table.names)
        personal = {t.CONVERSATION_ID, t.USER_HASH, t.TRACE_ID, "session_id", "user_id"} & set(table.names)
        assert bool(table.personal) == bool(personal), table.name


def test_what_is_nobodys_hash(database: Database) -> None:
    """A text that is nobody's hash deletes nothing, whatever is in it, and be it a part of one."""
    clock = Clock()
    filled(database, clock)
    before = rows(database)

    for hostile in ("", "a", "aaaa", "shop", "'; DROP TABLE facts; --", "%", "\\", "ünï😀"):
        assert forget(database, hostile, clock.now_ns).conversation_ids == ()
    assert rows(database) == before
