"""What common recipes for conversation analytics get wrong, each by its number in the list of requirements (E)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from agents.tracing import TracingProcessor, add_trace_processor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.otel_spans import nanoseconds
from otel_agent_analytics.commands.episodes import of_record
from otel_agent_analytics.commands.figures import summary
from otel_agent_analytics.conversations.events import SpanRecord
from otel_agent_analytics.conversations.rates import csat, drop_off, negative_rate, rate
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.outputs.catalogue import DROPPED, ENDED
from otel_agent_analytics.outputs.ledger import Ledger
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.service.events import EventReader
from otel_agent_analytics.service.queries.asked import Taken, asked_of
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.signals.four_grams import closer_than
from otel_agent_analytics.signals.rephrase import compared
from otel_agent_analytics.tracking.pricing import pricing
from otel_agent_analytics.tracking.span_processor import ConversationSpanProcessor
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker
from otel_agent_analytics.transcripts.player import Player
from otel_agent_analytics.transcripts.reader import read_transcripts
from otel_agent_analytics.transcripts.schedule import scheduled
from tests.helpers.script import BEGIN_NS, Played, feed, host, play, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agent_analytics.transcripts.transcript import Transcript

PACKAGE: Final = Path(__file__).parent.parent / "otel_agent_analytics"
TEXTS: Final = {".py", ".json"}
# Names of the SDKs that the scenario uses as well, and words that both need.
OUR_WORDS: Final = {
    "chat_completions", "force_flush", "get_response", "max_turns", "model_error", "on_end", "on_span_end",
    "on_span_start", "on_start", "on_trace_end", "on_trace_start", "stream_response",
    "tracing_disabled",
}  # fmt: skip
THREE_TURNS = b"""{"id": "chat", "messages": [
 {"role": "user", "content": "where is it", "timestamp": "2026-01-05T10:00:00Z"},
 {"role": "assistant", "content": null, "tool_calls": [{"name": "track"}], "timestamp": "2026-01-05T10:00:02Z"},
 {"role": "tool", "content": "on its way", "timestamp": "2026-01-05T10:00:03Z"},
 {"role": "assistant", "content": "On its way.", "timestamp": "2026-01-05T10:00:05Z"},
 {"role": "user", "content": "since when", "timestamp": "2026-01-05T10:05:00Z"},
 {"role": "assistant", "content": "Since Monday.", "timestamp": "2026-01-05T10:05:04Z"},
 {"role": "user", "content": "thanks, bye", "timestamp": "2026-01-05T10:06:00Z"},
 {"role": "assistant", "content": "Bye!", "timestamp": "2026-01-05T10:06:01Z"}]}"""

TEN_O_CLOCK_NS: Final = int(datetime(2026, 1, 5, 10, tzinfo=UTC).timestamp()) * SECOND_NS

PROGRAM: Final = """
import atexit
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from prometheus_client import CollectorRegistry

exported, registry = [], CollectorRegistry()
name, labels = "agent_analytics_messages_total", {"role": "user", "service_name": "shop"}


@atexit.register  # before the others register, so that it comes after them
def tell():
    print("exported", len(exported), "waiting", len(handle.conversations._queue))
    print("user messages", registry.get_sample_value(name, labels))


class Keeper(SpanExporter):
    def export(self, spans):
        exported.extend(spans)


from agents import set_trace_processors
from agents.tracing import task_span, trace
from otel_agent_analytics import instrument

set_trace_processors([])
provider = TracerProvider(resource=Resource({"service.name": "shop"}))
provider.add_span_processor(BatchSpanProcessor(Keeper(), schedule_delay_millis=600_000))
handle = instrument(tracer_provider=provider, metrics_registry=registry)
for _ in range(2):
    with trace("work", group_id="c"), task_span("Helper"):
        pass
"""


class Broken:
    """A sink that fails at every call."""

    def __getattr__(self, _: str) -> Any:
        raise RuntimeError("broken")


class Onlooker(TracingProcessor):
    """Somebody else's trace processor."""

    def __init__(self) -> None:
        self.types: list[str] = []

    def on_trace_start(self, trace: Any) -> None: ...
    def on_trace_end(self, trace: Any) -> None: ...
    def on_span_start(self, span: Any) -> None: ...
    def on_span_end(self, span: Any) -> None:
        self.types.append(span.span_data.type)

    def shutdown(self) -> None: ...
    def force_flush(self) -> None: ...


