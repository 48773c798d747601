"""Who is current when: spans of the application, other tasks, other processors, resumed and cut-off runs."""

from __future__ import annotations

import asyncio
import functools
import gc
import json
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, RunConfig, Runner, RunState, function_tool, trace
from agents.tracing import TracingProcessor, add_trace_processor, agent_span, custom_span, function_span
from agents.tracing import spans as sdk_spans
from agents.tracing import traces as sdk_traces
from opentelemetry import trace as otel
from opentelemetry.context import get_current

from otel_agent_analytics import conversation, uninstrument
from tests.helpers.scripted_model import Call, ScriptedModel

if TYPE_CHECKING:
    from tests.agents_sdk.conftest import Bench


class Onlooker(TracingProcessor):
    """Somebody else's trace processor: keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def on_trace_start(self, trace: Any) -> None:
        self.told.append("trace starts")

    def on_trace_end(self, trace: Any) -> None:
        self.told.append("trace ends")

    def on_span_start(self, span: Any) -> None:
        self.told.append(f"{span.span_data.type} starts")

    def on_span_end(self, span: Any) -> None:
        self.told.append(f"{span.span_data.type} ends")

    def shutdown(self) -> None:
        self.told.append("shutdown")

    def force_flush(self) -> None:
        self.told.append("flush")


PLAIN_RUN = [
    "trace starts", "task starts", "agent starts", "turn starts", "response starts",
    "response ends", "turn ends", "agent ends", "task ends", "trace ends",
]  # fmt: skip


def solo(*answers: Any, **more: Any) -> Agent:
    """Return an agent without tools."""
    return Agent(name="Solo", model=ScriptedModel(*(answers or ("Hello.",)), **more))


def current_span_id() -> int:
    """Return the id of OpenTelemetry's current span; 0 for none."""
    return otel.get_current_span().get_span_context().span_id


def caller(bench: Bench, name: str, *, pause: float = 0) -> Agent:
    """Return an agent whose one tool makes a span of the application, called after the agent."""

    @function_tool
    async def fetch() -> str:
        await asyncio.sleep(pause)
        with bench.app.start_as_current_span(f"GET {name}"):
            await asyncio.sleep(pause)
        return "there"

    return Agent(name=name, model=ScriptedModel(Call("fetch"), "Done.", delay=pause), tools=[fetch])


# --- parents ----------------------------------------------------------------------------------------------------------


async def test_application_span_hangs_under_its_tool(bench: Bench) -> None:
    """A span that the application makes inside a tool is that tool's child."""
    await Runner.run(caller(bench, "a"), "hi")

    assert bench.parent("GET a") == "execute_tool fetch"
    assert bench.parent("execute_tool fetch") == "invoke_agent a"


async def test_thread_of_a_plain_tool(bench: Bench) -> None:
    """A tool that is a plain function runs on another thread, and its spans are its children all the same."""

    @function_tool
    def fetch() -> str:
        bench.app.start_span("GET thread").end()
        return "there"

    await Runner.run(Agent(name="a", model=ScriptedModel(Call("fetch"), "Done."), tools=[fetch]), "hi")

    assert bench.parent("GET thread") == "execute_tool fetch"


async def test_parallel_runs_keep_their_parents(bench: Bench) -> None:
    """Eight runs at once are eight traces, each with its own spans alone."""
    runs = [
        Runner.run(caller(bench, f"a{number}", pause=0.002), "hi", run_config=RunConfig(group_id=f"c{number}"))
        for number in range(8)
    ]
    await asyncio.gather(*runs)

    trees = bench.trees("gen_ai.conversation.id", "gen_ai.agent.name")
    assert len(trees) == 8
    for tree in trees:
        (turn,) = tree["children"]
        (agent,) = turn["children"]
        name = agent["gen_ai.agent.name"]
        assert {node["gen_ai.conversation.id"] for node in (tree, turn, agent, *agent["children"])} == {f"c{name[1:]}"}
        assert [node["name"] for node in agent["children"]] == [
            "chat gpt-5-mini", "execute_tool fetch", "chat gpt-5-mini",
        ]  # fmt: skip
        assert [node["name"] for node in agent["children"][1]["children"]] == [f"GET {name}"]
    assert {tree["children"][0]["gen_ai.agent.name"] for tree in trees} == {f"a{number}" for number in range(8)}


