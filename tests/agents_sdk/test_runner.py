"""The conversation of a run: taken from what the application gives the SDK anyhow, without a line of code."""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import threading
from collections import Counter
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING, Any

import pytest
from agents import (
    Agent,
    GuardrailFunctionOutput,
    OpenAIConversationsSession,
    RunConfig,
    Runner,
    RunState,
    SQLiteSession,
    function_tool,
    input_guardrail,
    trace,
)
from agents.tracing import custom_span
from openai import AsyncOpenAI
from opentelemetry.trace import SpanKind

from otel_agent_analytics import conversation, uninstrument
from otel_agent_analytics.agents_sdk.runner import RunGiven
from otel_agent_analytics.errors import fault_counts
from tests.helpers.scripted_model import Call, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agents import RunResult, RunResultStreaming

    from tests.agents_sdk.conftest import Bench

ENTRY_POINTS = ("run", "run_sync", "run_streamed")
WITHOUT_TASKS: Any = {"include_task_and_turn_spans": False}


@pytest.fixture
def session() -> Iterator[Callable[[str], SQLiteSession]]:
    """Return a function that opens a session; all are closed at the end."""
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(closing(SQLiteSession(name)))


@input_guardrail
def politeness(*_: Any) -> GuardrailFunctionOutput:
    """Let everything in."""
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered=False)


@function_tool
async def track(order: int) -> str:
    """Say where an order is."""
    await asyncio.sleep(0)
    return f"order {order} is on its way"


@function_tool
def look_up(order: int) -> str:
    """Say where an order is, on another thread."""
    return f"order {order} is on its way"


def desk() -> Agent:
    """Return an agent with a guardrail, two tools at once and a handoff: ten spans."""
    orders = Agent(name="Orders", model=ScriptedModel("On its way."))
    calls = [Call("track", order=7), Call("look_up", order=7, call_id="call_2")]
    model = ScriptedModel(calls, Call("transfer_to_orders", call_id="call_3"))
    return Agent(name="Desk", model=model, tools=[track, look_up], handoffs=[orders], input_guardrails=[politeness])


DESK = Counter(
    {
        "invoke_workflow Agent workflow": 1,
        "handle_conversation_turn Desk": 1,
        "invoke_agent Desk": 1,
        "guardrail politeness": 1,
        "chat gpt-5-mini": 3,
        "execute_tool track": 1,
        "execute_tool look_up": 1,
        "handoff Orders": 1,
        "invoke_agent Orders": 1,
    }
)
"""The spans of a run of that agent."""


def solo(*answers: Any, **more: Any) -> Agent:
    """Return an agent without tools."""
    return Agent(name="Solo", model=ScriptedModel(*(answers or ("Hello.",)), **more))


def end_loop() -> None:
    """Close the event loop that the SDK made on this thread, and leaves open."""
    with suppress(RuntimeError):  # it made none
        asyncio.get_event_loop().close()


def on_new_thread(function: Callable[[], Any]) -> Any:
    """Return what a function returns on a thread that has no event loop; what it raises is raised."""
    came: list[Any] = []
    raised: list[BaseException] = []

    def work() -> None:
        try:
            came.append(function())
        except BaseException as error:  # noqa: BLE001 - it is raised again on the other thread
            raised.append(error)
        finally:
            end_loop()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
    return came[0]


async def run(entry: str, agent: Agent, said: Any = "hi", **options: Any) -> RunResult | RunResultStreaming:
    """Run an agent through one of the SDK's entry points, to its end."""
    if entry == "run":
        return await Runner.run(agent, said, **options)
    if entry == "run_sync":
        work = functools.partial(Runner.run_sync, agent, said, **options)
        result: RunResult = await asyncio.to_thread(on_new_thread, work)
        return result
    streamed = Runner.run_streamed(agent, said, **options)
    async for _ in streamed.stream_events():
        pass
    return streamed


def named(bench: Bench) -> set[Any]:
    """Return the conversation ids of all spans; None stands for a span without one."""
    return {(one.attributes or {}).get("gen_ai.conversation.id") for one in bench.spans}


def named_of(bench: Bench, name: str) -> list[Any]:
    """Return the conversation ids of all spans of that name, in the order in which they ended."""
    return [(one.attributes or {}).get("gen_ai.conversation.id") for one in bench.spans if one.name == name]


