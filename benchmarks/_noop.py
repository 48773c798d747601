"""Both ends of a measurement with nothing at them: a trace processor and an exporter that only count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents.tracing import TracingProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agents.tracing import Span, Trace
    from opentelemetry.sdk.trace import ReadableSpan


class NoopTraceProcessor(TracingProcessor):
    """Does nothing but count spans and traces that have ended."""

    ended = 0

    def on_trace_start(self, trace: Trace) -> None:
        """Do nothing."""

    def on_trace_end(self, trace: Trace) -> None:
        """Count."""
        self.ended += 1

    def on_span_start(self, span: Span[Any]) -> None:
        """Do nothing."""

    def on_span_end(self, span: Span[Any]) -> None:
        """Count."""
        self.ended += 1

    def shutdown(self) -> None:
        """Do nothing."""

    def force_flush(self) -> None:
        """Do nothing."""


class _Nowhere(SpanExporter):
    exported = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.exported += len(spans)
        return SpanExportResult.SUCCESS


def exporting() -> tuple[TracerProvider, Callable[[], int]]:
    """Return a provider that exports to nowhere, and a function that says how many spans it has exported."""
    provider, nowhere = TracerProvider(), _Nowhere()
    provider.add_span_processor(BatchSpanProcessor(nowhere, max_queue_size=200_000))
    return provider, lambda: nowhere.exported