async def test_nested_under_a_server_span(bench: Bench) -> None:
    """A run inside a server's span is part of that trace, below that span."""
    with bench.app.start_as_current_span("POST /chat"):
        await Runner.run(solo(), "hi", run_config=RunConfig(trace_id="trace_" + "a" * 32))
        assert otel.get_current_span().is_recording()

    assert bench.parent("invoke_workflow Agent workflow") == "POST /chat"
    assert {one.context.trace_id for one in bench.spans} == {bench.span("POST /chat").context.trace_id}
    assert bench.span("POST /chat").context.trace_id != 0xAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA


async def test_no_context_is_left(bench: Bench) -> None:
    """After a run, also a failed one, OpenTelemetry's context is what it was."""
    before = get_current()
    await Runner.run(caller(bench, "a"), "hi")
    with pytest.raises(ConnectionError):
        await Runner.run(solo(ConnectionError()), "hi")

    assert current_span_id() == 0
    assert get_current() == before


async def test_streamed_run(bench: Bench) -> None:
    """A streamed run gives the same trace as a plain one, and nothing of it stays current at the consumer."""
    result = Runner.run_streamed(caller(bench, "a"), "hi", run_config=RunConfig(group_id="c1"))
    async for _ in result.stream_events():
        assert current_span_id() == 0
    streamed = bench.tree("gen_ai.conversation.id", "agent_analytics.turn.answered", "gen_ai.usage.input_tokens")
    bench.exporter.clear()
    await Runner.run(caller(bench, "a"), "hi", run_config=RunConfig(group_id="c1"))

    assert streamed == bench.tree(
        "gen_ai.conversation.id", "agent_analytics.turn.answered", "gen_ai.usage.input_tokens"
    )
    assert streamed["children"][0]["agent_analytics.turn.answered"] is True
    assert current_span_id() == 0


async def test_streamed_run_that_nobody_reads_to_the_end(bench: Bench) -> None:
    """A consumer that stops early (a closed browser tab) leaves no context and no span open."""
    result = Runner.run_streamed(solo(delay=0.01), "hi")
    async for _ in result.stream_events():
        break
    result.cancel()
    del result
    async with asyncio.timeout(10):
        while "invoke_workflow Agent workflow" not in bench.names:
            await asyncio.sleep(0.005)
            gc.collect()

    assert bench.names[-1] == "invoke_workflow Agent workflow"
    assert current_span_id() == 0


async def test_span_that_is_not_made_current(bench: Bench) -> None:
    """A span that is started without being made current becomes nobody's parent."""
    with trace("work"):
        aside = custom_span("aside", {})
        aside.start()
        with bench.app.start_as_current_span("of the application"):
            pass
        with custom_span("next", {}):
            pass
        aside.finish()
        inside = custom_span("inside", {}, parent=aside)
        inside.start(mark_as_current=True)
        bench.app.start_span("further in").end()
        inside.finish(reset_current=True)

    assert bench.parent("of the application") == "invoke_workflow work"
    assert bench.parent("next") == "invoke_workflow work"
    assert bench.parent("aside") == "invoke_workflow work"
    assert bench.parent("further in") == "inside"


async def test_trace_that_is_not_made_current(bench: Bench) -> None:
    """A trace that is started without being made current leaves the application's spans alone."""
    aside = trace("aside")
    aside.start()
    bench.app.start_span("of the application").end()
    with custom_span("step", {}, parent=aside):
        pass
    aside.finish()

    assert bench.parent("of the application") is None
    assert bench.parent("step") == "invoke_workflow aside"


async def test_span_that_ends_on_another_task(bench: Bench) -> None:
    """A span begun on one task and ended on another is whole, and leaves neither a complaint nor a context."""
    with trace("work"):
        crossing = custom_span("crossing", {})

        async def begin() -> None:
            crossing.start(mark_as_current=True)
            bench.app.start_span("on the first task").end()

        await asyncio.create_task(begin())
        bench.app.start_span("between").end()
        crossing.finish()
        bench.app.start_span("after").end()

    # That nothing was logged, such as "Failed to detach context", the fixture makes sure of.
    assert bench.parent("on the first task") == "crossing"
    assert bench.parent("between") == "invoke_workflow work"
    assert bench.parent("after") == "invoke_workflow work"
    assert current_span_id() == 0


# --- others -----------------------------------------------------------------------------------------------------------


async def test_other_processors_stay(bare_bench: Bench) -> None:
    """Processors that others registered, before and after, still get everything; ours is one among them."""
    before, after = Onlooker(), Onlooker()
    add_trace_processor(before)
    bare_bench.instrument()
    add_trace_processor(after)
    await Runner.run(solo(), "hi")

    assert before.told == PLAIN_RUN
    assert after.told == PLAIN_RUN
    assert len(bare_bench.spans) == 4