def transcripts(lines: bytes = THREE_TURNS) -> list[Transcript]:
    """Return the one conversation above."""

    def refuse(problem: Exception) -> None:
        raise problem

    return scheduled(list(read_transcripts([lines.replace(b"\n", b"")], "test", refuse)))


def test_e1_spans_are_read_as_the_sdk_has_them() -> None:
    """E1: types come from span_data.type, durations from the SDK's ISO times, and other processors stay."""
    exporter, onlooker = InMemorySpanExporter(), Onlooker()
    player = Player(Settings(), registry=CollectorRegistry(), span_processors=[SimpleSpanProcessor(exporter)])
    with player.installed():
        add_trace_processor(onlooker)
        assert player.play(transcripts()) == []
        spans = exporter.get_finished_spans()
    tool = next(span for span in spans if span.name == "execute_tool track")

    assert onlooker.types.count("function") == 1
    assert onlooker.types.count("task") == 3
    assert tool.start_time is not None
    assert tool.end_time is not None
    assert (tool.end_time - tool.start_time) / 1e9 == pytest.approx(1, abs=0.001)


def test_e2_one_trace_is_not_one_conversation() -> None:
    """E2: three runs, each with a trace of its own, are one conversation of three turns and of 361 seconds."""
    ledger, exporter = Ledger(), InMemorySpanExporter()
    processors = [SimpleSpanProcessor(exporter)]
    player = Player(Settings(), registry=CollectorRegistry(), sinks=[ledger], span_processors=processors)
    with player.installed() as installation:
        player.play(transcripts())
        player.finish(installation)
        traces = {span.get_span_context().trace_id for span in exporter.get_finished_spans()}  # type: ignore[union-attr]
    (record,) = ledger.records()

    assert len(traces) == 3
    assert record.user_turns == 3
    assert record.duration_seconds == pytest.approx(361, abs=0.01)


def test_e3_stored_twice_counts_once() -> None:
    """E3: the same conversation stored twice moves no counter a second time, neither before its end nor after it."""
    sources = write("user hi | tool lookup | agent here")
    tracker, totals, ledger = host()
    tracker.take_all([*sources, *sources])
    for hours in (1, 2):
        tracker.advance_to(BEGIN_NS + hours * 3600 * SECOND_NS)
        tracker.take_all(sources)
    tracker.advance_to(BEGIN_NS + 3 * 3600 * SECOND_NS)
    played = Played(ledger.records(), totals, tracker)

    assert played.count("conversations_started", "unknown") == 1
    assert played.count("conversations_ended", "silent", "helper") == 1
    assert played.count("conversations_retracted", "silent", "helper") == 0
    assert played.count("tool_calls", "lookup") == 1
    assert played.count("messages", "user") == 1


SENTIMENTS: Final = ("user that is bad", "user that is bad complaint", "user where is it", "user good day", "user -")


def test_e4_negative_rate_has_the_frustrated_in_it() -> None:
    """E4: of four conversations whose sentiment is known one is negative and one frustrated: that is a half."""
    written = (write(f"{text} | agent hello", f"c{number}") for number, text in enumerate(SENTIMENTS))
    played = feed([source for sources in written for source in sources])
    counts = {name: int(played.count("conversations_by_sentiment", name)) for name in v.SENTIMENTS}
    negative = negative_rate(counts)

    assert counts == {v.NEGATIVE: 1, v.FRUSTRATED: 1, v.NEUTRAL: 1, v.POSITIVE: 1, v.UNKNOWN: 1}
    assert negative is not None
    assert (negative.part, negative.whole) == (2, 4)


