"""OTLP over gRPC: the same requests and the same answers as over HTTP, in gRPC's words."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import grpc

from otel_agent_analytics.errors import known_place, note_fault
from otel_agent_analytics.service import access
from otel_agent_analytics.service.bodies import RefusedError
from otel_agent_analytics.service.otlp import BodyError, OtlpReader
from otel_agent_analytics.service.receiver import FAULT, SIGNALS, attribute_reader
from otel_agent_analytics.storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agent_analytics.service.access import Access
    from otel_agent_analytics.service.committing import Committer
    from otel_agent_analytics.service.receiver import Limits
    from otel_agent_analytics.service_settings import ServiceSettings

SERVICES: Final = {
    "opentelemetry.proto.collector.trace.v1.TraceService": "traces",
    "opentelemetry.proto.collector.logs.v1.LogsService": "logs",
}
_THREADS: Final = 8
_STORED_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 10.0
_TAKING: Final = known_place("grpc_receiver.take")


@contextmanager
def grpc_server(
    committer: Committer, settings: ServiceSettings, allowed: Access, limits: Limits
) -> Iterator[int | None]:
    """Take requests over gRPC while the block lasts.

    Yields:
        The port; None where gRPC is switched off.

    Raises:
        OSError: the address is taken, or is none.
    """
    if settings.serve_grpc is None:
        yield None
        return
    options = [("grpc.max_receive_message_length", limits.body), ("grpc.so_reuseport", 0)]
    threads = ThreadPoolExecutor(_THREADS, "agent-analytics-grpc")
    server = grpc.server(threads, options=options, maximum_concurrent_rpcs=limits.requests)
    taker = _Taker(committer, allowed, limits)
    server.add_generic_rpc_handlers(tuple(taker.handler(service, signal) for service, signal in SERVICES.items()))
    port = _listen(server, settings)
    server.start()
    try:
        yield port
    finally:
        server.stop(_STOP_SECONDS).wait()


def _listen(server: grpc.Server, settings: ServiceSettings) -> int:
    host, port = settings.serve_grpc or ("", 0)
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        if settings.tls_certificate is None or settings.tls_key is None:
            bound = server.add_insecure_port(where)
        else:
            pair = Path(settings.tls_key).read_bytes(), Path(settings.tls_certificate).read_bytes()
            bound = server.add_secure_port(where, grpc.ssl_server_credentials([pair]))
    except RuntimeError as problem:
        raise OSError(f"gRPC cannot listen on {where}: {problem}") from problem
    if bound == 0:
        raise OSError(f"gRPC cannot listen on {where}")
    return int(bound)


class _Taker:
    """Takes calls, on the threads of the server."""

    def __init__(self, committer: Committer, allowed: Access, limits: Limits) -> None:
        self._committer = committer
        self._allowed = allowed
        self._limits = limits
        self._of_thread = threading.local()

    def handler(self, service: str, signal: str) -> grpc.GenericRpcHandler:
        """Return what takes the calls of one service, as bytes."""

        def take(body: bytes, call: grpc.ServicerContext) -> bytes:
            return self._take(signal, body, call)

        return grpc.method_handlers_generic_handler(service, {"Export": grpc.unary_unary_rpc_method_handler(take)})

    def _take(self, signal: str, body: bytes, call: grpc.ServicerContext) -> bytes:
        given = {key.lower(): value for key, value in call.invocation_metadata()}.get("authorization")
        header = given.decode("utf-8", "replace") if isinstance(given, bytes) else given
        if not self._allowed.allows(access.INGEST, header):
            call.abort(grpc.StatusCode.UNAUTHENTICATED, "a bearer token is needed")
        try:
            return self._stored(signal, body)
        except (BodyError, RefusedError) as problem:
            call.abort(grpc.StatusCode.INVALID_ARGUMENT, str(problem))
            raise  # never: to abort is to raise
        except (StorageError, TimeoutError) as problem:  # it is not stored, so it may come again
            call.abort(grpc.StatusCode.UNAVAILABLE, str(problem))
            raise
        except Exception as fault:
            note_fault(_TAKING, fault)
            call.abort(grpc.StatusCode.INTERNAL, FAULT)
            raise

    def _stored(self, signal: str, body: bytes) -> bytes:
        """Return the answer to a request, once what it brings is stored."""
        kind = SIGNALS[signal]
        reading = kind.read(self._reader(), body)
        if len(reading.sources) > self._limits.spans:
            raise RefusedError(413, f"{len(reading.sources)} spans or records; {self._limits.spans} may come at once")
        self._committer.hand_over(reading.sources, reading.notes).result(_STORED_SECONDS)
        said = kind.response()
        if reading.rejected:
            setattr(said.partial_success, kind.rejected, reading.rejected)
            said.partial_success.error_message = reading.why
        answer: bytes = said.SerializeToString()
        return answer

    def _reader(self) -> OtlpReader:
        reader: Any = getattr(self._of_thread, "reader", None)
        if reader is None:
            reader = self._of_thread.reader = OtlpReader(time.time_ns, attribute_reader(self._limits))
        found: OtlpReader = reader
        return found
