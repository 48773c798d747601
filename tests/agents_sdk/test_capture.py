"""What of the content may leave: by mode, through the redaction hook, cut, bounded, and fit to be sent."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from agents.tracing.span_data import (
    FunctionSpanData,
    GenerationSpanData,
    ResponseSpanData,
    SpeechGroupSpanData,
    SpeechSpanData,
    TranscriptionSpanData,
)
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import FunctionTool, Response, ResponseOutputMessage, ResponseOutputText

from otel_agent_analytics import errors
from otel_agent_analytics.agents_sdk.capture import Capture, ContentMode, capture_of
from otel_agent_analytics.settings import Settings

SCHEMAS: Final = Path(__file__).parents[2].parent / "shared" / "semconv-genai" / "newest" / "gen-ai"
LENGTH: Final = 100
INPUT: Final = "gen_ai.input.messages"
OUTPUT: Final = "gen_ai.output.messages"
INSTRUCTIONS: Final = "gen_ai.system_instructions"
TOOLS: Final = "gen_ai.tool.definitions"
ARGUMENTS: Final = "gen_ai.tool.call.arguments"
RESULT: Final = "gen_ai.tool.call.result"

Hook = Callable[[str], str | None]


def capture(redact: Any = None, *, max_length: int = LENGTH, mode: ContentMode = ContentMode.SPAN_AND_EVENT) -> Capture:
    """Return one that captures."""
    return Capture(mode, max_length, redact)


def user(*contents: str) -> list[dict[str, Any]]:
    """Return what the user said, as the SDK has it."""
    return [{"role": "user", "content": content} for content in contents]


def model_input(data: Any, taken: Capture | None = None) -> Any:
    """Return the captured input of a model call with that input."""
    return (taken or capture()).model_call(ResponseSpanData(input=data))[INPUT]


def text_of(message: dict[str, Any]) -> Any:
    """Return the text of a message with one part."""
    (part,) = message["parts"]
    return part["content"]


def response() -> Response:
    """Return a real response."""
    said: Any = [ResponseOutputText(type="output_text", text="Hello.", annotations=[])]
    return Response(
        id="resp_1",
        created_at=0,
        model="gpt-5-mini",
        object="response",
        output=[ResponseOutputMessage(id="m", type="message", role="assistant", status="completed", content=said)],
        parallel_tool_calls=True,
        tool_choice="auto",
        tools=[FunctionTool(type="function", name="track", description="Finds.", parameters={}, strict=True)],
        instructions="Be kind.",
        status="completed",
    )


# --- Mode -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mode", "on_spans", "on_events"),
    [
        ("NO_CONTENT", ContentMode.NO_CONTENT, False, False),
        ("SPAN_ONLY", ContentMode.SPAN_ONLY, True, False),
        ("event_only", ContentMode.EVENT_ONLY, False, True),
        (" Span_And_Event ", ContentMode.SPAN_AND_EVENT, True, True),
    ],
)
def test_mode(text: str, mode: ContentMode, on_spans: bool, on_events: bool) -> None:
    """The standard words are read in any case, and say where content goes."""
    taken = Capture(ContentMode.parse(text), LENGTH)

    assert ContentMode.parse(text) is mode
    assert (taken.on_spans, taken.on_events) == (on_spans, on_events)


@pytest.mark.parametrize("text", ["true", "false", "1", "", "SPAN", "NO CONTENT"])
def test_an_unknown_mode_captures_nothing(text: str, caplog: pytest.LogCaptureFixture) -> None:
    """What is no word of the standard is warned about with its value, and lets nothing leave."""
    with caplog.at_level(logging.WARNING):
        assert ContentMode.parse(text) is ContentMode.NO_CONTENT

    assert repr(text) in caplog.text


@pytest.mark.parametrize("mode", [ContentMode.NO_CONTENT, "no_such_mode"])
def test_no_content(mode: Any) -> None:
    """Without content nothing is read, and nothing comes out."""
    taken = capture(mode=mode)
    untouchable: Any = SimpleNamespace()  # has none of the fields

    assert [taken.model_call(untouchable), taken.tool_call(untouchable), taken.voice(untouchable)] == [{}, {}, {}]
    assert taken.text("Hi.") is None


def test_settings() -> None:
    """The settings' mode, length and hook are what is obeyed."""
    settings = Settings(capture_message_content="EVENT_ONLY", max_content_length=16, redact=str.upper)
    taken = capture_of(settings)

    assert (taken.on_spans, taken.on_events) == (False, True)
    assert taken.text("a" * 20) == "A" * 16 + "… [truncated, 20 characters]"
    assert not capture_of(Settings()).on_events


