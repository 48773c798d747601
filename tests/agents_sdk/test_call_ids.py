"""The id of a tool call, `gen_ai.tool.call.id`: the SDK's span has none, so it is found in the model's answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, RunConfig, Runner, function_tool, trace

from tests.helpers.scripted_model import Call, ScriptedModel

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from tests.agents_sdk.conftest import Bench

CALL_ID = "gen_ai.tool.call.id"
WITHOUT_TASKS: Any = {"include_task_and_turn_spans": False}
TRACING = pytest.mark.parametrize("tracing", [None, WITHOUT_TASKS], ids=["with tasks", "without tasks"])
CHAT = pytest.mark.parametrize("chat", [False, True], ids=["responses", "chat completions"])
STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["run", "run_streamed"])


class Tools:
    """Tools that say by a span of their own which call they serve.

    Args:
        bench: makes these spans.
        waits: how often a call lets the others go first, by its text, or by tool and text.
    """

    def __init__(self, bench: Bench, waits: dict[str, int] | None = None) -> None:
        self._bench = bench
        self._waits = waits or {}
        self.ended: list[str] = []
        """The texts, in the order in which the calls ended."""

    async def _serve(self, tool: str, text: str) -> str:
        for _ in range(self._waits.get(f"{tool} {text}", self._waits.get(text, 0))):
            await asyncio.sleep(0.002)
        self._bench.app.start_span(f"{tool} {text}").end()
        self.ended.append(text)
        return text

    @property
    def all(self) -> list[Any]:
        """The tools: ``echo`` and ``shout``."""

        @function_tool
        async def echo(text: str) -> str:
            return await self._serve("echo", text)

        @function_tool
        async def shout(text: str) -> str:
            return await self._serve("shout", text)

        return [echo, shout]


def call_ids(bench: Bench) -> dict[str, Any]:
    """Return, for each call that a tool served, the id on the span of that call."""
    by_id = {one.context.span_id: one for one in bench.spans}
    found: dict[str, Any] = {}
    for one in bench.spans:
        if one.name.startswith(("echo ", "shout ")):
            assert one.parent is not None
            assert one.name not in found
            found[one.name] = attribute(by_id[one.parent.span_id])
    return found


def attribute(span: ReadableSpan) -> Any:
    """Return the id on the span of a tool call; None for none."""
    assert span.name.startswith("execute_tool ")
    return (span.attributes or {}).get(CALL_ID)


async def run(agent: Agent, *, streamed: bool = False, tracing: Any = None, sensitive: bool = True) -> str:
    """Run an agent to its end; return its last word."""
    config = RunConfig(tracing=tracing, trace_include_sensitive_data=sensitive)
    if not streamed:
        return str((await Runner.run(agent, "do it", run_config=config)).final_output)
    result = Runner.run_streamed(agent, "do it", run_config=config)
    async for _ in result.stream_events():
        pass
    return str(result.final_output)


def helper(tools: list[Any], *answers: Any, chat: bool = False) -> Agent:
    """Return an agent with tools."""
    return Agent(name="Helper", model=ScriptedModel(*answers, chat=chat), tools=tools)


# --- one run ----------------------------------------------------------------------------------------------------------


@CHAT
@STREAMED
@TRACING
async def test_calls_that_end_in_another_order(bench: Bench, tracing: Any, *, streamed: bool, chat: bool) -> None:
    """Calls of one tool at once keep each their own id, in whatever order they end."""
    tools = Tools(bench, {"a": 6, "b": 3, "c": 0})
    calls = [Call("echo", text=text, call_id=f"call_{text}") for text in "abc"]
    await run(helper(tools.all, calls, "Done.", chat=chat), streamed=streamed, tracing=tracing)

    assert tools.ended == ["c", "b", "a"]
    assert call_ids(bench) == {"echo a": "call_a", "echo b": "call_b", "echo c": "call_c"}


@CHAT
async def test_calls_of_several_tools(bench: Bench, *, chat: bool) -> None:
    """Calls of several tools at once, with the same arguments, keep each their own id."""
    tools = Tools(bench, {"shout a": 6, "echo a": 4, "echo b": 2, "shout b": 0})
    calls = [
        Call("shout", text="a", call_id="call_1"),
        Call("echo", text="a", call_id="call_2"),
        Call("echo", text="b", call_id="call_3"),
        Call("shout", text="b", call_id="call_4"),
    ]
    await run(helper(tools.all, calls, "Done.", chat=chat))

    assert call_ids(bench) == {"shout a": "call_1", "echo a": "call_2", "echo b": "call_3", "shout b": "call_4"}


@CHAT
async def test_equal_calls(bench: Bench, *, chat: bool) -> None:
    """Of calls that are equal in all else each gets one of the ids, and no id is given twice."""

    @function_tool
    async def tick() -> str:
        await asyncio.sleep(0.002)
        return "tock"

    calls = [Call("tick", call_id=f"call_{number}") for number in range(4)]
    await run(helper([tick], calls, "Done.", chat=chat))

    ids = [attribute(one) for one in bench.spans if one.name == "execute_tool tick"]
    assert sorted(ids) == ["call_0", "call_1", "call_2", "call_3"]


async def test_equal_calls_among_others(bench: Bench) -> None:
    """Equal calls take no id of a call with other arguments, though that ends last."""
    tools = Tools(bench, {"first": 6})
    calls = [Call("echo", text="first", call_id="call_first")]
    calls += [Call("shout", text="same", call_id=f"call_{number}") for number in range(2)]

    @function_tool
    async def shout(text: str) -> str:
        return text

    await run(helper([tools.all[0], shout], calls, "Done."))

    assert call_ids(bench) == {"echo first": "call_first"}
    ids = [attribute(one) for one in bench.spans if one.name == "execute_tool shout"]
    assert sorted(ids) == ["call_0", "call_1"]


@CHAT
@STREAMED
async def test_calls_of_several_answers(bench: Bench, *, streamed: bool, chat: bool) -> None:
    """The same call asked for again, in a later answer, has that answer's id."""
    tools = Tools(bench)

    @function_tool
    async def again() -> str:
        return "again"

    answers = [
        [Call("again", call_id="call_1"), Call("echo", text="x", call_id="call_2")],
        Call("again", call_id="call_3"),
        [Call("again", call_id="call_4"), Call("again", call_id="call_5")],
    ]
    await run(helper([again, tools.all[0]], *answers, "Done.", chat=chat), streamed=streamed)

    ids = [attribute(one) for one in bench.spans if one.name == "execute_tool again"]
    assert ids[:2] == ["call_1", "call_3"]
    assert sorted(ids[2:]) == ["call_4", "call_5"]
    assert call_ids(bench) == {"echo x": "call_2"}


