"""What a run of the real Agents SDK becomes: whole traces, written down by hand."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from agents import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrailTripwireTriggered,
    RunConfig,
    Runner,
    function_tool,
    input_guardrail,
    trace,
)
from agents.tracing import (
    TracingProcessor,
    add_trace_processor,
    custom_span,
    mcp_tools_span,
    speech_group_span,
    speech_span,
    transcription_span,
)

import otel_agent_analytics
from otel_agent_analytics import Settings, conversation
from tests.helpers.scripted_model import Call, ScriptedModel

if TYPE_CHECKING:
    from tests.agents_sdk.conftest import Bench, Node

CHOSEN = (
    "gen_ai.operation.name",
    "gen_ai.workflow.name",
    "gen_ai.agent.name",
    "gen_ai.request.model",
    "gen_ai.tool.name",
    "gen_ai.tool.call.id",
    "error.type",
    "agent_analytics.operation",
    "agent_analytics.answering_agent",
    "agent_analytics.turn.answered",
    "agent_analytics.handoff.from_agent",
    "agent_analytics.handoff.to_agent",
    "agent_analytics.guardrail.name",
    "agent_analytics.guardrail.triggered",
    "agent_analytics.tool.result_failed",
    "agent_analytics.sdk_span_type",
    "agent_analytics.turn.error_type",
    "agent_analytics.model_turn.error_type",
)


def span(name: str, said: dict[str, Any], *children: Node, kind: str = "INTERNAL", status: str = "UNSET") -> Node:
    """Return a span as plain data."""
    return {"name": name, "kind": kind, "status": status, **said, "children": list(children)}


def workflow(*children: Node, **more: Any) -> Node:
    """Return the root of a run without settings of its own."""
    named = {"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "Agent workflow"}
    return span("invoke_workflow Agent workflow", {**named, **more.pop("said", {})}, *children, **more)


def turn(agent: str, *children: Node, **more: Any) -> Node:
    """Return a user's turn that one agent answered."""
    named = {
        "agent_analytics.operation": "handle_conversation_turn",
        "gen_ai.agent.name": agent,
        "agent_analytics.answering_agent": agent,
        "agent_analytics.turn.answered": True,
    }
    return span(f"handle_conversation_turn {agent}", {**named, **more.pop("said", {})}, *children, **more)


def unanswered(agent: str, *children: Node, **more: Any) -> Node:
    """Return a user's turn whose run showed no text, so that nobody knows of an answer."""
    node = turn(agent, *children, **more)
    del node["agent_analytics.turn.answered"]
    return node


def agent_span(agent: str, *children: Node, **more: Any) -> Node:
    """Return an agent's work."""
    named = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": agent,
        "gen_ai.request.model": "gpt-5-mini",
    }
    return span(f"invoke_agent {agent}", {**named, **more.pop("said", {})}, *children, **more)


def chat(agent: str, **more: Any) -> Node:
    """Return a model call that an agent made."""
    named = {"gen_ai.operation.name": "chat", "gen_ai.agent.name": agent, "gen_ai.request.model": "gpt-5-mini"}
    return span("chat gpt-5-mini", {**named, **more.pop("said", {})}, kind="CLIENT", **more)


def nested(agent: str, *children: Node) -> Node:
    """Return the run that an agent used as a tool makes."""
    named = {"agent_analytics.operation": "nested_run", "gen_ai.agent.name": agent}
    return span(f"nested_run {agent}", named, *children)


def tool(agent: str, name: str, *children: Node, call_id: str = "call_1", **more: Any) -> Node:
    """Return a tool call that an agent made."""
    named = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.agent.name": agent,
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": call_id,
    }
    return span(f"execute_tool {name}", {**named, **more.pop("said", {})}, *children, **more)


@function_tool
async def track(order: int) -> str:
    """Say where an order is."""
    await asyncio.sleep(0.001)
    return f"order {order} is on its way"


@function_tool
def broken() -> str:
    """Fail."""
    raise LookupError("no such order")


def helper(*answers: Any, **more: Any) -> Agent:
    """Return an agent that answers from a script."""
    return Agent(name="Helper", model=ScriptedModel(*answers), tools=[track, broken], **more)


# --- whole traces -----------------------------------------------------------------------------------------------------


async def test_plain_run(bench: Bench) -> None:
    """A run without tools is a workflow with one turn, in it the agent, in it the model call."""
    await Runner.run(helper("Hello."), "hi")

    assert bench.tree(*CHOSEN) == workflow(turn("Helper", agent_span("Helper", chat("Helper"))))


