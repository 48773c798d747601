"""What the analyzer tells of conversations is what an agent's process tells, whatever becomes of the analyzer."""

from __future__ import annotations

import contextlib
import functools
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource

import otel_agent_analytics
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.outputs import wide_names as w
from otel_agent_analytics.outputs.logs import ConversationLog
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.otlp_exporter import OtlpExporter
from otel_agent_analytics.service.outgoing import Outgoing
from otel_agent_analytics.storage.outbox import Outbox, unsent, waiting
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker
from tests.helpers.receiver import Receiver, Told, receiving
from tests.helpers.script import BEGIN_NS, Source, write
from tests.helpers.traffic import DAY_NS, HOUR_NS, conversation_of, day_of, end_ns, price
from tests.service.test_analyzer import Clock, Fragile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from otel_agent_analytics.storage.database import Database

LATENESS_NS = 60 * SECOND_NS
DAYS_AFTER = 3
BLOCKS = (
    "user where is it | tool look | model mini 120 40 | agent here", "user that is bad complaint | agent sorry",
    "user and now | tool look failed | error TimeoutError", "user a human | tool transfer_to_human | agent wait",
    "user thanks, bye | agent bye", "rate 5 ann", "rate 1 bob", "end completed", "open", "judge resolved",
    "user go | guard safety tripped | handoff Orders | agent:Orders yes",
    "as meta.plan=gold meta.page=help | user page",
)  # fmt: skip
GAPS = ("5m", "5m", "31m", "2h", "25h")
"""Each is longer than anything is late, so that both hosts act on what came before anything else comes."""


def analyzer(database: Database, clock: Clock, *, every_event: bool = True) -> Analyzer:
    """Return an analyzer that tells, as it starts on a database."""
    writer = getattr(database, "writer", 0)
    outbox = Outbox(every_event=every_event, writer=writer)
    return Analyzer(database, DEFAULT_RULES, clock, price, writer=writer, outbox=outbox)


def live(sources: list[Source], clock: Clock) -> Iterator[list[Source]]:
    """Yield what comes as time goes on, each run in one piece, and nothing each hour after it; the clock says when."""
    runs: list[list[Source]] = []
    latest: dict[str, list[Source]] = {}
    for source in sorted(sources, key=end_ns):
        run = latest.get(conversation_of(source))
        if run is None or end_ns(source) - end_ns(run[-1]) > LATENESS_NS:
            run = latest[conversation_of(source)] = []
            runs.append(run)
        run.append(source)
    for run in sorted(runs, key=lambda run: end_ns(run[-1])):
        clock.now_ns = end_ns(run[-1])
        yield run
    for _ in range(DAYS_AFTER * 24):
        clock.now_ns += HOUR_NS
        yield []


def send_all(one: Analyzer, receiver: Receiver) -> None:
    """Send everything that is in the outbox, however old it is."""
    exporter = OtlpExporter(receiver.url, {})
    outgoing = Outgoing(one, exporter, lambda: 0)
    while waiting(one.database):
        outgoing.send_some()
    exporter.close()


def told_in_process(sources: list[Source], *, every_event: bool = True) -> list[Told]:
    """Return what an agent's process sends of the same, by the exporter of OpenTelemetry's SDK."""
    clock = Clock(BEGIN_NS)
    with receiving() as receiver:
        provider = LoggerProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)
        exporter = OTLPLogExporter(endpoint=f"{receiver.url}/v1/logs")
        provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
        logger = provider.get_logger(v.DERIVED_SCOPE_NAME, otel_agent_analytics.__version__, v.SCHEMA_URL)
        log = ConversationLog(logger, every_event=every_event, clock=clock)
        tracker = Tracker(MemoryStore(), (log,), DEFAULT_RULES, price)
        for run in live(sources, clock):
            tracker.advance_to(clock.now_ns - LATENESS_NS)
            tracker.take_all(run)
        provider.shutdown()
        return receiver.taken