def started(bench: Bench) -> float:
    """Return how many conversations were counted."""
    return bench.value("conversations_started_total", channel="unknown") or 0


# --- without a line of code -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ENTRY_POINTS)
async def test_session_names_every_span(bench: Bench, session: Any, entry: str) -> None:
    """A session alone names the conversation on every span of a run, and the metrics count that conversation."""
    result = await run(entry, desk(), session=session("s1"))

    assert result.final_output == "On its way."
    assert Counter(bench.names) == DESK
    assert named(bench) == {"s1"}
    assert started(bench) == 1
    assert bench.value("messages_total", role="user") == 1
    assert bench.value("messages_total", role="agent") == 1
    assert bench.value("tool_calls_total", tool="track") == 1


@pytest.mark.parametrize("entry", ENTRY_POINTS)
async def test_conversation_id_names_every_span(bench: Bench, entry: str) -> None:
    """The SDK's `conversation_id` alone names the conversation on every span of a run."""
    await run(entry, desk(), conversation_id="conv_1")

    assert Counter(bench.names) == DESK
    assert named(bench) == {"conv_1"}
    assert started(bench) == 1


@pytest.mark.parametrize("entry", ENTRY_POINTS)
@pytest.mark.parametrize("given", ["session", "conversation_id"])
async def test_without_task_spans(bench: Bench, session: Any, entry: str, given: str) -> None:
    """Where the SDK is told to leave its task spans out, all that is left names the conversation too."""
    options = {"session": session("c1")} if given == "session" else {"conversation_id": "c1"}
    await run(entry, desk(), run_config=RunConfig(tracing=WITHOUT_TASKS), **options)

    assert Counter(bench.names) == DESK - Counter(["handle_conversation_turn Desk"])
    assert named(bench) == {"c1"}
    assert started(bench) == 1
    assert bench.value("messages_total", role="user") == 1


@pytest.mark.parametrize("tracing", [None, WITHOUT_TASKS], ids=["with tasks", "without tasks"])
@pytest.mark.parametrize("entry", ["run", "run_streamed"])
async def test_inside_a_trace_of_the_application(bench: Bench, session: Any, entry: str, tracing: Any) -> None:
    """A run inside a trace of the application names its conversation on that trace's root too."""
    with trace("shop"):
        await run(entry, desk(), session=session("s1"), run_config=RunConfig(tracing=tracing))

    assert len(bench.spans) == (10 if tracing else 11)
    assert named(bench) == {"s1"}
    assert started(bench) == 1


async def test_all_runs_of_a_session(bench: Bench, session: Any) -> None:
    """All runs of one session are one conversation, of as many messages."""
    one = session("s1")
    for _ in range(3):
        await Runner.run(solo(), "hi", session=one)

    assert len(bench.spans) == 12
    assert named(bench) == {"s1"}
    assert started(bench) == 1
    assert bench.value("messages_total", role="user") == 3


async def test_two_sessions_in_one_trace(bench: Bench, session: Any) -> None:
    """Runs of two sessions in one trace are two conversations; the root is named after the first."""
    with trace("batch"):
        await Runner.run(solo(), "hi", session=session("s1"))
        await Runner.run(solo(), "hi", session=session("s2"))

    for name in ("handle_conversation_turn Solo", "invoke_agent Solo", "chat gpt-5-mini"):
        assert named_of(bench, name) == ["s1", "s2"]
    assert named_of(bench, "invoke_workflow batch") == ["s1"]
    assert started(bench) == 2


async def test_two_sessions_in_one_trace_without_task_spans(bench: Bench, session: Any) -> None:
    """The same holds where the SDK leaves its task spans out."""
    config = RunConfig(tracing=WITHOUT_TASKS)
    with trace("batch"):
        await Runner.run(solo(), "hi", session=session("s1"), run_config=config)
        await Runner.run(solo(), "hi", session=session("s2"), run_config=config)

    for name in ("invoke_agent Solo", "chat gpt-5-mini"):
        assert named_of(bench, name) == ["s1", "s2"]


async def test_run_without_a_session_after_one(bench: Bench, session: Any) -> None:
    """What one run was given names nothing of the next run, in the same trace or outside."""
    with trace("batch", group_id="g1"):
        await Runner.run(solo(), "hi", session=session("s1"))
        await Runner.run(solo(), "hi")
    await Runner.run(solo(), "hi")

    assert named_of(bench, "chat gpt-5-mini") == ["s1", "g1", None]
    assert named_of(bench, "invoke_workflow Agent workflow") == [None]


