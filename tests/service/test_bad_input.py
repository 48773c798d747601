"""Input that is hostile, too much, too slow or in part wrong: it is told, counted, and takes nothing else along."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from prometheus_client.parser import text_string_to_metric_families

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord, SpanRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.errors import fault_counts
from otel_agent_analytics.service.access import Access
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.committing import Committer
from otel_agent_analytics.service.grpc_receiver import grpc_server
from otel_agent_analytics.service.receiver import Limits
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.storage.duckdb import IN_MEMORY, DuckDBDatabase
from tests.helpers.mutating import HOSTILE
from tests.helpers.otlp import LOGS, TRACES, logs_body, traces_body
from tests.helpers.script import write
from tests.helpers.served import Served, served
from tests.helpers.traffic import price

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agent_analytics.storage.database import Database

NOW_NS = time.time_ns()
TALK = (
    "open | user hi | model mini 10 10 | tool look failed | handoff Orders | guard safety tripped | agent hello | "
    "user more | error TimeoutError | rate 3 ann | judge resolved | end completed"
)
MOVES = write(TALK, begin_ns=NOW_NS - 3 * 86_400 * 10**9)
SPANS = [source for source in MOVES if isinstance(source, SpanRecord)]
RECORDS = [source for source in MOVES if isinstance(source, LogRecord)]
CONTEXT = (v.CHANNEL, v.DEVICE, v.LANGUAGE, v.COUNTRY, v.USER_HASH, v.SESSION_ID, v.ERROR_TYPE, v.GEN_AI_AGENT_NAME)
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
KEPT = {v.OPERATION, v.GEN_AI_OPERATION_NAME}


@contextmanager
def shop_of(limits: Limits) -> Iterator[Served]:
    """Serve an analyzer that keeps nothing."""
    database = DuckDBDatabase(IN_MEMORY)
    with served(database, limits=limits) as shop:
        yield shop
    database.close()


def spoilt(source: Any, text: str, conversation_id: str) -> Any:
    """Return a span or record that says a text wherever one can be said."""
    texts = [key for key, value in source.attributes.items() if isinstance(value, str) and key not in KEPT]
    named = {v.GEN_AI_CONVERSATION_ID: conversation_id}
    return source._replace(attributes={**source.attributes, **dict.fromkeys((*texts, *CONTEXT), text), **named})


def test_hostile_texts(database: Database) -> None:
    """A text that is code, markup, a query or no text at all is kept, counted and shown as any other."""
    faults = sum(fault_counts().values())
    with served(database, lateness_seconds=0.2) as shop:
        spans, records = b"", b""  # bodies of protobuf one after another are one body
        for number, text in enumerate(HOSTILE):
            name = f"{number} {text}"
            own = [spoilt(one, text, name)._replace(span_id=f"{number} {one.span_id}") for one in SPANS]
            spans += traces_body(own, text)
            records += logs_body([spoilt(one, text, name) for one in RECORDS], text)
        assert shop.send(TRACES, spans).status == 200
        assert shop.send(LOGS, records).status == 200
        refused = sum("\x00" in text or len(text) > 1000 for text in HOSTILE)
        give_up = time.monotonic() + 20
        while shop.metric("conversations_ended_total") < len(HOSTILE) - refused and time.monotonic() < give_up:
            time.sleep(0.1)

        families = text_string_to_metric_families(shop.get("/metrics").body.decode())
        samples = [sample for family in families for sample in family.samples]
        assert sum(s.value for s in samples if s.name == "agent_analytics_conversations_started_total") == (
            len(HOSTILE) - refused
        )
        dropped = {s.labels["reason"]: s.value for s in samples if s.name.endswith("spans_dropped_total") and s.value}
        assert shop.metric("spans_dropped_total") == refused * len(MOVES), dropped
        assert not any(s.name.startswith("agent_analytics_evil") for s in samples)
        assert shop.metric("internal_faults_total") == faults
        for page in ("overview", "conversations", "compare-agents", "tools", "errors", "channels", "users"):
            assert shop.get(f"/api/{page}?days=30").status == 200, page


def test_texts_that_are_no_unicode() -> None:
    """A span or record with an attribute that cannot be read is rejected alone, counted, and told."""
    with shop_of(Limits()) as shop:
        body = traces_body([SPANS[0], SPANS[1]])
        wrong = body.replace(b"mini", b"\xff\xfe\xfd\xfc")
        assert wrong != body
        answer = shop.send(TRACES, wrong)
        told = ExportTraceServiceResponse.FromString(answer.body).partial_success
        assert (answer.status, told.rejected_spans) == (200, 1)
        assert "attribute" in told.error_message

        record = ExportLogsServiceRequest.FromString(logs_body(RECORDS[:1])).SerializeToString()
        answer = shop.send(LOGS, record.replace(b"conversation.id", b"conversation.\xc3\x28"))
        refused = ExportLogsServiceResponse.FromString(answer.body).partial_success
        assert (answer.status, refused.rejected_log_records) == (200, 1)
        assert shop.metric("spans_dropped_total") == 2
        assert shop.metric("spans_received_total") == 1


def test_rejected_spans_are_counted() -> None:
    """Spans without usable ids are in the metrics by their reason, after a request of nothing else too."""
    request = ExportTraceServiceRequest.FromString(traces_body(SPANS[:2]))
    for span in request.resource_spans[0].scope_spans[0].spans:
        span.span_id = b"short"
    with shop_of(Limits()) as shop:
        assert shop.send(TRACES, request.SerializeToString()).status == 200
        page = shop.get("/metrics").body.decode()
    line = 'agent_analytics_spans_dropped_total{reason="bad_id",service_name="shop"} 2.0'
    assert line in page.replace(',service_namespace="",deployment_environment_name=""', "")


def test_too_many_attributes_and_too_long_ones() -> None:
    """What exceeds a limit is left out or shortened, and counted; the span counts all the same."""
    request = ExportTraceServiceRequest.FromString(traces_body(SPANS[:1]))
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.attributes.add(key="long").value.string_value = "x" * 101
    for number in range(50 + 7 - len(span.attributes)):
        span.attributes.add(key=f"more.{number}").value.int_value = number
    with shop_of(Limits(attributes=50, attribute_length=100)) as shop:
        assert shop.send(TRACES, request.SerializeToString()).status == 200
        assert shop.metric("spans_received_total") == 1
        assert shop.metric("attributes_cut_total") == 8
        page = shop.get("/metrics").body.decode()
    lines = [line for line in page.split("\n") if "s_cut_total{" in line]
    counts = {line.partition('limit="')[2].partition('"')[0]: line.rpartition(" ")[2] for line in lines}
    assert counts == {"attribute_count": "7.0", "attribute_length": "1.0"}


def slow(port: int, length: int = 100) -> socket.socket:
    """Begin a request whose body does not come."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    lines = ("POST /v1/traces HTTP/1.1", "Host: x", "Content-Type: application/x-protobuf", f"Content-Length: {length}")
    connection.sendall("\r\n".join((*lines, "", "")).encode() + b"\x0a")
    return connection