def test_e4_window_cuts_no_conversation() -> None:
    """E4: a conversation that began before a window and ended in it is in it whole: its cost, turns and duration."""
    sources = write("user hi | agent which one? | idle 20m | user that one | agent here you are | idle 31m")
    tracker, totals, ledger = host()
    middle_ns = BEGIN_NS + 600 * SECOND_NS
    for source in sources[:1]:
        tracker.take(source)
    tracker.advance_to(middle_ns)
    before = Played(ledger.records(), totals, tracker).series()
    for source in sources[1:]:
        tracker.take(source)
    tracker.advance_to(BEGIN_NS + 3600 * SECOND_NS)
    after = Played(ledger.records(), totals, tracker).series()
    grown = {name: value - before.get((name, labels), 0) for (name, labels), value in after.items() if not labels}

    assert grown["agent_analytics_conversation_turns_sum"] == 2
    # From ten seconds after the beginning to the second answer: 1 s for each answer, 20 min, 1 s, and 10 s.
    assert grown["agent_analytics_conversation_duration_seconds_sum"] == (1 + 1201 + 10 + 1) * SECOND_NS
    assert "agent_analytics_conversation_turns_sum" not in {name for name, _ in before}


@pytest.fixture
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the machine's own time be that of New York."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    assert time.timezone == 5 * 3600
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_new_york")
def test_e4_times_without_an_offset_are_utc() -> None:
    """E4: a naive time is UTC, wherever the program runs: in transcripts, posted events, spans and windows."""
    posted = {"conversation_id": "c", "event_id": "e", "event": "user_message", "time": "2026-01-05T10:00:00"}
    reader = EventReader(time.time_ns, time.time_ns)
    (event,) = reader.read(json.dumps({"events": [posted]}).encode(), 1).records
    window = asked_of([("from", "2026-01-05T10:00"), ("to", "2026-01-06")], Taken(), time.time_ns())

    assert transcripts(THREE_TURNS.replace(b'Z"', b'"'))[0] == transcripts()[0]
    assert event.time_ns == TEN_O_CLOCK_NS
    assert nanoseconds("2026-01-05T10:00:00") == TEN_O_CLOCK_NS
    assert (window.from_ns, window.to_ns) == (TEN_O_CLOCK_NS, TEN_O_CLOCK_NS + 14 * 3600 * SECOND_NS)


def test_e5_shares_are_of_ended_conversations() -> None:
    """E5: open conversations are in no share, each ended one has one outcome, and durations are of all of them."""
    tracker, totals, ledger = host()
    for number, text in enumerate(("user thanks | agent bye", "user hi | agent which?", "user hi | agent x")):
        for source in write(text, f"ended-{number}"):
            tracker.take(source)
    tracker.advance_to(write("user a")[0].time_ns + 3600 * 10**9)  # type: ignore[union-attr]
    for source in write("user hi | agent x", "open", begin_ns=write("user a")[0].time_ns + 3700 * 10**9):  # type: ignore[union-attr]
        tracker.take(source)
    figures = summary([of_record(record) for record in ledger.records()])
    completed = rate(figures["outcomes"]["completed"], figures["conversations"])

    assert sum(figures["outcomes"].values()) == figures["conversations"] == 3
    assert completed is not None
    assert completed.value == pytest.approx(1 / 3)
    observed = [sum(d.counts) for metric, series in totals.histograms().items() for d in series.values()
                if metric.name == "agent_analytics_conversation_duration_seconds"]  # fmt: skip
    assert observed == [3]
    assert sum(total.value for total in totals.counters()[ENDED].values()) == 3


def test_e6_abandoned_in_the_turn_that_was_there() -> None:
    """E6: who leaves after the second answer abandoned in turn two, not in a third that never came."""
    played = play("user a | agent x | user b | agent which one?")

    assert [played.count("turn_abandoned", str(turn)) for turn in (1, 2, 3)] == [0, 1, 0]
    assert [played.count("turn_reached", str(turn)) for turn in (1, 2, 3)] == [1, 1, 0]