# --- What is captured -------------------------------------------------------------------------------------------------


def test_response() -> None:
    """A call of the Responses API has its instructions, tools, input and output."""
    assert capture().model_call(ResponseSpanData(input="Hi.", response=response())) == {
        INSTRUCTIONS: [{"type": "text", "content": "Be kind."}],
        TOOLS: [{"type": "function", "name": "track", "description": "Finds."}],
        INPUT: [{"role": "user", "parts": [{"type": "text", "content": "Hi."}]}],
        OUTPUT: [{"role": "assistant", "parts": [{"type": "text", "content": "Hello."}], "finish_reason": "stop"}],
    }


def test_generation() -> None:
    """Any other model call has them too; the instructions, which the SDK puts before the history, stand apart."""
    data = GenerationSpanData(
        input=[{"role": "system", "content": "Be kind."}, *user("Hi.")],
        output=[{"role": "assistant", "content": "Hello."}],
    )

    assert capture().model_call(data) == {
        INSTRUCTIONS: [{"type": "text", "content": "Be kind."}],
        INPUT: [{"role": "user", "parts": [{"type": "text", "content": "Hi."}]}],
        OUTPUT: [{"role": "assistant", "parts": [{"type": "text", "content": "Hello."}], "finish_reason": "stop"}],
    }


def test_streamed_generation() -> None:
    """A streamed chat completion, which the SDK reports as a whole response, has the same output."""
    streamed = GenerationSpanData(input=user("Hi."), output=[response().model_dump()])

    assert text_of(capture().model_call(streamed)[OUTPUT][0]) == "Hello."


def test_what_is_not_there() -> None:
    """A model call that failed, or that the SDK reports without its texts, has no content."""
    taken = capture()

    assert taken.model_call(ResponseSpanData()) == {}
    assert taken.model_call(GenerationSpanData()) == {}
    assert taken.tool_call(FunctionSpanData("track", None, None)) == {}
    assert taken.voice(SpeechSpanData()) == {}


@pytest.mark.parametrize(
    ("given_to", "back", "expected"),
    [
        ('{"order": 7}', '{"state": "sent"}', {ARGUMENTS: {"order": 7}, RESULT: {"state": "sent"}}),
        ("not json", "sent", {ARGUMENTS: "not json", RESULT: "sent"}),
        ("{}", {"state": "sent"}, {ARGUMENTS: {}, RESULT: {"state": "sent"}}),
        ("", 7, {ARGUMENTS: "", RESULT: 7}),
        (None, False, {RESULT: False}),
        (None, {7}, {RESULT: "{7}"}),
    ],
)
def test_tool_call(given_to: Any, back: Any, expected: dict[str, Any]) -> None:
    """A tool call has arguments and result, as objects where they say one."""
    assert capture().tool_call(FunctionSpanData("track", given_to, back)) == expected


def test_voice() -> None:
    """Of voice there is the text that was heard, and the text to be spoken; never the sound."""
    taken = capture()

    assert taken.voice(TranscriptionSpanData(input="UklGRg==", output="Hi.")) == {
        OUTPUT: [{"role": "assistant", "parts": [{"type": "text", "content": "Hi."}], "finish_reason": "stop"}]
    }
    assert taken.voice(SpeechSpanData(input="Hello.", output="UklGRg==")) == {
        INPUT: [{"role": "user", "parts": [{"type": "text", "content": "Hello."}]}]
    }
    assert taken.voice(SpeechGroupSpanData(input="Hello.")) == {}


def test_span_attributes() -> None:
    """On a span stand compact JSON strings that can be encoded, whatever they are made of."""
    structured = {"a": [{"text": "Käse\ud800"}], "b": float("nan"), "c": {"d": {7}}, "e": "text"}

    assert capture().as_span_attributes(structured) == {
        "a": '[{"text":"Käse?"}]',
        "b": '"nan"',
        "c": '{"d":"{7}"}',
        "e": '"text"',
    }


