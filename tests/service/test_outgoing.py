"""Log records on their way out: whatever the receiver answers, and whenever the process is killed, each comes once."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from typing import TYPE_CHECKING

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.errors import SettingError, fault_counts
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs import wide_names as w
from otel_agent_analytics.service.otlp_exporter import LATER, REFUSED, TAKEN, OtlpExporter
from otel_agent_analytics.service.outgoing import Outgoing
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.storage.outbox import waiting
from otel_agent_analytics.storage.postgres import PostgresDatabase
from tests.helpers.databases import NO_POSTGRES, new_database, postgres
from tests.helpers.halting import SENT
from tests.helpers.otlp import requests_of
from tests.helpers.processes import Process, free_port, stored_rows
from tests.helpers.receiver import Receiver, Reply, Told, partly, receiving, refusing
from tests.helpers.script import BEGIN_NS, SERVICE, write
from tests.helpers.traffic import DAY_NS, HOUR_NS
from tests.service.test_analyzer import Clock
from tests.service.test_telling import analyzer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from otel_agent_analytics.service.analyzer import Analyzer
    from otel_agent_analytics.storage.database import Database

ENDED = "conversation_ended"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Yield a receiver that takes everything."""
    with receiving() as one:
        yield one


def told(
    database: Database, conversations: int = 3, clock: Clock | None = None, first: int = 0
) -> tuple[Analyzer, Clock]:
    """Return an analyzer in whose outbox stand the ends of so many conversations more, and its clock."""
    clock = clock or Clock(BEGIN_NS + HOUR_NS)
    one, before = analyzer(database, clock, every_event=False), waiting(database)
    begin_ns = clock.now_ns - HOUR_NS
    names = [f"c{number:03}" for number in range(first, first + conversations)]
    one.take([source for name in names for source in write("user hi | agent hello", name, begin_ns)])
    clock.now_ns += HOUR_NS
    while one.close_due():
        pass
    assert waiting(database) == before + conversations
    return one, clock


def outgoing(one: Analyzer, receiver: Receiver | str, clock: Clock, most_waiting: int = 100_000) -> Outgoing:
    """Return what sends the outbox of an analyzer, a batch whenever it is told to."""
    url = receiver if isinstance(receiver, str) else receiver.url
    return Outgoing(one, OtlpExporter(url, {}), clock, most_waiting=most_waiting)


def lost(one: Analyzer) -> dict[str, int]:
    """Return how many log records were dropped, by reason, as ``/metrics`` shows it."""
    series = one.shown().counters().get(c.DROPPED, {})
    assert all(service == SERVICE for service, _ in series)
    return {labels[0]: int(total.value) for (_, labels), total in series.items() if total.value}


def event_id(number: int) -> str:
    """Return the id of the record of an end."""
    return f"c{number:03}:1:{ENDED}:1"


def test_taken_once(database: Database, receiver: Receiver) -> None:
    """What is taken leaves the outbox; it came to /v1/logs, compressed, in the order in which it was decided."""
    one, clock = told(database)
    sender = outgoing(one, receiver, clock)
    assert sender.send_some() > 0
    assert sender.send_some() > 0

    assert [told.event_id for told in receiver.taken] == [event_id(number) for number in range(3)]
    assert len(receiver.requests) == 1
    assert receiver.paths == {"/v1/logs"}
    assert receiver.headers[0]["content-encoding"] == "gzip"
    assert receiver.headers[0]["content-type"] == "application/x-protobuf"
    assert waiting(database) == 0
    assert lost(one) == {}


def test_headers_and_path() -> None:
    """The standard variables give headers, those of logs before those of all; the path is added where it is missing."""
    environ = {
        "OTEL_EXPORTER_OTLP_HEADERS": "x-scope-orgid=all",
        "OTEL_EXPORTER_OTLP_LOGS_HEADERS": "X-Scope-OrgID=logs,authorization=Bearer%20t",
    }
    with receiving() as receiver:
        for base in (f"{receiver.url}/otlp", f"{receiver.url}/otlp/", f"{receiver.url}/otlp/v1/logs"):
            exporter = OtlpExporter(base, environ)
            assert exporter.send(b"").verdict == TAKEN
            exporter.close()

    assert receiver.paths == {"/otlp/v1/logs"}
    assert {(said["x-scope-orgid"], said["authorization"]) for said in receiver.headers} == {("logs", "Bearer t")}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 401, 403, 404, 302])
