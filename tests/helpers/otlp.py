"""Spans and records as plain data → bodies of OTLP requests, and back as the analyzer reads them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord, SpanRecord
from otel_agent_analytics.service.otlp import OtlpReader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.helpers.script import Source

TRACES, LOGS = "/v1/traces", "/v1/logs"
_FIELDS = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value"}


def requests_of(sources: Iterable[Source], service: str = "shop") -> list[tuple[str, bytes]]:
    """Return paths and bodies: one for the spans, one for the records, where there are any."""
    sources = list(sources)
    spans = [source for source in sources if isinstance(source, SpanRecord)]
    records = [source for source in sources if isinstance(source, LogRecord)]
    found = [(TRACES, traces_body(spans, service))] if spans else []
    return [*found, (LOGS, logs_body(records, service))] if records else found


def traces_body(sources: Iterable[SpanRecord], service: str = "shop", scope: str = v.SCOPE_NAME) -> bytes:
    """Return spans as the body of a request; ids that are no hexadecimal are hashed."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    _attributes(group.resource, {v.SERVICE_NAME: service})
    of_scope = group.scope_spans.add()
    of_scope.scope.name = scope
    for source in sources:
        span = of_scope.spans.add(trace_id=bytes.fromhex(source.trace_id), span_id=_id(source.span_id), name="x")
        span.parent_span_id = _id(source.parent_id) if source.parent_id else b""
        span.start_time_unix_nano, span.end_time_unix_nano = source.start_ns, source.end_ns
        span.status.code = 2 if source.failed else 0
        _attributes(span, source.attributes)
    body: bytes = request.SerializeToString()
    return body


def logs_body(sources: Iterable[LogRecord], service: str = "shop") -> bytes:
    """Return log records as the body of a request."""
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    _attributes(group.resource, {v.SERVICE_NAME: service})
    of_scope = group.scope_logs.add()
    for source in sources:
        record = of_scope.log_records.add(event_name=source.event_name, time_unix_nano=source.time_ns)
        _attributes(record, source.attributes)
    body: bytes = request.SerializeToString()
    return body


def read_back(requests: Iterable[tuple[str, bytes]]) -> list[Source]:
    """Return what the analyzer reads in requests."""
    reader = OtlpReader(lambda: 0)
    return [
        source
        for path, body in requests
        for source in (reader.traces(body) if path == TRACES else reader.logs(body)).sources
    ]


def _attributes(target: Any, said: Any) -> None:
    for key, value in said.items():
        found = target.attributes.add(key=key).value
        if isinstance(value, tuple):
            for one in value:
                setattr(found.array_value.values.add(), _FIELDS[type(one)], one)
        else:
            setattr(found, _FIELDS[type(value)], value)


def _id(said: str) -> bytes:
    return hashlib.blake2b(said.encode(), digest_size=8).digest()
