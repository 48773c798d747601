"""Texts in all the shapes in which spans carry them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from otel_agent_analytics.dialects.chat import Answered, Asked, answered, asked, result_of
from otel_agent_analytics.dialects.detect import DIALECTS
from otel_agent_analytics.dialects.messages import answered_by, arguments_in, asked_by, result_in

USER, AGENT = {"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes?"}
NEXT = {"role": "user", "content": "where is it?"}
HUMAN = {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "HumanMessage"]}
MACHINE = {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "AIMessage"]}

# What stands in an input, and what the user said in it: last, before, and whether it ends with a tool's result.
INPUTS: dict[str, tuple[Any, tuple[str | None, str | None, bool] | None]] = {
    "a text": ("hi", ("hi", None, False)),
    "one message": ([USER], ("hi", "", False)),
    "a conversation": ([{"role": "system", "content": "be brief"}, USER, AGENT, NEXT], ("where is it?", "hi", False)),
    "a greeting before": ([AGENT, USER], ("hi", "", False)),
    "a tool's result": ([USER, {"role": "tool", "content": "42"}], ("hi", "", True)),
    "a responses API's tool result": (
        [USER, {"type": "function_call", "name": "f"}, {"type": "function_call_output", "output": "42"}],
        ("hi", "", True),
    ),
    "Anthropic's tool result": (
        [USER, AGENT, {"role": "user", "content": [{"type": "tool_result", "content": "42"}]}], ("hi", "", True),
    ),
    "Google": ({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}, ("hi", "", False)),
    "Google's tool result": (
        [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "user", "parts": [{"functionResponse": {}}]}],
        ("hi", "", True),
    ),
    "conventions": ([{"role": "user", "parts": [{"type": "text", "content": "hi"}]}], ("hi", "", False)),
    "parts of a message": (
        [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}, {"text": "b"}]}],
        ("a\nb", "", False),
    ),
    "an image only": ([USER, {"role": "user", "content": [{"type": "image_url"}]}], (None, "hi", False)),
    "a request": ({"model": "m", "messages": [USER], "tools": [{"type": "function"}]}, ("hi", "", False)),
    "a request with a text": ({"model": "m", "input": "hi"}, ("hi", None, False)),
    "LangChain's objects, in a batch": (
        {"messages": [[{**HUMAN, "kwargs": {"content": "hi", "type": "human"}}]]}, ("hi", "", False),
    ),
    "LangChain's dictionaries": (
        {"messages": [{"type": "human", "data": {"content": "hi"}}, {"type": "ai", "data": {"content": ""}}]},
        ("hi", "", False),
    ),
    "LangChain's plain dictionaries": ({"messages": [{"type": "human", "content": "hi"}]}, ("hi", "", False)),
    "pairs": ({"messages": [["system", "be brief"], ["human", "hi"]]}, ("hi", "", False)),
    "a callback": ({"inputs": {"messages": [USER]}, "tags": [], "kwargs": {"name": "x"}}, ("hi", "", False)),
    "arguments of a function": ({"args": ["hi"], "kwargs": {}}, ("hi", None, False)),
    "named arguments of a function": ({"args": [], "kwargs": {"question": "hi", "k": 4}}, ("hi", None, False)),
    "the parts of one message": ([{"type": "input_text", "text": "hi"}], ("hi", None, False)),
    "an unknown object": ({"order": 7}, None),
    "a list of numbers": ([1, 2], None),
    "only instructions": ([{"role": "system", "content": "be brief"}], None),
    "nothing": (None, None),
    "an empty text": ("  ", None),
    "an empty list": ([], None),
}  # fmt: skip

# What stands in an output, and what the agent said in it; None for what is not understood.
OUTPUTS: dict[str, tuple[Any, tuple[str | None] | None]] = {
    "a text": ("bye", ("bye",)),
    "an empty text": ("", (None,)),
    "one message": ({"role": "assistant", "content": "bye"}, ("bye",)),
    "a refusal": ([{"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}], ("no",)),
    "chat completion": ({"choices": [{"index": 0, "message": {"role": "assistant", "content": "bye"}}]}, ("bye",)),
    "alternatives": (
        {"choices": [{"message": {"role": "assistant", "content": text}} for text in ("one", "two")]}, ("one",),
    ),
    "a call of a tool": (
        {"choices": [{"message": {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}}]}, (None,),
    ),
    "response": (
        {"object": "response", "text": {"format": {}}, "output": [
            {"type": "reasoning", "summary": []},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "bye"}]},
        ]},
        ("bye",),
    ),
    "conventions": ([{"role": "assistant", "parts": [{"type": "text", "content": "bye"}]}], ("bye",)),
    "conventions, thinking": (
        [{"role": "assistant", "parts": [{"type": "reasoning", "content": "hm"}, {"type": "text", "content": "bye"}]}],
        ("bye",),
    ),
    "LangChain's generations": (
        {"generations": [[{"text": "bye", "message": {**MACHINE, "kwargs": {"content": "bye"}}}]]}, ("bye",),
    ),
    "state of a graph": (
        {"messages": [USER, {"type": "ai", "content": "let me see"}, {"type": "tool", "content": "42"},
                      {"type": "ai", "content": "bye"}]},
        ("bye",),
    ),
    "state that ends with the user": ({"messages": [AGENT, USER]}, (None,)),
    "command of a graph": ({"output": [{"graph": None, "update": {"messages": [AGENT]}}]}, ("yes?",)),
    "callback": ({"outputs": {"messages": [USER, AGENT]}, "kwargs": {"tags": []}}, ("yes?",)),
    "an answer": ({"answer": "bye", "sources": []}, ("bye",)),
    "an unknown object": ({"score": 1}, None),
    "nothing": (None, None),
}  # fmt: skip


@pytest.mark.parametrize("shape", INPUTS)
def test_what_was_asked(shape: str) -> None:
    """The last message of the user and the one before it are found in every shape."""
    value, expected = INPUTS[shape]

    found = asked(value)
    if expected is None:
        assert (found.found, found.user) == (False, None)
    else:
        assert found == Asked(True, *expected)


@pytest.mark.parametrize("shape", OUTPUTS)
def test_what_was_answered(shape: str) -> None:
    """The answer is found in every shape; an output without a text is told from one that is not understood."""
    value, expected = OUTPUTS[shape]

    assert answered(value) == (Answered(False, None) if expected is None else Answered(True, *expected))


def test_unknown_history() -> None:
    """Of an input that is not all that was said it is not known whether there was a message before."""
    assert asked([USER], whole=False) == Asked(True, "hi", None, False)
    assert asked([USER, AGENT, NEXT], whole=False).previous == "hi"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Error: no such order", ("Error: no such order", False)),
        ({"type": "tool", "data": {"content": "Error: no", "status": "success"}}, ("Error: no", False)),
        ({"output": {"lc": 1, "kwargs": {"content": "no", "status": "error"}}}, ("no", True)),
        ({"output": {"content": [{"type": "text", "text": "fine"}]}}, ("fine", False)),
        ({"total": 3}, (None, False)),
        (None, (None, False)),
    ],
)
def test_result_of_a_tool(value: Any, expected: tuple[str | None, bool]) -> None:
    """The text of a result is found inside LangChain's wrappers, and so is its word that the call failed."""
    assert result_of(value) == expected


