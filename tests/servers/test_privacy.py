"""What a message says and who says it: planted in spans and records of many dialects, and looked for in the stores."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.servers.chain import Chain
from tests.servers.members import Options
from tests.servers.programs import fetch, until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

TEXT: Final = "plantedcontent"
PERSON: Final = "plantedperson"
EMAIL: Final = "planted.mail@example.org"
ADDRESS: Final = "203.0.113.77"
CARD: Final = "4111 1111 1111 1111"
PROTOBUF: Final = "application/x-protobuf"

CONTENT: Final = (
    "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.tool.definitions",
    "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.prompt", "gen_ai.completion",
    "gen_ai.prompt.0.content", "gen_ai.completion.0.content", "gen_ai.completion.0.tool_calls.0.arguments",
    "gen_ai.evaluation.explanation", "gen_ai.retrieval.query.text", "gen_ai.retrieval.documents",
    "input.value", "output.value", "llm.input_messages.0.message.content", "llm.output_messages.0.message.content",
    "llm.prompts.0.prompt.text", "llm.prompt_template.variables", "llm.tools.0.tool.json_schema", "llm.function_call",
    "llm.invocation_parameters", "tool.parameters", "tool_call.function.arguments",
    "retrieval.documents.0.document.content", "reranker.query", "reranker.input_documents.0.document.content",
    "embedding.embeddings.0.embedding.text", "traceloop.entity.input", "traceloop.entity.output",
    "traceloop.prompt.template", "llm.request.functions.0.description", "llm.completions.0.content",
    "langfuse.observation.input", "langfuse.observation.output", "langfuse.trace.input", "langfuse.trace.output",
    "langsmith.inputs", "ai.prompt", "ai.prompt.messages", "ai.response.text", "ai.response.toolCalls",
    "ai.toolCall.args", "ai.toolCall.result", "gcp.vertex.agent.llm_request", "gcp.vertex.agent.llm_response",
    "gcp.vertex.agent.tool_call_args", "langwatch.input", "langwatch.output", "mlflow.spanInputs", "mlflow.spanOutputs",
    "all_messages_events", "pydantic_ai.all_messages", "final_result", "tool_arguments", "tool_response",
    "crewai.task.description", "crewai.agent.goal",
)  # fmt: skip
"""Attributes of spans in which instrumentations put what was said."""
PEOPLE: Final = (
    "user.id", "user.name", "user.full_name", "user.email", "enduser.id", "enduser.pseudo.id", "client.address",
    "source.address", "network.peer.address", "net.peer.ip", "net.sock.peer.addr", "http.client_ip",
    "http.request.header.cookie", "http.request.header.x-forwarded-for", "langfuse.user.id", "langwatch.user.id",
    "mlflow.trace.user", "agentsight.conversation.customer_id", "traceloop.association.properties.user_id",
    "langsmith.metadata.user_id", "ai.telemetry.metadata.userId", "agent_analytics.metadata.user_email",
)  # fmt: skip
"""Those in which they put who said it."""
KEPT: Final = {
    "gen_ai.conversation.id": "chat-1", "user.hash": "5f" * 32, "session.id": "session-1",
    "gen_ai.agent.name": "Orders", "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5-mini",
    "server.address": "198.51.100.4",
    "agent_analytics.user_message.length": "20", "agent_analytics.user_message.sentiment": "-0.5",
}  # fmt: skip


def attributes(target: Any, said: Iterable[tuple[str, str]]) -> None:
    """Put texts into the attributes of a resource, span, event, record or point."""
    for key, value in said:
        target.attributes.add(key=key).value.string_value = value


def spans(service: str, dialect: str) -> bytes:
    """Return one span with everything planted in its attributes, its event and its status."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    attributes(group.resource, [("service.name", service), ("user.id", PERSON)])
    now = time.time_ns()
    span = group.scope_spans.add().spans.add(
        trace_id=now.to_bytes(16, "big"), span_id=now.to_bytes(8, "big"), name="chat",
        start_time_unix_nano=now - 10**9, end_time_unix_nano=now,
    )  # fmt: skip
    planted = [(key, f"[{TEXT} {key}]") for key in CONTENT] + [(key, f"{PERSON} {key}") for key in PEOPLE]
    free = [("app.note", f"call {EMAIL} from {ADDRESS} with {CARD}"), ("metadata", json.dumps({"user_id": PERSON}))]
    attributes(span, [*KEPT.items(), *planted, *free, (dialect, "chat")])
    span.status.code, span.status.message = 2, f"could not parse {TEXT}"
    event = span.events.add(name="exception", time_unix_nano=now)
    attributes(event, [("exception.type", "ValueError"), ("exception.message", TEXT), ("exception.stacktrace", TEXT)])
    event = span.events.add(name="gen_ai.content.prompt", time_unix_nano=now)
    attributes(event, [("gen_ai.prompt", TEXT), ("content", TEXT)])
    body: bytes = request.SerializeToString()
    return body


def records(service: str) -> bytes:
    """Return log records with the same: content in attributes and in the body, and an application's own line."""
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    attributes(group.resource, [("service.name", service)])
    of_scope, now = group.scope_logs.add(), time.time_ns()
    for later, name in enumerate(("gen_ai.client.inference.operation.details", "gen_ai.user.message"), start=1):
        record = of_scope.log_records.add(event_name=name, time_unix_nano=now + later)
        record.body.string_value = TEXT
        attributes(record, [("gen_ai.input.messages", TEXT), ("user.id", PERSON), ("user.hash", "5f" * 32)])
    plain = of_scope.log_records.add(time_unix_nano=now)
    plain.body.string_value = f"{EMAIL} came from {ADDRESS}"
    body: bytes = request.SerializeToString()
    return body