def test_e6_hazard_is_of_those_who_reached_the_turn() -> None:
    """E6: of three who reach turn two one gives up in it; the one who left in turn one is not asked."""
    texts = (
        "user a | agent which?",
        "user a | agent x | user b | agent which?",
        "user a | agent x | user b | agent x | user c | agent which?",
        "user a | agent x | user thanks, bye | agent bye",
    )
    written = (write(text, f"c{number}") for number, text in enumerate(texts))
    played = feed([source for sources in written for source in sources])
    reached = {turn: int(played.count("turn_reached", turn)) for turn in v.TURNS}
    abandoned = {turn: int(played.count("turn_abandoned", turn)) for turn in v.TURNS}

    assert {turn: count for turn, count in reached.items() if count} == {"1": 4, "2": 3, "3": 1}
    assert [(one.turn, one.hazard.part, one.hazard.whole) for one in drop_off(reached, abandoned)] == [
        ("1", 1, 4),
        ("2", 1, 3),
        ("3", 1, 1),
    ]


def test_e7_a_chat_counts_in_the_hour_in_which_it_started() -> None:
    """E7: a chat of three hours counts once, in the first of them; its messages count in the hours of their own."""
    chat = " | idle 20m | ".join(["user hi | agent x"] * 9)
    started, messages = [], []
    tracker, totals, ledger = host()
    sources = write(chat)
    for hour in range(1, 5):
        until_ns = BEGIN_NS + hour * 3600 * SECOND_NS
        while sources and isinstance(sources[0], SpanRecord) and sources[0].end_ns <= until_ns:
            tracker.take(sources.pop(0))
        tracker.advance_to(until_ns)
        played = Played(ledger.records(), totals, tracker)
        started.append(played.count("conversations_started", "unknown"))
        messages.append(played.count("messages", "user"))

    assert started == [1, 1, 1, 1]
    assert messages == [3, 6, 9, 9]


def test_e8_queue_is_bounded() -> None:
    """E8: what the queue has no room for is dropped and counted; what it has room for is not lost."""
    tracker, totals, ledger = host()
    processor = ConversationSpanProcessor(tracker, totals, queue_size=3)
    for source in write("user a | agent x | user b | agent x | user c | agent x | user d | agent x | user e | agent x"):
        processor.take_record(source, Resource.get_empty())  # type: ignore[arg-type]  # a span record is queued as well
    played = Played(ledger.records(), totals, tracker)
    processor.force_flush()

    assert played.count("messages", "user") == 3
    assert sum(played.count("spans_dropped", reason) for reason in v.DROP_REASONS) == 0
    dropped = [total.value for (_, labels), total in totals.counters()[DROPPED].items() if labels == ("queue_full",)]
    assert sum(dropped) == 2


def test_e8_a_sink_that_fails_loses_nothing_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """E8: where one receiver of the figures fails at every call, the figures of the other are whole."""
    monkeypatch.setenv("AGENT_ANALYTICS_HIDE_FAULTS", "1")
    sources = write("user hi | tool lookup | agent which? | rate positive | idle 2h | user thanks, bye | agent bye")
    totals, ledger = Totals(), Ledger()
    tracker = Tracker(MemoryStore(), (Broken(), totals, ledger), DEFAULT_RULES)
    tracker.take_all(sources)
    tracker.advance_to(BEGIN_NS + 9 * 86_400 * SECOND_NS)

    assert Played(ledger.records(), totals, tracker).series() == feed(sources).series()