async def test_tool_call_and_answer(bench: Bench) -> None:
    """A tool call stands beside the two model calls, and carries the id under which the model asked for it."""
    await Runner.run(helper(Call("track", order=7, call_id="call_abc"), "On its way."), "where is it?")

    assert bench.tree(*CHOSEN) == workflow(
        turn(
            "Helper", agent_span("Helper", chat("Helper"), tool("Helper", "track", call_id="call_abc"), chat("Helper"))
        )
    )


async def test_handoff(bench: Bench) -> None:
    """A handoff names both agents; the turn names the one that began and the one that answered."""
    orders = Agent(name="Orders", model=ScriptedModel("I have it."))
    await Runner.run(helper(Call("transfer_to_orders"), handoffs=[orders]), "where is it?")

    named = {
        "agent_analytics.operation": "handoff",
        "gen_ai.agent.name": "Helper",
        "agent_analytics.handoff.from_agent": "Helper",
        "agent_analytics.handoff.to_agent": "Orders",
    }
    assert bench.tree(*CHOSEN) == workflow(
        turn(
            "Helper",
            agent_span("Helper", chat("Helper"), span("handoff Orders", named)),
            agent_span("Orders", chat("Orders")),
            said={"agent_analytics.answering_agent": "Orders"},
        )
    )


async def test_guardrail_trip(bench: Bench) -> None:
    """A tripped guardrail says so on its own span, which is no error; the root is, and agent and turn tell of it."""

    @input_guardrail(run_in_parallel=False)
    def politeness(*_: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered=True)

    with pytest.raises(InputGuardrailTripwireTriggered):
        await Runner.run(helper("never said", input_guardrails=[politeness]), "you fool")

    checked = {
        "agent_analytics.operation": "guardrail",
        "gen_ai.agent.name": "Helper",
        "agent_analytics.guardrail.name": "politeness",
        "agent_analytics.guardrail.triggered": True,
    }
    tripped = "InputGuardrailTripwireTriggered"
    assert bench.tree(*CHOSEN) == workflow(
        unanswered(
            "Helper",
            agent_span(
                "Helper",
                span("guardrail politeness", checked),
                said={"agent_analytics.model_turn.error_type": tripped},
            ),
            said={"agent_analytics.turn.error_type": tripped},
        ),
        said={"error.type": tripped},
        status="ERROR",
    )


async def test_guardrail_that_passes(bench: Bench) -> None:
    """A guardrail that lets the message pass is a span that says so, and no error."""

    @input_guardrail
    def politeness(*_: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered=False)

    await Runner.run(helper("Hello.", input_guardrails=[politeness]), "hi")

    assert bench.said("guardrail politeness")["agent_analytics.guardrail.triggered"] is False
    assert {one.status.status_code.name for one in bench.spans} == {"UNSET"}


async def test_failed_model_call(bench: Bench) -> None:
    """A failed model call is an error all the way up, under the class of the exception and never its text."""
    with pytest.raises(ConnectionError):
        await Runner.run(helper(ConnectionError("secret-host is down")), "hi")

    call = chat("Helper", said={"error.type": "ConnectionError"}, status="ERROR")
    failed = {"agent_analytics.turn.error_type": "ConnectionError"}
    assert bench.tree(*CHOSEN) == workflow(
        unanswered(
            "Helper",
            agent_span("Helper", call, said={"error.type": "ConnectionError"}, status="ERROR"),
            said=failed,
        ),
        said={"error.type": "ConnectionError"},
        status="ERROR",
    )
    assert not [one for one in bench.spans if "secret-host" in one.to_json()]


async def test_tool_that_raises(bench: Bench) -> None:
    """A tool that raises is an error on the tool's span alone: the agent goes on and answers."""
    await Runner.run(helper(Call("broken"), "I could not find it."), "where is it?")

    failed = tool("Helper", "broken", said={"error.type": "tool_error"}, status="ERROR")
    assert bench.tree(*CHOSEN) == workflow(turn("Helper", agent_span("Helper", chat("Helper"), failed, chat("Helper"))))
    assert not [one for one in bench.spans if "no such order" in one.to_json()]


