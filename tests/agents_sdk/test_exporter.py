"""What the exporter of traces cannot take: the agent does not wait for it, and OpenTelemetry's SDK counts it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from agents import Agent, Runner
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from otel_agent_analytics import conversation
from tests.helpers.scripted_model import ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest
    from opentelemetry.sdk.trace import ReadableSpan

    from tests.agents_sdk.conftest import Bench

QUEUE = 8


class StuckExporter(SpanExporter):
    """Hangs on its first batch until it is released, as where an endpoint takes connections and says nothing."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Wait."""
        assert self.released.wait(60), f"{len(spans)} spans hang"
        return SpanExportResult.SUCCESS


def processed(reader: InMemoryMetricReader) -> Iterator[tuple[str | None, int]]:
    """Yield what became of spans in the processor, by the type of error, and how many."""
    data = reader.get_metrics_data()
    assert data is not None
    metrics = [metric for one in data.resource_metrics for scope in one.scope_metrics for metric in scope.metrics]
    for point in [p for m in metrics if m.name == "otel.sdk.processor.span.processed" for p in m.data.data_points]:
        assert isinstance(point, NumberDataPoint)
        kind = (point.attributes or {}).get("error.type")
        yield None if kind is None else str(kind), int(point.value)


async def test_what_the_exporter_does_not_take_is_counted(
    bench: Bench, complaints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the exporter hangs, runs end as ever; sent and dropped spans are all that there were."""
    monkeypatch.setenv("OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED", "true")
    reader, exporter = InMemoryMetricReader(), StuckExporter()
    queue = BatchSpanProcessor(exporter, QUEUE, max_export_batch_size=QUEUE, meter_provider=MeterProvider([reader]))
    bench.provider.add_span_processor(queue)
    bench.instrument()
    for number in range(10):
        with conversation(f"chat-{number}"):
            agent = Agent(name="Helper", model=ScriptedModel("Yes."))
            assert (await Runner.run(agent, "Hello?")).final_output == "Yes."
    exporter.released.set()
    queue.shutdown()  # type: ignore[no-untyped-call]
    counts = dict(processed(reader))
    assert set(counts) == {None, "queue_full"}
    assert sum(counts.values()) == len(bench.spans) == 10 * 4  # workflow, turn, agent and model call of each run
    assert {complaints.pop() for _ in range(len(complaints))} == {
        "opentelemetry.sdk._shared_internal: Queue full, dropping Span."
    }
    assert QUEUE <= counts[None] <= 2 * QUEUE
