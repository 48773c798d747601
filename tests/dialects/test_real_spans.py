"""Spans that OpenTelemetry's own instrumentations really make, beside those that our bridge makes of the same runs."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, OpenAIResponsesModel, RunConfig, Runner, function_tool
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from otel_agent_analytics import instrument, uninstrument
from otel_agent_analytics.conversations.from_span import decode
from otel_agent_analytics.dialects.options import Options
from otel_agent_analytics.dialects.turns import translate
from otel_agent_analytics.tracking.plain import span_record
from tests.agents_sdk.test_client_spans import Service
from tests.helpers.scripted_model import Call, own_trace_provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

official_agents: Any = pytest.importorskip(
    "opentelemetry.instrumentation.genai.openai_agents", reason="the official instrumentation is not installed"
)
official_client: Any = pytest.importorskip(
    "opentelemetry.instrumentation.genai.openai", reason="the official instrumentation is not installed"
)
CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
CONVERSATION = "chat-7"


@function_tool
def track(order: int) -> str:
    """Say where an order is."""
    return f"Error: order {order} is not known"


@function_tool
def refund(order: int) -> str:
    """Fail."""
    raise LookupError(str(order))


async def conversation() -> None:
    """Three turns: a handoff and two tools that fail; a farewell; a model that fails."""
    config = RunConfig(group_id=CONVERSATION)
    calls = (Call("track", order=7, call_id="2"), Call("refund", order=7, call_id="3"))
    orders = Agent(name="Orders", model=model(*calls, "I could not find it. Anything else?"), tools=[track, refund])
    triage = Agent(name="Triage", model=model(Call("transfer_to_orders"), "Bye!", 500), handoffs=[orders])
    first = await Runner.run(triage, "Where is my order 7?", run_config=config)
    await Runner.run(triage, [*first.to_input_list(), {"role": "user", "content": "thanks, bye"}], run_config=config)
    with suppress(Exception):
        await Runner.run(triage, "hello again", run_config=config)


def model(*answers: str | Call | int) -> OpenAIResponsesModel:
    """Return the SDK's own model over a client that answers from a script."""
    return OpenAIResponsesModel(model="gpt-5-mini", openai_client=Service(*answers).client)


def exporting() -> tuple[InMemorySpanExporter, TracerProvider]:
    """Return a provider, and what it exports to."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter, provider


@contextmanager
def ours() -> Iterator[InMemorySpanExporter]:
    """Install the bridge."""
    exporter, provider = exporting()
    instrument(tracer_provider=provider, metrics_registry=CollectorRegistry())
    try:
        yield exporter
    finally:
        uninstrument()


@contextmanager
def theirs() -> Iterator[InMemorySpanExporter]:
    """Install the official instrumentations of the Agents SDK and of the client."""
    exporter, provider = exporting()
    both = (official_agents.OpenAIAgentsInstrumentor(), official_client.OpenAIInstrumentor())
    for one in both:
        one.instrument(tracer_provider=provider, meter_provider=MeterProvider(shutdown_on_exit=False))
    try:
        yield exporter
    finally:
        for one in both:
            one.uninstrument()


def played(installed: Callable[[], AbstractContextManager[InMemorySpanExporter]]) -> list[Any]:
    """Play the conversation; return the events that the spans tell of, in the order of their times."""
    with own_trace_provider(), installed() as exporter:
        asyncio.run(conversation())
        spans = [span_record(span) for span in exporter.get_finished_spans()]
    records = translate(spans, Options(tool_error_pattern="^Error"))
    told: list[Any] = [event for record in records for conversation_id, event in decode(record)]
    assert {decode(record)[0][0] for record in records if decode(record)} == {CONVERSATION}
    return sorted(told, key=lambda event: event.time_ns)


def of(kind: str, told: list[Any], *fields: str) -> list[tuple[Any, ...]]:
    """Return some fields of the events of a kind."""
    return [tuple(getattr(event, field) for field in fields) for event in told if type(event).__name__ == kind]


@pytest.fixture
def _with_content(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONTENT, "SPAN_ONLY")
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "gen_ai_latest_experimental")


@pytest.mark.usefixtures("_with_content")
def test_same_events_as_ours() -> None:
    """With content on spans: the same messages, answers, signals, calls and tools as the bridge tells of."""
    mine, others = played(ours), played(theirs)

    # Of a first model call that fails the SDK's span holds no input, the client's does.
    asked, asked_there = [of("UserMessage", told, "agent", "length", "signs") for told in (mine, others)]
    assert asked_there[:2] == asked[:2]
    assert asked_there[2][:2] == ("Triage", 11)
    for kind, *fields in (
        ("AgentResponse", "agent", "length", "question", "refusal", "statement"),
        ("ToolCalled", "agent", "tool"),
        ("ModelCalled", "agent", "model", "input", "output", "cache_read", "reasoning", "answered_by"),
        ("RunFailed", "agent"),
    ):
        assert of(kind, others, *fields) == of(kind, mine, *fields) != [], kind
    # Where no input was written to the cache, one says 0 and the other nothing.
    assert [written or 0 for (written,) in of("ModelCalled", others, "cache_write")] == [0] * 6
    assert of("HandoffRequested", mine, "agent", "to_agent") == [("Triage", "Orders")]
    assert of("HandoffRequested", others, "agent") == []


@pytest.mark.usefixtures("_with_content")
def test_what_they_tell_by_hand() -> None:
    """The same, written out: three turns, of which one fails; two tools that fail, one by its result."""
    told = played(theirs)

    assert of("UserMessage", told, "agent", "length") == [("Orders", 20), ("Triage", 11), ("Triage", 11)]
    assert [signs.closing for (signs,) in of("UserMessage", told, "signs")] == [False, True, False]
    assert of("AgentResponse", told, "agent", "length", "question") == [("Orders", 35, True), ("Triage", 4, False)]
    assert of("RunFailed", told, "agent", "error_type") == [("Triage", "openai.InternalServerError")]
    assert of("ToolCalled", told, "agent", "tool", "error_type") == [
        ("Orders", "track", "error_result"), ("Orders", "refund", "_OTHER"),
    ]  # fmt: skip
    assert of("ModelCalled", told, "agent", "input", "cache_read") == [
        ("Triage", 100, 40), ("Orders", 100, 40), ("Orders", 100, 40), ("Orders", 100, 40), ("Triage", 100, 40),
        ("Triage", None, None),
    ]  # fmt: skip


def test_without_content() -> None:
    """With the content off, as by default: the same turns, calls, tools and failures; what the texts say is unknown."""
    told = played(theirs)

    assert of("UserMessage", told, "agent", "length") == [("Orders", None), ("Triage", None), ("Triage", None)]
    assert of("AgentResponse", told, "agent", "length") == [("Orders", None), ("Triage", None)]
    assert of("RunFailed", told, "agent") == [("Triage",)]
    assert of("ToolCalled", told, "tool", "error_type") == [("track", None), ("refund", "_OTHER")]
    assert len(of("ModelCalled", told, "agent")) == 6


def test_ours_come_back_untouched() -> None:
    """Spans of the bridge go through as they are."""
    with own_trace_provider(), ours() as exporter:
        asyncio.run(conversation())
        spans = [span_record(span) for span in exporter.get_finished_spans()]

    key: Callable[[Any], Any] = lambda span: (span.trace_id, span.span_id)  # noqa: E731 - used twice, here
    assert sorted(translate(spans), key=key) == sorted(spans, key=key)