def test_e8_what_waits_at_the_exit_is_counted_and_sent() -> None:
    """E8: a program that ends with spans in every queue counts and exports them all before it is gone."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True, timeout=60)

    assert done.stdout.splitlines() == ["exported 4 waiting 0", "user messages 2.0"]


def test_e9_length_says_nothing_of_satisfaction() -> None:
    """E9: ten friendly turns are as satisfied as two; two unfriendly ones are less so than ten friendly ones."""
    friendly, rude = "user good day | agent here you are", "user no that is not it, bad complaint | agent sorry"
    satisfied = {
        (text, turns): play(" | ".join([text] * turns)).record.satisfaction
        for text in (friendly, rude)
        for turns in (2, 10)
    }

    assert satisfied[friendly, 10] == pytest.approx(satisfied[friendly, 2], abs=0.05)
    assert satisfied[friendly, 10] > 0.8  # type: ignore[operator]  # never None with all signals known
    assert satisfied[rude, 2] < 0.4  # type: ignore[operator]


def test_e9_rephrases_that_are_far_from_the_same() -> None:
    """E9: saying it in other words is found where the texts are much less alike than .85."""
    said, before = "where does my parcel stay", "I want to know where my parcel is"
    found = compared(said, before)

    assert found.rephrase
    assert not closer_than(0.85, said, before)
    assert not compared("yes, I want to know where my parcel is", before).rephrase


def test_e9_without_a_rating_there_is_no_csat() -> None:
    """E9: when nobody answered, CSAT is unknown and not 0, and the response rate is 0 and not unknown."""
    played = feed(write("user hi | agent here you are"))
    rated = {rating: int(played.count("rated_conversations", rating)) for rating in v.RATINGS}
    figures = csat(rated, ended=1)

    assert figures.satisfied is None
    assert figures.average is None
    assert figures.response is not None
    assert figures.response.value == 0
    assert played.record.rating is None


def test_e10_what_has_no_price_costs_neither_nothing_nor_five_cents() -> None:
    """E10: a known model costs its tokens at its price; an unknown one is unpriced, whatever the others cost."""
    totals, ledger = Totals(), Ledger()
    tracker = Tracker(MemoryStore(), (totals, ledger), DEFAULT_RULES, pricing())
    texts = {
        "known": "user hi | model gpt-4o-mini 1000 100 | agent x",
        "unknown": "user hi | model house-model-7b 1000 100 | agent x",
        "both": "user hi | model gpt-4o-mini 1000 100 | model house-model-7b 1000 100 | agent x",
        "none": "user hi | agent x",
    }
    for name, text in texts.items():
        tracker.take_all(write(text, name))
    tracker.advance_to(BEGIN_NS + 7200 * SECOND_NS)
    found = {record.conversation_id: (record.cost, record.unpriced_calls) for record in ledger.records()}
    cost = Decimal(1000) * Decimal("0.15") / 10**6 + Decimal(100) * Decimal("0.60") / 10**6

    assert found == {"known": (cost, 0), "unknown": (None, 1), "both": (cost, 1), "none": (None, 0)}
    assert Played(ledger.records(), totals, tracker).count("unpriced_calls", "house-model-7b") == 2


@pytest.mark.parametrize(
    "tool",
    ["fallback_to_human", "open_ticket", "ticket", "contact_human", "transfer_to_human_agents", "escalateToSupervisor",
     "speak_to_representative", "transferToLiveAgent", "call_operator", "create_ticket"],
)  # fmt: skip
def test_e11_every_way_to_ask_for_a_human(tool: str) -> None:
    """E11: what a tool that leads to a human is called is up to who wrote it; no list of names is needed."""
    assert play(f"user hi | tool {tool} | agent one moment").record.outcome == v.ESCALATED
    assert play(f"user hi | tool {tool} failed | agent sorry").record.escalation_agent is None


@pytest.mark.parametrize(
    "tool",
    ["buy_bus_ticket", "tour_operator_search", "human_resources_lookup", "handoff_to_billing",
     "transfer_to_refund_agent", "lookup", "get_ticket_price", "supervisor_report_export"],
)  # fmt: skip
def test_e11_what_only_sounds_like_it(tool: str) -> None:
    """E11: a name in which a person or a ticket is spoken of asks for nobody."""
    assert play(f"user hi | tool {tool} | agent here you are").record.escalation_agent is None


def test_package_knows_nothing_of_the_scenario() -> None:
    """The scenario that instrumentations are compared by has names of its own; none of them is in the package."""
    scenario = Path(__file__).parents[2] / "shared" / "reference" / "peers_scenario.py"
    if not scenario.exists():
        pytest.skip("shared data: the scenario is not here")
    text = scenario.read_text(encoding="utf-8")
    names = {*re.findall(r'SECRET = "([^"]+)"', text), *re.findall(r"def (?:case_)?([a-z]+_[a-z_]+)\(", text)}
    names |= {*re.findall(r'Agent\(name="(\w+)"', text), *re.findall(r'"(conv-\w+)"', text)} - {"run_all"}
    package = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*") if path.suffix in TEXTS)

    assert len(names) > 30
    assert [name for name in sorted(names - OUR_WORDS) if re.search(rf"\b{re.escape(name)}\b", package)] == []