async def test_tool_whose_result_says_that_it_failed(bench: Bench) -> None:
    """A tool whose result begins with `Error` has failed, though nothing was raised: its span is marked, not ERROR."""

    @function_tool
    def lookup() -> str:
        return "Error: no such order"

    await Runner.run(Agent(name="Helper", model=ScriptedModel(Call("lookup"), "Sorry."), tools=[lookup]), "where?")

    assert bench.said("execute_tool lookup")["agent_analytics.tool.result_failed"] is True
    assert bench.span("execute_tool lookup").status.status_code.name == "UNSET"


def test_other_types_get_a_span_each(bench: Bench) -> None:
    """Custom, MCP and voice spans have names of their own, and hang where the SDK has them."""
    with trace("voice", group_id="c1"):
        with custom_span("my step", {"count": 3, "label": "x" * 2000}):
            pass
        with mcp_tools_span(server="files", result=["read", "write"]):
            pass
        with transcription_span(model="gpt-4o-transcribe", input="AAAA", output="my secret"):
            pass
        with speech_group_span(input="my secret"), speech_span(model="gpt-4o-mini-tts", input="my secret"):
            pass

    def other(name: str, operation: str, *children: Node, kind: str = "INTERNAL") -> Node:
        return span(name, {"agent_analytics.operation": operation}, *children, kind=kind)

    named = {"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "voice"}
    assert bench.tree(*CHOSEN) == span(
        "invoke_workflow voice",
        named,
        other("my step", "custom"),
        span("tools/list files", {}, kind="CLIENT"),
        other("transcription gpt-4o-transcribe", "transcription", kind="CLIENT"),
        other("speech_group", "speech_group", other("speech gpt-4o-mini-tts", "speech", kind="CLIENT")),
    )
    assert bench.said("my step")["agent_analytics.data.count"] == 3
    assert bench.said("my step")["agent_analytics.data.label"] == "x" * 1024
    assert bench.said("tools/list files")["mcp.method.name"] == "tools/list"
    assert bench.said("tools/list files")["agent_analytics.mcp.tools"] == ("read", "write")
    assert bench.said("speech gpt-4o-mini-tts")["agent_analytics.voice.format"] == "pcm"
    assert {said["gen_ai.conversation.id"] for one in bench.spans if (said := dict(one.attributes or {}))} == {"c1"}
    assert not [one for one in bench.spans if "my secret" in one.to_json()]


async def test_generation_spans(bench: Bench) -> None:
    """Chat completions, which the SDK reports in another form, give the same trace as the Responses API."""
    model = ScriptedModel(Call("track", order=7, call_id="call_abc"), "On its way?", chat=True)
    await Runner.run(Agent(name="Helper", model=model, tools=[track]), "where is it?")

    assert bench.tree(*CHOSEN) == workflow(
        turn(
            "Helper", agent_span("Helper", chat("Helper"), tool("Helper", "track", call_id="call_abc"), chat("Helper"))
        )
    )
    said = bench.said("handle_conversation_turn Helper")
    assert said["agent_analytics.user_message.length"] == len("where is it?")
    assert said["agent_analytics.agent_message.length"] == len("On its way?")
    assert said["agent_analytics.agent_message.question"] is True


async def test_agent_as_tool(bench: Bench) -> None:
    """An agent used as a tool is no second turn of the user: its work hangs under the tool that started it."""
    inner = Agent(name="Researcher", model=ScriptedModel("found it"))
    research = inner.as_tool("research", "Research a thing.")
    boss = Agent(name="Boss", model=ScriptedModel(Call("research", input="x"), "Here you are."), tools=[research])
    await Runner.run(boss, "do it")

    assert bench.tree(*CHOSEN) == workflow(
        turn(
            "Boss",
            agent_span(
                "Boss",
                chat("Boss"),
                tool("Boss", "research", nested("Researcher", agent_span("Researcher", chat("Researcher")))),
                chat("Boss"),
            ),
        )
    )
    said = bench.said("handle_conversation_turn Boss")
    assert said["agent_analytics.user_message.length"] == len("do it")
    assert said["agent_analytics.agent_message.length"] == len("Here you are.")


async def test_run_without_task_spans(bench: Bench) -> None:
    """Where the SDK is told to leave its task spans out, the root stands for the turn."""
    config = RunConfig(tracing={"include_task_and_turn_spans": False}, group_id="c1")
    await Runner.run(helper("Hello?"), "hi, bye", run_config=config)

    as_turn = {
        "agent_analytics.operation": "handle_conversation_turn",
        "gen_ai.agent.name": "Helper",
        "agent_analytics.answering_agent": "Helper",
        "agent_analytics.turn.answered": True,
    }
    assert bench.tree(*CHOSEN) == workflow(agent_span("Helper", chat("Helper")), said=as_turn)
    said = bench.said("invoke_workflow Agent workflow")
    assert said["agent_analytics.user_message.closing"] is True
    assert said["agent_analytics.agent_message.question"] is True
    assert bench.value("messages_total", role="user") == 1
    assert bench.value("messages_total", role="agent") == 1


async def test_model_turns_are_folded(bench: Bench) -> None:
    """By default a model turn is no span of its own: what happened in it carries its number."""
    await Runner.run(helper(Call("track", order=7), "On its way."), "where is it?")

    calls = [one for one in bench.spans if one.name == "chat gpt-5-mini"]
    assert [(one.attributes or {})["agent_analytics.model_turn"] for one in calls] == [1, 2]
    assert bench.said("execute_tool track")["agent_analytics.model_turn"] == 1
    assert "model_turn" not in bench.names


async def test_model_turns_on_request(bare_bench: Bench) -> None:
    """With the setting `model_turn_spans` each model turn is a span, between the agent and what happened in it."""
    bare_bench.instrument(Settings(model_turn_spans=True))
    await Runner.run(helper(Call("track", order=7), "On its way."), "where is it?")

    def model_turn(number: int, *children: Node) -> Node:
        named = {"agent_analytics.operation": "model_turn", "gen_ai.agent.name": "Helper"}
        return span("model_turn", {**named, "agent_analytics.model_turn": number}, *children)

    numbered = (*CHOSEN, "agent_analytics.model_turn")
    first, second = {"agent_analytics.model_turn": 1}, {"agent_analytics.model_turn": 2}
    assert bare_bench.tree(*numbered) == workflow(
        turn(
            "Helper",
            agent_span(
                "Helper",
                model_turn(1, chat("Helper") | first, tool("Helper", "track") | first),
                model_turn(2, chat("Helper") | second),
            ),
        )
    )


# --- what spans carry -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chat_completions", [False, True])
async def test_tokens_without_sensitive_data(bench: Bench, *, chat_completions: bool) -> None:
    """Where the SDK withholds the texts, the token counts are there all the same, and no text is."""
    model = ScriptedModel("My secret.", chat=chat_completions)
    agent = Agent(name="Helper", model=model)
    await Runner.run(agent, "your secret?", run_config=RunConfig(trace_include_sensitive_data=False))

    (call,) = (one for one in bench.spans if one.kind.name == "CLIENT")
    usage = {key: value for key, value in (call.attributes or {}).items() if key.startswith("gen_ai.usage.")}
    assert usage == {
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 40,
        "gen_ai.usage.cache_write.input_tokens": 10,
        "gen_ai.usage.reasoning.output_tokens": 8,
    }
    assert not [one for one in bench.spans if "secret" in one.to_json()]


async def test_unseen_texts_are_unknown(bench: Bench) -> None:
    """Without texts nothing is said of them: neither lengths, nor whether the user was answered."""
    await Runner.run(helper("Hello?"), "hi", run_config=RunConfig(trace_include_sensitive_data=False))

    said = bench.said("handle_conversation_turn Helper")
    assert not [key for key in said if "message" in key or "answered" in key]


async def test_texts_stay_in_the_process(bench: Bench) -> None:
    """Messages, arguments and results are measured and left out of every span."""
    secret = "4111-1111"
    await Runner.run(helper(Call("track", order=41111111), f"It is {secret}."), f"my card is {secret}")

    assert not [one for one in bench.spans if secret in one.to_json() or "41111111" in one.to_json()]
    assert bench.said("handle_conversation_turn Helper")["agent_analytics.user_message.length"] == 20


async def test_run_that_ends_on_a_tool(bench: Bench) -> None:
    """Where a run ends on a tool, the tool's result is the answer."""

    @function_tool
    def ask() -> str:
        return "Which order?"

    model = ScriptedModel(Call("ask"))
    agent = Agent(name="Helper", model=model, tools=[ask], tool_use_behavior="stop_on_first_tool")
    await Runner.run(agent, "hi")

    said = bench.said("handle_conversation_turn Helper")
    assert said["agent_analytics.turn.answered"] is True
    assert said["agent_analytics.agent_message.length"] == len("Which order?")
    assert said["agent_analytics.agent_message.question"] is True


async def test_empty_answer(bench: Bench) -> None:
    """An empty answer is none, also after a tool that gave something back."""
    await Runner.run(helper(Call("track", order=7), ""), "hi", run_config=RunConfig(group_id="c1"))

    said = bench.said("handle_conversation_turn Helper")
    assert said["agent_analytics.turn.answered"] is False
    assert "agent_analytics.agent_message.length" not in said
    assert bench.value("messages_total", role="user") == 1
    assert bench.value("messages_total", role="agent") == 0


async def test_tracing_disabled(bench: Bench) -> None:
    """A run with the SDK's tracing switched off leaves no span."""
    await Runner.run(helper("Hello."), "hi", run_config=RunConfig(tracing_disabled=True))

    assert bench.spans == ()


async def run_in(bench: Bench, said: str | None, **config: Any) -> set[Any]:
    """Run an agent with a tool call; return the conversation ids of all spans."""
    agent = helper(Call("track", order=7), "On its way.")
    if said is None:
        await Runner.run(agent, "hi", run_config=RunConfig(**config))
    else:
        async with conversation(said):
            await Runner.run(agent, "hi", run_config=RunConfig(**config))
    assert len(bench.spans) == 6
    return {(one.attributes or {}).get("gen_ai.conversation.id") for one in bench.spans}


@pytest.mark.parametrize(
    ("said", "group_id", "metadata", "expected"),
    [
        (None, "g1", None, "g1"),
        (None, "  g1 ", None, "g1"),
        ("c1", "g1", {"conversation_id": "m1"}, "c1"),
        (None, "g1", {"conversation_id": "m1"}, "g1"),
        (None, None, {"chat_id": "m4", "thread_id": "m3", "session_id": "m2", "conversation_id": "m1"}, "m1"),
        (None, None, {"chat_id": "m4", "thread_id": "m3", "session_id": "m2"}, "m2"),
        (None, None, {"chat_id": "m4", "thread_id": "m3"}, "m3"),
        (None, None, {"chat_id": "m4"}, "m4"),
        (None, " ", {"conversation_id": "", "session_id": 7, "thread_id": "m3"}, "m3"),
        (None, None, {"user": "u1"}, None),
        (None, None, None, None),
    ],
)
async def test_conversation_id_on_every_span(
    bench: Bench, said: str | None, group_id: str | None, metadata: dict[str, Any] | None, expected: str | None
) -> None:
    """Every span names the conversation: by `conversation()`, else the group id, else metadata in order, else not."""
    assert await run_in(bench, said, group_id=group_id, trace_metadata=metadata) == {expected}


async def test_inner_conversation_counts(bench: Bench) -> None:
    """Of two blocks the inner one counts, and after it the outer one again."""
    with conversation("outer"):
        with conversation("inner"):
            await Runner.run(helper("a"), "hi")
        await Runner.run(helper("b"), "hi")
    await Runner.run(helper("c"), "hi")

    roots = [one for one in bench.spans if one.parent is None]
    named = [(one.attributes or {}).get("gen_ai.conversation.id") for one in roots]
    assert named == ["inner", "outer", None]


async def test_what_was_said_of_the_conversation(bench: Bench) -> None:
    """Channel, device and the like are on root and turn, and not repeated on what is below them."""
    context = {"channel": "web", "device": "mobile", "language": "en", "country": "NL", "session_id": "s1"}
    with conversation("c1", **context, metadata={"tier": "gold", "age": 3, "vip": True}):
        await Runner.run(helper("a"), "hi")

    expected = {
        "agent_analytics.channel": "web",
        "agent_analytics.device": "mobile",
        "agent_analytics.language": "en",
        "geo.country.iso_code": "NL",
        "session.id": "s1",
        "agent_analytics.metadata.tier": "gold",
        "agent_analytics.metadata.age": 3,
        "agent_analytics.metadata.vip": True,
    }
    for name in ("invoke_workflow Agent workflow", "handle_conversation_turn Helper"):
        assert {key: value for key, value in bench.said(name).items() if key in expected} == expected
    assert not expected.keys() & bench.said("invoke_agent Helper").keys()


async def test_trace_metadata_is_kept(bench: Bench) -> None:
    """The metadata that the application gave the SDK's trace are on the root, as what they are."""
    metadata = {"tenant": "acme", "attempt": 2, "beta": False, "tags": ["a", "b"], "nothing": None}
    await Runner.run(helper("a"), "hi", run_config=RunConfig(trace_metadata=metadata))

    said = bench.said("invoke_workflow Agent workflow")
    assert {key: value for key, value in said.items() if key.startswith("agent_analytics.metadata.")} == {
        "agent_analytics.metadata.tenant": "acme",
        "agent_analytics.metadata.attempt": 2,
        "agent_analytics.metadata.beta": False,
        "agent_analytics.metadata.tags": "['a', 'b']",
    }


async def test_trace_id_is_the_sdks(bench: Bench) -> None:
    """The trace has the SDK's id, so that a run can be found in both systems."""
    sdk_id = "trace_0123456789abcdef0123456789abcdef"
    await Runner.run(helper("a"), "hi", run_config=RunConfig(trace_id=sdk_id))
    bench.app.start_span("of the application").end()

    of_run = {f"{one.context.trace_id:032x}" for one in bench.spans if one.name != "of the application"}
    assert of_run == {"0123456789abcdef0123456789abcdef"}
    assert bench.span("of the application").context.trace_id != 0x0123456789ABCDEF0123456789ABCDEF


@pytest.mark.parametrize("sdk_id", ["trace_short", "trace_" + "z" * 32, "trace_" + "0" * 32, "order-7"])
async def test_odd_trace_ids(bench: Bench, sdk_id: str) -> None:
    """A trace id that OpenTelemetry cannot carry gets one that it can; the run is one trace."""
    await Runner.run(helper("a"), "hi", run_config=RunConfig(trace_id=sdk_id))

    (trace_id,) = {one.context.trace_id for one in bench.spans}
    assert trace_id != 0


async def test_call_ids_of_parallel_calls(bench: Bench) -> None:
    """Several calls at once, of one tool and of two, each carry the id under which the model asked for it."""

    @function_tool
    async def echo(text: str) -> str:
        await asyncio.sleep(0.001)
        bench.app.start_span(f"work {text}").end()
        return text

    calls = [
        Call("echo", text="a", call_id="call_a"),
        Call("track", order=7, call_id="call_t"),
        Call("echo", text="b", call_id="call_b"),
    ]
    agent = Agent(name="Helper", model=ScriptedModel(calls, "Done."), tools=[echo, track])
    await Runner.run(agent, "do it")

    by_id = {one.context.span_id: (one.attributes or {}).get("gen_ai.tool.call.id") for one in bench.spans}
    assert [by_id[bench.span(f"work {text}").parent.span_id] for text in "ab"] == ["call_a", "call_b"]  # type: ignore[union-attr]
    assert bench.said("execute_tool track")["gen_ai.tool.call.id"] == "call_t"


async def test_scope(bench: Bench) -> None:
    """Our spans name this package, its version and the schema of their attributes as their scope."""
    await Runner.run(helper("a"), "hi")

    scopes = {one.instrumentation_scope for one in bench.spans}
    (scope,) = scopes
    assert scope is not None
    assert (scope.name, scope.version) == ("otel_agent_analytics", otel_agent_analytics.__version__)
    assert str(scope.schema_url).startswith("https://opentelemetry.io/schemas/gen-ai/")


async def test_times_are_the_sdks(bench: Bench) -> None:
    """A span begins and ends when the SDK says so, to the microsecond."""

    class Clock(TracingProcessor):
        times: list[tuple[str, str]]

        def on_trace_start(self, trace: Any) -> None: ...
        def on_trace_end(self, trace: Any) -> None: ...
        def on_span_start(self, span: Any) -> None: ...
        def on_span_end(self, span: Any) -> None:
            if span.span_data.type == "function":
                self.times = [(span.started_at, span.ended_at)]

        def shutdown(self) -> None: ...
        def force_flush(self) -> None: ...

    clock = Clock()
    add_trace_processor(clock)
    await Runner.run(helper(Call("track", order=7), "a"), "hi")

    ours = bench.span("execute_tool track")
    assert clock.times == [(_iso(ours.start_time), _iso(ours.end_time))]
    assert (ours.end_time or 0) - (ours.start_time or 0) >= 1_000_000


def _iso(time_ns: int | None) -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=(time_ns or 0) // 1000)).isoformat()


def test_more_metadata_than_a_span_has_room_for(bench: Bench) -> None:
    """Metadata of the trace gives way to the conversation's: a span stays below OpenTelemetry's 128 attributes."""
    own = {f"own{number}": number for number in range(64)}
    with conversation("c1", metadata=own), trace("work", metadata={f"trace{number}": 1 for number in range(64)}):
        pass

    said = bench.said("invoke_workflow work")
    assert len(said) < 128
    assert {name: said.get(f"agent_analytics.metadata.{name}") for name in own} == own
    assert said["gen_ai.workflow.name"] == "work"
