import json
import os
from collections.abc import Iterator

import pytest
from agents.tracing import get_trace_provider, set_trace_provider
from agents.tracing.provider import DefaultTraceProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.transcripts.player import Player
from otel_agent_analytics.transcripts.reader import read_transcripts
from otel_agent_analytics.transcripts.schedule import scheduled
from tests.grafana.test_names import OF_SPANS

RECORDED = [
    {"role": "user", "content": "Where is my lamp?"},
    {"role": "assistant", "agent": "Helper", "tool_calls": [{"name": "lookup_order"}]},
    {"role": "tool", "content": "on its way"},
    {"role": "assistant", "agent": "Helper", "content": "It comes on Monday."},
    {"role": "user", "content": "And the bill?"},
    {"role": "assistant", "agent": "Helper", "content": "", "error": "the model is down"},
]


@pytest.fixture(autouse=True)
def _own_provider() -> Iterator[None]:
    """Give the test a trace provider without processors, so that it uploads nothing."""
    before = get_trace_provider()
    set_trace_provider(DefaultTraceProvider())
    yield
    set_trace_provider(before)


def test_real_spans_carry_what_traceql_asks_for() -> None:
    """A turn that is answered and one that fails, played through the Agents SDK, have every attribute together."""
    assert "OTEL_SDK_DISABLED" not in os.environ
    exporter = InMemorySpanExporter()
    player = Player(Settings(), registry=CollectorRegistry(), span_processors=(SimpleSpanProcessor(exporter),))
    problems: list[Exception] = []
    lines = [json.dumps({"id": "chat", "messages": RECORDED}).encode()]
    with player.installed():
        player.play(scheduled(list(read_transcripts(lines, "recorded", problems.append))))
    spans = exporter.get_finished_spans()
    turns = [span for span in spans if (span.attributes or {}).get(v.OPERATION) == v.OPERATION_TURN]
    assert (problems, len(turns)) == ([], 2)
    assert {name for span in turns for name in span.attributes or {}} >= OF_SPANS["span"]
    assert all(span.resource.attributes.keys() >= OF_SPANS["resource"] for span in turns)
