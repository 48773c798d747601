"""Runs of the real Agents SDK, and everything that came out of them against the conventions."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
from agents import (
    Agent,
    GuardrailFunctionOutput,
    MaxTurnsExceeded,
    OutputGuardrailTripwireTriggered,
    RunConfig,
    Runner,
    function_tool,
    input_guardrail,
    output_guardrail,
    trace,
)
from agents.mcp import MCPServer
from agents.tracing import (
    custom_span,
    generation_span,
    mcp_tools_span,
    speech_group_span,
    speech_span,
    transcription_span,
)
from mcp.types import CallToolResult, TextContent, Tool
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from otel_agent_analytics import (
    conversation,
    end_conversation,
    feedback,
    instrument,
    record_event,
    start_conversation,
    uninstrument,
)
from otel_agent_analytics.errors import fault_counts
from tests.conformance import compare_registry
from tests.conformance.checks import TABLE, event_faults, metric_faults, span_faults, span_type_of
from tests.helpers.scripted_model import MODEL_NAME, Call, ScriptedModel, own_trace_provider

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk.metrics.export import Metric
    from opentelemetry.sdk.trace import ReadableSpan

    Run = Callable[[], Coroutine[Any, Any, None]]

DETAILS: Final = "gen_ai.client.inference.operation.details"
REGISTRY: Final = Path(__file__).parents[2].parent / "shared" / "semconv-genai"
needs_registry = pytest.mark.skipif(
    not (REGISTRY / "resolved.json").exists(), reason=f"shared data: no copy of the registry in {REGISTRY}"
)

# --- What is run ------------------------------------------------------------------------------------------------------


class NamedModel(ScriptedModel):
    """Says its name and its client's address, as the SDK's own models do."""

    model = MODEL_NAME
    _client = SimpleNamespace(base_url="https://api.openai.com/v1/")


class Files(MCPServer):
    """An MCP server in the same process."""

    name = "files"

    async def connect(self) -> None: ...
    async def cleanup(self) -> None: ...
    async def list_prompts(self) -> Any: ...
    async def get_prompt(self, name: str, arguments: dict[str, Any] | None = None) -> Any: ...

    async def list_tools(self, run_context: Any = None, agent: Any = None) -> list[Tool]:
        return [Tool(name="read", input_schema={"type": "object", "properties": {}})]

    async def call_tool(self, tool_name: str, arguments: Any, meta: Any = None) -> CallToolResult:
        return CallToolResult(content=[TextContent(type="text", text="a line")])


@function_tool
async def track(order: int) -> str:
    """Say where an order is."""
    await asyncio.sleep(0.001)
    return f"order {order} is on its way"


@function_tool
def broken() -> str:
    """Fail."""
    raise LookupError("no such order")


@function_tool
def admits() -> dict[str, Any]:
    """Say that it failed."""
    return {"error": "no such order"}


@input_guardrail
def polite(*_: Any) -> GuardrailFunctionOutput:
    """Let everything pass."""
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered=False)


@output_guardrail
def secret(*_: Any) -> GuardrailFunctionOutput:
    """Let nothing pass."""
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered=True)


def agent(name: str, *answers: Any, chat: bool = False, **more: Any) -> Agent[Any]:
    """Return an agent that answers from a script."""
    return Agent(name=name, model=NamedModel(*answers, chat=chat), tools=more.pop("tools", [track, broken]), **more)


async def tools_and_handoff() -> None:
    """Two tools at once, one of which fails; a guardrail that lets the message pass; a handoff."""
    both = [Call("track", order=7), Call("broken", call_id="call_2")]
    orders = agent("Orders", Call("admits", call_id="call_4"), "I have it.", tools=[admits])
    support = agent(
        "Support", both, Call("transfer_to_orders", call_id="call_3"), handoffs=[orders], input_guardrails=[polite]
    )
    with conversation("c1", user_id="u1", session_id="s1", country="NL", channel="web", metadata={"tier": "gold"}):
        await Runner.run(support, "where is it?", run_config=RunConfig(trace_metadata={"tenant": "acme"}))


async def tripwire() -> None:
    """A guardrail stops the answer."""
    await Runner.run(agent("Support", "12345", output_guardrails=[secret]), "hi", run_config=RunConfig(group_id="c2"))


async def streamed() -> None:
    """A run whose answer is streamed, with a workflow name of its own."""
    run = Runner.run_streamed(
        agent("Support", Call("track", order=7), "Here."),
        "hi",
        run_config=RunConfig(workflow_name="shop", group_id="c3"),
    )
    async for _ in run.stream_events():
        pass


async def too_many_turns() -> None:
    """A run that is cut off."""
    await Runner.run(agent("Support", Call("track", order=7), "never said"), "hi", max_turns=1)


async def model_error() -> None:
    """A model that cannot be reached."""
    await Runner.run(agent("Support", ConnectionError("down")), "hi")


async def model_error_streamed() -> None:
    """A model that cannot be reached when its answer is to be streamed."""
    async for _ in Runner.run_streamed(agent("Support", ConnectionError("down")), "hi").stream_events():
        pass


async def chat_completions() -> None:
    """The other API, whose calls are generation spans."""
    await Runner.run(agent("Support", Call("track", order=7), "Here.", chat=True), "hi")


async def agent_as_tool() -> None:
    """An agent that another one uses as a tool."""
    research = agent("Researcher", "found it").as_tool("research", "Research a thing.")
    await Runner.run(agent("Boss", Call("research", input="x"), "Here.", tools=[research]), "do it")


async def without_texts() -> None:
    """The SDK withholds texts: both APIs, and a tool."""
    config = RunConfig(trace_include_sensitive_data=False, group_id="c4")
    await Runner.run(agent("Support", Call("track", order=7), "Here."), "hi", run_config=config)
    await Runner.run(agent("Support", Call("track", order=7), "Here.", chat=True), "hi", run_config=config)


async def without_task_spans() -> None:
    """The SDK leaves its task spans out."""
    config = RunConfig(tracing={"include_task_and_turn_spans": False})
    await Runner.run(agent("Support", "Hello."), "hi", run_config=config)


async def mcp_server() -> None:
    """A tool of an MCP server."""
    await Runner.run(agent("Support", Call("read"), "Here.", tools=[], mcp_servers=[Files()]), "hi")


async def by_hand() -> None:
    """Spans that an application, or the SDK's voice pipeline, makes outside of any run; one MCP call fails."""
    settings = {"temperature": 1, "top_p": 0.5, "max_tokens": 50, "frequency_penalty": 0, "presence_penalty": 0}
    with trace("voice", group_id="c5"):
        with custom_span("my step", {"count": 3, "label": "x"}):
            pass
        with mcp_tools_span(server="files") as failing:
            failing.set_error({"message": "no server", "data": None})
        with transcription_span(model="gpt-4o-transcribe", input="AAAA", output="hello"):
            pass
        with speech_group_span(input="hello"), speech_span(model="gpt-4o-mini-tts", input="hello", output="AAAA"):
            pass
        with generation_span(model=MODEL_NAME, model_config=settings, usage={"input_tokens": 3, "output_tokens": 4}):
            pass


