"""Topmost spans become turns; what is in them becomes ours; nothing counts twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service, SpanRecord
from otel_agent_analytics.conversations.from_span import decode
from otel_agent_analytics.dialects.options import DEFAULT_OPTIONS, Options
from otel_agent_analytics.dialects.turns import translate
from otel_agent_analytics.recent_messages import RecentMessages
from tests.dialects.conversation import ID, span, span_id

HTTP = {"http.request.method": "POST"}
USER = [{"role": "user", "content": "Where is it?"}]
CALL_OF_TOOL = [{"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}]


def model(asked: Any = USER, answer: Any = "Here.", **more: Any) -> dict[str, Any]:
    """Return a model call of the official instrumentations."""
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.conversation.id": ID}
    texts = {"gen_ai.input.messages": json.dumps(asked), "gen_ai.output.messages": json.dumps(answer)}
    texts["gen_ai.output.messages"] = json.dumps(
        [{"role": "assistant", "content": answer}] if isinstance(answer, str) else answer
    )
    return {**said, **{key: value for key, value in texts.items() if value != "null"}, **more}


def operation(name: str, **more: Any) -> dict[str, Any]:
    """Return a span of the official instrumentations."""
    return {"gen_ai.operation.name": name, **more}


def kind(name: str, **more: Any) -> dict[str, Any]:
    """Return a span of OpenInference."""
    return {"openinference.span.kind": name, "session.id": ID, **more}


def told(*spans: SpanRecord, options: Options = DEFAULT_OPTIONS) -> list[Any]:
    """Return the events that the spans tell of, in the order of the records."""
    return [event for record in translate(spans, options) for _, event in decode(record)]


def kinds(*spans: SpanRecord) -> list[str]:
    """Return the names of the events that the spans tell of, and the number of the span that each comes from."""
    return [f"{type(event).__name__} {int(event.id.partition(':')[0], 16)}" for event in told(*spans)]


# --- which spans are turns --------------------------------------------------------------------------------------------


def test_bare_model_call() -> None:
    """A model call with nothing around it is the turn and the call: two records, of which the turn has a derived id."""
    turn, call = translate([span(1, 0, 0, 2, model())])

    assert (turn.span_id, call.span_id) == (span_id(1) + ":turn", span_id(1))
    assert (turn.start_ns, turn.end_ns, turn.trace_id) == (call.start_ns, call.end_ns, call.trace_id)
    assert turn.attributes[v.OPERATION] == v.OPERATION_TURN
    assert turn.attributes[v.USER_MESSAGE_LENGTH] == 12
    assert turn.attributes[v.AGENT_MESSAGE_LENGTH] == 5
    assert call.attributes[v.GEN_AI_OPERATION_NAME] == "chat"
    assert turn.attributes[v.GEN_AI_CONVERSATION_ID] == call.attributes[v.GEN_AI_CONVERSATION_ID] == ID


@pytest.mark.parametrize(
    "attributes",
    [
        operation("execute_tool", **{"gen_ai.tool.name": "track"}),
        operation("embeddings"),
        operation("retrieval"),
        operation("create_agent"),
        operation("something_new"),
        kind("TOOL", **{"tool.name": "track"}),
        kind("RETRIEVER"),
        kind("EMBEDDING"),
        kind("RERANKER"),
        kind("GUARDRAIL"),
        kind("EVALUATOR"),
        kind("CHAIN"),
        {"traceloop.span.kind": "task"},
        {"langfuse.observation.type": "span"},
    ],
    ids=lambda said: " ".join(map(str, said.values()))[:40],
)
def test_no_turn(attributes: dict[str, Any]) -> None:
    """A tool, a search, a step or a judge by itself serves no user."""
    (record,) = translate([span(1, 0, 0, 1, {**attributes, "gen_ai.conversation.id": ID})])

    assert record.attributes.get(v.OPERATION) != v.OPERATION_TURN
    assert record.span_id == span_id(1)


@pytest.mark.parametrize(
    "attributes",
    [
        operation("invoke_agent"),
        operation("invoke_workflow"),
        operation("handle_conversation_turn"),
        kind("AGENT"),
        {"traceloop.span.kind": "workflow"},
        {"traceloop.span.kind": "agent"},
    ],
    ids=lambda said: " ".join(map(str, said.values()))[:40],
)
def test_turn_without_model_call(attributes: dict[str, Any]) -> None:
    """An agent or a workflow is a turn even where no model call is to be seen; its texts are unknown, not empty."""
    asked, answered = told(span(1, 0, 0, 1, {**attributes, "gen_ai.conversation.id": ID}))

    assert (asked.length, answered.length, answered.question) == (None, None, None)


def test_chain_with_a_model_in_it() -> None:
    """A chain is a turn where it comes to a model call, however deep."""
    assert kinds(span(1, 0, 0, 9, kind("CHAIN")), span(2, 1, 0, 9, kind("CHAIN")), span(3, 2, 1, 2, kind("LLM"))) == [
        "UserMessage 1",
        "AgentResponse 1",
        "ModelCalled 3",
    ]


def test_judges_are_no_part_of_the_conversation() -> None:
    """What an evaluator asks a model is no turn and no model call of the agent."""
    assert kinds(span(1, 0, 0, 9, kind("EVALUATOR")), span(2, 1, 1, 2, kind("LLM"))) == []


def test_model_call_of_a_tool_by_itself() -> None:
    """A tool in a process of its own asks a model: a model call, and no turn."""
    assert kinds(span(1, 0, 0, 9, kind("TOOL", **{"tool.name": "t"})), span(2, 1, 1, 2, kind("LLM"))) == [
        "ToolCalled 1", "ModelCalled 2",
    ]  # fmt: skip


def test_several_turns_in_a_trace() -> None:
    """Every topmost span is a turn: the web request around them is none."""
    assert kinds(
        span(1, 0, 0, 9, HTTP), span(2, 1, 1, 2, model()), span(3, 1, 3, 4, model())
    ) == [
        "UserMessage 2", "AgentResponse 2", "ModelCalled 2", "UserMessage 3", "AgentResponse 3", "ModelCalled 3",
    ]  # fmt: skip


def test_application_spans_between() -> None:
    """Spans of the application between an agent and its model call do not make the call topmost."""
    assert kinds(
        span(1, 0, 0, 9, kind("AGENT")), span(2, 1, 1, 8, HTTP), span(3, 2, 2, 7, {}), span(4, 3, 3, 4, kind("LLM"))
    ) == ["UserMessage 1", "AgentResponse 1", "ModelCalled 4"]


def test_parent_that_is_not_at_hand() -> None:
    """Where the span between was not kept, the agent that was running all the time takes its place."""
    assert kinds(span(1, 0, 0, 9, kind("AGENT")), span(4, 3, 3, 4, kind("LLM"))) == [
        "UserMessage 1", "AgentResponse 1", "ModelCalled 4",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("why", "other"),
    [
        ("siblings", span(2, 90, 1, 2, model())),
        ("not running all the time", span(2, 91, 8, 10, model())),
        ("another conversation", span(2, 91, 1, 2, model(**{"gen_ai.conversation.id": "other"}))),
        ("another service", span(2, 91, 1, 2, model())._replace(service=Service("other"))),
    ],
)
def test_not_adopted(why: str, other: SpanRecord) -> None:
    """A span is not hung under another one for the time alone."""
    first = span(1, 90, 0, 9, operation("invoke_agent", **{"gen_ai.conversation.id": ID}))

    turns = [name for name in kinds(first, other) if name.startswith("UserMessage")]
    assert turns == ["UserMessage 1", "UserMessage 2"], why


def test_circle() -> None:
    """Spans that are each other's parents are cut once, at the first, and all are told."""
    assert kinds(span(1, 2, 0, 9, kind("AGENT")), span(2, 1, 1, 2, kind("LLM"))) == [
        "UserMessage 1", "AgentResponse 1", "ModelCalled 2",
    ]  # fmt: skip
    assert kinds(span(1, 1, 0, 9, kind("AGENT"))) == ["UserMessage 1", "AgentResponse 1"]
    assert kinds(span(1, 2, 0, 9, kind("AGENT")), span(2, 3, 0, 9, HTTP), span(3, 2, 0, 9, HTTP)) == [
        "UserMessage 1", "AgentResponse 1",
    ]  # fmt: skip


