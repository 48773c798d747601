"""Rows of the outbox → OTLP requests, as OpenTelemetry's SDK makes them of the log records of an agent's process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

import otel_agent_analytics
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.errors import known_place, note_fault
from otel_agent_analytics.outputs.logs import as_log_record
from otel_agent_analytics.storage.codec import unpack_entry
from otel_agent_analytics.storage.errors import CodecError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.storage.outbox import Unsent

_DAMAGED: Final = known_place("outbox.damaged")
_SCOPE: Final = InstrumentationScope(v.DERIVED_SCOPE_NAME, otel_agent_analytics.__version__, v.SCHEMA_URL)
_RESOURCE: Final = (v.SERVICE_NAME, v.SERVICE_NAMESPACE, v.DEPLOYMENT_ENVIRONMENT_NAME)


def records_of(service: Service, rows: Sequence[Unsent]) -> dict[Unsent, ReadableLogRecord]:
    """Return the log record of each row; one that cannot be read is noted and left out.

    Args:
        service: whose records they are: the resource, by which a store of logs indexes them.
        rows: of that service.
    """
    resource = Resource({name: said for name, said in zip(_RESOURCE, service, strict=True) if said})
    found: dict[Unsent, ReadableLogRecord] = {}
    for row in rows:
        try:
            said = as_log_record(unpack_entry(row.body), row.arrived_ns)
        except CodecError as problem:
            note_fault(_DAMAGED, problem)
        else:
            found[row] = ReadableLogRecord(LogRecord(**said), resource=resource, instrumentation_scope=_SCOPE)
    return found


def request_of(records: Sequence[ReadableLogRecord]) -> bytes:
    """Return the body of the request that sends log records; the same records make the same body."""
    body: bytes = encode_logs(records).SerializeToString()
    return body
