"""Sends spans and log records by OTLP, all of them: where the receiver is busy or away, the program waits for it."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel_agent_analytics.addresses import checked, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk.trace import ReadableSpan

HTTP: Final = "http"
GRPC: Final = "grpc"
_MOST_AT_ONCE: Final = 512
"""Spans and records in a request."""
_AT_ONCE_SECONDS: Final = 0.5
"""The exporters wait at least as long before they try again: one that fails sooner was told that it never can be."""


class Patience(NamedTuple):
    """How long is waited for a receiver that is away."""

    seconds: float
    """For one batch."""
    ends_all: bool
    """Whether nothing more is tried after a batch that could not be sent."""
    by_itself: bool = True
    """Whether a full batch is sent as soon as it is full, in the middle of what makes it."""


TWO_MINUTES: Final = Patience(120.0, ends_all=True)
FOR_EVER: Final = Patience(math.inf, ends_all=False, by_itself=False)


class Sender:
    """Gathers spans and records and exports them in batches, on the thread that made them. Not thread-safe.

    What an exporter gives up on for the moment is tried again, for two minutes at most. What cannot be sent then, or
    can never be, is counted; after that nothing more is tried, since it would have the same end.

    Args:
        spans: exports spans, and tries again by itself what may come again soon.
        records: exports log records likewise.
        patience: how long one batch is tried, and what follows when that was in vain.
        is_over: whether somebody wants it to end; then nothing is tried again. A signal's exception alone would not do:
            where it is raised in the middle of a destructor, Python drops it.

    Attributes:
        lost: how many spans and records could not be sent.
    """

    def __init__(
        self,
        spans: SpanExporter,
        records: LogRecordExporter,
        *,
        patience: Patience = TWO_MINUTES,
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        self.lost = 0
        self._patience = patience
        self._is_over = is_over
        self._span_exporter = spans
        self._record_exporter = records
        self._spans: list[ReadableSpan] = []
        self._records: list[ReadableLogRecord] = []

    def take_spans(self, spans: Sequence[ReadableSpan]) -> None:
        """Take spans along, with the next batch at the latest."""
        self._spans += spans
        self._flush_by_itself()

    def take_records(self, records: Sequence[ReadableLogRecord]) -> None:
        """Take log records along, with the next batch at the latest."""
        self._records += records
        self._flush_by_itself()

    def flush(self) -> None:
        """Send what has been gathered."""
        spans, self._spans = self._spans, []
        records, self._records = self._records, []
        if spans:
            self._send(len(spans), lambda: self._span_exporter.export(spans) is SpanExportResult.SUCCESS)
        if records:
            self._send(len(records), lambda: self._record_exporter.export(records) is LogRecordExportResult.SUCCESS)

    def _flush_by_itself(self) -> None:
        if self._patience.by_itself:
            self.flush_full()

    def flush_full(self) -> None:
        """Send what has been gathered, if it fills a batch."""
        if len(self._spans) + len(self._records) >= _MOST_AT_ONCE:
            self.flush()

    def _send(self, size: int, export: Callable[[], bool]) -> None:
        if (self.lost and self._patience.ends_all) or not self._insists(export):
            self.lost += size

    def _insists(self, export: Callable[[], bool]) -> bool:
        give_up = time.monotonic() + self._patience.seconds
        while True:
            begun = time.monotonic()
            if export():
                return True
            if time.monotonic() - begun < _AT_ONCE_SECONDS or time.monotonic() > give_up or self._is_over():
                return False


class GatheredSpans(SpanExporter):
    """Hands spans to a sender, for a span processor that exports each at once."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Take spans along."""
        self._sender.take_spans(spans)
        return SpanExportResult.SUCCESS


class GatheredRecords(LogRecordExporter):
    """Hands log records to a sender, for a processor that exports each at once."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        """Take log records along."""
        self._sender.take_records(batch)
        return LogRecordExportResult.SUCCESS

    def shutdown(self) -> None:
        """Do nothing: the sender is flushed by whoever made it."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Do nothing, as above."""
        return True


@contextmanager
def sending(
    endpoint: str,
    protocol: str = HTTP,
    patience: Patience = TWO_MINUTES,
    is_over: Callable[[], bool] = lambda: False,
) -> Iterator[Sender]:
    """Yield a sender that exports by OTLP; after the block everything is sent or counted as lost.

    The standard ``OTEL_EXPORTER_OTLP_…`` variables hold: headers (a bearer token among them), certificates, compression
    and the timeout of a request.

    Args:
        endpoint: ``http://HOST:PORT`` or ``https://…``; over HTTP the paths of traces and logs are added to it.
        protocol: http (protobuf) or grpc.
        patience: with a receiver that is away.
        is_over: whether somebody wants it to end.

    Raises:
        UsageError: the endpoint is no such address.
    """
    spans, records = _EXPORTERS[protocol](checked(endpoint, "--endpoint"))
    sender = Sender(spans, records, patience=patience, is_over=is_over)
    try:
        yield sender
        sender.flush()
    finally:
        spans.shutdown()
        records.shutdown()  # type: ignore[no-untyped-call]  # as its base class has it


def _over_http(endpoint: str) -> tuple[SpanExporter, LogRecordExporter]:
    import requests
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    session = None  # the exporters' own
    if is_loopback(endpoint):
        session = requests.Session()
        session.trust_env = False  # by a proxy it cannot be reached
    return (
        OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", session=session),
        OTLPLogExporter(endpoint=f"{endpoint}/v1/logs", session=session),
    )


def _over_grpc(endpoint: str) -> tuple[SpanExporter, LogRecordExporter]:
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=endpoint), OTLPLogExporter(endpoint=endpoint)


class _Exporters(Protocol):
    def __call__(self, endpoint: str, /) -> tuple[SpanExporter, LogRecordExporter]: ...


_EXPORTERS: Final[dict[str, _Exporters]] = {HTTP: _over_http, GRPC: _over_grpc}
