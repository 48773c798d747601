"""Reading texts out of the SDK's span data: what it holds, and what it may hold one day."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputRefusal

from otel_agent_analytics.agents_sdk.content import (
    Answer,
    ToolCall,
    answer_of_generation,
    answer_of_response,
    last_user_texts,
)

NOTHING = Answer(None, (), None)
NO_TEXTS = (None, None)


def user(content: Any) -> dict[str, Any]:
    """Return a user message."""
    return {"role": "user", "content": content}


def assistant(content: Any, **more: Any) -> dict[str, Any]:
    """Return an assistant message, as chat completions have it."""
    return {"role": "assistant", "content": content, **more}


def message(*parts: Any) -> dict[str, Any]:
    """Return an assistant message, as the Responses API has it."""
    return {"type": "message", "role": "assistant", "content": list(parts)}


def said(text: Any) -> dict[str, Any]:
    """Return a part of a message."""
    return {"type": "output_text", "text": text}


@pytest.mark.parametrize(
    ("model_input", "expected"),
    [
        ("hi", ("hi", None)),
        ("", ("", None)),
        ([user("hi")], ("hi", None)),
        ((user("hi"),), ("hi", None)),
        ([user("first"), assistant("yes"), user("second")], ("second", "first")),
        ([user("one"), user("two"), user("three")], ("three", "two")),
        ([user("hi"), {"type": "function_call_output", "call_id": "c", "output": "7"}], ("hi", None)),
        ([user([{"type": "input_text", "text": "hi"}])], ("hi", None)),
        ([user([{"type": "input_text", "text": "one"}, {"type": "input_text", "text": "two"}])], ("one\ntwo", None)),
        ([user([{"type": "input_image", "image_url": "x"}, {"type": "input_text", "text": "look"}])], ("look", None)),
        ([user([{"type": "input_image", "image_url": "x"}])], NO_TEXTS),
        ([SimpleNamespace(role="user", content="an object")], ("an object", None)),
        ([user("before"), user(None)], (None, "before")),
        ([user(None), user("after")], ("after", None)),
        ([user(7)], NO_TEXTS),
        ([user(b"bytes")], NO_TEXTS),
        ([user({"text": "no list"})], NO_TEXTS),
        ([user([None, 7, b"x", "bare", {"text": None}, {"text": 7}])], NO_TEXTS),
        ([assistant("hi")], NO_TEXTS),
        ([{"content": "nobody's"}], NO_TEXTS),
        ([{"role": "user"}], NO_TEXTS),
        ([None, 7, b"x", "text", [], {}], NO_TEXTS),
        ([], NO_TEXTS),
        ({}, NO_TEXTS),
        ({"role": "user", "content": "no list"}, NO_TEXTS),
        (None, NO_TEXTS),
        (7, NO_TEXTS),
        (b"bytes", NO_TEXTS),
    ],
)
def test_last_user_texts(model_input: Any, expected: tuple[str | None, str | None]) -> None:
    """What the user said last, and before that, is found in every form of input; what is none is None."""
    assert last_user_texts(model_input) == expected


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ({"output": [message(said("Hello."))]}, Answer("Hello.", (), None)),
        ({"output": [message(said("One."), said("Two."))]}, Answer("One.\nTwo.", (), None)),
        ({"output": [message(said("One.")), message(said("Two."))]}, Answer("One.\nTwo.", (), None)),
        ({"output": [message({"type": "refusal", "refusal": "No."})]}, Answer("No.", (), None)),
        (
            {"output": [message(said("Wait.")), {"type": "function_call", "name": "track", "call_id": "c1"}]},
            Answer("Wait.", (ToolCall("track", "c1", None),), "tool_call"),
        ),
        (
            {
                "output": [
                    {"type": "function_call", "name": "track", "call_id": "c1"},
                    {"type": "function_call", "name": "track", "call_id": "c2"},
                ]
            },
            Answer(None, (ToolCall("track", "c1", None), ToolCall("track", "c2", None)), "tool_call"),
        ),
        (
            {"output": [{"type": "function_call", "name": "track"}]},
            Answer(None, (ToolCall("track", "", None),), "tool_call"),
        ),
        ({"output": [{"type": "reasoning", "summary": []}, message(said("Hello."))]}, Answer("Hello.", (), None)),
        (SimpleNamespace(output=[message(said("an object"))]), Answer("an object", (), None)),
        ({"output": [message(said(""))]}, NOTHING),
        ({"output": [message()]}, NOTHING),
        ({"output": [message(said(None), said(7), said(b"x"), None, 7)]}, NOTHING),
        ({"output": [{"type": "message", "role": "assistant"}]}, NOTHING),
        ({"output": [user("not the agent")]}, NOTHING),
        ({"output": [None, 7, b"x", "text", [], {}]}, NOTHING),
        ({"output": []}, NOTHING),
        ({"output": None}, NOTHING),
        ({"output": 7}, NOTHING),
        ({"output": b"bytes"}, NOTHING),
        ({}, NOTHING),
        (None, NOTHING),
        (7, NOTHING),
        (b"bytes", NOTHING),
        ("text", NOTHING),
    ],
)
def test_answer_of_response(response: Any, expected: Answer) -> None:
    """Text and tool calls of a Responses API result are found; what is none is no answer."""
    assert answer_of_response(response) == expected


def test_answer_of_the_apis_own_objects() -> None:
    """The API's own objects are read as well as mappings."""
    refusal = ResponseOutputRefusal(type="refusal", refusal="No.")
    output = [
        ResponseOutputMessage(id="m", type="message", role="assistant", status="completed", content=[refusal]),
        ResponseFunctionToolCall(type="function_call", call_id="c1", name="track", arguments="{}"),
    ]

    assert answer_of_response(SimpleNamespace(output=output)) == Answer(
        "No.", (ToolCall("track", "c1", "{}"),), "tool_call"
    )


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ([assistant("Hello.")], Answer("Hello.", (), None)),
        ([assistant([said("One."), said("Two.")])], Answer("One.\nTwo.", (), None)),
        (
            [assistant(None, tool_calls=[{"id": "c1", "type": "function", "function": {"name": "track"}}])],
            Answer(None, (ToolCall("track", "c1", None),), "tool_call"),
        ),
        (
            [assistant("Wait.", tool_calls=[{"id": "c1", "function": {"name": "a"}}, {"function": {"name": "b"}}])],
            Answer("Wait.", (ToolCall("a", "c1", None), ToolCall("b", "", None)), "tool_call"),
        ),
        ([assistant("Hello.", tool_calls=None)], Answer("Hello.", (), None)),
        # A streamed chat completion is reported as a whole response.
        ([{"id": "r", "output": [message(said("Hello."))]}], Answer("Hello.", (), None)),
        ([{"id": "r", "output": []}], NOTHING),
        ([assistant(None)], NOTHING),
        ([assistant(7)], NOTHING),
        ([assistant(b"bytes")], NOTHING),
        ([assistant("", tool_calls=7)], NOTHING),
        ([user("not the agent")], NOTHING),
        ([None, 7, b"x", "text", [], {}], NOTHING),
        ([], NOTHING),
        ({}, NOTHING),
        (None, NOTHING),
        (7, NOTHING),
        (b"bytes", NOTHING),
        ("text", NOTHING),
    ],
)
def test_answer_of_generation(output: Any, expected: Answer) -> None:
    """Text and tool calls of a chat completion are found, also of one that is reported as a response."""
    assert answer_of_generation(output) == expected