def test_body_that_trickles() -> None:
    """It is given up after its time, and holds nobody up meanwhile."""
    with shop_of(Limits(body_seconds=1.0)) as shop:
        connections = [slow(shop.port) for _ in range(20)]
        begin = time.monotonic()
        assert shop.send(TRACES, traces_body(SPANS)).status == 200
        assert time.monotonic() - begin < 0.9
        for connection in connections:
            assert b" 408 " in connection.recv(1000).split(b"\r\n")[0]
            rest = b"".join(iter(lambda one=connection: one.recv(1000), b""))  # type: ignore[misc]
            assert isinstance(rest, bytes)  # and the connection is closed
            connection.close()
        assert shop.metric("spans_received_total") == len(SPANS)


def test_sender_that_goes_away() -> None:
    """A body that ends in its middle, with its connection, is nothing; the next request is taken."""
    with shop_of(Limits()) as shop:
        for _ in range(5):
            slow(shop.port).close()
        assert shop.send(TRACES, traces_body(SPANS)).status == 200
        assert shop.metric("spans_received_total") == len(SPANS)


def test_more_requests_than_may_be_at_work() -> None:
    """What comes beside as many as may be is to come again later; whether the analyzer is well is told all the same."""
    with shop_of(Limits(requests=2)) as shop:
        first, second = slow(shop.port), slow(shop.port)
        give_up = time.monotonic() + 10
        while shop.get("/metrics").status != 503 and time.monotonic() < give_up:
            time.sleep(0.01)
        answer = shop.send(TRACES, traces_body(SPANS))
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert shop.get("/healthz").status == 200
        assert shop.get("/readyz").status == 200
        first.close()
        second.close()
        while (answer := shop.send(TRACES, traces_body(SPANS))).status == 503 and time.monotonic() < give_up:
            time.sleep(0.01)
        assert answer.status == 200


