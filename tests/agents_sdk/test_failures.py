"""How runs fail: what their spans say of it, and that our own failures are nobody else's."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from agents import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrailTripwireTriggered,
    MaxTurnsExceeded,
    ModelBehaviorError,
    OutputGuardrailTripwireTriggered,
    RunConfig,
    RunErrorHandlerResult,
    Runner,
    function_tool,
    input_guardrail,
    output_guardrail,
    trace,
)
from agents.tracing import custom_span
from opentelemetry import trace as otel

from otel_agent_analytics import feedback, uninstrument
from otel_agent_analytics.agents_sdk import measure, processor
from otel_agent_analytics.agents_sdk.client_metrics import ClientMetrics
from otel_agent_analytics.agents_sdk.endings import Endings
from otel_agent_analytics.agents_sdk.family import Family
from otel_agent_analytics.agents_sdk.openings import Openings
from otel_agent_analytics.agents_sdk.processor import AgentTraceProcessor
from otel_agent_analytics.agents_sdk.span_maker import DirectSpans
from otel_agent_analytics.errors import fault_counts
from otel_agent_analytics.outputs.audience import AudienceGauges
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.tracking import intake
from otel_agent_analytics.tracking.span_processor import ConversationSpanProcessor
from otel_agent_analytics.tracking.tracker import Tracker
from tests.helpers.scripted_model import Call, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.agents_sdk.conftest import Bench


@input_guardrail
def no_input(*_: Any) -> GuardrailFunctionOutput:
    """Let nothing in."""
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered=True)


@output_guardrail
def no_output(*_: Any) -> GuardrailFunctionOutput:
    """Let nothing out."""
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered=True)


@function_tool
def spin() -> str:
    """Turn round."""
    return "spun"


@function_tool(failure_error_function=None)
def fatal() -> str:
    """Fail for good."""
    raise LookupError("no such order")


def solo(*answers: Any, **more: Any) -> Agent:
    """Return an agent that answers from a script."""
    return Agent(name="Solo", model=ScriptedModel(*answers), tools=[spin, fatal], **more)


async def run(agent: Agent, *, streamed: bool, **more: Any) -> None:
    """Run an agent in a conversation, to its end."""
    config = RunConfig(group_id="c1")
    if not streamed:
        await Runner.run(agent, "hi", run_config=config, **more)
        return
    async for _ in Runner.run_streamed(agent, "hi", run_config=config, **more).stream_events():
        pass


def marks(bench: Bench) -> dict[str, tuple[str, Any]]:
    """Return status and error of the root and of the turn."""
    found = {}
    keys = {"invoke_workflow": "error.type", "handle_conversation_turn": "agent_analytics.turn.error_type"}
    for one in bench.spans:
        operation = one.name.split()[0]
        if operation in keys:
            assert operation not in found
            found[operation] = (one.status.status_code.name, (one.attributes or {}).get(keys[operation]))
    return found


def both(status: str, error_type: str | None) -> dict[str, tuple[str, Any]]:
    """Return the marks of a run; the SDK puts no error on the turn's own span, so that says it by an attribute."""
    return {"invoke_workflow": (status, error_type), "handle_conversation_turn": ("UNSET", error_type)}


# --- runs that fail ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("agent", "raised"),
    [
        (lambda: solo(Call("spin"), Call("spin", call_id="call_2")), MaxTurnsExceeded),
        (lambda: solo("Hello.", input_guardrails=[no_input]), InputGuardrailTripwireTriggered),
        (lambda: solo("Hello.", output_guardrails=[no_output]), OutputGuardrailTripwireTriggered),
        (lambda: solo(ConnectionError("down")), ConnectionError),
        (lambda: solo(Call("no_such_tool")), ModelBehaviorError),
    ],
    ids=["max_turns", "input_guardrail", "output_guardrail", "model", "unknown_tool"],
)
async def test_run_that_fails(
    bench: Bench, agent: Callable[[], Agent], raised: type[Exception], *, streamed: bool
) -> None:
    """The root of a run that raises is ERROR, with the class of the exception; the run is counted as failed."""
    with pytest.raises(raised):
        await run(agent(), streamed=streamed, max_turns=1)

    assert marks(bench) == both("ERROR", raised.__name__)
    assert bench.value("errors_total", source="run", error_type=raised.__name__) == 1
    assert bench.value("messages_total", role="user") == 1
    assert bench.value("messages_total", role="agent") == 0


@pytest.mark.parametrize("streamed", [False, True])
async def test_tool_that_ends_the_run(bench: Bench, *, streamed: bool) -> None:
    """A tool whose failure is not handled ends the run: tool and root are ERROR."""
    with pytest.raises(Exception, match="no such order"):
        await run(solo(Call("fatal")), streamed=streamed)

    (failure,) = {failure for _, failure in marks(bench).values()}
    assert marks(bench) == both("ERROR", failure)
    assert failure is not None
    assert bench.span("execute_tool fatal").status.status_code.name == "ERROR"
    assert bench.value("tool_errors_total", tool="fatal") == 1


