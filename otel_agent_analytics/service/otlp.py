"""Bodies of OTLP requests → spans and records as plain data. What is no agent's is passed over; a bad one is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf.message import DecodeError

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord, Service, SpanRecord
from otel_agent_analytics.conversations.from_record import EVENT_NAMES
from otel_agent_analytics.errors import AgentAnalyticsError
from otel_agent_analytics.service.attributes import AttributeReader
from otel_agent_analytics.service.wire import Logs, Traces
from otel_agent_analytics.tracking.routing import is_wanted

if TYPE_CHECKING:
    from collections.abc import Callable

_TRACE_ID_BYTES: Final = 16
_SPAN_ID_BYTES: Final = 8
_ERROR_STATUS: Final = 2
_UNKNOWN_SERVICE: Final = "unknown_service"


class BodyError(AgentAnalyticsError, ValueError):
    """The body of a request is no OTLP."""


class Reading(NamedTuple):
    """What a body holds."""

    sources: list[SpanRecord | LogRecord]
    """Of agents, and the roots of traces; whatever else there was is passed over."""
    rejected: int
    """Spans and records that can never be taken."""
    why: str
    """What was wrong with the first of them; empty without one."""


class OtlpReader:
    """Reads the bodies of requests. Not thread-safe.

    Args:
        clock: returns the time now, UTC nanoseconds, for records that do not say when they were written.
        attributes: reads attributes.
    """

    def __init__(self, clock: Callable[[], int], attributes: AttributeReader | None = None) -> None:
        self._clock = clock
        self._attributes = attributes if attributes is not None else AttributeReader()

    def traces(self, body: bytes) -> Reading:
        """Return the spans of agents in an ``ExportTraceServiceRequest``.

        Raises:
            BodyError: the body is none.
        """
        return self._read(Traces, body, self._spans)

    def logs(self, body: bytes) -> Reading:
        """Return the events of conversations in an ``ExportLogsServiceRequest``.

        Raises:
            BodyError: the body is none.
        """
        return self._read(Logs, body, self._records)

    def _read(self, kind: Any, body: bytes, take: Callable[[Any, _Taken], None]) -> Reading:
        taken = _Taken()
        try:
            take(kind.FromString(body), taken)
        except (DecodeError, UnicodeDecodeError) as problem:
            raise BodyError(f"the body is no {kind.DESCRIPTOR.name.lower()} as OTLP has them: {problem}") from problem
        return Reading(taken.sources, taken.rejected, taken.why)

    def _spans(self, request: Any, taken: _Taken) -> None:
        for group in request.resource_spans:
            service, version = self._service(group.resource)
            for of_scope in group.scope_spans:
                ours = of_scope.scope.name == v.SCOPE_NAME
                for span in of_scope.spans:
                    attributes = self._attributes.read(span.attributes)
                    if ours:
                        attributes.setdefault(v.DERIVED, False)
                    elif not is_wanted(attributes, span.parent_span_id):
                        continue
                    if len(span.trace_id) != _TRACE_ID_BYTES or len(span.span_id) != _SPAN_ID_BYTES:
                        taken.reject(
                            f"a span with ids of {len(span.trace_id)} and {len(span.span_id)} bytes, not 16 and 8"
                        )
                        continue
                    taken.sources.append(
                        SpanRecord(
                            span.trace_id.hex(), span.span_id.hex(), span.start_time_unix_nano,
                            span.end_time_unix_nano, attributes, span.status.code == _ERROR_STATUS, service,
                            span.parent_span_id.hex(), version,
                        )
                    )  # fmt: skip

    def _records(self, request: Any, taken: _Taken) -> None:
        for group in request.resource_logs:
            service, version = self._service(group.resource)
            for of_scope in group.scope_logs:
                if of_scope.scope.name == v.DERIVED_SCOPE_NAME:
                    continue  # what was derived from conversations is no news about them
                for record in of_scope.log_records:
                    if record.event_name in EVENT_NAMES:
                        time_ns = record.time_unix_nano or record.observed_time_unix_nano or self._clock()
                        attributes = self._attributes.read(record.attributes)
                        taken.sources.append(
                            LogRecord(record.event_name, time_ns, attributes, service, record.trace_id.hex(), version)
                        )

    def _service(self, resource: Any) -> tuple[Service, str]:
        said = self._attributes.read(resource.attributes)
        names = (v.SERVICE_NAME, v.SERVICE_NAMESPACE, v.DEPLOYMENT_ENVIRONMENT_NAME, v.SERVICE_VERSION)
        name, namespace, environment, version = (str(said.get(key) or "") for key in names)
        return Service(name or _UNKNOWN_SERVICE, namespace, environment), version


class _Taken:
    """What has been read of a body."""

    def __init__(self) -> None:
        self.sources: list[SpanRecord | LogRecord] = []
        self.rejected = 0
        self.why = ""

    def reject(self, why: str) -> None:
        self.rejected += 1
        self.why = self.why or why