NAMES = st.sampled_from(
    ["role", "content", "type", "text", "refusal", "output", "name", "call_id", "id", "tool_calls", "function"]
)
WORDS = st.sampled_from(["user", "assistant", "function_call", "message", "output_text", ""]) | st.text(max_size=5)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.binary(max_size=3)
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | WORDS, inner, max_size=5), max_leaves=20
)


@given(ANYTHING)
def test_never_raises(value: Any) -> None:
    """Whatever the span data hold, reading them raises nothing and gives texts and pairs of texts."""
    texts = last_user_texts(value)
    answers = (answer_of_response(value), answer_of_generation(value), answer_of_response({"output": value}))

    assert all(text is None or isinstance(text, str) for text in texts)
    for answer in answers:
        assert answer.text is None or (isinstance(answer.text, str) and answer.text != "")
        assert all(isinstance(name, str) and isinstance(call_id, str) for name, call_id, _ in answer.tool_calls)


@pytest.mark.parametrize(
    ("status", "why", "expected"),
    [
        ("completed", None, "stop"),
        ("incomplete", "max_output_tokens", "length"),
        ("incomplete", "content_filter", "content_filter"),
        ("incomplete", "something new", "error"),
        ("failed", None, "error"),
        ("cancelled", None, "error"),
        ("in_progress", None, None),
        (None, None, None),
    ],
)
def test_finish_reason(status: str | None, why: str | None, expected: str | None) -> None:
    """Why a model stopped is said in the conventions' words, and left open where the response does not say it."""
    response = {"output": [message(said("Well."))], "status": status, "incomplete_details": {"reason": why}}

    assert answer_of_response(response).finish_reason == expected