async def test_call_that_fails(bench: Bench) -> None:
    """A call that fails has its id too, and takes none of the others'."""

    @function_tool
    async def pick(number: int) -> str:
        await asyncio.sleep(0.002 * (3 - number))
        if number == 2:
            raise LookupError("no such thing")
        return str(number)

    calls = [Call("pick", number=number, call_id=f"call_{number}") for number in (1, 2)]
    await run(helper([pick], calls, "Done."))

    ids = {one.status.status_code.name: attribute(one) for one in bench.spans if one.name == "execute_tool pick"}
    assert ids == {"ERROR": "call_2", "UNSET": "call_1"}


async def test_calls_beside_a_handoff(bench: Bench) -> None:
    """A call beside a handoff has its id, and the next agent's call has its own."""
    tools = Tools(bench)
    second = Agent(
        name="Second", model=ScriptedModel(Call("echo", text="b", call_id="call_b"), "Done."), tools=tools.all
    )
    answer = [Call("echo", text="a", call_id="call_a"), Call("transfer_to_second", call_id="call_h")]
    first = Agent(name="First", model=ScriptedModel(answer), tools=tools.all, handoffs=[second])
    await run(first)

    assert call_ids(bench) == {"echo a": "call_a", "echo b": "call_b"}


@CHAT
@STREAMED
async def test_none_without_sensitive_data(bench: Bench, *, streamed: bool, chat: bool) -> None:
    """Where the SDK withholds the model's answers there is no id to be had, and none is made up."""
    tools = Tools(bench)
    calls = [Call("echo", text=text, call_id=f"call_{text}") for text in "ab"]
    await run(helper(tools.all, calls, "Done.", chat=chat), streamed=streamed, sensitive=False)

    assert call_ids(bench) == {"echo a": None, "echo b": None}
    assert not [one.name for one in bench.spans if "call_a" in one.to_json()]