@pytest.mark.parametrize("entry", ENTRY_POINTS)
async def test_trace_of_the_application_after_a_run(bench: Bench, session: Any, entry: str) -> None:
    """What a run was given names nothing that the application traces by itself afterwards."""
    await run(entry, solo(), session=session("s1"))
    with trace("later"), custom_span("step", {}):
        pass

    assert named_of(bench, "chat gpt-5-mini") == ["s1"]
    assert named_of(bench, "invoke_workflow later") == named_of(bench, "step") == [None]


@pytest.mark.parametrize("entry", ENTRY_POINTS)
async def test_parallel_sessions(bench: Bench, session: Any, entry: str) -> None:
    """Several runs at once name each their own conversation, down to the spans of their tools."""
    names = [f"s{number}" for number in range(6)]

    def agent(name: str) -> Agent:
        model = ScriptedModel(Call("track", order=1), "Done.", delay=0.005)
        return Agent(name=f"of {name}", model=model, tools=[track])

    await asyncio.gather(*(run(entry, agent(name), session=session(name)) for name in names))

    assert len(bench.spans) == 6 * 6
    by_trace: dict[int, set[Any]] = {}
    for one in bench.spans:
        said = one.attributes or {}
        by_trace.setdefault(one.context.trace_id, set()).add(said["gen_ai.conversation.id"])
        if one.name != "invoke_workflow Agent workflow":
            assert said["gen_ai.agent.name"] == "of " + str(said["gen_ai.conversation.id"])
    assert sorted(by_trace.values(), key=str) == sorted(({name} for name in names), key=str)
    assert started(bench) == 6


async def test_span_of_another_instrumentation(bench: Bench, session: Any) -> None:
    """A GenAI span that another instrumentation makes inside a run names the session's conversation too."""

    @function_tool
    def embed() -> str:
        said = {"gen_ai.operation.name": "embeddings"}
        bench.app.start_span("embeddings", kind=SpanKind.CLIENT, attributes=said).end()
        return "done"

    agent = Agent(name="a", model=ScriptedModel(Call("embed"), "Done."), tools=[embed])
    await Runner.run(agent, "hi", session=session("s1"))

    assert named_of(bench, "embeddings") == ["s1"]


# --- nested runs ------------------------------------------------------------------------------------------------------


def boss(tool: Any) -> Agent:
    """Return an agent that calls its one tool and answers."""
    return Agent(name="Boss", model=ScriptedModel(Call("research", input="x"), "Here you are."), tools=[tool])


@pytest.mark.parametrize("tracing", [None, WITHOUT_TASKS], ids=["with tasks", "without tasks"])
@pytest.mark.parametrize("inner", [None, "inner"])
@pytest.mark.parametrize("entry", ENTRY_POINTS)
async def test_agent_as_tool(bench: Bench, session: Any, entry: str, inner: str | None, tracing: Any) -> None:
    """An agent used as a tool works in the outer run's conversation, also with a session of its own."""
    own = session(inner) if inner is not None else None
    worker = Agent(name="Researcher", model=ScriptedModel(Call("track", order=1), "found it"), tools=[track])
    research = worker.as_tool("research", "Research a thing.", session=own)
    await run(entry, boss(research), session=session("outer"), run_config=RunConfig(tracing=tracing))

    assert "invoke_agent Researcher" in bench.names
    assert len(bench.spans) == (9 if tracing else 11)
    assert named(bench) == {"outer"}
    assert started(bench) == 1
    assert bench.value("messages_total", role="user") == 1


@pytest.mark.parametrize("inner", [None, "inner"])
@pytest.mark.parametrize("entry", ["run", "run_streamed"])
async def test_tool_that_runs_an_agent(bench: Bench, session: Any, entry: str, inner: str | None) -> None:
    """A tool that calls the runner itself works in the outer run's conversation, whatever session it passes."""

    @function_tool
    async def research(input: str) -> str:  # noqa: A002 - as the SDK calls it
        own = session(inner) if inner is not None else None
        return str((await run(entry, solo("found it"), input, session=own)).final_output)

    await Runner.run(boss(research), "hi", conversation_id="outer")

    assert bench.parent("nested_run Solo") == "execute_tool research"
    assert len(bench.spans) == 9
    assert named(bench) == {"outer"}
    assert started(bench) == 1