# --- Redaction --------------------------------------------------------------------------------------------------------

SECRET: Final = "se cret"
CONVERSATION: Final = [
    {"role": "user", "content": f"a {SECRET}", "name": SECRET},
    {"role": SECRET, "content": [{"type": "input_image", "image_url": f"https://x/{SECRET}"}]},
    {"type": "function_call", "call_id": SECRET, "name": SECRET, "arguments": json.dumps([SECRET, {"b": SECRET}])},
    {"type": "function_call", "call_id": "c", "name": "f", "arguments": f"not json {SECRET}"},
    {"type": "function_call_output", "call_id": "c", "output": SECRET},
    {"type": "mcp_call", "id": "m", "name": "f", "arguments": json.dumps({"a": SECRET}), "output": SECRET},
    {"type": "reasoning", "summary": [{"type": "summary_text", "text": SECRET}]},
    {"type": SECRET, "anything": {"deep": [SECRET, SimpleNamespace(a=SECRET), SECRET.encode()]}},
]  # fmt: skip


def without_secret(text: str) -> str:
    """Redact as an application would."""
    return text.replace(SECRET, "***")


def test_every_text_is_redacted() -> None:
    """The hook sees every text, at any depth, in every kind of part, in instructions, tools, arguments and results."""
    answer = response()
    answer.instructions = SECRET
    answer.tools[0].description = SECRET  # type: ignore[union-attr]
    taken = capture(without_secret)
    found = {
        **taken.model_call(ResponseSpanData(input=CONVERSATION, response=answer)),  # type: ignore[arg-type]
        **taken.tool_call(FunctionSpanData("f", json.dumps({"a": SECRET}), [{"b": SECRET}])),
    }

    shown = json.dumps(found)
    assert SECRET not in shown
    assert shown.count("***") == 21
    assert SECRET in json.dumps(capture().model_call(ResponseSpanData(input=CONVERSATION)))  # type: ignore[arg-type]


def test_numbers_are_redacted() -> None:
    """The hook is asked about numbers, which were text in the JSON of a model; one that it leaves alone stays one."""
    taken = capture(lambda text: text.replace("4111", "****"))

    found = taken.tool_call(FunctionSpanData("pay", '{"card": 41112222, "amount": 12.5, "now": true}', None))
    assert found == {ARGUMENTS: {"card": "****2222", "amount": 12.5, "now": True}}


def test_a_text_can_be_dropped() -> None:
    """None lets nothing of a text leave; ids and the conventions' own words stay, so that the messages stay valid."""
    taken = capture(lambda _: None)
    given: Any = [
        {"role": "user", "content": "Hi."},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "x"},
    ]

    assert model_input(given, taken) == [
        {"role": "user", "parts": [{"type": "text", "content": "[redacted]"}]},
        {"role": "assistant", "parts": [{"type": "tool_call", "name": "f", "arguments": "[redacted]", "id": "c"}]},
    ]


def failing(text: str) -> str:
    """Fail, with the text in the message, as a hook may."""
    raise ValueError(text)