@contextmanager
def over_grpc(limits: Limits, allowed: Access | None = None) -> Iterator[tuple[Any, DuckDBDatabase]]:
    """Serve an analyzer over gRPC; yield what sends, and the database."""
    database = DuckDBDatabase(IN_MEMORY)
    committer = Committer(Analyzer(database, DEFAULT_RULES, time.time_ns, price))
    committer.start()
    settings = ServiceSettings(serve_grpc=("127.0.0.1", 0))
    with (
        grpc_server(committer, settings, allowed or Access(), limits) as port,
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        yield channel.unary_unary(EXPORT), database
    committer.stop()
    database.close()


def test_bombs_over_grpc() -> None:
    """What is larger than may be, as sent or unpacked, is refused; the next request is taken."""
    with over_grpc(Limits(body=2**16)) as (export, _):
        for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
            with pytest.raises(grpc.RpcError) as refused:
                export(bytes(2**22), timeout=10, compression=compression)
            assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert export(traces_body(SPANS), timeout=10) == b""


def test_too_many_spans_over_grpc() -> None:
    """A request with more spans than may come at once is refused as a whole; as many as may be are taken."""
    with over_grpc(Limits(spans=len(SPANS) - 1)) as (export, database):
        with pytest.raises(grpc.RpcError) as refused:
            export(traces_body(SPANS), timeout=10)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert database.shown() == []
        assert export(traces_body(SPANS[1:]), timeout=10) == b""


def test_single_bad_spans_over_grpc() -> None:
    """They are told and counted as over HTTP."""
    request = ExportTraceServiceRequest.FromString(traces_body(SPANS[:2]))
    request.resource_spans[0].scope_spans[0].spans[0].trace_id = b""
    with over_grpc(Limits()) as (export, database):
        answer = ExportTraceServiceResponse.FromString(export(request.SerializeToString(), timeout=10))
        assert answer.partial_success.rejected_spans == 1
        shown = {row[0]: row[-2] for row in database.shown() if '"bad_id"' in str(row)}
    assert shown == {"agent_analytics_spans_dropped_total": 1}


def test_more_calls_than_may_be_at_work() -> None:
    """Over gRPC what comes beside as many as may be is told so at once, and may come again."""
    with over_grpc(Limits(requests=2)) as (export, database):
        body, answers = traces_body(SPANS), []
        with database.transaction():  # nobody else can write meanwhile
            calls = [export.future(body, timeout=20) for _ in range(6)]
            give_up = time.monotonic() + 10
            while sum(call.done() for call in calls) < 4 and time.monotonic() < give_up:
                time.sleep(0.01)
            answers = [call.code() for call in calls if call.done()]
        assert answers == [grpc.StatusCode.RESOURCE_EXHAUSTED] * 4
        assert sorted(call.code().name for call in calls) == ["OK"] * 2 + ["RESOURCE_EXHAUSTED"] * 4
