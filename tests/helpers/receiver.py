"""A small OTLP/HTTP receiver of log records on a free port of 127.0.0.1: keeps what it takes, answers as it is told."""

from __future__ import annotations

import gzip
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs import wide_names as w

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Told(NamedTuple):
    """A log record that came."""

    resource: dict[str, Any]
    scope: tuple[str, str, str]
    """Its name and version, and the address of the schema."""
    record: Any
    """As the message of OTLP."""

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes as plain values."""
        return plain(self.record.attributes)

    @property
    def event_id(self) -> str:
        """What tells the record apart."""
        return str(self.attributes[v.EVENT_ID])

    @property
    def encoded(self) -> bytes:
        """The record as it was sent."""
        encoded: bytes = self.record.SerializeToString()
        return encoded


class Reply(NamedTuple):
    """What the receiver answers."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = {}  # noqa: RUF012 - nobody writes into it


class Receiver:
    """What came, and what is answered: ``reply`` is asked with the records of each request."""

    def __init__(self) -> None:
        self.reply: Callable[[list[Told]], Reply] = lambda _: Reply()
        self.requests: list[list[Told]] = []
        """All that came, whatever was answered."""
        self.taken: list[Told] = []
        """The records of the requests that were answered with 200."""
        self.paths: set[str] = set()
        self.headers: list[dict[str, str]] = []
        self.url = ""

    def names(self) -> list[str]:
        """Return the short names of what was taken, in its order."""
        return [str(told.attributes[w.EVENT_NAME]) for told in list(self.taken)]

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """Take a request."""
        self.paths.add(path)
        self.headers.append(headers)
        came = list(records_in(gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body))
        self.requests.append(came)
        reply = self.reply(came)
        if reply.status == 200:
            self.taken += came
        return reply


R = TypeVar("R", bound=Receiver)


def refusing(
    *event_ids: str, status: int = 400, body: bytes = b"entry too far behind"
) -> Callable[[list[Told]], Reply]:
    """Return what refuses each request that has one of some records, or any where none is named."""

    def reply(came: list[Told]) -> Reply:
        bad = not event_ids or any(told.event_id in event_ids for told in came)
        return Reply(status, body) if bad else Reply()

    return reply


def partly(rejected: int, message: str) -> Reply:
    """Return the answer that a request was taken but for so many records."""
    answer = ExportLogsServiceResponse()
    answer.partial_success.rejected_log_records = rejected
    answer.partial_success.error_message = message
    return Reply(200, answer.SerializeToString(), {"Content-Type": "application/x-protobuf"})


def records_in(body: bytes) -> Iterator[Told]:
    """Yield the log records of the body of a request."""
    for group in ExportLogsServiceRequest.FromString(body).resource_logs:
        for of_scope in group.scope_logs:
            scope = of_scope.scope.name, of_scope.scope.version, of_scope.schema_url
            yield from (Told(plain(group.resource.attributes), scope, record) for record in of_scope.log_records)


def plain(attributes: Any) -> dict[str, Any]:
    """Return attributes of OTLP as plain values; lists as tuples."""
    return {one.key: _value(one.value) for one in attributes}


def _value(value: Any) -> Any:
    which = value.WhichOneof("value")
    if which == "array_value":
        return tuple(_value(one) for one in value.array_value.values)
    return getattr(value, which)


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """Run a receiver of log records while the block lasts."""
    with answering(Receiver(), port) as receiver:
        yield receiver


@contextmanager
def answering(receiver: R, port: int = 0) -> Iterator[R]:
    """Let a receiver take what comes while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reply = receiver.take(self.path, {name.lower(): said for name, said in self.headers.items()}, body)
            self.send_response(reply.status)
            for name, said in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, said)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.daemon_threads = True
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
