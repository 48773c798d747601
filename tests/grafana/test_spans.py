import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from agents.tracing import get_trace_provider, set_trace_provider
from agents.tracing.provider import DefaultTraceProvider
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs.logs import ConversationLog
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.transcripts.player import Player
from otel_agent_analytics.transcripts.reader import read_transcripts
from otel_agent_analytics.transcripts.schedule import scheduled
from tests.grafana.dashboards import panels
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


def _play(**options: Any) -> None:
    """Play the recording to its end."""
    problems: list[Exception] = []
    lines = [json.dumps({"id": "chat", "user_id": "ann", "messages": RECORDED}).encode()]
    player = Player(Settings(user_key=b"secret"), registry=CollectorRegistry(), **options)
    with player.installed() as installation:
        assert player.play(scheduled(list(read_transcripts(lines, "recorded", problems.append)))) == []
        player.finish(installation)
    assert problems == []


def test_real_spans_carry_what_traceql_asks_for() -> None:
    """A turn that is answered and one that fails, played through the Agents SDK, have every attribute together."""
    assert "OTEL_SDK_DISABLED" not in os.environ
    exporter = InMemorySpanExporter()
    _play(span_processors=(SimpleSpanProcessor(exporter),))
    spans = exporter.get_finished_spans()
    turns = [span for span in spans if (span.attributes or {}).get(v.OPERATION) == v.OPERATION_TURN]
    assert len(turns) == 2
    assert {name for span in turns for name in span.attributes or {}} >= OF_SPANS["span"]
    assert all(span.resource.attributes.keys() >= OF_SPANS["resource"] for span in turns)


def test_columns_that_become_numbers_are_numbers_in_real_records() -> None:
    """Loki has texts; a table makes numbers of those that were, and leaves words alone."""
    exporter = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    _play(sinks=(ConversationLog(provider.get_logger("conversations"), every_event=True),))
    sent = [entry.log_record.attributes or {} for entry in exporter.get_finished_logs()]
    kinds = {name.replace(".", "_"): type(value) for attributes in sent for name, value in attributes.items()}
    tables = 0
    for panel in (panel for _, panel in panels()):
        steps = {step["id"]: step["options"] for step in panel["transformations"]}
        if "extractFields" in steps:
            converted = {one["targetField"] for one in steps["convertFieldType"]["conversions"]}
            columns = set(steps["organize"]["renameByName"]) & set(kinds)
            assert converted & set(kinds) == {name for name in columns if kinds[name] in (int, float)}, panel["title"]
            assert len(columns) > len(converted & columns) > 2
            tables += 1
    assert tables == 3