# --- the user's message and the answer --------------------------------------------------------------------------------


def test_continued_by_a_tools_result() -> None:
    """Without an agent's span around them, a call that ends with a tool's result goes on with the turn before."""
    first = span(1, 0, 0, 1, model(USER, CALL_OF_TOOL))
    second = span(2, 0, 2, 3, model([*USER, *CALL_OF_TOOL, {"role": "tool", "content": "42"}], "It is 42."))

    assert kinds(first, second) == ["UserMessage 1", "ModelCalled 1", "AgentResponse 2", "ModelCalled 2"]
    (answer,) = [event for event in told(first, second) if type(event).__name__ == "AgentResponse"]
    assert (answer.answers, answer.length) == (None, 9)


def test_own_texts_go_first() -> None:
    """The texts of the topmost span are what was said; prompts made of them are not."""
    root = kind("CHAIN", **{"input.value": "Where is it?", "output.value": "Here it is."})
    call = kind(
        "LLM",
        **{
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": "Answer the question: Where is it?",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": "{}",
        },
    )

    asked, answered, _ = told(span(1, 0, 0, 9, root), span(2, 1, 1, 2, call))
    assert (asked.length, answered.length) == (12, 11)
    assert asked.signs.overlap is None  # what was said before is not known


def test_previous_message_from_the_model_call() -> None:
    """What the user said before is taken from the model call where it was asked the same."""
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Yes?"}, *USER]
    root = operation(
        "invoke_agent", **{"gen_ai.input.messages": json.dumps("Where is it?"), "gen_ai.conversation.id": ID}
    )
    root["gen_ai.input.messages"] = "Where is it?"

    asked, *_ = told(span(1, 0, 0, 9, root), span(2, 1, 1, 2, model(history)))
    other, *_ = told(span(1, 0, 0, 9, root), span(2, 1, 1, 2, model([*history, {"role": "user", "content": "?"}])))
    assert asked.signs.overlap == 0.0
    assert other.signs.overlap is None