async def test_plain_tool_that_runs_an_agent(bench: Bench, session: Any) -> None:
    """So does a tool that is a plain function, and runs an agent on its own thread."""

    @function_tool
    def research(input: str) -> str:  # noqa: A002 - as above
        options = {"session": session("inner")}
        work = functools.partial(Runner.run_sync, solo("found it"), input, **options)
        try:
            return str(work().final_output)
        finally:
            end_loop()

    await Runner.run(boss(research), "hi", conversation_id="outer")

    assert bench.parent("nested_run Solo") == "execute_tool research"
    assert named(bench) == {"outer"}


async def test_nested_session_names_no_outer_run(bench: Bench, session: Any) -> None:
    """Where only the nested run has a session, the outer run's spans are not named after it."""
    research = solo("found it").as_tool("research", "Research a thing.", session=session("inner"))
    await Runner.run(boss(research), "hi")

    for name in ("invoke_workflow Agent workflow", "handle_conversation_turn Boss", "invoke_agent Boss"):
        assert named_of(bench, name) == [None]


async def test_after_a_nested_run(bench: Bench, session: Any) -> None:
    """What follows a nested run in the outer one is the outer's again: a handoff's agent, and its model call."""

    @function_tool
    async def research(input: str) -> str:  # noqa: A002 - as above
        return str((await Runner.run(solo("found it"), input, session=session("inner"))).final_output)

    orders = Agent(name="Orders", model=ScriptedModel("Done."))
    model = ScriptedModel(Call("research", input="x"), Call("transfer_to_orders", call_id="call_2"))
    agent = Agent(name="Boss", model=model, tools=[research], handoffs=[orders])
    config = RunConfig(tracing=WITHOUT_TASKS)
    await Runner.run(agent, "hi", session=session("outer"), run_config=config)

    assert named_of(bench, "invoke_agent Orders") == ["outer"]
    assert named(bench) == {"outer"}


# --- resumed runs -----------------------------------------------------------------------------------------------------


def bank() -> Agent:
    """Return an agent whose tool needs a human's approval."""

    @function_tool(needs_approval=True)
    async def wire(amount: int) -> str:
        return f"wired {amount}"

    return Agent(name="Bank", model=ScriptedModel(Call("wire", amount=5), "Done."), tools=[wire])


async def approved(agent: Agent, result: Any, *, stored: bool) -> RunState[Any]:
    """Return the state of a run that waits, approved."""
    state = result.to_state()
    if stored:
        state = await RunState.from_json(agent, json.loads(json.dumps(state.to_json())))
    state.approve(state.get_interruptions()[0])
    return state  # type: ignore[no-any-return]


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("entry", ENTRY_POINTS)
async def test_resumed_run_keeps_its_conversation_id(bench: Bench, entry: str, *, stored: bool) -> None:
    """A resumed run is given no `conversation_id` again, since its state keeps it: all its spans carry it."""
    agent = bank()
    waiting = await run(entry, agent, conversation_id="conv_1")
    before = len(bench.spans)
    result = await run(entry, agent, await approved(agent, waiting, stored=stored))

    assert result.final_output == "Done."
    assert len(bench.spans) > before
    assert named(bench) == {"conv_1"}
    assert started(bench) == 1


@pytest.mark.parametrize("entry", ENTRY_POINTS)
async def test_resumed_run_is_given_its_session_again(bench: Bench, session: Any, entry: str) -> None:
    """A run that is resumed with its session goes on in that conversation."""
    agent, one = bank(), session("s1")
    waiting = await run(entry, agent, session=one)
    result = await run(entry, agent, await approved(agent, waiting, stored=True), session=one)

    assert result.final_output == "Done."
    assert "execute_tool wire" in bench.names
    assert named(bench) == {"s1"}
    assert started(bench) == 1


async def test_other_conversation_id_for_a_resumed_run(bench: Bench) -> None:
    """A `conversation_id` given again goes before the one in the state, as in the SDK."""
    agent = bank()
    state = await approved(agent, await Runner.run(agent, "wire five", conversation_id="old"), stored=True)
    bench.exporter.clear()
    await Runner.run(agent, state, conversation_id="new")

    assert named(bench) == {"new"}