def ask(dialect: str, **attributes: Any) -> Asked:
    """Return what a span asked."""
    return asked_by(DIALECTS[dialect], attributes)


def answer(dialect: str, **attributes: Any) -> Answered:
    """Return what a span answered."""
    return answered_by(DIALECTS[dialect], attributes)


def flat(prefix: str, *messages: tuple[int, str, str]) -> dict[str, str]:
    """Return flattened messages: number, role and content."""
    keys = {"llm": ("message.role", "message.content"), "gen_ai": ("role", "content")}[prefix.partition(".")[0]]
    return {
        f"{prefix}.{number}.{key}": value for number, *said in messages for key, value in zip(keys, said, strict=True)
    }


def test_flattened() -> None:
    """Flattened messages are read by number, from 0 or 1, whatever order their attributes come in."""
    messages = ((10, "user", "third"), (2, "user", "second"), (1, "assistant", "first"))

    assert ask("openinference", **flat("llm.input_messages", *messages)) == Asked(True, "third", "second", False)
    assert ask("traceloop", **flat("gen_ai.prompt", *messages)) == Asked(True, "third", "second", False)
    assert ask("official", **flat("gen_ai.prompt", (0, "user", "hi"))) == Asked(True, "hi", "", False)
    assert answer("traceloop", **{"gen_ai.completion.0.content": "bye"}) == Answered(True, "bye")
    assert answer("openinference", **flat("llm.output_messages", (0, "assistant", "bye"))) == Answered(True, "bye")


