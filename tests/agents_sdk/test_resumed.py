"""Runs that waited for a human, and go on: later in this process, in another one, or under somebody else's span."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, RunConfig, Runner, RunState, function_tool, trace
from agents.tracing import traces as sdk_traces
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from tests.helpers.scripted_model import Call, ScriptedModel

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from tests.agents_sdk.conftest import Bench

ROOT = "invoke_workflow bank"
TURN = "handle_conversation_turn Bank"
RESUMED = "agent_analytics.turn.resumed"
LOW_HALF = 2**64 - 1
ELSEWHERE = pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "elsewhere"])
STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["run", "run_streamed"])


def bank(*more: Any, name: str = "Bank") -> Agent:
    """Return an agent whose tool needs a human's approval."""

    @function_tool(needs_approval=True)
    async def wire(amount: int) -> str:
        return f"wired {amount}"

    return Agent(name=name, model=ScriptedModel(Call("wire", amount=5, call_id="call_w"), *more, "Done."), tools=[wire])


def settings(**more: Any) -> RunConfig:
    """Return the settings that all these runs have."""
    return RunConfig(group_id="c1", workflow_name="bank", trace_metadata={"tenant": "acme"}, **more)


async def run(agent: Agent, given: Any, *, streamed: bool = False, config: RunConfig | None = None) -> Any:
    """Run an agent, or go on with it, to the next end; return the result."""
    config = config or settings()
    if not streamed:
        return await Runner.run(agent, given, run_config=config)
    result = Runner.run_streamed(agent, given, run_config=config)
    async for _ in result.stream_events():
        pass
    return result


async def stored(agent: Agent, result: Any) -> RunState[Any]:
    """Return the state of a run that waits, as it comes back from where it was stored, approved."""
    assert result.interruptions
    state: RunState[Any] = await RunState.from_json(agent, json.loads(json.dumps(result.to_state().to_json())))
    for asked in state.get_interruptions():
        state.approve(asked)
    return state


def forget_traces() -> None:
    """Let the SDK forget which traces it began, as another process has never known."""
    with sdk_traces._started_trace_ids_lock:
        sdk_traces._started_trace_ids.clear()


def spans_of(bench: Bench, name: str) -> list[ReadableSpan]:
    """Return all spans of that name, in the order in which they ended."""
    return [one for one in bench.spans if one.name == name]


def nothing_current() -> bool:
    """Return whether no span is current here."""
    return not otel.get_current_span().get_span_context().is_valid


# --- in this process --------------------------------------------------------------------------------------------------


async def test_root_has_half_of_its_trace_id(bench: Bench) -> None:
    """A root's span id is the low half of its trace id, and so can be known where the run goes on."""
    await run(bank(), "wire five")

    root = bench.span(ROOT)
    assert root.parent is None
    assert root.context.span_id == root.context.trace_id & LOW_HALF


@ELSEWHERE
async def test_resumed_on_a_provider_with_limits(bare_bench: Bench, *, elsewhere: bool) -> None:
    """All this holds too where the provider limits attributes, and spans are made by OpenTelemetry's own tracer."""
    bare_bench.provider = TracerProvider(span_limits=SpanLimits(max_span_attribute_length=4096), shutdown_on_exit=False)
    bare_bench.provider.add_span_processor(SimpleSpanProcessor(bare_bench.exporter))
    bare_bench.instrument()
    agent = bank()
    state = await stored(agent, await run(agent, "wire five"))
    if elsewhere:
        forget_traces()
    await run(agent, state)

    root, *others = spans_of(bare_bench, ROOT)
    assert root.context.span_id == root.context.trace_id & LOW_HALF
    assert {one.context.trace_id for one in bare_bench.spans} == {root.context.trace_id}
    assert [one.parent.span_id for one in others if one.parent is not None] == [root.context.span_id] * elsewhere
    assert len({one.context.span_id for one in bare_bench.spans}) == len(bare_bench.spans)
    turn = spans_of(bare_bench, TURN)[-1]
    assert turn.parent is not None
    assert turn.parent.span_id == (others[0] if elsewhere else root).context.span_id