# --- the order --------------------------------------------------------------------------------------------------------

METADATA = {"chat_id": "m4", "thread_id": "m3", "session_id": "m2", "conversation_id": "m1"}


def config(group_id: Any = None, metadata: Any = None) -> RunConfig:
    """Return the settings of a run that name a conversation."""
    return RunConfig(group_id=group_id, trace_metadata=metadata)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"conversation_id": "a1", "run_config": config("g1", METADATA)}, "a1"),
        ({"session": "s1", "run_config": config("g1", METADATA)}, "s1"),
        ({"run_config": config("g1", METADATA)}, "g1"),
        ({"run_config": config(None, METADATA)}, "m1"),
        ({"run_config": config(None, {**METADATA, "conversation_id": None})}, "m2"),
        ({"run_config": config(None, {"chat_id": "m4", "thread_id": "m3"})}, "m3"),
        ({"run_config": config(None, {"chat_id": "m4"})}, "m4"),
        ({"conversation_id": " a1 "}, "a1"),
        ({"session": " s1\n"}, "s1"),
        ({"run_config": config("\tg1 ")}, "g1"),
        ({"run_config": config(None, {"thread_id": " m3 "})}, "m3"),
        ({"conversation_id": "", "run_config": config("g1")}, "g1"),
        ({"conversation_id": " ", "run_config": config("g1")}, "g1"),
        ({"session": "", "run_config": config("g1")}, "g1"),
        ({"session": " ", "run_config": config(" ", METADATA)}, "m1"),
        ({"run_config": config(" ", {**METADATA, "conversation_id": "\n", "session_id": "", "thread_id": 7})}, "m4"),
        ({"session": " ", "run_config": config("", {"conversation_id": " "})}, None),
        ({"run_config": config(None, {"user": "u1", "conversation": "x", "id": "y"})}, None),
        ({}, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("entry", ["run", "run_streamed"])
async def test_order(bench: Bench, session: Any, entry: str, options: dict[str, Any], expected: str | None) -> None:
    """The SDK's order: `conversation_id`, session, group id; then metadata; blank ones are none, none is invented."""
    options = {**options, **({"session": session(options["session"])} if "session" in options else {})}
    await run(entry, solo(), **options)

    assert len(bench.spans) == 4
    assert named(bench) == {expected}
    assert started(bench) == (0 if expected is None else 1)


def test_conversation_id_goes_before_a_session(session: Any) -> None:
    """Of both, which the SDK itself refuses today, `conversation_id` is the conversation, as its own order has it."""
    one = session("s1")

    assert RunGiven({"conversation_id": "a1", "session": one}).conversation_id == "a1"
    assert RunGiven({"conversation_id": " ", "session": one}).conversation_id == "s1"


@pytest.mark.parametrize("given", ["conversation_id", "session", "group_id"])
@pytest.mark.parametrize("entry", ["run", "run_streamed"])
async def test_conversation_block_goes_first(bench: Bench, session: Any, entry: str, given: str) -> None:
    """The application's own word, `conversation()`, goes before whatever the run is given."""
    options: dict[str, dict[str, Any]] = {
        "conversation_id": {"conversation_id": "a1"},
        "session": {"session": session("s1")},
        "group_id": {"run_config": config("g1", METADATA)},
    }
    with conversation("said"):
        await run(entry, desk(), **options[given])

    assert Counter(bench.names) == DESK
    assert named(bench) == {"said"}


async def test_runs_without_any_are_counted(bench: Bench) -> None:
    """Spans of a run that names no conversation carry none, are counted, and appear in no conversation metric."""
    await Runner.run(solo(), "hi")

    assert named(bench) == {None}
    assert started(bench) == 0
    assert not bench.value("messages_total", role="user")
    assert (bench.value("spans_without_conversation_total") or 0) > 0


# --- odd sessions and ids ---------------------------------------------------------------------------------------------


class OddSession(SQLiteSession):
    """A session whose id is whatever a test says; what is raised where that is an exception."""

    def __init__(self, odd: Any) -> None:
        super().__init__("kept under this name")
        self._odd = odd

    @property
    def session_id(self) -> Any:
        if isinstance(self._odd, BaseException):
            raise self._odd
        return self._odd

    @session_id.setter
    def session_id(self, value: Any) -> None:
        self._odd = value


class LazySession(OddSession):
    """As the SDK's own session in OpenAI's service: it has no id before its first use."""

    def __init__(self) -> None:
        super().__init__(ValueError("Session ID not yet available."))
        self.kept: list[Any] = []

    async def get_items(self, *_: Any, **__: Any) -> list[Any]:
        return list(self.kept)

    async def add_items(self, items: list[Any]) -> None:
        self.kept += items


@pytest.mark.parametrize("entry", ENTRY_POINTS)
async def test_session_without_an_id_yet(bench: Bench, entry: str) -> None:
    """A session whose id cannot be had names nothing; the run goes on, the next in the order names it."""
    with closing(LazySession()) as lazy:
        # The fixture fails on any fault of ours, and on anything that is logged.
        result = await run(entry, solo(), session=lazy, run_config=config("g1"))

    assert result.final_output == "Hello."
    assert lazy.kept
    assert named(bench) == {"g1"}
    assert bench.said("invoke_agent Solo")["gen_ai.request.model"] == "gpt-5-mini"


async def test_session_of_the_sdk_without_an_id_yet(bench: Bench) -> None:
    """The SDK's own session in OpenAI's service has no id before its first use: that names nothing, and is no fault."""
    lazy = OpenAIConversationsSession(openai_client=AsyncOpenAI(api_key="sk-made-up", max_retries=0))
    with pytest.raises(ValueError, match="not yet available"):
        _ = lazy.session_id

    async def no_items(*_: Any, **__: Any) -> list[Any]:
        return []

    lazy.get_items = lazy.add_items = no_items  # type: ignore[assignment,method-assign]  # so that no network is needed
    result = await Runner.run(solo(), "hi", session=lazy, run_config=config("g1"))

    assert result.final_output == "Hello."
    assert named(bench) == {"g1"}


@pytest.mark.parametrize("odd", [7, None, b"s1", ["s1"], object()], ids=["number", "none", "bytes", "list", "object"])
async def test_session_id_that_is_no_text(bench: Bench, odd: Any) -> None:
    """A session whose id is no text names nothing, and breaks nothing."""
    with closing(LazySession()) as session:
        session.session_id = odd
        result = await Runner.run(solo(), "hi", session=session, run_config=config("g1"))

    assert result.final_output == "Hello."
    assert named(bench) == {"g1"}


@pytest.mark.usefixtures("complaints")
@pytest.mark.parametrize("odd", [7, 1.5, ["g1"], {"id": "g1"}], ids=str)
async def test_group_id_that_is_no_text(bare_bench: Bench, odd: Any) -> None:
    """A group id that is no text names nothing, and is counted as a value that cannot stand on a span."""
    bare_bench.instrument()
    before = Counter(fault_counts())
    result = await Runner.run(solo(), "hi", run_config=config(odd))

    assert result.final_output == "Hello."
    assert len(bare_bench.spans) == 4
    assert named(bare_bench) == {None}
    counted = Counter(fault_counts()) - before
    assert set(counted) == {"values.unsound"}


@pytest.mark.parametrize("given", ["session", "conversation_id", "group_id", "metadata"])
async def test_long_and_odd_ids(bench: Bench, given: str) -> None:
    """An id is cut at 1,024 characters and made one that can be encoded, wherever it comes from."""
    odd = "\ud800" + "x" * 2000
    with closing(LazySession()) as session:
        session.session_id = odd
        options: dict[str, dict[str, Any]] = {
            "session": {"session": session},
            "conversation_id": {"conversation_id": odd},
            "group_id": {"run_config": config(odd)},
            "metadata": {"run_config": config(None, {"thread_id": odd})},
        }
        await Runner.run(solo(), "hi", **options[given])

    assert len(bench.spans) == 4
    assert named(bench) == {"?" + "x" * 1023}


# --- the entry points -------------------------------------------------------------------------------------------------


def there() -> dict[str, Any]:
    """Return the SDK's entry points, as they stand in its class."""
    return {name: Runner.__dict__[name] for name in ENTRY_POINTS}


async def test_uninstrument_puts_the_entry_points_back(bare_bench: Bench) -> None:
    """Uninstrumenting puts the SDK's own entry points back, the very same; doing it twice does nothing more."""
    before = there()
    bare_bench.instrument()
    wrapped = there()
    uninstrument()
    after = there()
    uninstrument()

    assert all(wrapped[name] is not before[name] for name in ENTRY_POINTS)
    assert all(after[name] is before[name] for name in ENTRY_POINTS)
    assert all(there()[name] is before[name] for name in ENTRY_POINTS)


async def test_instrumenting_again(bare_bench: Bench, session: Any) -> None:
    """Instrumenting twice wraps once; after uninstrumenting it can be done again, and names conversations again."""
    before = there()
    bare_bench.instrument()
    wrapped = there()
    bare_bench.instrument()
    assert all(there()[name] is wrapped[name] for name in ENTRY_POINTS)
    uninstrument()
    bare_bench.instrument()
    await Runner.run(solo(), "hi", session=session("s1"))
    uninstrument()

    assert named(bare_bench) == {"s1"}
    assert len(bare_bench.spans) == 4
    assert all(there()[name] is before[name] for name in ENTRY_POINTS)


def test_what_the_entry_points_look_like(bench: Bench) -> None:
    """To those who inspect them the wrapped entry points are what they were: names, signatures, coroutine or not."""
    uninstrument()
    signatures = {name: inspect.signature(getattr(Runner, name)) for name in ENTRY_POINTS}
    documents = {name: getattr(Runner, name).__doc__ for name in ENTRY_POINTS}
    bench.instrument()

    assert inspect.iscoroutinefunction(Runner.run)
    assert not inspect.iscoroutinefunction(Runner.run_sync)
    assert not inspect.iscoroutinefunction(Runner.run_streamed)
    assert {name: inspect.signature(getattr(Runner, name)) for name in ENTRY_POINTS} == signatures
    assert {name: getattr(Runner, name).__doc__ for name in ENTRY_POINTS} == documents
    assert [getattr(Runner, name).__name__ for name in ENTRY_POINTS] == list(ENTRY_POINTS)
    assert all(isinstance(one, classmethod) for one in there().values())


@pytest.fixture
def kept_entry_points() -> Iterator[None]:
    """Put the entry points back that a test itself replaces."""
    before = there()
    yield
    uninstrument()
    for name, entry in before.items():
        setattr(Runner, name, entry)


def as_classmethod(entry: Any, calls: list[str]) -> Any:
    """Wrap an entry point as this package does."""

    @functools.wraps(entry.__func__)
    async def theirs(cls: Any, *args: Any, **options: Any) -> Any:
        calls.append("called")
        return await entry.__func__(cls, *args, **options)

    return classmethod(theirs)


def as_function(_: Any, calls: list[str]) -> Any:
    """Wrap an entry point as a monkey patch does: the bound method, in a plain function."""
    bound = Runner.run

    @functools.wraps(bound)
    async def theirs(*args: Any, **options: Any) -> Any:
        calls.append("called")
        return await bound(*args, **options)

    return theirs


def as_staticmethod(entry: Any, calls: list[str]) -> Any:
    """Wrap an entry point as a static method."""
    return staticmethod(as_function(entry, calls))


def with_wrapt(entry: Any, calls: list[str]) -> Any:
    """Wrap an entry point as OpenTelemetry's own instrumentations do."""
    import wrapt

    def theirs(wrapped: Any, _: Any, args: Any, options: Any) -> Any:
        calls.append("called")
        return wrapped(*args, **options)

    return wrapt.FunctionWrapper(entry, theirs)


@pytest.mark.usefixtures("kept_entry_points")
@pytest.mark.parametrize("first", [True, False], ids=["before us", "after us"])
@pytest.mark.parametrize("wrap", [as_classmethod, as_function, as_staticmethod, with_wrapt])
async def test_others_who_wrap_the_entry_points(bare_bench: Bench, session: Any, wrap: Any, *, first: bool) -> None:
    """Whoever else wraps an entry point, before us or after, is still called, and is kept when we go."""
    calls: list[str] = []
    if first:
        Runner.run = wrap(Runner.__dict__["run"], calls)  # type: ignore[method-assign]
    theirs = Runner.__dict__["run"]
    bare_bench.instrument()
    if not first:
        Runner.run = wrap(Runner.__dict__["run"], calls)  # type: ignore[method-assign]
        theirs = Runner.__dict__["run"]
    await Runner.run(solo(), "hi", session=session("s1"))

    assert named(bare_bench) == {"s1"}
    assert calls == ["called"]
    uninstrument()
    assert Runner.__dict__["run"] is theirs
    result = await Runner.run(solo(), "hi", session=session("s2"))
    assert result.final_output == "Hello."
    assert calls == ["called", "called"]
    assert len(bare_bench.spans) == 4


class OwnRunner(Runner):
    """An application's own class, on top of the SDK's."""


async def test_runner_of_the_application(bench: Bench, session: Any) -> None:
    """An application's own runner class names its conversations too."""
    await OwnRunner.run(solo(), "hi", session=session("s1"))

    assert len(bench.spans) == 4
    assert named(bench) == {"s1"}


async def test_everything_by_keyword(bench: Bench, session: Any) -> None:
    """Agent and input may be given by keyword, as to the SDK itself."""
    result = await Runner.run(starting_agent=solo(), input="hi", session=session("s1"))

    assert result.final_output == "Hello."
    assert named(bench) == {"s1"}
    assert bench.said("chat gpt-5-mini")["gen_ai.request.model"] == "gpt-5-mini"
    assert "handle_conversation_turn Solo" in bench.names


@pytest.mark.parametrize("given", ["conversation_id", "session"])
async def test_everything_by_position(bench: Bench, session: Any, given: str) -> None:
    """Where the SDK takes everything by position, as a streamed run does, the conversation is found all the same."""
    named_by = ("c1", None) if given == "conversation_id" else (None, session("c1"))
    # context, max_turns, hooks, run_config, previous_response_id, auto_previous_response_id
    result = Runner.run_streamed(solo(), "hi", None, 10, None, config("g1"), None, False, *named_by)
    async for _ in result.stream_events():
        pass

    assert result.final_output == "Hello."
    assert len(bench.spans) == 4
    assert named(bench) == {"c1"}


async def test_what_is_given_by_position_is_seen(bench: Bench) -> None:
    """A streamed run's settings given by position are seen too: its model."""
    agent = Agent(name="Solo", model="gpt-not-asked")
    result = Runner.run_streamed(agent, "hi", None, 10, None, RunConfig(model=ScriptedModel("Hello.")))
    async for _ in result.stream_events():
        pass

    assert bench.said("invoke_agent Solo")["gen_ai.request.model"] == "gpt-5-mini"


@pytest.mark.parametrize("entry", ENTRY_POINTS)
async def test_exceptions_pass_through(bench: Bench, session: Any, entry: str) -> None:
    """What a run raises is raised, the very same object; its spans name the conversation all the same."""
    down = ConnectionError("down")
    with pytest.raises(ConnectionError) as raised:
        await run(entry, solo(down), session=session("s1"))

    assert raised.value is down
    assert len(bench.spans) == 4
    assert named(bench) == {"s1"}
    await Runner.run(solo(), "hi")
    assert named_of(bench, "invoke_workflow Agent workflow") == ["s1", None]


async def test_wrong_calls(bench: Bench) -> None:
    """A call that the SDK refuses is refused as it was, and nothing is left of it."""
    unknown: dict[str, Any] = {"no_such_option": 1}
    with pytest.raises(TypeError, match="no_such_option"):
        await Runner.run(solo(), "hi", **unknown)
    with pytest.raises(TypeError, match="starting_agent"):
        Runner.run_streamed()  # type: ignore[call-arg]
    with pytest.raises(RuntimeError, match="event loop is already running"):
        Runner.run_sync(solo(), "hi", conversation_id="c1")
    await Runner.run(solo(), "hi")

    assert named(bench) == {None}


async def test_what_comes_back(bench: Bench, session: Any) -> None:
    """The SDK's own results come back, with what the model said and what the session keeps."""
    one = session("s1")
    agent = solo("Hello.", "Again.")
    context = {"tenant": "acme"}
    first = await Runner.run(agent, "hi", context=context, max_turns=3, session=one)
    second = Runner.run_streamed(agent, "and?", context=context, max_turns=3, session=one)
    async for _ in second.stream_events():
        pass

    assert [type(first).__name__, type(second).__name__] == ["RunResult", "RunResultStreaming"]
    assert [first.final_output, second.final_output] == ["Hello.", "Again."]
    assert first.context_wrapper.context is context
    assert second.max_turns == 3
    assert [item.get("role") for item in await one.get_items()] == ["user", "assistant"] * 2
