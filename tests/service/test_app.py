"""The analyzer over real HTTP: what is taken, what is refused and how, and what is shown."""

from __future__ import annotations

import gzip
import json
import random
import threading
import time
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import SpanRecord
from otel_agent_analytics.service.access import Access
from otel_agent_analytics.service.receiver import Limits
from otel_agent_analytics.storage.duckdb import IN_MEMORY, DuckDBDatabase
from tests.helpers.script import write
from tests.helpers.served import Served, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.helpers.script import Source

SECOND_NS = 1_000_000_000


def body_of(sources: list[Source], service: str = "shop") -> bytes:
    """Return spans as the body of a request."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key=v.SERVICE_NAME).value.string_value = service
    spans = group.scope_spans.add().spans
    for source in sources:
        assert isinstance(source, SpanRecord)
        number = random.Random(source.span_id).randbytes(8)
        span = spans.add(trace_id=bytes.fromhex(source.trace_id), span_id=number, name="x")
        span.start_time_unix_nano, span.end_time_unix_nano = source.start_ns, source.end_ns
        for key, value in source.attributes.items():
            said = span.attributes.add(key=key).value
            field = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value"}[type(value)]
            setattr(said, field, value)
    body: bytes = request.SerializeToString()
    return body


HELLO = body_of(write("user hi | model mini 10 10 | agent hello", begin_ns=time.time_ns() - 60 * SECOND_NS))


@pytest.fixture
def shop() -> Iterator[Served]:
    """Serve an analyzer that keeps nothing."""
    database = DuckDBDatabase(IN_MEMORY)
    with served(database) as found:
        yield found
    database.close()


@pytest.mark.parametrize("how", ["protobuf", "gzip", "deflate", "json"])
def test_spans_are_taken(how: str, shop: Served) -> None:
    """Protobuf and JSON, plain or compressed: what was answered 200 is shown at once."""
    if how == "json":
        spans = ExportTraceServiceRequest.FromString(HELLO)
        answer = shop.send("/v1/traces", json_of(spans), type_="application/json; charset=utf-8")
        assert json.loads(answer.body) == {}
    elif how == "deflate":
        answer = shop.send("/v1/traces", zlib.compress(HELLO), Content_Encoding="deflate")
    else:
        answer = shop.send_gzip("/v1/traces", HELLO) if how == "gzip" else shop.send("/v1/traces", HELLO)

    assert answer.status == 200
    assert shop.metric("conversations_started_total") == 1
    assert shop.metric("conversations_active") == 1
    assert shop.metric("model_calls_total") == 1


def json_of(request: ExportTraceServiceRequest) -> bytes:
    """Return a request as OTLP has it in JSON: ids in hexadecimal."""
    from google.protobuf import json_format

    said: dict[str, Any] = json_format.MessageToDict(request)
    for group in said["resourceSpans"]:
        for of_scope in group["scopeSpans"]:
            for span, was in zip(of_scope["spans"], request.resource_spans[0].scope_spans[0].spans, strict=True):
                span["traceId"], span["spanId"] = was.trace_id.hex(), was.span_id.hex()
    return json.dumps(said).encode()


def test_exporter_of_the_sdk(shop: Served) -> None:
    """What OpenTelemetry's own exporter sends is taken, lists and numbers in attributes too."""
    provider = TracerProvider(resource=Resource({"service.name": "desk"}), shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{shop.port}/v1/traces")
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    said = {v.GEN_AI_CONVERSATION_ID: "c1", v.OPERATION: v.OPERATION_TURN, v.GEN_AI_AGENT_NAME: "Ann"}
    more: dict[str, Any] = {"tags": ["a", "b"], "share": 0.5, "many": 7}
    with provider.get_tracer("x").start_as_current_span("turn", attributes={**said, **more}):
        trace.get_tracer("y").start_span("not of an agent").end()
    provider.shutdown()

    assert shop.metric("messages_total") == 2
    assert b'service_name="desk"' in shop.get("/metrics").body


def test_figures_as_json(shop: Served) -> None:
    """The JSON API is there, with the figures of what has just been taken, and describes itself."""
    assert shop.send("/v1/traces", HELLO).status == 200
    models = json.loads(shop.get("/api/models?hours=1").body)
    assert models["items"][0]["model"] == "mini"
    assert models["items"][0]["calls"] == 1
    analytics = json.loads(shop.get("/api/analytics?hours=1").body)
    assert (analytics["total_conversations"], analytics["ai_resolution_rate"]) == (0, None)
    assert "/api/analytics/dashboard" in json.loads(shop.get("/api/openapi.json").body)["paths"]
    assert shop.get("/api/analytics?hours=none").status == 400


def test_twice_is_once(shop: Served) -> None:
    """A request whose answer was lost, and that comes again, counts once."""
    assert [shop.send("/v1/traces", HELLO).status for _ in range(3)] == [200] * 3
    assert shop.metric("conversations_started_total") == 1
    assert shop.metric("spans_duplicate_total") == 4


def test_events_of_an_application(shop: Served) -> None:
    """Log records with the names of events count; others, and what was derived from conversations, do not."""
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    for scope, name in (("app", v.EVENT_USER_MESSAGE), ("app", "other"), (v.DERIVED_SCOPE_NAME, v.EVENT_USER_MESSAGE)):
        of_scope = group.scope_logs.add()
        of_scope.scope.name = scope
        record = of_scope.log_records.add(event_name=name, time_unix_nano=time.time_ns())
        record.attributes.add(key=v.GEN_AI_CONVERSATION_ID).value.string_value = scope

    assert shop.send("/v1/logs", request.SerializeToString()).status == 200
    assert shop.metric("messages_total") == 1


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (400, HELLO[:-3], {}),
        (400, b"\xff\xff\xff", {}),
        (400, b"not gzip", {"Content_Encoding": "gzip"}),
        (400, gzip.compress(HELLO)[:-9], {"Content_Encoding": "gzip"}),
        (415, HELLO, {"Content_Encoding": "br"}),
        (415, HELLO, {"type_": "text/plain"}),
        (400, b"[]", {"type_": "application/json"}),
        (400, b"{", {"type_": "application/json"}),
        (400, b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"spanId":"xyz"}]}]}]}', {"type_": "application/json"}),
        (400, b"[" * 5000, {"type_": "application/json"}),
        (400, b'{"\\ud800": 1}', {"type_": "application/json"}),
        (400, b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":"\\ud800"}]}]}]}', {"type_": "application/json"}),
        (413, gzip.compress(bytes(2**20)), {"Content_Encoding": "gzip"}),
        (413, bytes(2**17), {}),
        (200, b"", {}),
        (200, b"{}", {"type_": "application/json"}),
    ],
)
def test_bodies_that_are_none(status: int, body: bytes, headers: dict[str, str]) -> None:
    """What can never be taken is refused with a reason, bombs included, and the next request is taken."""
    database = DuckDBDatabase(IN_MEMORY)
    with served(database, limits=Limits(body=2**16, unpacked=2**18)) as shop:
        answer = shop.send("/v1/traces", body, **headers)
        assert answer.status == status
        assert status == 200 or answer.body
        assert shop.send("/v1/traces", HELLO).status == 200
        assert shop.metric("conversations_started_total") == 1
    database.close()