@pytest.mark.parametrize("hook", [failing, lambda _: 7, lambda text: text.encode(), lambda: ""])
def test_a_failing_hook(hook: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hook that fails lets nothing leave, not even into our log; each failure is counted."""
    monkeypatch.setattr(errors, "_faults", errors._Faults())

    assert text_of(model_input(user(SECRET), capture(hook))[0]) == "[redacted]"
    assert errors.fault_counts() == {"agents_sdk.redact": 1}
    assert "redaction hook" in caplog.text
    assert SECRET not in caplog.text


def test_a_failing_hook_is_found(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log says where the hook failed, since nobody sees the error itself."""
    monkeypatch.setattr(errors, "_faults", errors._Faults())  # only the first one is logged
    capture(failing).text("x")

    assert f"raised ValueError in {__file__}:" in caplog.text


def test_redaction_comes_before_the_cut() -> None:
    """A secret that the cut would have divided is gone, and what the hook gives back is cut too."""
    assert text_of(model_input(user("x" * 97 + SECRET), capture(without_secret))[0]) == "x" * 97 + "***"
    assert text_of(model_input(user("x"), capture(lambda _: "y" * 101))[0]) == "y" * 100 + "… [truncated, 1 characters]"
    assert text_of(model_input(user("x"), capture(lambda _: "\ud800"))[0]) == "?"


def test_names_are_redacted_before_they_are_cut() -> None:
    """A name that is too long for one is a text, so no half of a secret is left of it either."""
    taken = capture(without_secret, max_length=8192)
    name = "x" * 253 + SECRET
    found = model_input(
        [{"type": "function_call", "call_id": name, "name": name}, {"role": name, "content": ""}], taken
    )

    assert json.dumps(found).count("x" * 253 + "***") == 3


# --- Bounds -----------------------------------------------------------------------------------------------------------


def test_a_long_text_is_cut() -> None:
    """A text that is too long says how long it was; one that is just not stays."""
    assert text_of(model_input(user("x" * 101))[0]) == "x" * 100 + "… [truncated, 101 characters]"
    assert text_of(model_input(user("x" * 100))[0]) == "x" * 100


def test_a_large_argument_is_cut() -> None:
    """Arguments that are too large as a whole become the beginning of their JSON, redacted as before."""
    many = {f"key {number}": SECRET for number in range(200)}
    found = capture(without_secret).tool_call(FunctionSpanData("f", json.dumps(many), None))[ARGUMENTS]

    assert found.startswith('{"key 0":"***","key 1":"***"')
    assert len(found) < 150
    assert "… [truncated, more than " in found
    escaped = capture().tool_call(FunctionSpanData("f", None, ["\x00" * 100, "\x00" * 100]))[RESULT]
    assert escaped.endswith("… [truncated, 1207 characters]")


def test_the_oldest_messages_are_left_out() -> None:
    """Of a long history the newest messages stay, after a note of how many there were before."""
    found = model_input(user(*(f"{number} " + "x" * 90 for number in range(100))))

    assert found[0] == {
        "role": "system",
        "parts": [{"type": "generic", "generic_type": "left_out", "messages": 101 - len(found)}],
    }
    assert [text_of(message).split()[0] for message in found[1:]] == [str(n) for n in range(101 - len(found), 100)]
    assert 20 <= len(found) <= 25


def test_the_oldest_parts_of_the_newest_message_are_left_out() -> None:
    """Where even the newest message is too long, its last parts stay, after a note."""
    many: Any = [{"type": "input_text", "text": f"{number} " + "x" * 90} for number in range(100)]
    (note, found) = model_input([*user("before"), {"role": "user", "content": many}])

    assert note["parts"] == [{"type": "generic", "generic_type": "left_out", "messages": 1}]
    assert found["parts"][0] == {"type": "generic", "generic_type": "left_out", "parts": 101 - len(found["parts"])}
    assert found["parts"][-1]["content"].startswith("99 ")


def test_a_long_answer_says_why_it_ended() -> None:
    """Output that had to be shortened is one message still, with the reason for its end."""
    output = [{"role": "assistant", "content": [{"type": "text", "text": f"{n} " + "x" * 90} for n in range(100)]}]
    (found,) = capture().model_call(GenerationSpanData(output=output))[OUTPUT]

    assert found["finish_reason"] == "stop"
    assert found["parts"][0]["generic_type"] == "left_out"


def test_many_tools_and_instructions() -> None:
    """Tools and instructions are bounded too, and say how many are missing."""
    answer = response()
    tools: Any = [
        FunctionTool(type="function", name=f"t{n}", description="x" * 90, parameters={}, strict=True)
        for n in range(100)
    ]
    answer.tools = tools
    answer.instructions = [{"role": "system", "content": "x" * 90}] * 100  # type: ignore[list-item]
    found = capture().model_call(ResponseSpanData(response=answer))

    assert found[TOOLS][0] == {"type": "generic", "name": "left_out", "tools": 101 - len(found[TOOLS])}
    assert found[INSTRUCTIONS][0]["parts"] == 101 - len(found[INSTRUCTIONS])
    assert max(len(text) for text in capture().as_span_attributes(found).values()) <= 32 * LENGTH


def test_sdk_data_are_not_changed() -> None:
    """What the application still uses stays as it was."""
    given: Any = [*user("x" * 200), {"type": "reasoning", "summary": []}]
    before = json.dumps(given)
    capture(without_secret).model_call(ResponseSpanData(input=given))

    assert json.dumps(given) == before


# --- Whatever may come ------------------------------------------------------------------------------------------------

FIELDS: Final = (
    *("role", "content", "type", "text", "output", "name", "call_id", "id", "tool_calls", "function", "arguments"),
    *("input", "summary", "status", "image_url", "url", "action", "result", "instructions", "tools", "description"),
)
WORDS: Final = (
    *("user", "assistant", "function_call", "message", "output_text", "reasoning", "input_image", "mcp_call"),
    *("function_call_output", "incomplete", "generation", "response", "transcription", "speech", SECRET, f"{SECRET}!"),
    json.dumps({"a": [SECRET]}),
)
SCALARS = st.none() | st.integers() | st.floats() | st.binary(max_size=3) | st.sampled_from(WORDS)
JUNK_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
ANYTHING = st.recursive(
    SCALARS | JUNK_TEXT,
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6)
        | st.builds(lambda given: SimpleNamespace(**given), st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6))
    ),
    max_leaves=30,
)
KINDS = st.sampled_from(["response", "generation", "transcription", "speech", "function"])