@STREAMED
@pytest.mark.parametrize("through_json", [False, True])
async def test_resumed_here(bench: Bench, *, streamed: bool, through_json: bool) -> None:
    """A run that goes on in the same process stays in its trace, and hangs under the root, which has ended."""
    agent = bank()
    result = await run(agent, "wire five", streamed=streamed)
    state = await stored(agent, result) if through_json else result.to_state()
    state.approve(state.get_interruptions()[0])
    before = len(bench.spans)
    result = await run(agent, state, streamed=streamed)

    assert result.final_output == "Done."
    root = bench.span(ROOT)
    first, resumed = spans_of(bench, TURN)
    assert len(bench.spans) > before
    assert {one.context.trace_id for one in bench.spans} == {root.context.trace_id}
    assert [one.parent.span_id for one in (first, resumed) if one.parent is not None] == [root.context.span_id] * 2
    assert RESUMED not in (first.attributes or {})
    assert (resumed.attributes or {})[RESUMED] is True
    assert {(one.attributes or {})["gen_ai.conversation.id"] for one in bench.spans} == {"c1"}
    assert nothing_current()


async def test_what_a_resumed_run_is_counted_as(bench: Bench) -> None:
    """A run that goes on is no second message of the user; its answer is counted once."""
    agent = bank()
    result = await run(agent, "wire five")
    await run(agent, await stored(agent, result))

    assert bench.value("conversations_started_total", channel="unknown") == 1
    assert bench.value("messages_total", role="user") == 1
    assert bench.value("messages_total", role="agent") == 1


async def test_resumed_twice(bench: Bench) -> None:
    """A run that waits again, and goes on again, is one trace of three turns under one root."""
    agent = bank(Call("wire", amount=6, call_id="call_2"))
    result = await run(agent, "wire five")
    result = await run(agent, await stored(agent, result))
    result = await run(agent, await stored(agent, result))

    assert result.final_output == "Done."
    root = bench.span(ROOT)
    turns = spans_of(bench, TURN)
    assert {one.context.trace_id for one in bench.spans} == {root.context.trace_id}
    assert [one.parent.span_id for one in turns if one.parent is not None] == [root.context.span_id] * 3
    assert [(one.attributes or {}).get(RESUMED) for one in turns] == [None, True, True]


async def test_parallel_resumed_runs(bench: Bench) -> None:
    """Several runs that go on at the same time go each under their own root."""
    agents = [bank(name=f"Bank {number}") for number in range(4)]
    results = [await run(agent, "wire five") for agent in agents]
    states = [await stored(agent, result) for agent, result in zip(agents, results, strict=True)]
    await asyncio.gather(*(run(agent, state) for agent, state in zip(agents, states, strict=True)))

    roots = {one.context.span_id: one for one in spans_of(bench, ROOT)}
    assert len(roots) == 4
    for agent in agents:
        turns = spans_of(bench, f"handle_conversation_turn {agent.name}")
        assert len(turns) == 2
        (above,) = {one.parent.span_id for one in turns if one.parent is not None}
        assert {one.context.trace_id for one in turns} == {roots[above].context.trace_id}


async def test_resumed_in_a_trace_of_the_application(bench: Bench) -> None:
    """A run that goes on inside the trace of the application that it began in is a second turn under that root."""
    agent = bank()
    with trace("shop", group_id="c1"):
        result = await run(agent, "wire five")
        await run(agent, await stored(agent, result))

    (root,) = [one for one in bench.spans if one.parent is None]
    turns = spans_of(bench, TURN)
    assert root.name == "invoke_workflow shop"
    assert [one.parent.span_id for one in turns if one.parent is not None] == [root.context.span_id] * 2
    assert [(one.attributes or {}).get(RESUMED) for one in turns] == [None, True]


async def test_run_after_a_resumed_one(bench: Bench) -> None:
    """A new run after one that went on is a trace of its own, and is not said to be resumed."""
    agent = bank()
    result = await run(agent, "wire five")
    await run(agent, await stored(agent, result))
    await run(Agent(name="Solo", model=ScriptedModel("Hello.")), "hi")

    turn = bench.span("handle_conversation_turn Solo")
    assert turn.context.trace_id != bench.spans[0].context.trace_id
    assert RESUMED not in (turn.attributes or {})