def told_here(
    database: Database, sources: list[Source], *, every_event: bool = True, restarts: float = 0
) -> list[Told]:
    """Return what an analyzer sends of the same; before each batch it may start again."""
    clock, chance = Clock(BEGIN_NS), random.Random(31)
    one = analyzer(database, clock, every_event=every_event)
    with receiving() as receiver:
        for run in live(sources, clock):
            if chance.random() < restarts:
                one = analyzer(database, clock, every_event=every_event)
            while one.close_due():
                pass
            one.take(run)
            if chance.random() < restarts:
                send_all(one, receiver)
        send_all(one, receiver)
        return receiver.taken


def shown(told: Iterable[Told]) -> dict[str, tuple[bytes, Any, Any]]:
    """Return all that is said, byte by byte, by event id; without the time of what was decided."""
    found: dict[str, tuple[bytes, Any, Any]] = {}
    for one in told:
        record = type(one.record).FromString(one.encoded)
        if was_decided(one):
            record.ClearField("time_unix_nano")
            record.ClearField("observed_time_unix_nano")
        found[one.event_id] = record.SerializeToString(), one.resource, one.scope
    return found


def was_decided(told: Told) -> bool:
    """Return whether a record has the time at which something was decided."""
    return bool(told.record.time_unix_nano == told.record.observed_time_unix_nano)


def decided(told: Iterable[Told]) -> dict[str, int]:
    """Return by event id when what was decided was."""
    return {one.event_id: one.record.time_unix_nano for one in told if was_decided(one)}


@functools.cache
def recorded(*, every_event: bool) -> tuple[list[Source], list[Told]]:
    """Return what a day sends, and what an agent's process tells of it."""
    chance, sources = random.Random(30), list[Source]()
    for number in range(15):
        user = chance.choice(("", "", f"as user=u{chance.randrange(5)} session=s{number} meta.plan=free | "))
        moves = " | ".join(
            f"{chance.choice(BLOCKS)} | idle {chance.choice(GAPS)}" for _ in range(chance.choice((1, 3, 6)))
        )
        sources += write(f"{user}user hi | agent hello | {moves} | user so", f"c{number}", BEGIN_NS + number * HOUR_NS)
    return sources, told_in_process(sources, every_event=every_event)


@pytest.mark.parametrize("every_event", [True, False], ids=["all", "ended"])
def test_the_same_as_an_agents_process(database: Database, every_event: bool) -> None:
    """Record by record, byte by byte, what both send by OTLP of the same day; this one starts again now and then."""
    sources, expected = recorded(every_event=every_event)

    found = told_here(database, sources, every_event=every_event, restarts=0.1)
    assert shown(found) == shown(expected)
    assert len({one.event_id for one in found}) == len(found) == len(expected)
    # Each looks at what is due in its own way: when something late is acted on may differ by a look, an hour here.
    then = decided(expected)
    assert all(abs(at_ns - then[event_id]) <= HOUR_NS for event_id, at_ns in decided(found).items())
    names = {one.attributes[w.EVENT_NAME] for one in found}
    assert {"conversation_ended", "conversation_retracted", "conversation_settled", "reopened"} <= names
    assert ("user_message" in names) == every_event
    assert any(one.attributes.get(w.REVISION, 0) > 2 for one in found)
    ended = [one.attributes for one in found if one.attributes[w.EVENT_NAME] == "conversation_ended"]
    assert {said.get("agent_analytics.metadata.plan") for said in ended} == {None, "free", "gold"}


def test_sums_of_the_records_are_the_rows(database: Database) -> None:
    """Added up by their count the wide records say how many episodes ended with which outcome, as the rows do."""
    sources = day_of(random.Random(32), 30)
    counts: Counter[str | None] = Counter()
    for one in told_here(database, sources, every_event=False):
        if one.attributes[w.EVENT_NAME] in ("conversation_ended", "conversation_retracted"):
            counts[one.attributes.get(v.OUTCOME)] += one.attributes[w.COUNT]
    rows = database.read("SELECT outcome, count(*) FROM conversations GROUP BY outcome")
    assert {outcome: count for outcome, count in counts.items() if count} == dict(rows)