async def test_uninstrument(bare_bench: Bench) -> None:
    """Uninstrumenting takes our processors away, keeps those of others, and puts the SDK's methods back."""
    span_start, trace_start = sdk_spans.SpanImpl.start, sdk_traces.TraceImpl.start
    before, after = Onlooker(), Onlooker()
    add_trace_processor(before)
    bare_bench.instrument()
    wrapped = sdk_spans.SpanImpl.start
    add_trace_processor(after)
    uninstrument()
    await Runner.run(solo(), "hi")

    assert bare_bench.spans == ()
    assert before.told == after.told == PLAIN_RUN
    assert wrapped is not span_start
    assert sdk_spans.SpanImpl.start is span_start
    assert sdk_traces.TraceImpl.start is trace_start
    assert len(bare_bench.provider._active_span_processor._span_processors) == 1
    assert list(bare_bench.registry.collect()) == []


@pytest.mark.parametrize("first", [True, False])
async def test_others_who_wrap_the_sdk_too(bare_bench: Bench, *, first: bool) -> None:
    """Whoever else wraps the SDK's method, before us or after, is still called, and is kept when we go."""
    original, calls = sdk_spans.SpanImpl.start, []

    def wrap() -> None:
        before = sdk_spans.SpanImpl.start

        @functools.wraps(before)
        def theirs(self: Any, mark_as_current: bool = False) -> Any:
            calls.append(self.span_data.type)
            return before(self, mark_as_current)

        sdk_spans.SpanImpl.start = theirs  # type: ignore[method-assign]

    try:
        if first:
            wrap()
        bare_bench.instrument()
        if not first:
            wrap()
        with trace("work"):
            custom_span("aside", {}).start()  # needs our wrapper: else it would be the parent of what follows
            bare_bench.app.start_span("next").end()
        uninstrument()
        await Runner.run(solo(), "hi")
    finally:
        sdk_spans.SpanImpl.start = original  # type: ignore[method-assign]

    assert bare_bench.parent("next") == "invoke_workflow work"
    assert calls == ["custom", "task", "agent", "turn", "response"]


async def test_force_flush_ends_nothing(bench: Bench) -> None:
    """A flush in the middle of a run, as serverless handlers do, ends no span."""
    model = ScriptedModel("Hello.", delay=0.05)
    running = asyncio.create_task(Runner.run(Agent(name="Solo", model=model), "hi"))
    await model.called.wait()
    bench.sdk.force_flush()
    assert bench.names == []
    await running

    assert bench.names == [
        "chat gpt-5-mini", "invoke_agent Solo", "handle_conversation_turn Solo", "invoke_workflow Agent workflow",
    ]  # fmt: skip
    assert min((span.end_time or 0) - (span.start_time or 0) for span in bench.spans) >= 45_000_000


async def test_shutdown_ends_what_is_open(bench: Bench) -> None:
    """A shutdown ends what is open, inner spans first, and marks it as cut off; what was over is not marked."""
    working, over = asyncio.Event(), asyncio.Event()

    @function_tool
    async def work() -> str:
        working.set()
        await over.wait()
        return "done"

    agent = Agent(name="a", model=ScriptedModel(Call("work"), "Done."), tools=[work])
    running = asyncio.create_task(Runner.run(agent, "hi", run_config=RunConfig(group_id="c1")))
    await working.wait()
    bench.sdk.shutdown()
    cut_off = [one.name for one in bench.spans if (one.attributes or {}).get("agent_analytics.cut_off") is True]
    names = bench.names
    over.set()
    await running

    # The first model call was over.
    operations = ["chat", "execute_tool", "invoke_agent", "handle_conversation_turn", "invoke_workflow"]
    assert [name.split()[0] for name in names] == operations
    assert cut_off == names[1:]
    assert sum(name.startswith("invoke_workflow") for name in bench.names) == 1


async def test_nothing_open_is_kept(bench: Bench) -> None:
    """What nobody finishes is let go with the SDK's own objects, ended and marked: nothing grows with the runs."""
    bridge = bench.bridge
    abandoned = [trace(f"cut {number}") for number in range(50)]
    for one in abandoned:
        one.start()
        custom_span("open", {}, parent=one).start()
    assert len(bridge._family._traces) == 50
    del abandoned, one
    gc.collect()
    await Runner.run(solo(), "hi")

    assert len(bridge._family.spans) == len(bridge._family._traces) == 0
    assert len(bridge._family.lost) <= 16
    bench.sdk.shutdown()
    assert len(bridge._family.lost) == 0
    marked_so = [one.name for one in bench.spans if (one.attributes or {}).get("agent_analytics.cut_off")]
    assert sorted(marked_so) == sorted(["open"] * 50 + [f"invoke_workflow cut {number}" for number in range(50)])
    assert bench.span("invoke_workflow cut 7").status.status_code.name == "ERROR"


