"""What common recipes for conversation analytics get wrong, each by its number in the list of requirements (E)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from agents.tracing import TracingProcessor, add_trace_processor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from otel_agent_analytics.commands.figures import summary
from otel_agent_analytics.conversations.rates import rate
from otel_agent_analytics.outputs.ledger import Ledger
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.transcripts.player import Player
from otel_agent_analytics.transcripts.reader import read_transcripts
from otel_agent_analytics.transcripts.schedule import scheduled
from tests.helpers.script import feed, host, play, write

if TYPE_CHECKING:
    from otel_agent_analytics.transcripts.transcript import Transcript

PACKAGE: Final = Path(__file__).parent.parent / "otel_agent_analytics"
TEXTS: Final = {".py", ".json"}
# Names of the SDKs that the scenario uses as well, and words that both need.
OUR_WORDS: Final = {
    "chat_completions", "force_flush", "get_response", "max_turns", "model_error", "on_end", "on_span_end",
    "on_span_start", "on_start", "on_trace_end", "on_trace_start", "stream_response",
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


def transcripts() -> list[Transcript]:
    """Return the one conversation above."""

    def refuse(problem: Exception) -> None:
        raise problem

    return scheduled(list(read_transcripts([THREE_TURNS.replace(b"\n", b"")], "test", refuse)))


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
    """E3: the same conversation stored twice moves no counter of conversations a second time."""
    sources = write("user hi | tool lookup | agent here | end completed")

    assert feed(sources + sources).count("conversations_ended", "completed", "helper") == 1
    assert feed(sources + sources).count("tool_calls", "lookup") == 1
    assert feed(sources + sources).count("messages", "user") == 1


def test_e5_shares_are_of_ended_conversations() -> None:
    """E5: open conversations are in no share, each ended one has one outcome, and durations are of all of them."""
    tracker, totals, ledger = host()
    for number, text in enumerate(("user thanks | agent bye", "user hi | agent which?", "user hi | agent x")):
        for source in write(text, f"ended-{number}"):
            tracker.take(source)
    tracker.advance_to(write("user a")[0].time_ns + 3600 * 10**9)  # type: ignore[union-attr]
    for source in write("user hi | agent x", "open", begin_ns=write("user a")[0].time_ns + 3700 * 10**9):  # type: ignore[union-attr]
        tracker.take(source)
    figures = summary(ledger.records())
    completed = rate(figures["outcomes"]["completed"], figures["conversations"])

    assert sum(figures["outcomes"].values()) == figures["conversations"] == 3
    assert completed is not None
    assert completed.value == pytest.approx(1 / 3)
    observed = [sum(d.counts) for metric, series in totals.histograms().items() for d in series.values()
                if metric.name == "agent_analytics_conversation_duration_seconds"]  # fmt: skip
    assert observed == [3]


def test_e6_abandoned_in_the_turn_that_was_there() -> None:
    """E6: who leaves after the second answer abandoned in turn two, not in a third that never came."""
    played = play("user a | agent x | user b | agent which one?")

    assert [played.count("turn_abandoned", str(turn)) for turn in (1, 2, 3)] == [0, 1, 0]
    assert [played.count("turn_reached", str(turn)) for turn in (1, 2, 3)] == [1, 1, 0]


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