def test_remembered_message() -> None:
    """Where no span holds what was said before, the host's memory does, in this trace or an earlier one."""
    plain = kind("AGENT", **{"input.value": "Where is my order?"})
    recent = RecentMessages()

    first = translate([span(1, 0, 0, 1, plain), span(2, 0, 2, 3, plain)], recent=recent)
    second = translate([span(3, 0, 9, 10, plain, trace=1)], recent=recent)
    repeats = [record.attributes.get(v.USER_MESSAGE_REPEAT) for record in (*first, *second)]
    assert repeats == [None, True, True]


def test_nothing_said() -> None:
    """A run whose last model call gave no text did not answer; with the content off that is not known."""
    root = span(1, 0, 0, 9, operation("invoke_agent", **{"gen_ai.conversation.id": ID}))

    assert kinds(root, span(2, 1, 1, 2, model(USER, CALL_OF_TOOL))) == ["UserMessage 1", "ModelCalled 2"]
    assert kinds(root, span(2, 1, 1, 2, model(None, None))) == ["UserMessage 1", "AgentResponse 1", "ModelCalled 2"]


def test_stopped_for_a_tool_with_content_off() -> None:
    """A bare model call says why it stopped even where its texts are not to be had."""
    stopped = model(None, None, **{"gen_ai.response.finish_reasons": ("tool_calls",)})

    assert kinds(span(1, 0, 0, 1, stopped)) == ["UserMessage 1", "ModelCalled 1"]


def test_ends_on_a_tool() -> None:
    """Where a run ends on a tool, its result is what the user was shown; not when a model call follows or it failed."""
    root = span(1, 0, 0, 9, operation("invoke_agent", **{"gen_ai.conversation.id": ID}))
    call = span(2, 1, 1, 2, model(USER, CALL_OF_TOOL))
    tool = operation("execute_tool", **{"gen_ai.tool.name": "track", "gen_ai.tool.call.result": "Order 7 is lost."})

    _, answered, *_ = told(root, call, span(3, 1, 3, 4, tool))
    assert answered.length == 16
    assert "AgentResponse 1" not in kinds(root, call, span(3, 1, 3, 4, tool, failed=True))
    assert "AgentResponse 1" not in kinds(root, call, span(3, 1, 0, 1, tool))


def test_agents_used_as_tools_do_not_answer() -> None:
    """What a model says inside of a tool is said to the agent, not to the user; its call counts all the same."""
    root = span(1, 0, 0, 9, operation("invoke_agent", **{"gen_ai.agent.name": "A", "gen_ai.conversation.id": ID}))
    tool = span(2, 1, 3, 8, operation("execute_tool", **{"gen_ai.tool.name": "ask_b"}))
    inner = span(3, 2, 4, 7, operation("invoke_agent", **{"gen_ai.agent.name": "B"}))

    asked, answered, outer, _, inside = told(
        root, span(4, 1, 1, 2, model()), tool, inner, span(5, 3, 5, 6, model([{"role": "user", "content": "x"}], "B"))
    )
    assert (asked.agent, asked.length, answered.length) == ("A", 12, 5)
    assert (outer.agent, inside.agent) == ("A", "B")