def test_spans_of_a_process_that_derives_its_conversations_itself(shop: Served) -> None:
    """They are counted, and move no other series; those of its neighbours that do not count as ever."""
    request = ExportTraceServiceRequest.FromString(HELLO)
    for span in request.resource_spans[0].scope_spans[0].spans:
        span.attributes.add(key=v.DERIVED).value.bool_value = True
        span.span_id = span.span_id[::-1]

    assert shop.send("/v1/traces", request.SerializeToString()).status == 200
    assert shop.metric("spans_derived_elsewhere_total") == 2
    assert shop.metric("spans_received_total") == 0
    assert shop.metric("conversations_started_total") == 0
    assert shop.send("/v1/traces", HELLO).status == 200
    assert shop.metric("conversations_started_total") == 1


def test_single_bad_spans(shop: Served) -> None:
    """A span without ids is rejected by name; the others of its request are taken."""
    request = ExportTraceServiceRequest.FromString(HELLO)
    spans = request.resource_spans[0].scope_spans[0].spans
    spans.add(name="bad", trace_id=b"x" * 16).attributes.add(key=v.OPERATION).value.string_value = v.OPERATION_TURN

    answer = shop.send("/v1/traces", request.SerializeToString())
    told = ExportTraceServiceResponse.FromString(answer.body).partial_success
    assert (answer.status, told.rejected_spans) == (200, 1)
    assert "0 bytes" in told.error_message
    assert shop.metric("conversations_started_total") == 1