# --- elsewhere --------------------------------------------------------------------------------------------------------


@STREAMED
async def test_resumed_where_the_sdk_knows_nothing(bench: Bench, *, streamed: bool) -> None:
    """Where the SDK begins the trace anew, it is the same OpenTelemetry trace; its root hangs under the first one."""
    agent = bank()
    state = await stored(agent, await run(agent, "wire five", streamed=streamed))
    forget_traces()
    result = await run(agent, state, streamed=streamed)

    assert result.final_output == "Done."
    first, second = spans_of(bench, ROOT)
    assert {one.context.trace_id for one in bench.spans} == {first.context.trace_id}
    assert second.parent is not None
    assert second.parent.span_id == first.context.span_id
    assert second.context.span_id != first.context.span_id
    _, turn = spans_of(bench, TURN)
    assert turn.parent is not None
    assert turn.parent.span_id == second.context.span_id
    assert (turn.attributes or {})[RESUMED] is True
    assert nothing_current()


async def test_resumed_elsewhere_twice(bench: Bench) -> None:
    """A run that goes on in a third process hangs under the first root too, and no span id is there twice."""
    agent = bank(Call("wire", amount=6, call_id="call_2"))
    state = await stored(agent, await run(agent, "wire five"))
    forget_traces()
    state = await stored(agent, await run(agent, state))
    forget_traces()
    await run(agent, state)

    first, second, third = spans_of(bench, ROOT)
    assert [one.parent.span_id for one in (second, third) if one.parent is not None] == [first.context.span_id] * 2
    assert len({one.context.span_id for one in bench.spans}) == len(bench.spans)
    assert len({one.context.trace_id for one in bench.spans}) == 1


PROGRAM = """
import asyncio, json, sys

async def go_on(stored):
    from agents import RunConfig, Runner, RunState
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from otel_agent_analytics import instrument, uninstrument
    from tests.agents_sdk.test_resumed import bank, settings
    from tests.helpers.scripted_model import ScriptedModel, own_trace_provider

    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    agent = bank()
    agent.model = ScriptedModel("Done.")
    with own_trace_provider():
        instrument(tracer_provider=provider, conversation_metrics=False)
        state = await RunState.from_json(agent, stored)
        state.approve(state.get_interruptions()[0])
        result = await Runner.run(agent, state, run_config=settings())
        uninstrument()
    spans = [
        (one.name, one.context.trace_id, one.context.span_id, one.parent and one.parent.span_id, dict(one.attributes))
        for one in exporter.get_finished_spans()
    ]
    print(json.dumps({"output": result.final_output, "spans": spans}))

asyncio.run(go_on(json.load(sys.stdin)))
"""


