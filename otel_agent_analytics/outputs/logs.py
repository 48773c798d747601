"""Conversations as OpenTelemetry log records: a sink that hands what is told of them to a logger."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from opentelemetry._logs import SeverityNumber
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, NonRecordingSpan, SpanContext, set_span_in_context

from otel_agent_analytics.outputs.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opentelemetry._logs import Logger

    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.outputs.event_records import Entry

_MOST_REVISED: Final = 10_000
_TRACE_DIGITS: Final = 32
_SPAN_DIGITS: Final = 16
# Said outright, since without a context the SDK takes the one of whoever calls: a scrape's, say.
_NOWHERE: Final = set_span_in_context(INVALID_SPAN, Context())


class ConversationLog(Telling):
    """Sends log records of conversations; a sink of the tracker.

    ``_revisions`` holds, for episodes whose end was told more than once, how often; it is bounded by 10,000, the oldest
    go first.

    Args:
        logger: takes the records. Its scope must be another one than that of what applications send, so that a reader
            of both can tell them apart.
        every_event: whether each event of a span is told too; else only the ends, and what becomes of them.
        clock: returns the time now, UTC nanoseconds.
    """

    def __init__(self, logger: Logger, *, every_event: bool, clock: Callable[[], int] = time.time_ns) -> None:
        self._latest: OrderedDict[tuple[str, int], int] = OrderedDict()
        super().__init__(self._latest, every_event=every_event)
        self._logger = logger
        self._clock = clock

    def _wanted(self, event_name: str) -> bool:
        """Return whether anybody takes records: where nobody does, none is made."""
        return self._logger.enabled(severity_number=SeverityNumber.INFO, event_name=event_name)

    def _revise(self, record: ConversationRecord, revision: int) -> None:
        super()._revise(record, revision)
        if len(self._latest) > _MOST_REVISED:
            self._latest.popitem(last=False)

    def _send(self, service: Service, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self._logger.emit(**as_log_record(entry, self._clock()))


def as_log_record(entry: Entry, now_ns: int) -> dict[str, Any]:
    """Return what a log record of OpenTelemetry is made with, by the names of its fields.

    Args:
        entry: what is told.
        now_ns: when that was made, UTC nanoseconds; and when it happened, where it was decided now.
    """
    severity = SeverityNumber.WARN if entry.warns else SeverityNumber.INFO
    return {
        "timestamp": now_ns if entry.time_ns is None else entry.time_ns,
        "observed_timestamp": now_ns,
        "context": _context_of(entry),
        "severity_number": severity,
        "severity_text": severity.name,
        "body": entry.line,
        "attributes": entry.attributes,
        "event_name": entry.event_name,
    }


def _context_of(entry: Entry) -> Context:
    """Return a context whose span is the one that the record is about, so that logs and traces lead to each other."""
    trace_id = _number(entry.trace_id, _TRACE_DIGITS)
    if not trace_id:
        return _NOWHERE
    span = SpanContext(trace_id, _number(entry.span_id, _SPAN_DIGITS), is_remote=True)
    return set_span_in_context(NonRecordingSpan(span), Context())


def _number(digits: str, length: int) -> int:
    """Return what hex digits say; 0, which is no id, for anything else."""
    if len(digits) != length:
        return 0
    try:
        return int(digits, 16)
    except ValueError:
        return 0
