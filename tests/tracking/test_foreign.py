"""Spans of other frameworks, held until their trace is whole."""

from __future__ import annotations

import random
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from otel_agent_analytics import instrument, uninstrument
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service, SpanRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.dialects.options import DEFAULT_OPTIONS
from otel_agent_analytics.outputs.ledger import Ledger
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.tracking.foreign import ForeignTraces
from otel_agent_analytics.tracking.span_processor import ConversationSpanProcessor
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker

KIND = "openinference.span.kind"
AGENT: dict[str, Any] = {KIND: "AGENT", "session.id": "s", "input.value": "hi", "output.value": "hello"}
TOOL: dict[str, Any] = {KIND: "TOOL", "session.id": "s", "tool.name": "lookup"}
MINUTE = 60 * SECOND_NS


def span(number: int, parent: int, said: dict[str, Any], trace_id: str = "a" * 32) -> SpanRecord:
    """Return a span; parent 0 is none."""
    parent_id = f"{parent:016x}" if parent else ""
    times = (1_700_000_000 * SECOND_NS + number, 1_700_000_001 * SECOND_NS)
    return SpanRecord(
        trace_id, f"{number:016x}", *times, said, failed=False, service=Service("shop"), parent_id=parent_id
    )


def operations(records: list[SpanRecord]) -> list[str]:
    """Return what translated spans do."""
    found = [record.attributes.get(v.OPERATION) or record.attributes.get(v.GEN_AI_OPERATION_NAME) for record in records]
    return sorted(str(name) for name in found)


def test_a_trace_is_read_when_its_root_has_come() -> None:
    """Children wait for the root; then the root is a turn, and the tool below it a tool."""
    traces = ForeignTraces(DEFAULT_OPTIONS, None)
    traces.take(span(2, 1, TOOL), 0)

    assert traces.ready(0) == []

    traces.take(span(1, 0, AGENT), 0)
    assert {v.OPERATION_TURN, v.OPERATION_EXECUTE_TOOL} <= set(operations(traces.ready(0)))
    assert traces.ready(0) == []


def test_a_straggler_is_read_beside_the_others() -> None:
    """A tool that comes after its trace was read is no turn of its own."""
    traces = ForeignTraces(DEFAULT_OPTIONS, None)
    traces.take(span(1, 0, AGENT), 0)
    traces.ready(0)
    traces.take(span(2, 1, {**AGENT}), SECOND_NS)

    assert operations(traces.ready(SECOND_NS)).count(v.OPERATION_TURN) == 1


def test_a_trace_without_a_root_is_read_after_a_while() -> None:
    """Ten quiet minutes, or the end of a root that is no agent's span, make a trace whole."""
    for root_ends in (False, True):
        traces = ForeignTraces(DEFAULT_OPTIONS, None)
        traces.take(span(2, 1, AGENT), 0)
        if root_ends:
            traces.root_ended("a" * 32)
        waited = traces.ready(MINUTE)
        assert operations([*waited, *traces.ready(11 * MINUTE)]).count(v.OPERATION_TURN) == 1


def test_what_is_held_is_bounded() -> None:
    """With more spans than may be held, the oldest trace is read as it is; at the end all are."""
    traces = ForeignTraces(DEFAULT_OPTIONS, None, most_spans=10)
    read = []
    for number in range(1, 101):
        traces.take(span(number, 1_000, AGENT, f"{number:032x}"), 0)
        read += traces.ready(0)

    assert len(read) == 90
    assert len([*read, *traces.everything()]) == 100


@pytest.mark.parametrize("seed", range(5))
def test_order_within_a_trace_changes_nothing(seed: int) -> None:
    """However the spans of a trace come, what is told of it is the same."""
    spans = [span(1, 0, AGENT), span(2, 1, TOOL), span(3, 1, TOOL)]
    straight, mixed = ForeignTraces(DEFAULT_OPTIONS, None), ForeignTraces(DEFAULT_OPTIONS, None)
    shuffled = random.Random(seed).sample(spans, k=3)
    for one, other in zip(spans, shuffled, strict=True):
        straight.take(one, 0)
        mixed.take(other, 0)

    assert sorted(straight.ready(0), key=repr) == sorted(mixed.ready(0), key=repr)


@pytest.mark.parametrize("web", [False, True], ids=["alone", "inside a request"])
def test_spans_of_a_process_become_a_conversation(web: bool) -> None:
    """Spans of OpenInference, alone or below a request that a web framework traced, are one turn of a conversation."""
    totals, ledger = Totals(), Ledger()
    tracker = Tracker(MemoryStore(), (totals, ledger), DEFAULT_RULES)
    foreign = ForeignTraces(DEFAULT_OPTIONS, None)
    processor = ConversationSpanProcessor(tracker, totals, foreign=foreign)
    provider = TracerProvider()
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("framework")
    request = tracer.start_span("GET /chat", attributes={"http.request.method": "GET"}) if web else None
    context = trace.set_span_in_context(request) if request is not None else None
    with tracer.start_as_current_span("agent", context, attributes=AGENT), tracer.start_as_current_span("tool") as tool:
        tool.set_attributes(TOOL)
    if request is not None:
        request.end()
    processor.advance_to(4_000_000_000 * SECOND_NS)

    (record,) = ledger.records()
    assert (record.conversation_id, record.user_turns, record.agent_messages, record.tools) == ("s", 1, 1, ("lookup",))
    provider.shutdown()


def test_after_instrument_they_are_in_the_metrics() -> None:
    """`instrument()` is all that it takes: its metrics have the conversations of other frameworks too."""
    registry = CollectorRegistry()
    provider = TracerProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)
    instrument(tracer_provider=provider, metrics_registry=registry)
    try:
        with provider.get_tracer("framework").start_as_current_span("agent", attributes=AGENT):
            pass
        provider.force_flush()
        labels = {"role": "user", "service_name": "shop"}
        found = registry.get_sample_value("agent_analytics_messages_total", labels)
    finally:
        uninstrument()
        provider.shutdown()

    assert found == 1


@pytest.mark.parametrize("derived", [True, False], ids=["derived here", "not derived here"])
def test_mark_for_an_analyzer(derived: bool) -> None:
    """Spans of other frameworks say that they are derived here, whoever exports them; other spans do not."""
    totals, exporter, provider = Totals(), InMemorySpanExporter(), TracerProvider()
    tracker = Tracker(MemoryStore(), (totals,), DEFAULT_RULES)
    foreign = ForeignTraces(DEFAULT_OPTIONS, None) if derived else None
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    provider.add_span_processor(ConversationSpanProcessor(tracker, totals, foreign=foreign))
    tracer = provider.get_tracer("framework")
    with tracer.start_as_current_span("GET"), tracer.start_as_current_span("agent") as agent:
        agent.set_attributes(AGENT)
    provider.shutdown()

    marked = {each.name: (each.attributes or {}).get(v.DERIVED) for each in exporter.get_finished_spans()}
    assert marked == {"GET": None, "agent": True if derived else None}