def test_batches_that_fail_tell_once(database: Database) -> None:
    """Where transactions fail, before or after they count, and batches come again, each record is there once."""
    sources = sorted(day_of(random.Random(33), 15), key=end_ns)
    fragile, clock = Fragile(database), Clock(end_ns(sources[-1]) + HOUR_NS)
    one = analyzer(fragile, clock)
    fragile.share = 0.2

    def insist(work: Callable[[], int | None]) -> int | None:
        while True:
            with contextlib.suppress(ConnectionError):
                return work()

    for at in range(0, len(sources), 10):
        insist(lambda at=at: one.take(sources[at : at + 10]))  # type: ignore[misc]
    for _ in range(DAYS_AFTER * 8):
        clock.now_ns += 3 * HOUR_NS
        while insist(one.close_due):
            pass
    fragile.share = 0.0
    with receiving() as receiver:
        send_all(one, receiver)

    assert fragile.failures > 5
    ids = [told.event_id for told in receiver.taken]
    assert len(ids) == len(set(ids))
    net = Counter({told.event_id.split(":")[0]: 0 for told in receiver.taken})
    for told in receiver.taken:
        net[told.event_id.split(":")[0]] += told.attributes.get(w.COUNT, 0) * ("settled" not in told.event_id)
    question = "SELECT conversation_id, count(*) FROM conversations GROUP BY conversation_id"
    rows: dict[str, int] = {name: count for name, count in database.read(question)}  # noqa: C416 - of rows of any length
    assert {name: count for name, count in net.items() if count} == rows


def test_records_have_the_resource_of_their_agent(database: Database) -> None:
    """Each service's records come under its own name, namespace and environment; what is empty is left out."""
    services = Service("shop", "eu", "prod"), Service("desk")
    clock = Clock(BEGIN_NS + HOUR_NS)
    one = analyzer(database, clock)
    for number, service in enumerate(services):
        one.take([source._replace(service=service) for source in write("user hi | agent hello", f"c{number}")])
    while one.close_due():
        pass
    clock.now_ns += HOUR_NS
    while one.close_due():
        pass
    with receiving() as receiver:
        send_all(one, receiver)

    resources = {(told.attributes[v.GEN_AI_CONVERSATION_ID], tuple(told.resource.items())) for told in receiver.taken}
    assert resources == {
        ("c0", (("service.name", "shop"), ("service.namespace", "eu"), ("deployment.environment.name", "prod"))),
        ("c1", (("service.name", "desk"),)),
    }


def test_a_conversation_of_two_services(database: Database) -> None:
    """Events of a conversation that two services share come each under the service that it happened in."""
    clock = Clock(BEGIN_NS + HOUR_NS)
    one = analyzer(database, clock)
    spans = write("user hi | tool look | agent hello | user more | tool find | agent yes", "c")
    one.take([span._replace(service=Service("desk")) if "find" in str(span.attributes) else span for span in spans])
    with receiving() as receiver:
        send_all(one, receiver)

    tools = {
        told.attributes[v.GEN_AI_TOOL_NAME]: told.resource["service.name"]
        for told in receiver.taken
        if told.attributes[w.EVENT_NAME] == "tool_called"
    }
    assert tools == {"look": "shop", "find": "desk"}


def test_nothing_is_made_for_nobody(database: Database) -> None:
    """An analyzer that sends nowhere writes nothing into the outbox."""
    clock = Clock(BEGIN_NS + 2 * DAY_NS)
    one = Analyzer(database, DEFAULT_RULES, clock, price, writer=getattr(database, "writer", 0))
    one.take(write("user hi | agent hello | idle 40m | user more"))
    clock.now_ns += DAY_NS
    while one.close_due():
        pass
    assert database.read("SELECT count(*) FROM conversations") == [(1,)]
    assert unsent(database, 10) == []
    assert database.read("SELECT count(*) FROM revisions") == [(0,)]


def test_numbers_go_on_after_a_restart(database: Database) -> None:
    """With a clock that stands still, rows of one life of an analyzer and of the next have numbers of their own."""
    clock = Clock(BEGIN_NS + DAY_NS)
    for name in ("a", "b", "c"):
        analyzer(database, clock).take(write("user hi | agent hello", name))
    rows = unsent(database, 100)
    numbers = [row.key for row in rows]
    assert len(numbers) == len(set(numbers)) == 9
    assert numbers == sorted(numbers)
