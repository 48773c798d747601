"""The span processor: bounded, quick, harmless, and right after a fork."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Event, LogRecord, Service, SpanRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.errors import fault_counts
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.tracking.span_processor import ConversationSpanProcessor
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker
from tests.helpers.script import BEGIN_NS, SERVICE, host, live, write

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.conversations.state import State

TURN: dict[str, Any] = {v.OPERATION: v.OPERATION_TURN, v.USER_MESSAGE_CLOSING: False}


def setup(*, queue_size: int = 1000, background: bool = False) -> tuple[Tracer, ConversationSpanProcessor, Totals]:
    """Return a tracer whose spans go to a processor, the processor, and the totals behind it."""
    tracker, totals, _ = host()
    clock = time.time_ns if background else None
    processor = ConversationSpanProcessor(tracker, totals, queue_size=queue_size, clock=clock)
    provider = TracerProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return provider.get_tracer("test"), processor, totals


def speak(tracer: Tracer, conversation_id: str = "c") -> None:
    """Make one span of a turn."""
    tracer.start_span("turn", attributes={**TURN, v.GEN_AI_CONVERSATION_ID: conversation_id}).end()


def count(totals: Totals, name: str) -> float:
    """Return the sum of a counter over its labels."""
    series = [series for metric, series in totals.counters().items() if metric.name == f"agent_analytics_{name}_total"]
    return float(sum(total.value for one in series for total in one.values()))


def test_turn_is_counted_after_a_flush() -> None:
    """What has ended before a flush is counted after it."""
    tracer, processor, totals = setup()
    speak(tracer)

    assert processor.force_flush(1000)
    assert count(totals, "conversations_started") == 1


def test_other_spans_are_not_looked_at_twice() -> None:
    """A span that is no agent's is not received, and one of an agent without a conversation is counted as such."""
    tracer, processor, totals = setup()
    tracer.start_span("GET /", attributes={"http.request.method": "GET"}).end()
    tracer.start_span("bare").end()
    tracer.start_span("chat", attributes={v.GEN_AI_OPERATION_NAME: "chat"}).end()
    processor.force_flush()

    assert count(totals, "spans_received") == 1
    assert count(totals, "spans_without_conversation") == 1
    assert count(totals, "model_calls") == 0


def test_full_queue_drops_and_counts() -> None:
    """When nobody takes the spans away, the queue stays at its size and the rest is counted as dropped."""
    tracer, processor, totals = setup(queue_size=10)
    for number in range(25):
        speak(tracer, f"c{number}")
    processor.force_flush()

    # Each turn queues twice: that it began, and its span.
    assert count(totals, "spans_dropped") == 50 - 10


def test_worker_takes_spans_without_being_asked() -> None:
    """With a clock, a thread of its own feeds the tracker within a second."""
    tracer, processor, totals = setup(background=True)
    speak(tracer)
    give_up = time.monotonic() + 5
    while not count(totals, "messages") and time.monotonic() < give_up:
        time.sleep(0.01)
    processor.shutdown()

    assert count(totals, "messages") == 2
    assert "agent-analytics" not in {thread.name for thread in threading.enumerate()}


def test_no_thread_before_the_first_span() -> None:
    """A process that only sets the processor up starts no thread."""
    _, processor, _ = setup(background=True)

    assert "agent-analytics" not in {thread.name for thread in threading.enumerate()}
    processor.shutdown()


def test_shutdown_counts_what_waits() -> None:
    """Spans that wait at shutdown are counted, not lost."""
    tracer, processor, totals = setup()
    speak(tracer)
    processor.shutdown()

    assert count(totals, "messages") == 2


def test_flush_gives_up_at_its_deadline() -> None:
    """A flush that cannot get at the tracker returns False in the time that it was given."""
    _, processor, _ = setup()
    began = time.monotonic()
    with processor._feeding:
        assert not processor.force_flush(100)
    assert time.monotonic() - began < 1


def test_open_run_is_not_idle() -> None:
    """A conversation with a run that takes an hour does not end meanwhile."""
    tracer, processor, totals = setup()
    speak(tracer)
    run = tracer.start_span("turn", attributes={**TURN, v.GEN_AI_CONVERSATION_ID: "c"})
    processor.advance_to(time.time_ns() + 3600 * SECOND_NS)
    assert count(totals, "conversations_ended") == 0
    run.end()
    processor.advance_to(time.time_ns() + 7200 * SECOND_NS)

    assert count(totals, "conversations_ended") == 1