def test_too_many_spans_at_once() -> None:
    """A request with more spans than may come at once is refused as a whole."""
    database = DuckDBDatabase(IN_MEMORY)
    with served(database, limits=Limits(spans=1)) as shop:
        assert shop.send("/v1/traces", HELLO).status == 413
        assert shop.metric("spans_received_total") == 0
    database.close()


def test_tokens() -> None:
    """Each kind of request needs a token of its kind, or an admin's; without one nothing changes."""
    database = DuckDBDatabase(IN_MEMORY)
    with served(database, allowed=Access(ingest=("in",), read=("out",), admin=("all",))) as shop:
        for given in ({}, {"Authorization": "Bearer out"}, {"Authorization": "in"}, {"Authorization": "Basic in"}):
            answer = shop.send("/v1/traces", HELLO, **given)
            assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert shop.get("/metrics").status == 401
        assert shop.get("/healthz").status == 200
        shown = shop.get("/metrics", Authorization="Bearer out").body
        assert b"\nagent_analytics_spans_received_total{" not in shown
        assert shop.send("/v1/traces", HELLO, Authorization="bearer in").status == 200
        assert shop.send("/v1/traces", HELLO, Authorization="Bearer all").status == 200
        assert b"\nagent_analytics_spans_received_total{" in shop.get("/metrics", Authorization="Bearer all").body
    database.close()


def test_database_that_is_gone(shop: Served) -> None:
    """While nothing can be stored requests are to come again; nothing is lost or counted by that."""
    from otel_agent_analytics.storage.errors import UnavailableError

    working = shop.analyzer.database

    class Gone:
        def __getattr__(self, _: str) -> Any:
            raise UnavailableError("gone")

    shop.analyzer.database = Gone()
    answer = shop.send("/v1/traces", HELLO)
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert shop.get("/readyz").status == 503
    assert shop.get("/healthz").status == 200
    shop.analyzer.database = working
    assert shop.send("/v1/traces", HELLO).status == 200
    assert shop.get("/readyz").status == 200
    assert shop.metric("spans_received_total") == 2


def test_ends_are_acted_on(tmp_path: Any) -> None:
    """A conversation of yesterday ends when nothing of it arrives any more; after a restart all is as it was."""
    long_ago = write("user hi | agent x | end completed", begin_ns=time.time_ns() - 3 * 86_400 * SECOND_NS)
    path = str(tmp_path / "store.duckdb")
    database = DuckDBDatabase(path)
    spans = [source for source in long_ago if isinstance(source, SpanRecord)]
    with served(database, lateness_seconds=0.2) as shop:
        assert shop.send("/v1/traces", body_of(list(spans))).status == 200
        give_up = time.monotonic() + 20
        while not shop.metric("conversations_ended_total") and time.monotonic() < give_up:
            time.sleep(0.1)
        assert shop.metric("conversations_ended_total") == 1
        before = sorted(shop.get("/metrics").body.splitlines())
    database.close()

    database = DuckDBDatabase(path)
    with served(database, lateness_seconds=0.2) as shop:
        assert sorted(shop.get("/metrics").body.splitlines()) == before
    database.close()


def test_more_than_may_wait() -> None:
    """What would have to wait behind too much else is to come again later."""
    database = DuckDBDatabase(IN_MEMORY)
    answers: list[int] = []
    with served(database, most_waiting=1) as shop:
        assert shop.send("/v1/traces", HELLO).status == 200  # what is done at the start, of all that waits, is over
        threads = [
            threading.Thread(target=lambda: answers.append(shop.send("/v1/traces", HELLO).status)) for _ in "1234"
        ]
        with database.transaction():  # nobody else can write meanwhile
            for thread in threads:
                thread.start()
            give_up = time.monotonic() + 10
            while len(answers) < 2 and time.monotonic() < give_up:
                time.sleep(0.01)
            assert answers == [503, 503]
        for thread in threads:
            thread.join()
    database.close()

    # One was being written and one waited: a single request may always wait.
    assert sorted(answers) == [200, 200, 503, 503]