async def events() -> None:
    """What no span carries."""
    start_conversation("c6", channel="web")
    record_event("tool_called", "c6", tool="track", agent="Support", error_type="timeout", duration_seconds=0.5)
    feedback("c6", "positive", comment="Thank you!")
    feedback("c6", 2)
    end_conversation("c6", "completed")


RUNS: Final[dict[Run, type[Exception] | None]] = {
    tools_and_handoff: None,
    tripwire: OutputGuardrailTripwireTriggered,
    streamed: None,
    too_many_turns: MaxTurnsExceeded,
    model_error: ConnectionError,
    model_error_streamed: ConnectionError,
    chat_completions: None,
    agent_as_tool: None,
    without_texts: None,
    without_task_spans: None,
    mcp_server: None,
    by_hand: None,
    events: None,
}
"""With what each ends in."""


async def play(*runs: Run) -> None:
    """Run them one after the other."""
    for run in runs:
        failure = RUNS[run]
        with pytest.raises(failure) if failure is not None else nullcontext():
            await run()


# --- What came out ----------------------------------------------------------------------------------------------------


class Telemetry(NamedTuple):
    """Everything that one play left behind."""

    content: str
    """Where message content was to go."""
    spans: tuple[ReadableSpan, ...]
    metrics: list[Metric]
    records: list[ReadableLogRecord]

    def of(self, operation: str) -> list[ReadableSpan]:
        """Return the spans of an operation."""
        return [span for span in self.spans if (span.attributes or {}).get("gen_ai.operation.name") == operation]


def played() -> tuple[Any, ...]:
    """Play with the package installed, as the environment has it; return spans, metrics and log records."""
    spans, reader, records = InMemorySpanExporter(), InMemoryMetricReader(), InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
    tracing, meters = TracerProvider(shutdown_on_exit=False), MeterProvider([reader], shutdown_on_exit=False)
    logs = LoggerProvider(shutdown_on_exit=False)
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    logs.add_log_record_processor(SimpleLogRecordProcessor(records))
    before = Counter(fault_counts())
    with own_trace_provider():
        instrument(
            tracer_provider=tracing, meter_provider=meters, logger_provider=logs, metrics_registry=CollectorRegistry()
        )
        try:
            asyncio.run(play(*RUNS))
            data = reader.get_metrics_data()
        finally:
            uninstrument()
    assert Counter(fault_counts()) == before  # the SDK only logs what a callback of ours raises
    scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics] if data else []
    return spans.get_finished_spans(), [one for scope in scopes for one in scope.metrics], records.get_finished_logs()