def metrics(service: str) -> bytes:
    """Return a metric whose labels say who it was."""
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    attributes(group.resource, [("service.name", service)])
    metric = group.scope_metrics.add().metrics.add(name="planted.runs")
    metric.sum.is_monotonic, metric.sum.aggregation_temporality = True, 2
    point = metric.sum.data_points.add(time_unix_nano=time.time_ns(), as_int=1)
    attributes(point, [("user.id", PERSON), ("gen_ai.conversation.id", "chat-1"), ("gen_ai.operation.name", "chat")])
    body: bytes = request.SerializeToString()
    return body


def send(chain: Chain, service: str, dialect: str = "gen_ai.operation.name") -> None:
    """Send everything to the Collector."""
    for path, body in (("traces", spans(service, dialect)), ("logs", records(service)), ("metrics", metrics(service))):
        fetch(f"{chain.url('collector')}/v1/{path}", body, Content_Type=PROTOBUF)


def stored(chain: Chain, service: str) -> tuple[str, str]:
    """Return all that the trace store and Loki have of a service, as text."""
    traces = until(lambda: chain.traces(service))
    query = f'{{service_name="{service}"}}'
    until(lambda: len(chain.logql(f'{query} | scope_name=""')) == 3)  # the analyzer adds records of its own
    return json.dumps(traces), json.dumps(chain.logql(query))


@pytest.fixture(scope="module")
def open_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A chain whose operator wants content in the stores."""
    only = frozenset({"collector", "jaeger", "loki"})
    options = Options({"COLLECTOR_CONTENT_TO_STORES": "true"}, only=only)
    folder: Path = tmp_path_factory.mktemp("open")
    with Chain(folder, options=options) as running:
        yield running


@pytest.mark.parametrize("dialect", ["openinference.span.kind", "traceloop.span.kind", "agent_analytics.operation"])
def test_nothing_of_it_in_the_stores(chain: Chain, dialect: str) -> None:
    """As shipped, neither the trace store nor Loki has a word of a message, a user, an address or a card."""
    service = f"planted-{dialect}"
    send(chain, service, dialect)
    for said in stored(chain, service):
        assert [planted for planted in (TEXT, PERSON, EMAIL, ADDRESS, CARD) if planted in said] == []


def test_what_is_no_content_stays(chain: Chain) -> None:
    """Ids, the hash of the user, the numbers that were measured and the class of the error are there as they were."""
    send(chain, "planted-kept")
    traces, lines = stored(chain, "planted-kept")
    (span,) = json.loads(traces)[0]["spans"]
    found = {tag["key"]: tag["value"] for tag in span["tags"]}
    assert {key: found.get(key) for key in KEPT} == KEPT
    assert "ValueError" in traces
    assert '"user_hash": "' + "5f" * 32 in lines
    assert "app.note" in found


def test_content_where_it_is_wanted(open_chain: Chain) -> None:
    """With COLLECTOR_CONTENT_TO_STORES every planted text is found; who it was, is not."""
    send(open_chain, "planted-open")
    traces, lines = stored(open_chain, "planted-open")
    assert [key for key in CONTENT if f"[{TEXT} {key}]" not in traces] == []
    assert TEXT in lines
    for said in (traces, lines):
        assert [planted for planted in (PERSON, EMAIL, ADDRESS, CARD) if planted in said] == []


def test_metrics_name_nobody(chain: Chain) -> None:
    """A label of an agent's own metric with an id of a user or a conversation is taken off on the way."""
    send(chain, "planted-metrics")
    (series,) = until(lambda: chain.promql('planted_runs_total{service_name="planted-metrics"}'))
    assert series["metric"]["gen_ai_operation_name"] == "chat"
    assert PERSON not in json.dumps(series)
    assert "gen_ai_conversation_id" not in series["metric"]


def test_own_records_do_not_come_back(chain: Chain) -> None:
    """What the analyzer tells goes to Loki and not to the analyzer again; what applications tell goes to both."""
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    attributes(group.resource, [("service.name", "echo")])
    scopes = {"otel_agent_analytics.conversations": 5, "otel_agent_analytics": 3, "some.library": 2}
    for scope, count in scopes.items():
        of_scope = group.scope_logs.add()
        of_scope.scope.name = scope
        name = "" if scope == "some.library" else "agent_analytics.started"
        for number in range(count):
            record = of_scope.log_records.add(event_name=name, time_unix_nano=time.time_ns())
            attributes(record, [("gen_ai.conversation.id", f"echo-{number}")])
    before = at_rest(chain)
    fetch(f"{chain.url('collector')}/v1/logs", request.SerializeToString(), Content_Type=PROTOBUF)

    until(lambda: len(chain.logql('{service_name="echo"}')) == 10)
    assert at_rest(chain) == before + 3


def at_rest(chain: Chain) -> float:
    """Return the same as ``sent_to_analyzer`` once nothing has been on its way for longer than a batch waits."""

    def unchanged() -> bool:
        before = sent_to_analyzer(chain)
        time.sleep(2)
        return sent_to_analyzer(chain) == before

    until(unchanged)
    return sent_to_analyzer(chain)


def sent_to_analyzer(chain: Chain) -> float:
    """Return how many log records the Collector has handed to the analyzer."""
    lines = fetch(f"{chain.url('collector_metrics')}/metrics").decode().splitlines()
    said = [one for one in lines if one.startswith("otelcol_exporter_sent_log_records_total") and "/analyzer" in one]
    return sum(float(one.rsplit(" ", 1)[1]) for one in said)
