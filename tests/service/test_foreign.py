"""Spans of other frameworks behind the analyzer: the same conversations as in process, however their traces arrive."""

from __future__ import annotations

import random
import time
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import SpanRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.dialects.turns import translate
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.committing import Committer
from otel_agent_analytics.service.otlp import OtlpReader
from otel_agent_analytics.storage.postgres import PostgresDatabase
from otel_agent_analytics.storage.waiting import MOST_TRACES
from tests.dialects import conversation
from tests.helpers.databases import NO_POSTGRES, new_database, postgres
from tests.helpers.otlp import traces_body
from tests.helpers.traffic import end_ns, straight
from tests.service.test_analyzer import Clock, analyzer, batches, net, rows, run_out

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agent_analytics.storage.database import Database
    from tests.helpers.script import Source

DIALECTS = ("openinference", "traceloop", "official", "older", "ours")
MINUTE_NS = 60 * SECOND_NS
BEGIN_NS = conversation.ns(0)


def retold(dialect: str, number: int) -> list[SpanRecord]:
    """Return the spans of the conversation that every dialect tells, under an id, traces and times of their own."""

    def value(said: Any) -> Any:
        return f"conversation {number}" if said == conversation.ID else said

    own = {v.DERIVED: False} if dialect == "ours" else {}  # as the analyzer reads what this package made
    return [
        one._replace(
            trace_id=f"{number:016x}{one.trace_id[:16]}",
            start_ns=one.start_ns + number * MINUTE_NS,
            end_ns=one.end_ns + number * MINUTE_NS,
            attributes={key: value(said) for key, said in ({**one.attributes, **own}).items()},
        )
        for trace in getattr(conversation, dialect)()
        for one in trace
    ]


def day(conversations: int) -> list[Source]:
    """Return the spans of conversations in all dialects, in the order in which they ended."""
    found = [one for number in range(conversations) for one in retold(DIALECTS[number % len(DIALECTS)], number)]
    return sorted(found, key=end_ns)


def translated(sources: Iterable[Source]) -> list[SpanRecord]:
    """Return what becomes of spans whose traces are all whole."""
    spans = [source for source in sources if isinstance(source, SpanRecord)]
    by_trace = groupby(sorted(spans, key=lambda one: one.trace_id), key=lambda one: one.trace_id)
    return [record for _, trace in by_trace for record in translate(list(trace))]


def expected_rows(spans: Iterable[Source]) -> dict[tuple[str, int], tuple[Any, ...]]:
    """Return what the rows of ended episodes say, as a host in process has it."""
    return {
        (one.conversation_id, one.episode): (
            one.outcome, one.outcome_reason, one.user_turns, one.tool_calls, one.effort, one.returned, one.cost,
        )
        for one in straight(translated(spans)).records
    }  # fmt: skip


def deliver(analyzers: list[Analyzer], spans: list[Source], clock: Clock, chance: random.Random) -> None:
    """Send spans in small batches, in any order and partly twice, to any of the analyzers, which read meanwhile."""
    for batch in batches(spans, 7, chance):
        clock.now_ns += SECOND_NS // 4
        chance.choice(analyzers).take(batch)
        chance.choice(analyzers).read_waiting()


def read_out(analyzers: list[Analyzer], clock: Clock) -> None:
    """Let the time come at which no trace is waited for any longer, and everything be read."""
    clock.now_ns += 11 * MINUTE_NS
    while any(one.read_waiting() for one in analyzers):
        pass


def test_in_pieces(database: Database) -> None:
    """Traces that come in pieces, shuffled and partly twice, are the conversations that they are in process."""
    spans, clock = day(25), Clock(BEGIN_NS + 90 * MINUTE_NS)
    one = analyzer(database, clock)
    deliver([one], spans, clock, random.Random(21))
    read_out([one], clock)
    run_out([one], clock)

    assert rows(database) == expected_rows(spans)
    assert len(rows(database)) == 25
    assert net([one.totals]) == net([straight(translated(spans)).totals])
    assert database.read("SELECT count(*) FROM waiting") == [(0,)]