@pytest.mark.parametrize("streamed", [False, True])
async def test_run_that_succeeds(bench: Bench, *, streamed: bool) -> None:
    """A run that succeeds leaves every status unset."""
    await run(solo(Call("spin"), "Hello."), streamed=streamed)

    assert marks(bench) == both("UNSET", None)
    assert {one.status.status_code.name for one in bench.spans} == {"UNSET"}
    assert bench.value("messages_total", role="agent") == 1


async def test_cancelled_run(bench: Bench) -> None:
    """A run whose task is cancelled in a model call is an error, and so is the model call."""
    model = ScriptedModel("late", delay=60)
    running = asyncio.create_task(run(Agent(name="Solo", model=model), streamed=False))
    await model.called.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running

    assert marks(bench) == both("ERROR", "CancelledError")
    assert bench.value("errors_total", source="run", error_type="CancelledError") == 1


async def test_run_that_takes_too_long(bench: Bench) -> None:
    """A run that asyncio.timeout cuts off is an error."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await run(Agent(name="Solo", model=ScriptedModel("late", delay=60)), streamed=False)

    assert marks(bench) == both("ERROR", "CancelledError")


async def test_failed_run_in_a_trace_of_the_application(bench: Bench) -> None:
    """A trace that the application opened is failed by the last run in it, also where the application caught that."""
    with trace("batch", group_id="c1"), suppress(ConnectionError):
        await run(solo(ConnectionError("down")), streamed=False)
    with trace("mended", group_id="c1"):
        with suppress(ConnectionError):
            await run(solo(ConnectionError("down")), streamed=False)
        await run(solo("Hello."), streamed=False)

    assert bench.span("invoke_workflow batch").status.status_code.name == "ERROR"
    assert bench.said("invoke_workflow batch")["error.type"] == "ConnectionError"
    assert bench.span("invoke_workflow mended").status.status_code.name == "UNSET"


def test_failure_of_the_application_in_its_trace(bench: Bench) -> None:
    """A trace that the application leaves by an exception of its own is an error."""
    with pytest.raises(KeyError), trace("batch"):
        raise KeyError("mine")

    assert bench.span("invoke_workflow batch").status.status_code.name == "ERROR"
    assert bench.said("invoke_workflow batch")["error.type"] == "KeyError"


@pytest.mark.parametrize("streamed", [False, True])
async def test_run_inside_an_except_block(bench: Bench, *, streamed: bool) -> None:
    """A run that the application starts while it handles an error of its own, and that succeeds, has not failed."""
    try:
        int("no number")
    except ValueError:
        await run(solo(Call("spin"), "Sorry about that."), streamed=streamed)

    assert marks(bench) == both("UNSET", None)
    assert {one.status.status_code.name for one in bench.spans} == {"UNSET"}


async def test_failed_run_inside_an_except_block(bench: Bench) -> None:
    """There, a run that fails by itself has failed, for its own reason."""
    try:
        int("no number")
    except ValueError:
        with suppress(ConnectionError):
            await run(solo(ConnectionError("down")), streamed=False)

    assert marks(bench) == both("ERROR", "ConnectionError")


def test_error_that_the_application_sets(bench: Bench) -> None:
    """An error that the application puts on a span is one, of an unknown class: its words are no class."""
    with trace("work"), custom_span("step", {}) as step:
        step.set_error({"message": "user 4711 not found", "data": None})

    assert bench.said("step")["error.type"] == "_OTHER"
    assert bench.span("step").status.status_code.name == "ERROR"
    assert bench.span("invoke_workflow work").status.status_code.name == "UNSET"


@pytest.mark.parametrize("streamed", [False, True])
async def test_error_that_the_application_answers(bench: Bench, *, streamed: bool) -> None:
    """A run whose error the application answers has not failed: the user was answered, in unmeasured words."""
    agent = solo(Call("spin"), Call("spin", call_id="call_2"))
    handlers: Any = {"max_turns": lambda _: RunErrorHandlerResult(final_output="Let me get back to you.")}
    await run(agent, streamed=streamed, max_turns=1, error_handlers=handlers)

    assert marks(bench) == both("UNSET", None)
    assert bench.span("invoke_agent Solo").status.status_code.name == "ERROR"
    assert bench.said("handle_conversation_turn Solo")["agent_analytics.turn.answered"] is True
    assert "agent_analytics.agent_message.length" not in bench.said("handle_conversation_turn Solo")
    assert bench.value("messages_total", role="agent") == 1


# --- our own failures -------------------------------------------------------------------------------------------------


class PlantedError(Exception):
    """A fault of ours."""


def plant(*_: Any, **__: Any) -> Any:
    """Fail."""
    raise PlantedError


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let faults be hidden, as they are outside of tests."""
    monkeypatch.setenv("AGENT_ANALYTICS_HIDE_FAULTS", "1")