def test_what_may_be_taken_later_waits(database: Database, receiver: Receiver, status: int) -> None:
    """Where the receiver is busy or broken, or the way to it is wrong, the same is sent again, byte by byte."""
    one, clock = told(database)
    sender = outgoing(one, receiver, clock)
    receiver.reply = lambda _: Reply(status, b"not now", {"Retry-After": "7", "Location": "/elsewhere"})
    assert sender.send_some() == 7
    assert waiting(database) == 3
    receiver.reply = lambda _: Reply()
    sender.send_some()

    first, second = receiver.requests
    assert [told.encoded for told in first] == [told.encoded for told in second]
    assert receiver.paths == {"/v1/logs"}
    assert waiting(database) == 0
    assert lost(one) == {}


def test_rests_grow(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """Where nobody listens it rests for longer each time, a minute at most, says so once, and again when it is over."""
    one, clock = told(database)
    port = free_port()
    sender = outgoing(one, f"http://127.0.0.1:{port}", clock)
    with caplog.at_level(logging.INFO, "otel_agent_analytics"):
        rests = [sender.send_some() for _ in range(9)]
        with receiving(port) as receiver:
            assert sender.send_some() == 1
        assert waiting(database) == 0
        assert len(receiver.taken) == 3

    assert rests == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    messages = [record.getMessage() for record in caplog.records if "log records" in record.getMessage()]
    assert len(messages) == 2
    assert "ConnectionError" in messages[0]
    assert messages[1].endswith("again")


def test_what_is_refused_is_found_and_counted(
    database: Database, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a refused request the others are taken; what is refused alone is counted, and is never sent again."""
    one, clock = told(database, 20)
    sender = outgoing(one, receiver, clock)
    receiver.reply = refusing(event_id(3), event_id(17))
    assert sender.send_some() == 1

    refused = {event_id(3), event_id(17)}
    assert {told.event_id for told in receiver.taken} == {event_id(number) for number in range(20)} - refused
    assert len(receiver.taken) == 18
    assert waiting(database) == 0
    assert lost(one) == {v.PIPELINE_EVENT_REFUSED: 2}
    requests = len(receiver.requests)
    sender.send_some()
    assert len(receiver.requests) == requests
    said = [record.getMessage() for record in caplog.records if "entry too far behind" in record.getMessage()]
    assert len(said) == 1
    assert said[0].startswith(f"{receiver.url}/v1/logs does not take all")


def test_a_recording_of_long_ago(database: Database, receiver: Receiver) -> None:
    """Where every record is refused, all are counted, with a limited number of requests; the next ones are sent."""
    one, clock = told(database, 200)
    sender = outgoing(one, receiver, clock)
    receiver.reply = refusing()
    sender.send_some()
    assert lost(one) == {v.PIPELINE_EVENT_REFUSED: 200}
    assert waiting(database) == 0
    assert len(receiver.requests) < 70

    receiver.reply = lambda _: Reply()
    told(database, 2, clock, first=200)
    outgoing(one, receiver, clock).send_some()
    assert len(receiver.taken) == 2


def test_partial_success_is_counted(database: Database, receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    """Records that a receiver leaves out of a request that it takes are counted, and what it says is logged once."""
    one, clock = told(database)
    sender = outgoing(one, receiver, clock)
    receiver.reply = lambda _: partly(2, "two are too old")
    sender.send_some()
    told(database, 1, clock, first=3)
    sender.send_some()

    assert lost(one) == {v.PIPELINE_EVENT_REFUSED: 4}
    assert waiting(database) == 0
    assert sum("two are too old" in record.getMessage() for record in caplog.records) == 1


def test_no_more_than_may_wait(database: Database, receiver: Receiver) -> None:
    """While nothing is taken the newest wait, so many as may; the others go, the oldest first, and are counted."""
    one, clock = told(database, 12)
    sender = outgoing(one, receiver, clock, most_waiting=5)
    receiver.reply = lambda _: Reply(503)
    sender.send_some()
    assert waiting(database) == 5
    assert lost(one) == {v.PIPELINE_EVENT_UNSENT: 7}
    receiver.reply = lambda _: Reply()
    sender.send_some()

    assert [told.event_id for told in receiver.taken] == [event_id(number) for number in range(7, 12)]


def test_what_has_waited_for_a_day_goes(database: Database, receiver: Receiver) -> None:
    """A record that could not be sent for a day is counted and not sent; younger ones are."""
    one, clock = told(database, 4)
    clock.now_ns += DAY_NS - HOUR_NS
    one.take(write("user hi | agent hello", "young", clock.now_ns - HOUR_NS))
    clock.now_ns += HOUR_NS // 10
    while one.close_due():
        pass
    clock.now_ns += HOUR_NS
    sender = outgoing(one, receiver, clock)
    while sender.send_some() == 0:
        pass

    assert lost(one) == {v.PIPELINE_EVENT_UNSENT: 4}
    assert [told.event_id for told in receiver.taken if ENDED in told.event_id] == [f"young:1:{ENDED}:1"]


def test_damaged_row_stops_no_other(database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that cannot be read goes and is counted; all others are sent."""
    monkeypatch.setenv("AGENT_ANALYTICS_HIDE_FAULTS", "1")
    one, clock = told(database)
    with database.transaction() as transaction:
        transaction.ask("UPDATE outbox SET body = ? WHERE conversation_id = 'c001'", [b"\x01\x00\xff"])
    before = fault_counts()["outbox.damaged"]
    outgoing(one, receiver, clock).send_some()

    assert [told.event_id for told in receiver.taken] == [event_id(0), event_id(2)]
    assert waiting(database) == 0
    assert lost(one) == {v.PIPELINE_EVENT_UNSENT: 1}
    assert fault_counts()["outbox.damaged"] == before + 1


def test_a_receiver_that_hangs_holds_nobody_up(database: Database, receiver: Receiver) -> None:
    """While a request is under way, and does not come back, the analyzer takes and ends what comes."""
    one, clock = told(database)
    let_go, asked = threading.Event(), threading.Event()

    def hang(_: list[Told]) -> Reply:
        asked.set()
        let_go.wait(30)
        return Reply()

    receiver.reply = hang
    sender = outgoing(one, receiver, clock)
    sender.start()
    try:
        assert asked.wait(10)
        begin = time.monotonic()
        for number in range(10):
            one.take(write("user hi | agent hello", f"d{number}"))
        took = time.monotonic() - begin
    finally:
        let_go.set()
        sender.stop()
    assert took < 5
    assert len(receiver.taken) == 3


def test_the_thread_sends_and_ends(database: Database, receiver: Receiver) -> None:
    """Without being told to, it sends what stands in the outbox within seconds; at its end, what came meanwhile."""
    one, clock = told(database)
    sender = outgoing(one, receiver, clock)
    sender.start()
    give_up = time.monotonic() + 20
    while len(receiver.taken) < 3 and time.monotonic() < give_up:
        time.sleep(0.02)
    assert len(receiver.taken) == 3
    told(database, 5, clock, first=3)
    sender.stop()
    assert len(receiver.taken) == 8


def test_two_analyzers_send_each_row_once() -> None:
    """Of two analyzers on one database one sends what both have written; when it goes away, the other does."""
    server = postgres()
    if server is None:
        pytest.skip(NO_POSTGRES)
    url = new_database(server)
    first, second = PostgresDatabase(url), PostgresDatabase(url)
    clock = Clock(BEGIN_NS + HOUR_NS)
    one, other = (analyzer(database, clock, every_event=False) for database in (first, second))
    names = itertools.count()
    with receiving() as receiver:

        def more() -> None:
            for each in (one, other):
                each.take(write("user hi | agent hello", f"c{next(names):03}", clock.now_ns - HOUR_NS))
            clock.now_ns += HOUR_NS
            while one.close_due() or other.close_due():
                pass

        senders = [outgoing(one, receiver, clock), outgoing(other, receiver, clock)]
        for _ in range(4):
            more()
            for sender in senders:
                sender.send_some()
        assert len(receiver.taken) == 8
        more()
        assert senders[1].send_some() == 1
        assert len(receiver.taken) == 8
        first.close()
        give_up = time.monotonic() + 10
        while waiting(second) and time.monotonic() < give_up:  # the server notices a closed connection in its time
            senders[1].send_some()
    assert sorted(told.event_id for told in receiver.taken) == sorted(event_id(number) for number in range(10))
    second.close()


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_killed_between_sending_and_letting_go(kind: str, tmp_path: Path, receiver: Receiver) -> None:
    """What was sent by a process that was killed before it noted that is sent again, and is the same to the byte."""
    store = str(tmp_path / "store.duckdb")
    if kind == "postgres":
        server = postgres()
        if server is None:
            pytest.skip(NO_POSTGRES)
        store = new_database(server)
    environ = {"AGENT_ANALYTICS_EVENTS_ENDPOINT": receiver.url, "AGENT_ANALYTICS_EVENTS": "all"}
    sources = [one for number in range(5) for one in write("user hi | tool look | agent hello", f"c{number}")]
    with Process(store, tmp_path, point=SENT, environ=environ) as doomed:
        for request in requests_of(sources):
            assert doomed.ask("POST", *request).status == 200
        assert doomed.halted() == SENT
        doomed.kill()
    before = {told.event_id: told.encoded for told in receiver.taken}
    assert before
    with Process(store, tmp_path, environ=environ):
        give_up = time.monotonic() + 30
        while receiver.names().count(ENDED) < 5 and time.monotonic() < give_up:
            time.sleep(0.05)

    told = {(one.event_id, one.encoded) for one in receiver.taken}
    assert len(receiver.taken) > len(told)
    assert len({event_id for event_id, _ in told}) == len(told)
    assert all(pair in told for pair in before.items())
    counts = {one.event_id: one.attributes[w.COUNT] for one in receiver.taken if one.attributes[w.EVENT_NAME] == ENDED}
    assert counts == {f"c{number}:1:{ENDED}:1": 1 for number in range(5)}


def test_serve_sends_what_the_setting_says(tmp_path: Path, receiver: Receiver) -> None:
    """With ``off``, or without an address, nothing is made; by default the ends come within seconds."""
    sources = [one for number in range(3) for one in write("user hi | tool look | agent hello", f"c{number}")]
    address = {"AGENT_ANALYTICS_EVENTS_ENDPOINT": receiver.url}
    for number, environ in enumerate(({}, {**address, "AGENT_ANALYTICS_EVENTS": "off"}, address)):
        store = str(tmp_path / f"store-{number}.duckdb")
        with Process(store, tmp_path, environ=environ) as one:
            for request in requests_of(sources):
                assert one.ask("POST", *request).status == 200
            give_up = time.monotonic() + 30
            while ("agent_analytics_conversations_ended_total", 3.0) not in one.net() and time.monotonic() < give_up:
                time.sleep(0.1)
        assert len(stored_rows(store)) == 3
        assert bool(receiver.requests) == (environ == address)
    # A recording of long ago: a day is over at once, so that it is known that nobody came back.
    assert set(receiver.names()) <= {ENDED, "conversation_settled"}
    assert receiver.names().count(ENDED) == 3


def test_serve_sends_metadata(tmp_path: Path, receiver: Receiver) -> None:
    """What the metadata of a run says is on the records of its spans, and the last word on the wide one; no rating."""
    story = (
        "as meta.plan=free meta.user_id=ann meta.page=3 | user hi | agent ok | idle 1s | as meta.plan=gold | user so"
    )
    sources = write(f"{story} | tool look | agent hello | meta up", "c1")
    environ = {"AGENT_ANALYTICS_EVENTS_ENDPOINT": receiver.url, "AGENT_ANALYTICS_EVENTS": "all"}
    with Process(str(tmp_path / "store.duckdb"), tmp_path, environ=environ) as one:
        for request in requests_of(sources):
            assert one.ask("POST", *request).status == 200
        give_up = time.monotonic() + 30
        while ENDED not in receiver.names() and time.monotonic() < give_up:
            time.sleep(0.1)
        shown = one.ask("GET", "/metrics").body
    said = [told.attributes for told in receiver.taken]
    facts = {
        one[w.EVENT_NAME]: {key: value for key, value in one.items() if key.startswith(v.METADATA_PREFIX)}
        for one in said  # of the messages the last one
    }
    gold = {v.METADATA_PREFIX + "plan": "gold", v.METADATA_PREFIX + "page": "3"}

    assert [one[v.METADATA_PREFIX + "plan"] for one in said if one[w.EVENT_NAME] == "user_message"] == ["free", "gold"]
    assert {name: facts[name] for name in ("user_message", "agent_response", "tool_called", ENDED)} == dict.fromkeys(
        ("user_message", "agent_response", "tool_called", ENDED), gold
    )
    assert b"gold" not in shown


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, TAKEN),
        (202, TAKEN),
        (400, REFUSED),
        (413, REFUSED),
        (422, REFUSED),
        (408, LATER),
        (429, LATER),
        (599, LATER),
    ],
)
def test_what_an_answer_means(receiver: Receiver, status: int, verdict: str) -> None:
    """4xx is for ever, but for those that say nothing of the records; every other is not."""
    receiver.reply = lambda _: Reply(status, b"\x08\x03\x12\x11why it is like this\x00")
    exporter = OtlpExporter(receiver.url, {})
    answer = exporter.send(b"")
    exporter.close()
    assert answer.verdict == verdict
    assert verdict == TAKEN or "why it is like this" in answer.said


@pytest.mark.parametrize(
    "text", ["loki:3100", "ftp://loki", "http://", "http://me:secret@loki:3100", "http://loki?x=1", " "]
)
def test_addresses_that_are_none(text: str) -> None:
    """What is no address, or holds a secret that would be shown with it, is refused with what is allowed."""
    with pytest.raises(SettingError, match=r"AGENT_ANALYTICS_EVENTS_ENDPOINT.*http://HOST:PORT"):
        ServiceSettings.from_environment({"AGENT_ANALYTICS_EVENTS_ENDPOINT": text})
