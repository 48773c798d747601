"""OTLP as protobuf messages that leave each attribute as bytes: most attributes repeat, so few need be read twice.

The messages have the field numbers of ``opentelemetry.proto``, so they read the same bytes; what nobody here asks for
is left out of them. Attributes are read by the official ``KeyValue``.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_Field = descriptor_pb2.FieldDescriptorProto
_PACKAGE: Final = "otel_agent_analytics.wire"

_KINDS: Final = {
    "bytes": _Field.TYPE_BYTES,
    "string": _Field.TYPE_STRING,
    "fixed64": _Field.TYPE_FIXED64,
    "int32": _Field.TYPE_INT32,
}


class _Said(NamedTuple):
    """One field of a message."""

    number: int
    kind: str
    """A type, or the name of a message of the table below."""
    many: bool = False


# Field numbers as in opentelemetry/proto/{resource,common,trace,logs,collector/...}/v1.
_MESSAGES: Final[dict[str, dict[str, _Said]]] = {
    "Resource": {"attributes": _Said(1, "bytes", many=True)},
    "Scope": {"name": _Said(1, "string")},
    "Status": {"code": _Said(3, "int32")},
    "Span": {
        "trace_id": _Said(1, "bytes"),
        "span_id": _Said(2, "bytes"),
        "parent_span_id": _Said(4, "bytes"),
        "start_time_unix_nano": _Said(7, "fixed64"),
        "end_time_unix_nano": _Said(8, "fixed64"),
        "attributes": _Said(9, "bytes", many=True),
        "status": _Said(15, "Status"),
    },
    "ScopeSpans": {"scope": _Said(1, "Scope"), "spans": _Said(2, "Span", many=True)},
    "ResourceSpans": {"resource": _Said(1, "Resource"), "scope_spans": _Said(2, "ScopeSpans", many=True)},
    "Traces": {"resource_spans": _Said(1, "ResourceSpans", many=True)},
    "Record": {
        "time_unix_nano": _Said(1, "fixed64"),
        "attributes": _Said(6, "bytes", many=True),
        "trace_id": _Said(9, "bytes"),
        "observed_time_unix_nano": _Said(11, "fixed64"),
        "event_name": _Said(12, "string"),
    },
    "ScopeLogs": {"scope": _Said(1, "Scope"), "log_records": _Said(2, "Record", many=True)},
    "ResourceLogs": {"resource": _Said(1, "Resource"), "scope_logs": _Said(2, "ScopeLogs", many=True)},
    "Logs": {"resource_logs": _Said(1, "ResourceLogs", many=True)},
}


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="otel_agent_analytics/wire.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, said in fields.items():
            label = _Field.LABEL_REPEATED if said.many else _Field.LABEL_OPTIONAL
            field = message.field.add(name=field_name, number=said.number, label=label)
            if said.kind in _KINDS:
                field.type = _KINDS[said.kind]
            else:
                field.type, field.type_name = _Field.TYPE_MESSAGE, f".{_PACKAGE}.{said.kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _MESSAGES
    }


_made: Final = _classes()
Traces: Final = _made["Traces"]
"""What ``ExportTraceServiceRequest`` is on the wire."""
Logs: Final = _made["Logs"]
"""What ``ExportLogsServiceRequest`` is on the wire."""