WITHOUT_TASKS = RunConfig(group_id="c1", tracing={"include_task_and_turn_spans": False})
WITH_TASKS = RunConfig(group_id="c1")


# The run below has seven spans of the SDK (task, agent, two turns, two model calls, a tool), of which the turns are
# folded; with the root that makes six of ours, which the tracker is fed in one batch.
@pytest.mark.usefixtures("hidden")
@pytest.mark.parametrize(
    ("owner", "name", "config", "expected"),
    [
        (processor, "time_iso", WITH_TASKS, {"agents_sdk.on_trace_start": 1}),
        (measure, "turn_attributes", WITHOUT_TASKS, {"agents_sdk.on_trace_end": 1}),
        (Openings, "make", WITH_TASKS, {"agents_sdk.on_span_start": 5}),
        (Endings, "finish", WITH_TASKS, {"agents_sdk.on_span_end": 7}),
        (DirectSpans, "start", WITH_TASKS, {"agents_sdk.on_trace_start": 1, "agents_sdk.on_span_start": 5}),
        (ClientMetrics, "ended", WITH_TASKS, {"agents_sdk.on_span_end": 5}),
        (ConversationSpanProcessor, "_append", WITH_TASKS, {"span_processor.on_start": 1, "span_processor.on_end": 6}),
        (Tracker, "run_started", WITH_TASKS, {"span_processor.read": 1}),
        (Tracker, "take_all", WITH_TASKS, {"span_processor.feed": 1}),
        (intake, "events_of", WITH_TASKS, {"tracker.decode": 6}),
        (Tracker, "_fold_some", WITH_TASKS, {"tracker.fold": 1}),
        (Totals, "moved", WITH_TASKS, {"sink.moved": 1}),
        (AudienceGauges, "moved", WITH_TASKS, {"sink.moved": 1}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_planted_fault(
    bare_bench: Bench, complaints: list[str], monkeypatch: pytest.MonkeyPatch,
    owner: Any, name: str, config: RunConfig, expected: dict[str, int],
) -> None:  # fmt: skip
    """A fault in a callback of ours reaches neither the agent nor its result, is counted, and shows in the metrics."""
    conversations = bare_bench.instrument().conversations
    assert conversations is not None
    monkeypatch.setattr(owner, name, plant)
    before = Counter(fault_counts())
    with conversations._feeding:  # so that the worker does not make two batches of it
        result = await Runner.run(solo(Call("spin"), "Hello."), "hi", run_config=config)
    shown = {place: bare_bench.value("internal_faults_total", place=place) for place in expected}

    assert result.final_output == "Hello."
    assert dict(Counter(fault_counts()) - before) == expected
    assert shown == {place: before[place] + count for place, count in expected.items()}
    assert not otel.get_current_span().get_span_context().is_valid
    # A fault is logged by us, once for its place; never by the SDK, as one of its processors.
    assert all("internal fault in" in complaint for complaint in complaints)


@pytest.mark.usefixtures("hidden")
async def test_planted_fault_in_shutdown(bare_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault while everything is taken away keeps nothing in place."""
    bare_bench.instrument()
    monkeypatch.setattr(Family, "take_all", plant)
    before = Counter(fault_counts())
    uninstrument()
    result = await Runner.run(solo("Hello."), "hi")

    assert result.final_output == "Hello."
    assert dict(Counter(fault_counts()) - before) == {"agents_sdk.shutdown": 1}
    assert bare_bench.spans == ()


@pytest.mark.usefixtures("hidden")
def test_planted_fault_in_a_function_of_the_application(bare_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault behind a function that the application calls does not reach the application."""
    bare_bench.instrument()
    monkeypatch.setattr(ConversationSpanProcessor, "take_record", plant)
    before = Counter(fault_counts())
    feedback("c1", "positive")

    assert dict(Counter(fault_counts()) - before) == {"install.record": 1}


@pytest.mark.usefixtures("hidden")
async def test_planted_fault_at_a_scrape(bare_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault before a scrape leaves the scrape whole."""
    bare_bench.instrument()
    await Runner.run(solo("Hello."), "hi", run_config=WITH_TASKS)
    assert bare_bench.value("messages_total", role="agent") == 1
    before = Counter(fault_counts())
    with monkeypatch.context() as planted:
        planted.setattr(ConversationSpanProcessor, "drain", plant)
        assert bare_bench.value("messages_total", role="agent") == 1

    assert dict(Counter(fault_counts()) - before) == {"exposition.before_scrape": 1}


def test_faults_are_raised_in_tests(bare_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under pytest a fault of ours is raised after it was counted, so that no test passes over a broken callback."""
    bare_bench.instrument()
    bridge = next(one for one in bare_bench.sdk._multi_processor._processors if isinstance(one, AgentTraceProcessor))
    monkeypatch.setattr(processor, "time_iso", plant)
    with pytest.raises(PlantedError):
        bridge.on_trace_start(bare_bench.sdk.create_trace("work"))
