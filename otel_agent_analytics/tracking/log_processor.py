"""Events that an application emits itself as OpenTelemetry log records: evaluations, and the lifecycle by its names."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from opentelemetry.sdk._logs import LogRecordProcessor

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord
from otel_agent_analytics.conversations.from_record import EVENT_NAMES
from otel_agent_analytics.errors import guard
from otel_agent_analytics.tracking.plain import service_of, version_of

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import ReadWriteLogRecord

    from otel_agent_analytics.tracking.span_processor import ConversationSpanProcessor


class EventLogProcessor(LogRecordProcessor):
    """Hands log records that tell of a conversation to its tracker; any other costs one look.

    Args:
        conversations: takes the records.
    """

    def __init__(self, conversations: ConversationSpanProcessor) -> None:
        self._conversations = conversations

    @guard("log_processor.on_emit")
    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Queue an event of the application. Our own are there already: they go straight to the tracker."""
        record, scope, resource = log_record.log_record, log_record.instrumentation_scope, log_record.resource
        if record.event_name not in EVENT_NAMES or resource is None:
            return
        if scope is not None and scope.name in v.OUR_SCOPES:
            return
        time_ns = record.timestamp or record.observed_timestamp or time.time_ns()
        trace_id = format(record.trace_id, "032x") if record.trace_id else ""
        plain = LogRecord(
            record.event_name or "", time_ns, dict(record.attributes or {}), service_of(resource), trace_id,
            version_of(resource),
        )  # fmt: skip
        self._conversations.take_record(plain, resource)

    def shutdown(self) -> None:
        """Do nothing: nothing is held here."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Do nothing: nothing is held here."""
        return True
