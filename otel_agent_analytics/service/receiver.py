"""OTLP over HTTP: answered 200 when the spans are stored, 4xx when they never can be, 503 when they may come again."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from otel_agent_analytics.errors import known_place, note_fault
from otel_agent_analytics.service.attributes import AttributeReader
from otel_agent_analytics.service.bodies import JSON, PROTOBUF, RefusedError, from_json, read_body, unpacked
from otel_agent_analytics.service.otlp import BodyError, OtlpReader
from otel_agent_analytics.storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from otel_agent_analytics.service.committing import Committer
    from otel_agent_analytics.service.otlp import Reading

RETRY_AFTER: Final = {"Retry-After": "1"}
FAULT: Final = "a fault of this analyzer, which it has logged; nothing of the request is stored"
_LARGE: Final = 65_536
"""Bytes; what is larger is unpacked beside the loop that serves everybody."""
_LONGEST_WHY: Final = 1000
_TAKING: Final = known_place("receiver.take")


class Limits(NamedTuple):
    """How much one request may bring."""

    body: int = 16 * 2**20
    """Bytes as sent."""
    unpacked: int = 64 * 2**20
    """Bytes without compression."""
    spans: int = 20_000
    """Spans and records of agents."""
    attributes: int = 256
    """Attributes of one span, record or resource that are read."""
    attribute_length: int = 65_536
    """Characters of a text that are kept."""
    requests: int = 256
    """Requests that may be at work at one time."""
    body_seconds: float = 30.0
    """How long a body may take to arrive, seconds."""


def attribute_reader(limits: Limits) -> AttributeReader:
    """Return what reads attributes within limits."""
    return AttributeReader(most=limits.attributes, longest=limits.attribute_length)


class BodyReader:
    """Reads the bodies of requests, within limits; large ones are unpacked beside the loop that serves everybody.

    Args:
        limits: how much one may bring, and for how long.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._unpacking = ThreadPoolExecutor(1, "agent-analytics-unpack")  # one, so that memory is needed once

    def close(self) -> None:
        """End the thread that unpacks."""
        self._unpacking.shutdown()

    async def read(self, request: Request, change: Callable[[bytes], bytes] = bytes) -> bytes:
        """Return the body of a request without its compression, and what a function makes of it.

        Raises:
            RefusedError: it is larger than may be, too slow, damaged, or not compressed by gzip or deflate.
        """
        body = await read_body(request.stream(), self.limits.body, self.limits.body_seconds)
        encoding = request.headers.get("content-encoding", "")

        def plain() -> bytes:
            return change(unpacked(body, encoding, self.limits.unpacked))

        if len(body) <= _LARGE and not encoding:  # what is compressed may be large
            return plain()
        return await asyncio.get_running_loop().run_in_executor(self._unpacking, plain)


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
        bodies: reads their bodies, within limits.
    """

    def __init__(self, committer: Committer, reader: OtlpReader, bodies: BodyReader) -> None:
        self._committer = committer
        self._reader = reader
        self._bodies = bodies

    async def take(self, signal: str, request: Request) -> Response:
        """Return the answer to a request, once what it brings is stored."""
        kind = SIGNALS[signal]
        type_ = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            reading = await self._read(kind, type_, request)
            await asyncio.wrap_future(self._committer.hand_over(reading.sources, reading.notes))
        except RefusedError as refused:
            return _told(refused.status, str(refused), {"Connection": "close"} if refused.unread else None)
        except BodyError as problem:
            return _told(400, str(problem))
        except ClientDisconnect:
            return _told(400, "the body did not come to its end")  # for nobody: there is none who could read it
        except StorageError as problem:  # it is not stored, so it may come again
            return _told(503, str(problem), RETRY_AFTER)
        except Exception as fault:  # noqa: BLE001 - a fault of this package: nothing of the request is stored
            note_fault(_TAKING, fault)
            return _told(500, FAULT)
        return _answer(kind, reading, type_)

    async def _read(self, kind: _Signal, type_: str, request: Request) -> Reading:
        if type_ not in (PROTOBUF, JSON):
            raise RefusedError(415, f"content-type {type_!r} is not known; {PROTOBUF} and {JSON} are")
        body = await self._bodies.read(
            request, (lambda said: from_json(said, kind.request())) if type_ == JSON else bytes
        )
        reading = kind.read(self._reader, body)
        most = self._bodies.limits.spans
        if len(reading.sources) > most:
            raise RefusedError(413, f"{len(reading.sources)} spans or records; {most} may come at once")
        return reading


def _answer(kind: _Signal, reading: Reading, type_: str) -> Response:
    said = kind.response()
    if reading.rejected:
        setattr(said.partial_success, kind.rejected, reading.rejected)
        said.partial_success.error_message = reading.why
    body = json_format.MessageToJson(said) if type_ == JSON else said.SerializeToString()
    return Response(body, media_type=type_)


def _told(status: int, why: str, headers: dict[str, str] | None = None) -> Response:
    # What is wrong with a body may quote it, and a body may hold anything.
    text = why[:_LONGEST_WHY].encode("utf-8", "backslashreplace")
    return Response(text + b"\n", status, headers, media_type="text/plain")
