"""Full disks, databases that go away, damaged rows, clocks that jump: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import signal
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.errors import fault_counts
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.storage.codec import VERSION
from otel_agent_analytics.storage.duckdb import DuckDBDatabase
from otel_agent_analytics.storage.errors import StorageError, UnavailableError
from otel_agent_analytics.storage.migrations import Migration, migrations
from otel_agent_analytics.storage.postgres import PostgresDatabase
from tests.helpers.databases import NO_POSTGRES, database_server, new_database, postgres
from tests.helpers.otlp import read_back, requests_of
from tests.helpers.processes import Process, expected_net, expected_rows, stored_rows
from tests.helpers.script import write
from tests.helpers.traffic import HOUR_NS, day_of, end_ns, price, straight

if TYPE_CHECKING:
    from pathlib import Path

    from otel_agent_analytics.storage.database import Database

DAMAGED = "storage.damaged"


def requests_for(seed: int, conversations: int, size: int) -> list[tuple[str, bytes]]:
    """Return a day's requests, each of so many spans or records."""
    sources = day_of(random.Random(seed), conversations)
    return [one for at in range(0, len(sources), size) for one in requests_of(sources[at : at + size])]


def sent_until_stored(one: Process, requests: list[tuple[str, bytes]]) -> set[int]:
    """Send each request until it is acknowledged; return the statuses that came."""
    statuses = set()
    give_up = time.monotonic() + 60
    for request in requests:
        while (answer := one.ask("POST", *request)).status != 200 and time.monotonic() < give_up:
            assert answer.status != 503 or answer.headers["retry-after"] == "1"
            statuses.add(answer.status)
            time.sleep(0.05)
        statuses.add(answer.status)
    return statuses