# --- several runs -----------------------------------------------------------------------------------------------------


@TRACING
@pytest.mark.parametrize("how", ["as_tool", "runner"])
async def test_nested_agent(bench: Bench, how: str, tracing: Any) -> None:
    """A nested agent's calls, of the same tool with the same arguments at the same time, take no id of the outer's."""
    # The outer agent's own call of echo is still on while the nested agent asks for its call, and makes it.
    outer, nested = Tools(bench, {"x": 25}), Tools(bench)

    @function_tool
    async def echo(text: str) -> str:
        bench.app.start_span("shout nested").end()
        nested.ended.append(text)
        return text

    inner = Agent(
        name="Inner", model=ScriptedModel(Call("echo", text="x", call_id="call_inner"), "found it"), tools=[echo]
    )

    @function_tool
    async def research(input: str) -> str:  # noqa: A002 - as the SDK calls it
        return await run(inner, tracing=tracing)

    tool: Any = inner.as_tool("research", "Research a thing.") if how == "as_tool" else research
    calls = [Call("research", input="r", call_id="call_research"), Call("echo", text="x", call_id="call_outer")]
    boss = Agent(name="Boss", model=ScriptedModel(calls, "Done."), tools=[tool, outer.all[0]])
    await run(boss, tracing=tracing)

    assert nested.ended == outer.ended == ["x"]
    assert call_ids(bench) == {"shout nested": "call_inner", "echo x": "call_outer"}
    assert bench.said("execute_tool research")[CALL_ID] == "call_research"


@TRACING
async def test_one_nested_agent_twice_at_once(bench: Bench, tracing: Any) -> None:
    """One agent used as a tool twice at the same time: each nested call, and each outer one, has its own id."""
    tools = Tools(bench, {"a": 5, "b": 1})

    class ByInput(ScriptedModel):
        """Asks for a call by what it is asked itself."""

        async def _answer(self, span: Any, given: Any, tracing: Any, *, failure: str) -> Any:
            asked = str(given)
            text = "a" if "thing a" in asked else "b"
            answer = "found it" if "function_call_output" in asked else Call("echo", text=text, call_id=f"call_{text}")
            return await ScriptedModel(answer)._answer(span, given, tracing, failure=failure)

    inner = Agent(name="Inner", model=ByInput(), tools=tools.all)
    research = inner.as_tool("research", "Research a thing.")
    calls = [Call("research", input=f"thing {text}", call_id=f"call_r{text}") for text in "ab"]
    await run(Agent(name="Boss", model=ScriptedModel(calls, "Done."), tools=[research]), tracing=tracing)

    assert tools.ended == ["b", "a"]
    assert call_ids(bench) == {"echo a": "call_a", "echo b": "call_b"}
    ids = [attribute(one) for one in bench.spans if one.name == "execute_tool research"]
    assert ids == ["call_rb", "call_ra"]


@TRACING
@pytest.mark.parametrize("one_trace", [False, True], ids=["own traces", "one trace"])
async def test_parallel_runs(bench: Bench, tracing: Any, *, one_trace: bool) -> None:
    """Runs at the same time, also in one trace of the application, keep their calls' ids apart."""
    tools = {text: Tools(bench, {text: waits}) for text, waits in {"a": 6, "b": 1, "c": 3}.items()}

    def agent(text: str) -> Agent:
        # Each run's model gives the same tool another id, so that a mix-up shows.
        return helper(tools[text].all, Call("echo", text=text, call_id=f"call_{text}"), "Done.")

    async def all_at_once() -> None:
        await asyncio.gather(*(run(agent(text), tracing=tracing) for text in tools))

    if one_trace:
        with trace("batch"):
            await all_at_once()
    else:
        await all_at_once()

    assert call_ids(bench) == {"echo a": "call_a", "echo b": "call_b", "echo c": "call_c"}