def test_flattened_parts() -> None:
    """The parts of a flattened message are joined in their order; parts that are written as JSON are read too."""
    part = "llm.input_messages.0.message.contents"
    said = {
        "llm.input_messages.0.message.role": "user", f"{part}.10.message_content.text": "c",
        f"{part}.2.message_content.text": "b", f"{part}.1.message_content.image": "x",
    }  # fmt: skip
    as_json = flat("gen_ai.prompt", (0, "user", json.dumps([{"type": "text", "text": "hi"}])))

    assert ask("openinference", **said).user == "b\nc"
    assert ask("traceloop", **as_json).user == "hi"


def test_flattened_without_beginning() -> None:
    """Where a span lost its first messages, it is not known what the user said before."""
    assert ask("openinference", **flat("llm.input_messages", (7, "user", "hi"))) == Asked(True, "hi", None, False)


def test_flattened_without_content() -> None:
    """Where only the role was flattened, the whole input tells the rest."""
    found = ask(
        "openinference",
        **{
            "llm.input_messages.0.message.role": "user",
            "input.value": '{"messages": [{"role": "user", "content": "hi"}]}',
        },
    )

    assert found == Asked(True, "hi", "", False)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"gen_ai.request.previous_response.id": "resp_1"},
        {"llm.invocation_parameters": '{"model": "m", "previous_response_id": "resp_1"}'},
    ],
)
def test_history_that_the_provider_keeps(elsewhere: dict[str, str]) -> None:
    """A call that goes on from an earlier response does not hold what was said before."""
    messages = json.dumps([USER])

    assert ask("official", **{"gen_ai.input.messages": messages}).previous == ""
    assert ask("official", **{"gen_ai.input.messages": messages, **elsewhere}).previous is None


@pytest.mark.parametrize(
    ("attributes", "user"),
    [
        ({"input.value": "hi", "input.mime_type": "text/plain"}, "hi"),
        ({"input.value": "hi"}, "hi"),
        ({"input.value": '"hi"', "input.mime_type": "application/json"}, "hi"),
        ({"input.value": '"hi"'}, '"hi"'),
        ({"input.value": "[urgent] where is it?"}, "[urgent] where is it?"),
        ({"input.value": '{"messages": [{"role": "us'}, None),
        ({"input.value": '"cut o', "input.mime_type": "application/json"}, None),
        ({"input.value": "__REDACTED__"}, None),
        ({"input.value": ""}, None),
        ({"input.value": 7}, None),
        ({"input.value": "x" * 1_000_001}, None),
        ({"input.value": '{"question": "' + "x" * 1_000_000 + '"}'}, None),
        ({"input.value": "[" * 100_000}, None),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_plain_texts_and_broken_ones(attributes: dict[str, Any], user: str | None) -> None:
    """A plain text is a message; JSON that was cut off, redacted values and more than a megabyte are not read."""
    assert ask("openinference", **attributes).user == user


def test_structured_values() -> None:
    """Messages that are structured already, as OpenTelemetry allows, need no JSON."""
    said = ({"role": "user", "parts": ({"type": "text", "content": "hi"},)},)

    assert ask("official", **{"gen_ai.input.messages": said}).user == "hi"


def test_entities_of_traceloop() -> None:
    """What a decorated function was called with and returned stands in JSON, a text in quotes."""
    assert ask("traceloop", **{"traceloop.entity.input": '{"args": ["hi"], "kwargs": {}}'}).user == "hi"
    assert answer("traceloop", **{"traceloop.entity.output": '"bye"'}) == Answered(True, "bye")
    assert result_in(DIALECTS["traceloop"], {"traceloop.entity.output": '"Error: no"'}) == ("Error: no", False)


def test_arguments_are_compared_without_their_surroundings() -> None:
    """LangChain's callbacks write a step number beside the arguments, which is no part of them."""
    traceloop = DIALECTS["traceloop"]
    first, second = [
        arguments_in(
            traceloop, {"traceloop.entity.input": json.dumps({"inputs": {"order": 7}, "metadata": {"step": n}})}
        )
        for n in (1, 2)
    ]

    assert first == second is not None
    assert arguments_in(traceloop, {}) is None
    assert arguments_in(traceloop, {"gen_ai.tool.call.arguments": "__REDACTED__"}) is None