# --- failures ---------------------------------------------------------------------------------------------------------


def failing(*, agent_fails: bool, then: list[SpanRecord], **own: Any) -> list[str]:
    """Return what comes of a run whose model call fails."""
    root = span(1, 0, 0, 9, operation("invoke_workflow", **{"gen_ai.conversation.id": ID, **own}))
    agent = span(2, 1, 0, 8, operation("invoke_agent"), failed=agent_fails)
    call = span(3, 2, 1, 2, model(USER, None, **{"error.type": "RateLimitError"}), failed=True)
    return [f"{type(e).__name__} {getattr(e, 'error_type', '')}" for e in told(root, agent, call, *then)]


def test_run_that_failed_under_a_root_that_did_not() -> None:
    """A run has failed when the agent in it did, though the topmost span ended well; the innermost class counts."""
    assert "RunFailed RateLimitError" in failing(agent_fails=True, then=[])


def test_run_that_recovered() -> None:
    """A call that failed and was made again, or that the agent got over, fails no run."""
    again = span(4, 2, 3, 4, model())
    answered = {"gen_ai.output.messages": '[{"role": "assistant", "content": "Sorry."}]'}

    assert not any(name.startswith("RunFailed") for name in failing(agent_fails=False, then=[again]))
    assert not any(name.startswith("RunFailed") for name in failing(agent_fails=False, then=[]))
    assert not any(name.startswith("RunFailed") for name in failing(agent_fails=True, then=[], **answered))


def test_failed_root() -> None:
    """A topmost span that failed has failed; without a class it is ``_OTHER``."""
    _, failed = told(span(1, 0, 0, 9, operation("invoke_agent", **{"gen_ai.conversation.id": ID}), failed=True))
    _, named, _ = told(span(1, 0, 0, 9, model(USER, None, **{"error.type": "Timeout"}), failed=True))

    assert (failed.error_type, named.error_type) == ("_OTHER", "Timeout")


# --- calls ------------------------------------------------------------------------------------------------------------


def test_call_that_two_instrumentations_tell_of() -> None:
    """The framework's span and the client's inside it are one call; what only the inner one says is kept."""
    outer = kind("LLM", **{"llm.model_name": "m", "llm.token_count.prompt": 10})
    inner = model(None, None, **{"gen_ai.usage.input_tokens": 99, "openai.response.service_tier": "flex"})

    records = translate([span(1, 0, 0, 9, kind("CHAIN")), span(2, 1, 1, 3, outer), span(3, 2, 1, 3, inner)])
    events: list[Any] = [event for record in records for _, event in decode(record)]
    (call,) = [event for event in events if type(event).__name__ == "ModelCalled"]
    assert (call.id, call.input, call.tier) == (span_id(2), 10, "flex")
    assert [record.attributes.get(v.INNER) for record in records] == [None, None, True]


def test_tool_that_two_instrumentations_tell_of() -> None:
    """A tool's span in another of the same tool is one call; a tool that calls another one is two."""
    outer, inner = kind("TOOL", **{"tool.name": "a"}), operation("execute_tool", **{"gen_ai.tool.name": "a"})
    other = operation("execute_tool", **{"gen_ai.tool.name": "b"})

    assert kinds(span(1, 0, 0, 9, outer), span(2, 1, 1, 2, inner)) == ["ToolCalled 1"]
    assert kinds(span(1, 0, 0, 9, outer), span(2, 1, 1, 2, other)) == ["ToolCalled 1", "ToolCalled 2"]


@pytest.mark.parametrize(
    ("read", "written", "total"), [(0, 0, 10), (4, 6, 10), (5, 6, 21), (1000, 0, 1010), (-1, 20, 30)]
)
def test_input_includes_what_was_cached(read: int, written: int, total: int) -> None:
    """Input that is less than its cached parts was counted without them."""
    cached = {"gen_ai.usage.cache_read.input_tokens": read, "gen_ai.usage.cache_creation.input_tokens": written}
    counted = model(None, None, **{"gen_ai.usage.input_tokens": 10, **cached})

    *_, call = told(span(1, 0, 0, 1, counted))
    assert call.input == total
    assert call.cache_write == written