def test_trace_that_is_damaged(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """It is left as it is and told once; all others are read."""
    spans, clock = day(4), Clock(BEGIN_NS + 90 * MINUTE_NS)
    one = analyzer(database, clock)
    one.take(spans)
    bad = spans[0].trace_id
    with database.transaction() as transaction:
        transaction._execute("UPDATE waiting SET body = 'x' WHERE trace_id = ?", [bad])  # type: ignore[attr-defined]
    read_out([one], clock)
    one.read_waiting()
    run_out([one], clock)

    assert database.read("SELECT DISTINCT trace_id FROM waiting") == [(bad,)]
    assert rows(database) == expected_rows([span for span in spans if span.trace_id != bad])
    assert [record.getMessage().count(bad) for record in caplog.records if "cannot be read" in record.message] == [1]


def test_restarts_between_the_pieces(database: Database) -> None:
    """What waits is stored: an analyzer that starts again after every batch reads each trace once it is whole."""
    spans, clock = day(10), Clock(BEGIN_NS + 90 * MINUTE_NS)
    for batch in batches(spans, 7, random.Random(22)):
        clock.now_ns += SECOND_NS
        analyzer(database, clock).take(batch)
        analyzer(database, clock).read_waiting()
    last = analyzer(database, clock)
    read_out([last], clock)
    run_out([last], clock)

    assert rows(database) == expected_rows(spans)
    assert net([last.totals]) == net([straight(translated(spans)).totals])


def test_pieces_at_several_analyzers() -> None:
    """Pieces of one trace may come to any of three analyzers on one database."""
    server = postgres()
    if server is None:
        pytest.skip(NO_POSTGRES)
    url = new_database(server)
    databases = [PostgresDatabase(url) for _ in range(3)]
    spans, clock = day(20), Clock(BEGIN_NS + 90 * MINUTE_NS)
    analyzers = [analyzer(database, clock) for database in databases]
    deliver(analyzers, spans, clock, random.Random(23))
    read_out(analyzers, clock)
    run_out(analyzers, clock)

    assert rows(databases[0]) == expected_rows(spans)
    assert net(one.totals for one in analyzers) == net([straight(translated(spans)).totals])
    for database in databases:
        database.close()


def test_trace_is_read_when_it_is_whole(database: Database) -> None:
    """A trace whose root has come waits for stragglers, as long as spans may be late; one without, for ten minutes."""
    spans, clock = retold("openinference", 0), Clock(BEGIN_NS + 90 * MINUTE_NS)
    first, second = spans[0].trace_id, spans[-1].trace_id
    one = analyzer(database, clock)
    one.take([span for span in spans if span.trace_id == first or span.parent_id])
    clock.now_ns += 59 * SECOND_NS
    assert one.read_waiting() == 0
    clock.now_ns += 2 * SECOND_NS

    assert one.read_waiting() > 0
    assert [row[0] for row in database.read("SELECT DISTINCT trace_id FROM waiting WHERE unread")] == [second]
    clock.now_ns += 8 * MINUTE_NS
    assert one.read_waiting() == 0
    clock.now_ns += MINUTE_NS
    assert one.read_waiting() > 0


def test_root_of_something_else_makes_a_trace_whole(database: Database) -> None:
    """A span of a web server, the root of the trace, ends the wait; roots of other traces are passed over."""
    spans, clock = retold("openinference", 0), Clock(BEGIN_NS + 90 * MINUTE_NS)
    root = f"{99:016x}"
    below = [span._replace(parent_id=span.parent_id or root) for span in spans]
    server = spans[0]._replace(span_id=root, parent_id="", attributes={"http.request.method": "POST"})
    one = analyzer(database, clock)
    one.take([span for span in below if span.trace_id == server.trace_id])
    clock.now_ns += 2 * MINUTE_NS
    assert one.read_waiting() == 0

    body = traces_body([server, server._replace(trace_id="c" * 32)], scope="web")
    one.take(OtlpReader(clock).traces(body).sources)
    assert database.read("SELECT count(DISTINCT trace_id) FROM waiting") == [(1,)]
    clock.now_ns += MINUTE_NS
    assert one.read_waiting() > 0


def test_turns_that_are_called_so_need_not_wait(database: Database) -> None:
    """Where the convention's own name of an operation says where a turn begins, nothing waits that comes with it."""
    clock = Clock(BEGIN_NS + 90 * MINUTE_NS)
    named = {v.GEN_AI_CONVERSATION_ID: "c"}
    turn = conversation.span(
        1, 0, 0, 9, {**named, v.GEN_AI_OPERATION_NAME: v.OPERATION_TURN, v.GEN_AI_AGENT_NAME: "triage"}
    )
    call = conversation.span(2, 1, 1, 4, {**named, v.GEN_AI_OPERATION_NAME: "chat", v.GEN_AI_REQUEST_MODEL: "m"})
    tool = conversation.span(3, 1, 4, 5, {**named, v.GEN_AI_OPERATION_NAME: "execute_tool", v.GEN_AI_TOOL_NAME: "t"})
    one = analyzer(database, clock)
    one.take([tool])  # what comes before it waits until it has come
    one.take([call, turn])
    assert one.read_waiting() == 1
    again = analyzer(database, clock)
    again.take([tool, call])
    read_out([again], clock)
    run_out([again], clock)

    assert [row[2:4] for row in rows(database).values()] == [(1, 1)]
    assert net([again.totals])["agent_analytics_messages_total", ("user",)] == 1


def test_what_was_said_of_a_trace_is_known_as_long_as_spans_may_be_late(database: Database) -> None:
    """Where spans may be five minutes late, a call that comes after four is no turn of its own, after a restart too."""
    clock, late_ns = Clock(BEGIN_NS + 90 * MINUTE_NS), 5 * MINUTE_NS
    named = {v.GEN_AI_CONVERSATION_ID: "c"}
    turn = conversation.span(1, 0, 0, 9, {**named, v.GEN_AI_OPERATION_NAME: v.OPERATION_TURN})
    call = conversation.span(2, 1, 1, 4, {**named, v.GEN_AI_OPERATION_NAME: "chat", v.GEN_AI_REQUEST_MODEL: "m"})

    def started() -> Analyzer:
        return Analyzer(database, DEFAULT_RULES, clock, lateness_ns=late_ns)

    started().take([turn])
    clock.now_ns += 4 * MINUTE_NS
    one = started()
    assert one.read_waiting() == 0
    one.take([call])
    clock.now_ns += 11 * MINUTE_NS
    one.read_waiting()

    assert net([one.totals])["agent_analytics_messages_total", ("user",)] == 1


def test_spans_derived_elsewhere_are_kept_and_left_out(database: Database) -> None:
    """Spans whose process derives its conversations are stored and counted, and nothing else is told of them."""
    spans, clock = retold("ours", 0), Clock(BEGIN_NS + 90 * MINUTE_NS)
    marked = [span._replace(attributes={**span.attributes, v.DERIVED: True}) for span in spans]
    one = analyzer(database, clock)
    one.take(marked)
    run_out([one], clock)

    assert net([one.totals]) == {("agent_analytics_spans_derived_elsewhere_total", ()): len(marked)}
    assert database.read("SELECT DISTINCT conversation_id FROM facts") == [("conversation 0",)]
    for table in ("heads", "calls", "messages", "conversations", "waiting"):
        assert database.read(f"SELECT * FROM {table}") == []  # noqa: S608 - names of tables


def test_backlog_is_read_without_rest(database: Database) -> None:
    """Where more traces are whole than are read at once, the rest does not wait for the next second."""
    one = Analyzer(database, DEFAULT_RULES, time.time_ns, lateness_ns=0)
    begin_ns = time.time_ns() - 40 * 24 * 3600 * SECOND_NS
    first = retold("openinference", 0)[0]
    spans = [
        first._replace(
            trace_id=f"{number + 1:032x}", parent_id="", start_ns=begin_ns, end_ns=begin_ns + SECOND_NS,
            attributes={**first.attributes, "session.id": f"conversation {number}"},
        )
        for number in range(4 * MOST_TRACES)
    ]  # fmt: skip
    one.take(spans)
    committer = Committer(one)
    for _ in range(6):  # without a pause: four times there are as many as may be read at once
        committer._look()

    assert database.read("SELECT count(*) FROM waiting WHERE unread") == [(0,)]
    assert database.read("SELECT count(*) FROM conversations") == [(len(spans),)]