@pytest.fixture(scope="module", params=["NO_CONTENT", "SPAN_ONLY", "EVENT_ONLY", "SPAN_AND_EVENT"])
def telemetry(request: pytest.FixtureRequest) -> Iterator[Telemetry]:
    """Return what all runs leave behind, for each setting of message content; for one also spans of model turns."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", request.param)
        patch.setenv("AGENT_ANALYTICS_MODEL_TURN_SPANS", str(request.param == "SPAN_AND_EVENT").lower())
        yield Telemetry(request.param, *played())


def test_spans(telemetry: Telemetry) -> None:
    """Every span is as the registry has it."""
    assert sorted({fault for span in telemetry.spans for fault in span_faults(span)}) == []


def test_metrics(telemetry: Telemetry) -> None:
    """Every point of every metric is as the registry has it."""
    assert [fault for metric in telemetry.metrics for fault in metric_faults(metric)] == []


def test_events(telemetry: Telemetry) -> None:
    """Every event is as the registry has it."""
    assert sorted({fault for record in telemetry.records for fault in event_faults(record)}) == []


def test_all_kinds_of_spans_are_there(telemetry: Telemetry) -> None:
    """The runs make a span of each type and each kind of our own, so that the test above passes over none."""
    said = [(dict(span.attributes or {}), span.kind.name) for span in telemetry.spans]
    types = {span_type_of(attributes, kind) for attributes, kind in said}
    ours = {attributes.get("agent_analytics.operation") for attributes, _ in said}

    assert set(TABLE["spans"]) - {"gen_ai.client.inference"} <= types  # every model call here is one of OpenAI's
    expected = {"handle_conversation_turn", "handoff", "guardrail", "custom", "transcription", "speech", "speech_group"}
    assert expected | ({"model_turn"} if telemetry.content == "SPAN_AND_EVENT" else set()) <= ours


def test_all_metrics_are_there(telemetry: Telemetry) -> None:
    """The runs make each metric of the registry's that this project has."""
    assert {metric.name for metric in telemetry.metrics} == set(TABLE["metrics"])


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("gen_ai.client.inference.duration", "chat"),
        ("gen_ai.invoke_agent.duration", "invoke_agent"),
        ("gen_ai.invoke_workflow.duration", "invoke_workflow"),
        ("gen_ai.execute_tool.duration", "execute_tool"),
    ],
)
def test_durations_are_those_of_the_spans(telemetry: Telemetry, name: str, operation: str) -> None:
    """A duration is measured once for each span, is as long as the span, and fails with the same error."""
    spans = telemetry.of(operation)
    points: list[Any] = [point for one in telemetry.metrics if one.name == name for point in one.data.data_points]

    errors = Counter((span.attributes or {}).get("error.type") for span in spans)
    measured: Counter[Any] = Counter()
    for point in points:
        measured[(point.attributes or {}).get("error.type")] += point.count
    assert measured == errors
    seconds = sum((span.end_time or 0) - (span.start_time or 0) for span in spans) / 1e9
    assert sum(point.sum for point in points) == pytest.approx(seconds)


def test_details_events(telemetry: Telemetry) -> None:
    """Where events are asked for there is one for each model call, in its span's context; elsewhere none."""
    calls = {span.context.span_id for span in telemetry.of("chat")}
    told = [record.log_record.span_id for record in telemetry.records if record.log_record.event_name == DETAILS]

    assert len(told) == len(set(told))
    assert set(told) == (calls if "EVENT" in telemetry.content else set())


@needs_registry
@pytest.mark.parametrize("key", ["input.messages", "output.messages", "system_instructions"])
def test_messages_follow_their_schemas(telemetry: Telemetry, key: str) -> None:
    """Messages are built as the registry's JSON schemas say, on spans and in events."""
    jsonschema: Any = pytest.importorskip("jsonschema")
    schema = json.loads((REGISTRY / f"newest/gen-ai/gen-ai-{key.replace('.', '-').replace('_', '-')}.json").read_text())
    on_spans = [
        json.loads(str(said)) for span in telemetry.spans if (said := (span.attributes or {}).get(f"gen_ai.{key}"))
    ]
    in_events = [said for one in telemetry.records if (said := (one.log_record.attributes or {}).get(f"gen_ai.{key}"))]

    validator = jsonschema.Draft202012Validator(schema)
    plain = json.loads(json.dumps([*on_spans, *in_events]))  # OpenTelemetry keeps lists as tuples
    assert [fault.message for said in plain for fault in validator.iter_errors(said)] == []
    if key != "system_instructions":  # which these agents do not have
        assert bool(on_spans) == ("SPAN" in telemetry.content)
        assert bool(in_events) == ("EVENT" in telemetry.content)


# --- The table --------------------------------------------------------------------------------------------------------


def test_vocabulary_is_in_the_table() -> None:
    """Every GenAI name that this project spells is one of the registry's."""
    known = {*TABLE["attributes"], *TABLE["metrics"], *TABLE["events"]}
    assert compare_registry.unknown_names(known) == []


@needs_registry
def test_table_is_that_of_the_registry() -> None:
    """The committed table is what the program makes of the registry."""
    fresh = compare_registry.table_of(compare_registry.registry_of(REGISTRY / "resolved.json"))
    before = {key: facts for key, facts in compare_registry.committed().items() if key != "source"}

    assert compare_registry.differences(before, fresh) == []
    assert before == fresh