@pytest.mark.parametrize("count", [-5, "12", 1.5, True, [1], float("nan"), float("inf"), "x" * 1_000])
def test_counts_that_are_none(count: Any) -> None:
    """A count of the wrong type is unknown, and leaves nothing but a mark by which the core counts it as bad."""
    *_, record = translate([span(1, 0, 0, 1, model(None, None, **{"gen_ai.usage.output_tokens": count}))])

    assert record.attributes[v.GEN_AI_USAGE_OUTPUT_TOKENS] == -1


def test_counts_of_javascript() -> None:
    """A whole number that comes as a float is a count."""
    *_, call = told(span(1, 0, 0, 1, model(None, None, **{"gen_ai.usage.output_tokens": 12.0})))

    assert call.output == 12


def test_agent_elsewhere() -> None:
    """Tokens that only an agent's span tells of are one model call; with model calls, or an agent around it, none."""
    tokens = {"gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 3, "gen_ai.request.model": "m"}
    remote = operation("invoke_agent", **{"gen_ai.conversation.id": ID, **tokens})

    *_, call = told(span(1, 0, 0, 9, remote))
    assert (call.id, call.input, call.output, call.model) == (span_id(1) + ":model", 7, 3, "m")
    assert kinds(span(1, 0, 0, 9, remote), span(2, 1, 1, 2, remote)).count("ModelCalled 2") == 0
    assert kinds(span(1, 0, 0, 9, remote), span(2, 1, 1, 2, model()))[2:] == ["ModelCalled 2"]


def test_handoff_without_a_target() -> None:
    """A handoff whose target is not said has led to the agent that began next; one that led nowhere has failed."""
    handoff = operation("handoff", **{"gen_ai.agent.name": "A"})
    root = span(1, 0, 0, 9, operation("invoke_agent", **{"gen_ai.agent.name": "A", "gen_ai.conversation.id": ID}))
    later = [span(3, 1, 4, 5, operation("invoke_agent", **{"gen_ai.agent.name": name})) for name in ("A", "B")]

    *_, led = told(root, span(2, 1, 1, 2, handoff), later[0], later[1]._replace(span_id=span_id(4)))
    before = span(5, 1, 2, 3, operation("invoke_agent", **{"gen_ai.agent.name": "B"}))
    *_, lost = told(root, before, span(2, 1, 6, 7, handoff), *later[:1])
    *_, broken = told(root, span(2, 1, 1, 2, handoff, failed=True), later[1])
    assert (led.agent, led.to_agent, led.failed) == ("A", "B", False)
    assert (lost.to_agent, lost.failed) == (broken.to_agent, broken.failed) == ("unknown", True)


def test_tool_that_is_no_handoff() -> None:
    """A tool without a name is a handoff only where its input is the name of the agent at work."""
    agent = span(1, 0, 0, 9, kind("AGENT", **{"agent.name": "A"}))
    plain = {"input.value": "where is my order", "output.value": "in the post"}

    assert kinds(agent, span(2, 1, 1, 2, kind("TOOL", **plain)))[2:] == ["ToolCalled 2"]
    assert kinds(agent, span(2, 1, 1, 2, kind("TOOL", **{**plain, "input.value": "A"})))[2:] == ["HandoffRequested 2"]


def test_loops() -> None:
    """The same tool with the same arguments three times is one that goes round in circles; other arguments are not."""
    root = span(1, 0, 0, 99, operation("invoke_agent", **{"gen_ai.conversation.id": ID}))

    def tool(number: int, arguments: str) -> SpanRecord:
        said = {"gen_ai.tool.name": "track", "gen_ai.tool.call.arguments": arguments}
        return span(number, 1, number, number + 1, operation("execute_tool", **said))

    same, other = [tool(number, '{"order": 7}') for number in (2, 3, 4)], tool(6, '{"order": 8}')
    loops = [event.loops for event in told(root, *same, other) if type(event).__name__ == "LoopFound"]
    inside = [one._replace(span_id=span_id(10 + at), parent_id=one.span_id) for at, one in enumerate(same)]
    assert loops == [1]
    assert "LoopFound 1" not in kinds(root, *same[:2], other)
    assert "LoopFound 1" not in kinds(root, *same[:2], *inside[:2])  # each told of by two instrumentations


def test_agent_of_a_graph() -> None:
    """Where LangChain names the agent only in metadata, every dialect's metadata is looked in."""
    openinference = kind("LLM", metadata='{"lc_agent_name": "orders"}')
    traceloop = model(**{"traceloop.workflow.name": "w", "traceloop.association.properties.lc_agent_name": "orders"})
    langsmith = model(**{"langsmith.span.kind": "llm", "langsmith.metadata.lc_agent_name": "orders"})

    assert [told(span(1, 0, 0, 1, said))[0].agent for said in (openinference, traceloop, langsmith)] == ["orders"] * 3


# --- ours, and what the host decides ----------------------------------------------------------------------------------


def test_service_with_spans_of_ours_is_left_alone() -> None:
    """Where our bridge told of a run, whatever else its service made comes back as it is; another's does not."""
    ours = span(1, 0, 0, 9, {v.OPERATION: v.OPERATION_TURN, v.GEN_AI_CONVERSATION_ID: ID})
    client, openinference = span(2, 1, 1, 2, model()), span(3, 1, 3, 4, kind("LLM"))
    elsewhere = span(4, 1, 5, 6, kind("LLM"))._replace(service=Service("other"))

    records = translate([ours, client, openinference, elsewhere])
    assert records[:3] == [ours, client, openinference]
    assert all(one is other for one, other in zip(records, (ours, client, openinference), strict=False))
    assert records[3].attributes[v.GEN_AI_OPERATION_NAME] == "chat"
    assert len(records) == 4  # it is no turn: ours is around it


def test_span_that_comes_twice() -> None:
    """A duplicate comes back as a duplicate, so that it is counted as one, and changes nothing else."""
    one = [span(1, 0, 0, 9, kind("AGENT")), span(2, 1, 1, 2, kind("LLM"))]
    once, twice = translate(one), translate([*one, *one])

    assert sorted(twice, key=lambda record: record.span_id) == [record for record in once for _ in range(2)]


def test_two_spans_of_one_id() -> None:
    """Of two spans with the same id the same one is read, whichever comes first; both come back."""
    one = span(1, 0, 0, 9, model(USER, "Here."))
    other = span(1, 0, 0, 9, model(USER, "Somewhere else."))

    assert translate([one, other]) == translate([other, one])
    assert len(translate([one, other])) == 4


def test_user_leaves_only_as_the_host_says() -> None:
    """What the application said of the user goes through the host; without it nothing of it is passed on."""
    said = {"user.id": "ann@example.org", "agent_analytics.channel": "web", "session.id": "s"}
    asked: list[dict[str, Any]] = []

    def describe(**known: Any) -> dict[str, object]:
        asked.append(known)
        return {v.USER_HASH: "hash", v.CHANNEL: "web"}

    turn, _ = translate([span(1, 0, 0, 1, model(**said))], Options(describe=describe))
    bare = translate([span(1, 0, 0, 1, model(**said))])
    assert asked == [{"user_id": "ann@example.org", "session_id": "s", "channel": "web"}]
    assert (turn.attributes[v.USER_HASH], turn.attributes[v.CHANNEL]) == ("hash", "web")
    assert "ann" not in repr([record.attributes for record in bare])


def test_no_text_is_left() -> None:
    """No record holds a word of what was said, of an argument or of a result."""
    secret = "zebra"
    root = kind("AGENT", **{"agent.name": "A", "input.value": f"My {secret}", "output.value": f"Your {secret}"})
    call = model(
        [{"role": "user", "content": f"My {secret}"}], f"Your {secret}", **{"gen_ai.system_instructions": secret}
    )
    tool = operation("execute_tool", **{"gen_ai.tool.name": "t", "gen_ai.tool.call.result": f"Error: {secret}"})
    tool["gen_ai.tool.call.arguments"] = secret

    records = translate(
        [span(1, 0, 0, 9, root), span(2, 1, 1, 2, call), span(3, 1, 3, 4, tool)], Options(tool_error_pattern="^Error")
    )
    assert len(records) == 3
    assert secret not in repr(records)


def test_mark_of_who_derives_stays() -> None:
    """Spans of a process that derives its conversations itself keep their mark."""
    assert all(
        record.attributes[v.DERIVED] is True for record in translate([span(1, 0, 0, 1, model(**{v.DERIVED: True}))])
    )
    assert not any(v.DERIVED in record.attributes for record in translate([span(1, 0, 0, 1, model())]))


def test_rating_in_metadata() -> None:
    """A rating that the application puts on the topmost span under our own name is a rating."""
    names = [type(event).__name__ for event in told(span(1, 0, 0, 1, model(**{v.METADATA_FEEDBACK: "positive"})))]

    assert "FeedbackReceived" in names


def test_signals_off() -> None:
    """The host can have no more measured than length, question and closing words."""
    turn, _ = translate([span(1, 0, 0, 1, model())], Options(signals=False))

    assert v.USER_MESSAGE_LENGTH in turn.attributes
    assert v.USER_MESSAGE_SENTIMENT not in turn.attributes


# --- LangSmith and Langfuse -------------------------------------------------------------------------------------------


def test_langsmith() -> None:
    """A graph as LangSmith's export 0.15.0 has it: chains, a model with usage in metadata, a tool, a thread."""
    thread = {"langsmith.metadata.thread_id": ID, "langsmith.metadata.lc_agent_name": "orders"}
    messages = [{"type": "human", "content": "Where is it?"}]
    answer = {"type": "ai", "content": "Here."}
    usage = {"input_tokens": 100, "input_token_details": {"flex_cache_read": 40, "flex": 60},
             "output_token_details": {"flex_reasoning": 8, "flex": 12}}  # fmt: skip
    root = {"langsmith.span.kind": "chain", "gen_ai.operation.name": "chain", "gen_ai.system": "langchain", **thread}
    call = {
        "langsmith.span.kind": "llm", "gen_ai.operation.name": "chat", "gen_ai.system": "openai", **thread,
        "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 20,
        "langsmith.metadata.usage_metadata": json.dumps(usage),
        "gen_ai.prompt": json.dumps({"messages": [messages]}),
        "gen_ai.completion": json.dumps({"generations": [[{"text": "Here.", "message": {"kwargs": answer}}]]}),
    }  # fmt: skip
    prompt = {"langsmith.span.kind": "prompt", "gen_ai.operation.name": "chat", **thread}
    tool = {
        "langsmith.span.kind": "tool", "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "track", **thread,
        "gen_ai.completion": json.dumps({"output": {"content": "Error: no", "type": "tool", "status": "success"}}),
    }  # fmt: skip
    root["gen_ai.prompt"] = json.dumps({"messages": messages})
    root["gen_ai.completion"] = json.dumps({"messages": [*messages, answer]})

    asked, answered, called, used = told(
        span(1, 0, 0, 9, root), span(2, 1, 1, 2, prompt), span(3, 1, 2, 3, call), span(4, 1, 4, 5, tool),
        options=Options(tool_error_pattern="^Error"),
    )  # fmt: skip
    assert (asked.length, answered.length, asked.agent) == (12, 5, "orders")
    assert (called.input, called.output, called.cache_read, called.reasoning, called.provider) == (
        100, 20, 40, 8, "openai",
    )  # fmt: skip
    assert (used.tool, used.error_type) == ("track", "error_result")


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        (
            {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
             "prompt_tokens_details": {"cached_tokens": 40}, "completion_tokens_details": {"reasoning_tokens": 8}},
            (100, 20, 40, None, 8),
        ),
        ({"input": 60, "input_cache_read": 40, "output": 12, "output_reasoning": 8}, (100, 20, 40, None, 8)),
        ({"input": 5, "output": 1}, (5, 1, None, None, None)),
        ({"input": "5", "output": None}, (None, None, None, None, None)),
        ({}, (None, None, None, None, None)),
    ],
)  # fmt: skip
def test_langfuse(usage: dict[str, Any], counts: tuple[int | None, ...]) -> None:
    """Observations of Langfuse's SDK 5.0.4: usage as the provider or as Langfuse counts it; texts; a session."""
    root = {"langfuse.observation.type": "agent", "session.id": ID, "langfuse.observation.input": "Where is it?",
            "langfuse.observation.output": "Here."}  # fmt: skip
    call = {
        "langfuse.observation.type": "generation", "session.id": ID, "langfuse.observation.model.name": "m",
        "langfuse.observation.usage_details": json.dumps(usage),
        "langfuse.observation.model.parameters": '{"temperature": 1, "service_tier": "flex"}',
    }  # fmt: skip

    asked, answered, called = told(span(1, 0, 0, 9, root), span(2, 1, 1, 2, call))
    assert (asked.length, answered.length) == (12, 5)
    assert (called.input, called.output, called.cache_read, called.cache_write, called.reasoning) == counts
    assert (called.model, called.tier) == ("m", "flex")