class BrokenSink:
    """A sink that fails at everything."""

    def noted(self, what: str, service: Service, amount: int) -> None:
        raise OSError(what)

    def moved(self, before: State, after: State, events: list[Event]) -> None:
        raise OSError(events)

    def ended(self, record: ConversationRecord) -> None:
        raise OSError(record)

    def changed(self, record: ConversationRecord, earlier: ConversationRecord) -> None:
        raise OSError(record)

    def reopened(self, record: ConversationRecord) -> None:
        raise OSError(record)

    def reset(self) -> None:
        raise OSError


def test_one_broken_sink_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sink that fails at everything is counted, and the sinks beside it get everything: also what is taken back."""
    monkeypatch.setenv("AGENT_ANALYTICS_HIDE_FAULTS", "1")
    totals = Totals()
    tracker = Tracker(MemoryStore(), (BrokenSink(), totals), DEFAULT_RULES)
    places = ("sink.noted", "sink.moved", "sink.ended", "sink.changed", "sink.reopened")
    before = {place: fault_counts().get(place, 0) for place in places}
    sources = write("user a | agent x | idle 31m | user b | agent y | idle 31m | rate 5 | idle 25h")
    whole = live(sources).totals
    for source in sources:
        tracker.advance_to(_time_ns(source) - 60 * SECOND_NS)
        tracker.take(source)
    tracker.advance_to(BEGIN_NS + 10 * 86400 * SECOND_NS)

    assert totals.counters() == whole.counters()
    assert count(totals, "conversations_reopened") == count(totals, "scored_feedback") == 1
    assert {place for place in places if fault_counts()[place] > before[place]} == set(places)


def _time_ns(source: SpanRecord | LogRecord) -> int:
    return source.time_ns if isinstance(source, LogRecord) else source.end_ns


@pytest.mark.parametrize(("ahead_seconds", "counted"), [(50, 2), (70, 0)])
def test_span_from_the_future(ahead_seconds: int, counted: int) -> None:
    """What ends further ahead of the clock than it may be wrong is dropped and counted, in a live host."""
    tracker, totals, _ = host()
    processor = ConversationSpanProcessor(tracker, totals, clock=lambda: BEGIN_NS, skew_ns=60 * SECOND_NS)
    resource = Resource({"service.name": "shop"})
    said = {v.GEN_AI_CONVERSATION_ID: "c", **TURN}
    ahead_ns = BEGIN_NS + ahead_seconds * SECOND_NS
    (turn,) = write("user a | agent x")
    processor._queue.append(turn._replace(start_ns=BEGIN_NS, end_ns=ahead_ns, attributes=said))  # type: ignore[call-arg]
    processor.take_record(LogRecord("custom", BEGIN_NS, {}, SERVICE), resource)
    processor.shutdown()

    assert count(totals, "messages") == counted
    assert count(totals, "spans_dropped") == (counted == 0)
    assert count(totals, "spans_received") == 2


def test_record_goes_the_same_way() -> None:
    """An event that no span carries is counted like one that a span carries."""
    _, processor, totals = setup()
    said = {v.GEN_AI_CONVERSATION_ID: "c", v.EVENT_ID: "e1"}
    for _ in range(2):
        processor.take_record(LogRecord(v.EVENT_USER_MESSAGE, 1, said, Service("shop")), Resource.get_empty())
    processor.force_flush()

    assert count(totals, "messages") == 1
    assert count(totals, "spans_duplicate") == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_child_of_a_fork_counts_its_own() -> None:
    """After a fork the child counts what it does itself, and not what the parent had counted."""
    tracer, processor, totals = setup(background=True)
    speak(tracer, "parent")
    processor.force_flush()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - the child is not measured
        status = 1
        try:
            speak(tracer, "child")
            give_up = time.monotonic() + 5
            while not count(totals, "messages") and time.monotonic() < give_up:
                time.sleep(0.01)
            os.write(writer, f"{count(totals, 'conversations_started'):g} {count(totals, 'messages'):g}".encode())
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.close(writer)
    with os.fdopen(reader) as answer:
        assert answer.read() == "1 2"
    assert count(totals, "conversations_started") == 1
    processor.shutdown()
