"""Both ends of a measurement with nothing at them: trace processors and exporters that count at most."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from agents.tracing import TracingProcessor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.tracing import Span as SdkSpan
    from agents.tracing import Trace
    from opentelemetry.context import Context
    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk.trace import ReadableSpan, Span


class NoopTraceProcessor(TracingProcessor):
    """Does nothing but count spans and traces that have ended."""

    ended = 0

    def on_trace_start(self, trace: Trace) -> None:
        """Do nothing."""

    def on_trace_end(self, trace: Trace) -> None:
        """Count."""
        self.ended += 1

    def on_span_start(self, span: SdkSpan[Any]) -> None:
        """Do nothing."""

    def on_span_end(self, span: SdkSpan[Any]) -> None:
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


class _LogsNowhere(LogRecordExporter):
    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        return LogRecordExportResult.SUCCESS

    def shutdown(self) -> None:
        pass

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return True


class Providers(NamedTuple):
    """What an instrumentation writes to."""

    tracer: TracerProvider
    meter: MeterProvider
    logger: LoggerProvider
    exported: Callable[[], int]
    """Returns how many spans have been exported."""


def exporting() -> Providers:
    """Return providers that export spans and log records to nowhere, and keep metrics as a reader would find them."""
    tracer, logger, nowhere = TracerProvider(), LoggerProvider(), _Nowhere()
    tracer.add_span_processor(BatchSpanProcessor(nowhere, max_queue_size=200_000))
    logger.add_log_record_processor(SimpleLogRecordProcessor(_LogsNowhere()))
    return Providers(tracer, MeterProvider([InMemoryMetricReader()]), logger, lambda: nowhere.exported)


class OpenSpans(SpanProcessor):
    """Counts the spans that are open, and keeps none."""

    count = 0

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Count."""
        self.count += 1

    def on_end(self, span: ReadableSpan) -> None:
        """Count back."""
        self.count -= 1