def test_disk_that_is_full(tmp_path: Path) -> None:
    """What finds no room is to come again; when there is room all goes on, and everything counts once."""
    requests = requests_for(41, 16, 8)
    with Process(str(tmp_path / "store.duckdb"), tmp_path) as one:
        half = len(requests) // 2
        assert {one.ask("POST", *request).status for request in requests[:half]} == {200}
        full = (tmp_path / "store.duckdb.wal").stat().st_size
        resource.prlimit(one.popen.pid, resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
        assert {one.ask("POST", *request).status for request in requests[half : half + 3]} == {503}
        assert one.ask("GET", "/healthz").status == 200
        assert one.ask("GET", "/metrics").status == 200
        resource.prlimit(one.popen.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert sent_until_stored(one, requests[half:]) == {200}
        expected = straight(read_back(requests))
        assert one.reached(expected_net(expected)) == expected_net(expected)
    assert stored_rows(one.store) == expected_rows(expected)


def test_checkpoint_without_room(tmp_path: Path) -> None:
    """DuckDB gives a file up whose log it cannot work in: it is opened anew, with what had counted by then."""
    path = tmp_path / "store.duckdb"
    database = DuckDBDatabase(str(path))
    for number in range(3):
        with database.transaction() as transaction:
            transaction._execute("INSERT INTO facts VALUES (?, 1, 1, ?)", [f"c{number}", random.randbytes(1_000_000)])
    before, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 500_000, before[1]))
        with pytest.raises(UnavailableError), database.transaction() as transaction:
            transaction._execute("CHECKPOINT")
        with pytest.raises(UnavailableError), database.transaction() as transaction:
            transaction._execute("INSERT INTO facts VALUES ('late', 1, 1, ?)", [random.randbytes(9_000_000)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    with database.transaction() as transaction:
        transaction._execute("INSERT INTO facts VALUES ('after', 1, 1, '')")
    found = database.read("SELECT conversation_id FROM facts ORDER BY conversation_id")
    assert [row[0] for row in found] == ["after", "c0", "c1", "c2"]
    database.close()


def test_database_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    """While PostgreSQL is down the analyzer is alive, not ready, and takes nothing; then it goes on where it was."""
    server = database_server()
    if server is None:
        pytest.skip(NO_POSTGRES)
    with contextlib.ExitStack() as ends:
        ends.callback(server.remove)
        server.start()
        store = new_database(server)
        requests = requests_for(42, 12, 10)
        half = len(requests) // 2
        one = ends.enter_context(Process(store, tmp_path))
        assert sent_until_stored(one, requests[:half]) == {200}
        server.stop()
        assert {one.ask("POST", *request).status for request in requests[half : half + 3]} == {503}
        assert one.ask("GET", "/readyz").status == 503
        assert one.ask("GET", "/healthz").status == 200
        for page in ("/metrics", "/api/overview"):
            answer = one.ask("GET", page)
            assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        server.start()
        assert 200 in sent_until_stored(one, requests[half:])
        assert one.ask("GET", "/readyz").status == 200
        expected = straight(read_back(requests))
        assert one.reached(expected_net(expected)) == expected_net(expected)
        assert stored_rows(store) == expected_rows(expected)


def test_connections_that_are_cut(tmp_path: Path) -> None:
    """Connections that the server ends, again and again, lose and double nothing."""
    server = postgres()
    if server is None:
        pytest.skip(NO_POSTGRES)
    store, chance = new_database(server), random.Random(43)
    requests = requests_for(43, 12, 10)
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"  # noqa: S608 - a text of its own
    with Process(store, tmp_path) as one, psycopg.connect(store, autocommit=True) as other:
        for request in requests:
            if chance.random() < 0.3:
                other.execute(cut.encode())
            assert sent_until_stored(one, [request]) <= {200, 503}
        expected = straight(read_back(requests))
        assert one.reached(expected_net(expected)) == expected_net(expected)
    assert stored_rows(store) == expected_rows(expected)


class Clock:
    """A time that is set."""

    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        """Return the time, UTC nanoseconds."""
        return self.now_ns


def analyzer_of(database: Database, clock: Clock) -> Analyzer:
    """Return an analyzer as it starts on a database."""
    return Analyzer(database, DEFAULT_RULES, clock, price, writer=getattr(database, "writer", 0))


def run_out(analyzer: Analyzer, clock: Clock) -> None:
    """Let twelve days pass, one at a time."""
    for _ in range(12):
        clock.now_ns += 24 * HOUR_NS
        while analyzer.close_due():
            pass


def ends(analyzer: Analyzer) -> int:
    """Return how many engaged conversations have ended, less those that are open again."""
    counters = {metric.name: series for metric, series in analyzer.shown().counters().items()}
    ended = counters.get("agent_analytics_conversations_ended_total", {})
    return sum(int(total.value - total.retracted) for total in ended.values())


def test_clock_that_jumps(database: Database) -> None:
    """A clock that is set back or forward by hours between batches changes no figure, once all is over."""
    sources = day_of(random.Random(44), 15)
    clock, chance = Clock(end_ns(sources[-1]) + 40 * 24 * HOUR_NS), random.Random(44)
    one = analyzer_of(database, clock)
    for at in range(0, len(sources), 30):
        clock.now_ns += chance.choice((-5 * HOUR_NS, -SECOND_NS, 0, SECOND_NS, 5 * HOUR_NS))
        one.take(sources[at : at + 30])
        one.close_due()
    run_out(one, clock)

    expected = straight(sources)
    assert ends(one) == sum(record.engaged for record in expected.records)
    found = database.read(
        "SELECT conversation_id, episode, outcome, user_turns, tool_calls, returned FROM conversations"
    )
    assert {(row[0], row[1]): row[2:] for row in found} == expected_rows(expected)


@pytest.mark.parametrize("what", ["facts", "heads"])
@pytest.mark.parametrize("with_", [b"\xff\x00nothing", VERSION + b"\x00\xc1", VERSION + b"\x01no zlib", b""])
def test_conversation_that_is_damaged(
    what: str, with_: bytes, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """It is left as it is and told once; all others end, and what still comes of it is counted as dropped."""
    talks = {name: write("user hi | agent x | user more | agent x", name) for name in ("bad", "good", "new")}
    clock = Clock(2_000_000_000 * SECOND_NS)
    first = analyzer_of(database, clock)
    for name in ("bad", "good"):
        first.take(talks[name][:1])
    with database.transaction() as transaction:
        transaction._execute(f"UPDATE {what} SET body = ? WHERE conversation_id = 'bad'", [with_])  # type: ignore[attr-defined]  # noqa: S608 - one of two names
    faults = fault_counts()[DAMAGED]

    again = analyzer_of(database, clock)
    again.take([*talks["bad"][1:], *talks["good"][1:], *talks["new"]])
    clock.now_ns += 12 * 24 * HOUR_NS
    while again.close_due():
        pass
    again.take(talks["bad"])

    assert ends(again) == 2
    rows = database.read("SELECT conversation_id, user_turns FROM conversations ORDER BY conversation_id")
    assert rows == [("good", 2), ("new", 2)]
    left = database.read(f"SELECT body FROM {what} WHERE conversation_id = 'bad'")  # noqa: S608 - as above
    assert [bytes(row[0]) for row in left] == [with_]
    dropped = {metric.name: series for metric, series in again.shown().counters().items()}
    reasons = {key[1]: int(total.value) for key, total in dropped["agent_analytics_spans_dropped_total"].items()}
    assert reasons[v.PIPELINE_CONVERSATION_DAMAGED,] == 1 + len(talks["bad"])
    assert fault_counts()[DAMAGED] > faults
    told = [record.getMessage() for record in caplog.records if "'bad' cannot be read" in record.getMessage()]
    assert len(told) == 1


def test_damaged_conversation_behind_the_service(tmp_path: Path) -> None:
    """Requests that bring something of it beside others are acknowledged, and the others count."""
    store = str(tmp_path / "store.duckdb")
    long_ago = time.time_ns() - 3 * 24 * HOUR_NS
    talks = {name: write("user hi | agent x | end completed", name, long_ago) for name in ("bad", "good")}
    with Process(store, tmp_path, environ={"AGENT_ANALYTICS_LATENESS_SECONDS": "3600"}) as one:
        assert sent_until_stored(one, requests_of(talks["bad"][:1])) == {200}
    database = DuckDBDatabase(store)
    with database.transaction() as transaction:
        transaction._execute("UPDATE facts SET body = 'x'")
    database.close()
    with Process(store, tmp_path) as one:
        assert sent_until_stored(one, requests_of([*talks["bad"], *talks["good"]])) == {200}
        give_up = time.monotonic() + 20
        while not any("ended_total" in name for name, _ in one.net()) and time.monotonic() < give_up:
            time.sleep(0.1)
        shown = one.ask("GET", "/metrics").body.decode()
    assert [key for key in stored_rows(store) if key[0] == "good"] == [("good", 1)]
    assert 'internal_faults_total{place="storage.damaged"}' in shown
    assert one.log.count("conversation 'bad' cannot be read") == 1


def schema_of(database: Database) -> int:
    """Return the last step that a database has."""
    return int(database.read("SELECT max(number) FROM schema_migrations")[0][0])


def stores(tmp_path: Path) -> dict[str, tuple[str, type[Any]]]:
    """Return an empty store of each kind by its dialect, where it can be had."""
    server = postgres()
    found: dict[str, tuple[str, type[Any]]] = {"duckdb": (str(tmp_path / "x.duckdb"), DuckDBDatabase)}
    return found | ({"postgres": (new_database(server), PostgresDatabase)} if server is not None else {})


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
@pytest.mark.parametrize("step", range(1, len(migrations("duckdb")) + 1))
def test_older_schema(dialect: str, step: int, tmp_path: Path) -> None:
    """A store of any earlier schema is brought up to date, with what is in it."""
    found = stores(tmp_path)
    if dialect not in found:
        pytest.skip(NO_POSTGRES)
    url, kind = found[dialect]
    known = migrations(dialect)
    _made_by_hand(url, dialect, known[:step])

    database = kind(url)
    assert schema_of(database) == known[-1].number
    one = analyzer_of(database, Clock(2_000_000_000 * SECOND_NS))
    one.take(write("user hi | agent x"))
    assert sum(database.active().values()) == 1
    assert database.read("SELECT count(*) FROM facts") == [(2,)]
    database.close()


def _made_by_hand(url: str, dialect: str, steps: list[Migration]) -> None:
    """Make the tables up to a step, and a row of facts."""
    said = [
        "CREATE TABLE schema_migrations (number BIGINT NOT NULL, name VARCHAR NOT NULL)",
        *(statement for one in steps for statement in one.statements),
        *(f"INSERT INTO schema_migrations VALUES ({one.number}, 'x')" for one in steps),  # noqa: S608 - numbers
        "INSERT INTO facts (conversation_id, sequence, arrived_ns, body) VALUES ('old', 1, 1, '')",
    ]
    if dialect == "duckdb":
        import duckdb

        with duckdb.connect(url) as file:
            for statement in said:
                file.execute(statement)
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in said:
                connection.execute(statement.encode())


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_newer_schema(dialect: str, tmp_path: Path) -> None:
    """``serve`` says that a newer version wrote the store, ends with status 1, and leaves it as it is."""
    found = stores(tmp_path)
    if dialect not in found:
        pytest.skip(NO_POSTGRES)
    url, kind = found[dialect]
    database = kind(url)
    with database.transaction() as transaction:
        transaction._execute("INSERT INTO schema_migrations VALUES (999, 'of the future')")
    database.close()

    process = Process(url, tmp_path)
    assert process.popen.wait(30) == 1
    process.kill()
    assert "was written by a newer version (schema 999" in process.log
    assert "Traceback" not in process.log
    with pytest.raises(StorageError, match="newer version"):
        kind(url)


def test_lines_of_the_log(tmp_path: Path) -> None:
    """With --log-format json each line is an object with time, level, logger and message."""
    with Process(str(tmp_path / "x.duckdb"), tmp_path, environ={"AGENT_ANALYTICS_LOG_FORMAT": "json"}) as one:
        assert one.ask("GET", "/healthz").status == 200
    lines = [json.loads(line) for line in one.log.splitlines()]
    assert lines
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    (ready,) = [line for line in lines if "ready" in line["message"]]
    assert (ready["level"], ready["logger"]) == ("info", "otel_agent_analytics")
    assert ready["time"].endswith("+00:00")
    assert os.linesep not in ready["message"]