async def test_span_that_outlives_its_trace(bench: Bench) -> None:
    """A span that nobody finishes before its trace ends is ended and marked too, under its trace."""
    with trace("half"):
        function_span("open").start()
    gc.collect()
    bench.sdk.shutdown()

    assert bench.said("execute_tool open")["agent_analytics.cut_off"] is True
    assert bench.parent("execute_tool open") == "invoke_workflow half"
    assert bench.span("invoke_workflow half").status.status_code.name == "UNSET"


# --- resumed runs -----------------------------------------------------------------------------------------------------


def bank() -> Agent:
    """Return an agent whose tool needs a human's approval."""

    @function_tool(needs_approval=True)
    async def wire(amount: int) -> str:
        return f"wired {amount}"

    return Agent(name="Bank", model=ScriptedModel(Call("wire", amount=5, call_id="call_w"), "Done."), tools=[wire])


async def stopped(agent: Agent, config: RunConfig) -> dict[str, Any]:
    """Run until the tool needs approval; return the state as it would be stored."""
    result = await Runner.run(agent, "wire five", run_config=config)
    assert result.interruptions
    stored: dict[str, Any] = json.loads(json.dumps(result.to_state().to_json()))
    return stored


async def test_resumed_run_stays_in_one_trace(bench: Bench) -> None:
    """A run that waited for approval, its state stored as JSON meanwhile, goes on in the same OpenTelemetry trace."""
    agent, config = bank(), RunConfig(group_id="c1", workflow_name="bank", trace_metadata={"tenant": "acme"})
    stored = await stopped(agent, config)
    before = len(bench.spans)
    state = await RunState.from_json(agent, stored)
    (asked,) = state.get_interruptions()
    state.approve(asked)
    result = await Runner.run(agent, state, run_config=config)

    assert result.final_output == "Done."
    assert len(bench.spans) > before
    assert len({one.context.trace_id for one in bench.spans}) == 1
    assert {(one.attributes or {})["gen_ai.conversation.id"] for one in bench.spans} == {"c1"}
    tools = [one for one in bench.spans if one.name == "execute_tool wire"]
    assert {one.status.status_code.name for one in tools} == {"UNSET"}
    assert current_span_id() == 0


async def test_resumed_run_under_a_server_span(bench: Bench) -> None:
    """A run that is resumed inside another request hangs under that request's span, where it is found."""
    agent, config = bank(), RunConfig(group_id="c1", workflow_name="bank")
    state = await RunState.from_json(agent, await stopped(agent, config))
    bench.exporter.clear()
    state.approve(state.get_interruptions()[0])
    with bench.app.start_as_current_span("POST /approve"):
        await Runner.run(agent, state, run_config=config)

    assert bench.parent("handle_conversation_turn Bank") == "POST /approve"


async def test_two_runs_in_one_trace(bench: Bench) -> None:
    """Several runs in one trace of the application are several turns under one root."""
    with trace("batch", group_id="c1"):
        await Runner.run(solo(), "hi")
        await Runner.run(solo(), "and now?")

    tree = bench.tree()
    assert tree["name"] == "invoke_workflow batch"
    assert [child["name"] for child in tree["children"]] == ["handle_conversation_turn Solo"] * 2
    assert bench.value("messages_total", role="user") == 2


async def test_conversations_in_one_trace(bench: Bench) -> None:
    """Runs of several conversations in one trace are each counted for their own; the root is the first one's."""
    with trace("batch"):
        for name in ("c1", "c2"):
            with conversation(name):
                await Runner.run(solo(), "hi")

    named = [(one.attributes or {}).get("gen_ai.conversation.id") for one in bench.spans if one.name.startswith("chat")]
    assert named == ["c1", "c2"]
    assert bench.value("conversations_started_total", channel="unknown") == 2
    assert bench.said("invoke_workflow batch")["gen_ai.conversation.id"] == "c1"


async def test_agent_span_of_the_application(bench: Bench) -> None:
    """An agent span that the application opens itself, without a run, is a span too and keeps its name."""
    with trace("by hand", group_id="c1"), agent_span("Mine"):
        bench.app.start_span("inside").end()

    assert bench.parent("invoke_agent Mine") == "invoke_workflow by hand"
    assert bench.parent("inside") == "invoke_agent Mine"
