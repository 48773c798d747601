"""OTLP over HTTP: answered 200 when the spans are stored, 4xx when they never can be, 503 when they may come again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.responses import Response

from otel_agent_analytics.service.bodies import JSON, PROTOBUF, RefusedError, from_json, read_body, unpacked
from otel_agent_analytics.service.otlp import BodyError, OtlpReader
from otel_agent_analytics.storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from otel_agent_analytics.service.committing import Committer
    from otel_agent_analytics.service.otlp import Reading

RETRY_AFTER: Final = {"Retry-After": "1"}


class Limits(NamedTuple):
    """How much one request may bring."""

    body: int = 16 * 2**20
    """Bytes as sent."""
    unpacked: int = 64 * 2**20
    """Bytes without compression."""
    spans: int = 20_000
    """Spans and records of agents."""


async def body_of(request: Request, limits: Limits) -> bytes:
    """Return the body of a request without its compression.

    Raises:
        RefusedError: it is larger than may be, damaged, or compressed in another way than gzip or deflate.
    """
    body = await read_body(request.stream(), limits.body)
    return unpacked(body, request.headers.get("content-encoding", ""), limits.unpacked)


class _Signal(NamedTuple):
    """One kind of request."""

    read: Callable[[OtlpReader, bytes], Reading]
    request: type[Any]
    response: type[Any]
    rejected: str
    """The field of the response that counts what was rejected."""


SIGNALS: Final = {
    "traces": _Signal(OtlpReader.traces, ExportTraceServiceRequest, ExportTraceServiceResponse, "rejected_spans"),
    "logs": _Signal(OtlpReader.logs, ExportLogsServiceRequest, ExportLogsServiceResponse, "rejected_log_records"),
}


class Receiver:
    """Takes requests.

    Args:
        committer: stores what they bring.
        reader: reads it.
        limits: how much one may bring.
    """

    def __init__(self, committer: Committer, reader: OtlpReader, limits: Limits) -> None:
        self._committer = committer
        self._reader = reader
        self._limits = limits

    async def take(self, signal: str, request: Request) -> Response:
        """Return the answer to a request, once what it brings is stored."""
        kind = SIGNALS[signal]
        type_ = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            reading = await self._read(kind, type_, request)
            await asyncio.wrap_future(self._committer.hand_over(reading.sources))
        except RefusedError as refused:
            return _told(refused.status, str(refused))
        except BodyError as problem:
            return _told(400, str(problem))
        except StorageError as problem:  # it is not stored, so it may come again
            return _told(503, str(problem), RETRY_AFTER)
        return _answer(kind, reading, type_)

    async def _read(self, kind: _Signal, type_: str, request: Request) -> Reading:
        if type_ not in (PROTOBUF, JSON):
            raise RefusedError(415, f"content-type {type_!r} is not known; {PROTOBUF} and {JSON} are")
        body = await body_of(request, self._limits)
        if type_ == JSON:
            body = from_json(body, kind.request())
        reading = kind.read(self._reader, body)
        if len(reading.sources) > self._limits.spans:
            raise RefusedError(413, f"{len(reading.sources)} spans or records; {self._limits.spans} may come at once")
        return reading


def _answer(kind: _Signal, reading: Reading, type_: str) -> Response:
    said = kind.response()
    if reading.rejected:
        setattr(said.partial_success, kind.rejected, reading.rejected)
        said.partial_success.error_message = reading.why
    body = json_format.MessageToJson(said) if type_ == JSON else said.SerializeToString()
    return Response(body, media_type=type_)


def _told(status: int, why: str, headers: dict[str, str] | None = None) -> Response:
    return Response(why + "\n", status, headers, media_type="text/plain")