async def test_resumed_in_another_process(bench: Bench) -> None:
    """In another process, that knows of the run only what was stored, it goes on in the same trace, under its root."""
    agent = bank()
    state = (await run(agent, "wire five")).to_state().to_json()
    done = subprocess.run(  # noqa: ASYNC221 - nothing else goes on here
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(state),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    first = bench.span(ROOT)
    by_name = {name: (trace_id, span_id, parent, said) for name, trace_id, span_id, parent, said in found["spans"]}
    assert found["output"] == "Done."
    assert {trace_id for trace_id, *_ in by_name.values()} == {first.context.trace_id}
    assert by_name[ROOT][2] == first.context.span_id
    assert by_name[TURN][2] == by_name[ROOT][1]
    assert by_name[TURN][3][RESUMED] is True
    assert by_name["execute_tool wire"][3]["gen_ai.conversation.id"] == "c1"
    assert not {span_id for _, span_id, *_ in by_name.values()} & {one.context.span_id for one in bench.spans}


# --- under somebody else's span ---------------------------------------------------------------------------------------


@ELSEWHERE
@STREAMED
async def test_resumed_under_an_outer_span(bench: Bench, *, streamed: bool, elsewhere: bool) -> None:
    """A run that goes on inside another request hangs under that request's span."""
    agent = bank()
    state = await stored(agent, await run(agent, "wire five"))
    bench.exporter.clear()
    if elsewhere:
        forget_traces()
    with bench.app.start_as_current_span("POST /approve"):
        await run(agent, state, streamed=streamed)
        assert otel.get_current_span().is_recording()

    outer = bench.span("POST /approve")
    assert {one.context.trace_id for one in bench.spans} == {outer.context.trace_id}
    assert bench.parent(ROOT if elsewhere else TURN) == "POST /approve"
    assert bench.said(TURN)[RESUMED] is True
    assert nothing_current()


@ELSEWHERE
async def test_both_under_outer_spans(bench: Bench, *, elsewhere: bool) -> None:
    """A run that began in one request and goes on in another is in each one's trace what happened there."""
    agent = bank()
    with bench.app.start_as_current_span("POST /chat"):
        result = await run(agent, "wire five")
    state = await stored(agent, result)
    if elsewhere:
        forget_traces()
    with bench.app.start_as_current_span("POST /approve"):
        await run(agent, state)

    asked, approved = bench.span("POST /chat"), bench.span("POST /approve")
    first, resumed = spans_of(bench, TURN)
    assert asked.context.trace_id != approved.context.trace_id
    assert first.context.trace_id == asked.context.trace_id
    assert resumed.context.trace_id == approved.context.trace_id
    assert {(one.attributes or {})["gen_ai.conversation.id"] for one in (first, resumed)} == {"c1"}


# --- odd cases --------------------------------------------------------------------------------------------------------


@ELSEWHERE
async def test_resumed_without_task_spans(bench: Bench, *, elsewhere: bool) -> None:
    """Where the SDK leaves its task spans out, what goes on is in the same trace, under the first root, too."""
    config: Any = settings(tracing={"include_task_and_turn_spans": False})
    agent = bank()
    state = await stored(agent, await run(agent, "wire five", config=config))
    if elsewhere:
        forget_traces()
    await run(agent, state, config=config)

    first, *others = spans_of(bench, ROOT)
    assert {one.context.trace_id for one in bench.spans} == {first.context.trace_id}
    above = others[0] if elsewhere else first
    agents = spans_of(bench, "invoke_agent Bank")
    assert agents[-1].parent is not None
    assert agents[-1].parent.span_id == above.context.span_id
    assert {(one.attributes or {})["gen_ai.conversation.id"] for one in bench.spans} == {"c1"}


@ELSEWHERE
async def test_trace_id_of_the_application(bench: Bench, *, elsewhere: bool) -> None:
    """A trace id that OpenTelemetry cannot carry leaves no half of it: what goes on is whole, in a trace of its own."""
    config = settings(trace_id="order-7")
    agent = bank()
    state = await stored(agent, await run(agent, "wire five", config=config))
    before = {one.context.span_id for one in bench.spans}
    if elsewhere:
        forget_traces()
    result = await run(agent, state, config=config)

    assert result.final_output == "Done."
    later = [one for one in bench.spans if one.context.span_id not in before]
    assert later
    ids = {one.context.span_id for one in bench.spans}
    assert len({one.context.trace_id for one in later}) == 1
    assert all(one.parent is None or one.parent.span_id in ids for one in later)


async def test_resumed_run_that_fails(bench: Bench) -> None:
    """A run that fails when it goes on says so on its turn; the root, which has ended, stays as it was."""
    agent = bank()
    agent.model = ScriptedModel(Call("wire", amount=5, call_id="call_w"), ConnectionError("down"))
    state = await stored(agent, await run(agent, "wire five"))
    with pytest.raises(ConnectionError):
        await run(agent, state)

    assert (spans_of(bench, TURN)[-1].attributes or {})["agent_analytics.turn.error_type"] == "ConnectionError"
    assert bench.span(ROOT).status.status_code.name == "UNSET"
    assert bench.value("errors_total", source="run", error_type="ConnectionError") == 1
    assert nothing_current()
