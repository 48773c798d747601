"""Conversations as OpenTelemetry log records: a sink that tells of every end, and where wanted of every event.

What happened has the time at which it happened. What was decided (an end, an outcome, its taking back) has the time at
which it was: an end is decided when the idle time is over, and a store of logs refuses what is hours older than the
newest that it has. When the episode really began and ended is said beside.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from opentelemetry._logs import SeverityNumber
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, NonRecordingSpan, SpanContext, set_span_in_context

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs.event_records import Entry, entries_of, started
from otel_agent_analytics.outputs.wide_record import ended, lifecycle, reopened, retracted, settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opentelemetry._logs import Logger

    from otel_agent_analytics.conversations.events import Event, Service
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.conversations.state import State

_MOST_REVISED: Final = 10_000
_TRACE_DIGITS: Final = 32
_SPAN_DIGITS: Final = 16
# Said outright, since without a context the SDK takes the one of whoever calls: a scrape's, say.
_NOWHERE: Final = set_span_in_context(INVALID_SPAN, Context())


class ConversationLog:
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
        self._logger = logger
        self._every_event = every_event
        self._clock = clock
        self._revisions: OrderedDict[tuple[str, int], int] = OrderedDict()

    def noted(self, what: str, service: Service, amount: int) -> None:
        """Tell nothing: the state of the pipeline is in the metrics."""

    def moved(self, before: State, after: State, events: list[Event]) -> None:
        """Tell of new events that came on spans, and that the user began to speak."""
        if not self._every_event or not self._wanted(v.EVENT_STARTED):
            return
        begun = started(before, after)
        self._send([begun] if begun is not None else [])
        self._send(entries_of(after, events))

    def ended(self, record: ConversationRecord) -> None:
        """Tell of an end."""
        if self._wanted(v.EVENT_CONVERSATION_ENDED):
            self._tell_end(record, self._revision(record))

    def changed(self, record: ConversationRecord, earlier: ConversationRecord) -> None:
        """Tell whether the user was back; else take back what was told of an end, and tell it as it is now."""
        if not self._wanted(v.EVENT_CONVERSATION_ENDED):
            return
        revision = self._revision(record)
        if record == earlier._replace(returned=record.returned):
            self._send([settled(earlier, revision, -1)] if earlier.returned is not None else [])
            self._send([settled(record, revision)])
            return
        self._send([retracted(earlier, revision)])
        self._revise(record, revision + 1)
        self._tell_end(record, revision + 1)

    def reopened(self, record: ConversationRecord) -> None:
        """Take back what was told of an end; where the user had spoken before, tell that the episode goes on."""
        if not self._wanted(v.EVENT_REOPENED):
            return
        revision = self._revision(record)
        self._send([retracted(record, revision), *([reopened(record, revision)] if record.engaged else [])])
        self._revise(record, revision + 1)

    def reset(self) -> None:
        """Forget everything."""
        self._revisions.clear()

    def _tell_end(self, record: ConversationRecord, revision: int) -> None:
        self._send([ended(record, revision)])
        if self._every_event:
            self._send(lifecycle(record, revision))

    def _wanted(self, event_name: str) -> bool:
        """Return whether anybody takes records: where nobody does, none is made."""
        return self._logger.enabled(severity_number=SeverityNumber.INFO, event_name=event_name)

    def _revision(self, record: ConversationRecord) -> int:
        return self._revisions.get((record.conversation_id, record.episode), 1)

    def _revise(self, record: ConversationRecord, revision: int) -> None:
        self._revisions[record.conversation_id, record.episode] = revision
        if len(self._revisions) > _MOST_REVISED:
            self._revisions.popitem(last=False)

    def _send(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            now_ns = self._clock()
            severity = SeverityNumber.WARN if entry.warns else SeverityNumber.INFO
            self._logger.emit(
                timestamp=now_ns if entry.time_ns is None else entry.time_ns,
                observed_timestamp=now_ns,
                context=_context_of(entry),
                severity_number=severity,
                severity_text=severity.name,
                body=entry.line,
                attributes=entry.attributes,
                event_name=entry.event_name,
            )


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