@given(kind=KINDS, given_to=ANYTHING, back=ANYTHING, max_length=st.sampled_from([16, 17, 40, 8192]))
def test_whatever_comes_is_bounded_and_redacted(kind: str, given_to: Any, back: Any, max_length: int) -> None:
    """Nothing raises, every attribute can be sent and has its bound, and what the hook removes is nowhere."""
    taken = capture(without_secret, max_length=max_length)
    data = SimpleNamespace(type=kind, input=given_to, output=back, response=back if kind == "response" else None)
    for found in (taken.model_call(data), taken.tool_call(data), taken.voice(data)):
        for shown in taken.as_span_attributes(found).values():
            assert len(shown.encode("utf-8").decode("utf-8")) <= 32 * max_length
            assert SECRET not in json.loads(shown).__repr__()


def test_the_smallest_length_holds_its_bound() -> None:
    """With the smallest length that is allowed, names and ids of any length still leave within the bound."""
    call = {
        "type": "function_call",
        "call_id": "c" * 999,
        "name": "\x00" * 999,
        "arguments": json.dumps({"k" * 999: 1}),
    }
    given: Any = [*user("\x00" * 99), {"role": "\x00" * 99, "content": "\x00" * 99, "name": "\x00" * 99}, call, call]
    taken = capture(max_length=16)

    for size in range(1, 5):
        shown = taken.as_span_attributes(taken.model_call(ResponseSpanData(input=given[:size])))
        assert len(shown[INPUT]) <= 32 * 16


# --- The conventions' schemas -----------------------------------------------------------------------------------------


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason=f"shared data: no copy of the schemas in {SCHEMAS}")
@given(
    given_to=ANYTHING,
    back=ANYTHING,
    max_length=st.sampled_from([16, 40, 8192]),
    redact=st.sampled_from([None, str.upper, lambda _: None]),
)
def test_schemas(given_to: Any, back: Any, max_length: int, redact: Hook | None) -> None:
    """What leaves is valid against the conventions' schemas, also where it was redacted, cut and left out."""
    jsonschema = pytest.importorskip("jsonschema")
    taken = capture(redact, max_length=max_length)
    data = [given_to, *user("x" * 30), back]
    answer = SimpleNamespace(output=data, instructions=data, tools=[given_to, back] * 9)
    found = taken.model_call(SimpleNamespace(type="response", input=data * 3, response=answer))
    for key, name in _NAMES.items():
        schema = json.loads((SCHEMAS / f"gen-ai-{name}.json").read_text(encoding="utf-8"))
        faults = jsonschema.Draft202012Validator(schema).iter_errors(found.get(key, []))
        assert [fault.message for fault in faults] == []


_NAMES: Final = {
    INPUT: "input-messages",
    OUTPUT: "output-messages",
    INSTRUCTIONS: "system-instructions",
    TOOLS: "tool-definitions",
}
