"""Sending by OTLP: batches, what comes again, what never can, and what is lost; with the real exporters."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_agent_analytics.errors import UsageError
from otel_agent_analytics.transcripts.sending import FOR_EVER, GatheredRecords, GatheredSpans, Patience, Sender, sending

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Receiver(ThreadingHTTPServer):
    """Keeps what it is sent, once the answers that it was given are used up."""

    def __init__(self, *answers: tuple[int, dict[str, str]], port: int = 0) -> None:
        self.answers = list(answers)
        self.spans: list[list[str]] = []
        self.records: list[list[str]] = []
        self.headers: list[Any] = []
        super().__init__(("127.0.0.1", port), Handler)


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Receiver

    def do_POST(self) -> None:
        """Answer what is next, or take the body."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, headers = self.server.answers.pop(0) if self.server.answers else (200, {})
        self.server.headers.append(self.headers)
        if status == 200:
            self._take(body)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _take(self, body: bytes) -> None:
        if self.path == "/v1/traces":
            spans = ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans
            self.server.spans.append([span.name for span in spans])
        else:
            assert self.path == "/v1/logs"
            records = ExportLogsServiceRequest.FromString(body).resource_logs[0].scope_logs[0].log_records
            self.server.records.append([record.event_name for record in records])

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - so the base class calls it
        """Say nothing."""


@contextmanager
def receiving(*answers: tuple[int, dict[str, str]], port: int = 0) -> Iterator[Receiver]:
    """Run a receiver while the block lasts."""
    receiver = Receiver(*answers, port=port)
    thread = threading.Thread(target=receiver.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        receiver.server_close()
        thread.join()


def make(sender: Sender, spans: int, records: int = 0) -> None:
    """Make spans named 0, 1, 2 … and events likewise, and hand them over."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(GatheredSpans(sender)))
    logs = LoggerProvider(shutdown_on_exit=False)
    logs.add_log_record_processor(SimpleLogRecordProcessor(GatheredRecords(sender)))
    for number in range(spans):
        provider.get_tracer("x").start_span(str(number)).end()
    for number in range(records):
        logs.get_logger("x").emit(event_name=str(number))
    provider.shutdown()


def test_everything_is_sent_in_order_and_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """1,300 spans and three records: two full batches on the way, the rest at the end; the token goes along."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20secret")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")  # knows no way to this machine
    with receiving() as receiver:
        with sending(f"http://127.0.0.1:{receiver.server_port}/") as sender:
            make(sender, 1300, 3)
            assert [len(batch) for batch in receiver.spans] == [512, 512]
        assert [name for batch in receiver.spans for name in batch] == [str(number) for number in range(1300)]
        assert receiver.records == [["0", "1", "2"]]
        assert {said["Authorization"] for said in receiver.headers} == {"Bearer secret"}
        assert sender.lost == 0


@pytest.mark.parametrize("status", [429, 503])
def test_what_may_come_again_does(status: int) -> None:
    """A receiver that has no room for a while gets everything, once."""
    busy = (status, {"Retry-After": "0"})
    with receiving(busy, busy) as receiver, sending(f"http://127.0.0.1:{receiver.server_port}") as sender:
        make(sender, 3)
        sender.flush()
        assert (receiver.spans, sender.lost) == ([["0", "1", "2"]], 0)
        assert len(receiver.headers) == 3


def test_a_receiver_that_is_away_is_waited_for() -> None:
    """Where nobody listens yet, what was sent arrives when somebody does."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    with sending(f"http://127.0.0.1:{port}") as sender:
        make(sender, 2)
        flushing = threading.Thread(target=sender.flush)
        flushing.start()
        time.sleep(0.3)
        with receiving(port=port) as receiver:
            flushing.join(30)
            assert (receiver.spans, sender.lost) == ([["0", "1"]], 0)


def test_what_can_never_be_is_counted_and_nothing_more_is_tried() -> None:
    """A refusal loses its batch; the batches after it are not sent either, and all are counted."""
    with receiving((400, {})) as receiver, sending(f"http://127.0.0.1:{receiver.server_port}") as sender:
        make(sender, 600, 2)
        sender.flush()
        assert (receiver.spans, receiver.records, sender.lost) == ([], [], 602)
        assert len(receiver.headers) == 1


class Slow(SpanExporter):
    """Gives up after a while, some times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.taken: list[int] = []

    def export(self, spans: Sequence[Any]) -> SpanExportResult:
        """Give up, or take the spans."""
        if self.times > 0:
            self.times -= 1
            time.sleep(0.6)
            return SpanExportResult.FAILURE
        self.taken.append(len(spans))
        return SpanExportResult.SUCCESS


@pytest.mark.parametrize(("patience", "taken", "lost"), [(30.0, [2], 0), (0.1, [], 2)])
def test_what_an_exporter_gives_up_on_is_tried_again(patience: float, taken: list[int], lost: int) -> None:
    """As long as there is patience: then the same batch goes through, and else it is lost."""
    exporter, nothing = Slow(2), GatheredRecords(Sender(InMemorySpanExporter(), None))  # type: ignore[arg-type]
    sender = Sender(exporter, nothing, patience=Patience(patience, ends_all=True))
    make(sender, 2)
    sender.flush()
    assert (exporter.taken, sender.lost) == (taken, lost)


def test_who_wants_it_to_end_need_not_wait_for_a_receiver() -> None:
    """With all the patience in the world nothing is tried again once it is over."""
    exporter, nothing = Slow(1_000), GatheredRecords(Sender(InMemorySpanExporter(), None))  # type: ignore[arg-type]
    sender = Sender(exporter, nothing, patience=FOR_EVER, is_over=lambda: exporter.times < 999)
    make(sender, 2)
    sender.flush()
    assert (exporter.times, sender.lost) == (998, 2)


@pytest.mark.parametrize("endpoint", ["localhost:4318", "ftp://x", "http://", "http://[::1", "http://x:99999", ""])
def test_what_is_no_address_is_refused(endpoint: str) -> None:
    """Before anything is played, with the address and what is allowed."""
    with pytest.raises(UsageError, match=r"--endpoint: .* is not allowed; allowed is http://HOST:PORT"):
        sending(endpoint).__enter__()
