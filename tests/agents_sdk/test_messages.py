"""What stands in the SDK's span data becomes the conventions' messages; whatever else stands there does no harm."""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from agents.tool import ToolOutputImage
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionMessage
from openai.types.responses import (
    FunctionTool,
    Response,
    ResponseCodeInterpreterToolCall,
    ResponseCompactionItem,
    ResponseFunctionToolCall,
    ResponseFunctionWebSearch,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseOutputText,
    ResponseReasoningItem,
    WebSearchTool,
)
from openai.types.responses.response_code_interpreter_tool_call import OutputLogs
from openai.types.responses.response_function_web_search import ActionSearch
from openai.types.responses.response_output_item import ImageGenerationCall, McpCall
from openai.types.responses.response_reasoning_item import Summary
from pydantic import BaseModel

from otel_agent_analytics.agents_sdk import messages
from otel_agent_analytics.agents_sdk.plain import DEEPEST, TOO_MUCH, UNREADABLE, plain

SCHEMAS: Final = Path(__file__).parents[2].parent / "shared" / "semconv-genai" / "newest" / "gen-ai"
PNG: Final = "data:image/png;base64,iVBORw0KGgo="
HI: Final = {"type": "text", "content": "Hi."}


def user(*parts: Any, **more: Any) -> dict[str, Any]:
    """Return a message of the user, as the conventions have it."""
    return {"role": "user", "parts": list(parts), **more}


def said(*parts: Any, reason: str | None = None) -> dict[str, Any]:
    """Return a message of the model, as the conventions have it."""
    return {"role": "assistant", "parts": list(parts), **({"finish_reason": reason} if reason else {})}


def text(content: str) -> dict[str, Any]:
    """Return a text part."""
    return {"type": "text", "content": content}


def blob(modality: str, length: int, mime_type: str | None = None) -> dict[str, Any]:
    """Return a part whose data were left out."""
    found = {"type": "blob", "modality": modality, "content": f"[data left out, {length} characters]"}
    return {**found, "mime_type": mime_type} if mime_type else found


def call(name: str, arguments: Any, **more: Any) -> dict[str, Any]:
    """Return a tool call."""
    return {"type": "tool_call", "name": name, "arguments": arguments, **more}


def result(response: Any, **more: Any) -> dict[str, Any]:
    """Return a message with the result of a tool."""
    return {"role": "tool", "parts": [{"type": "tool_call_response", "response": response, **more}]}


def response(*output: Any, **more: Any) -> Response:
    """Return a real response."""
    base: dict[str, Any] = {
        "id": "resp_1",
        "created_at": 0,
        "model": "gpt-5-mini",
        "object": "response",
        "output": list(output),
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }
    return Response.model_construct(**{**base, **more})


def message(*texts: str) -> ResponseOutputMessage:
    """Return a real output message."""
    content: Any = [ResponseOutputText(type="output_text", text=one, annotations=[]) for one in texts]
    return ResponseOutputMessage(id="m", type="message", role="assistant", status="completed", content=content)


def function_call(name: str, arguments: str, call_id: str = "call_1") -> ResponseFunctionToolCall:
    """Return a real tool call."""
    return ResponseFunctionToolCall(type="function_call", call_id=call_id, name=name, arguments=arguments)


INPUTS: Final[list[tuple[Any, list[dict[str, Any]]]]] = [
    ("Hi.", [user(HI)]),
    ("", [user()]),
    ([{"role": "user", "content": "Hi."}], [user(HI)]),
    ([{"role": "user", "content": "Hi.", "name": "Ann"}], [user(HI, name="Ann")]),
    ([{"role": "developer", "content": "Hi."}], [{"role": "system", "parts": [HI]}]),
    ([{"role": "system", "content": [{"type": "text", "text": "Hi."}]}], [{"role": "system", "parts": [HI]}]),
    ([{"role": "critic", "content": "Hi."}], [{"role": "critic", "parts": [HI]}]),
    ([{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi."}]}], [user(HI)]),
    (["Hi.", None], [user(HI)]),
    # Two messages of the user stay two; the items of one response become one message.
    ([{"role": "user", "content": "Hi."}, {"role": "user", "content": "Hi."}], [user(HI), user(HI)]),
    (
        [
            {"role": "user", "content": "Hi."},
            {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "gAAAA"},
            message("Wait.").model_dump(),
            {"type": "function_call", "call_id": "c1", "name": "track", "arguments": '{"order": 7}'},
            {"type": "function_call", "call_id": "c2", "name": "track", "arguments": "not json"},
            {"type": "function_call_output", "call_id": "c1", "output": "on its way"},
            {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "Hi."}]},
            {"role": "assistant", "content": "It comes."},
        ],
        [
            user(HI),
            said(text("Wait."), call("track", {"order": 7}, id="c1"), call("track", "not json", id="c2")),
            result("on its way", id="c1"),
            result([HI], id="c2"),
            said(text("It comes.")),
        ],
    ),
    # Chat completions.
    (
        [
            {
                "role": "assistant",
                "content": None,
                "reasoning_content": "Hm.",
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "track", "arguments": "[7]"}},
                    {"id": "c2", "type": "custom", "custom": {"name": "sql", "input": "select 1"}},
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "7"},
            {"role": "function", "name": "old", "content": [{"type": "text", "text": "Hi."}]},
        ],
        [
            said(
                {"type": "reasoning", "content": "Hm."}, call("track", [7], id="c1"), call("sql", "select 1", id="c2")
            ),
            result("7", id="c1"),
            {**result([HI]), "name": "old"},
        ],
    ),
    (
        [{"role": "assistant", "content": "", "function_call": {"name": "old", "arguments": "{}"}}],
        [said(call("old", {}))],
    ),
    # What is no text: the data stay behind.
    (
        [
            {
                "role": "user",
                "content": [
                    {"type": "input_image", "detail": "auto", "image_url": PNG},
                    {"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}},
                    {"type": "input_image", "file_id": "file-1"},
                    {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "mp3"}},
                    {"type": "input_file", "file_data": "JVBERi0=", "filename": "a.pdf"},
                    {"type": "input_file", "file_data": "data:application/pdf;base64,JVBERi0="},
                    {"type": "input_file", "file_url": "https://example.org/a.pdf"},
                    {"type": "file", "file": {"file_id": "file-2"}},
                ],
            }
        ],
        [
            user(
                blob("image", 12, "image/png"),
                {"type": "uri", "modality": "image", "uri": "https://example.org/cat.png"},
                {"type": "file", "modality": "image", "file_id": "file-1"},
                blob("audio", 8, "audio/mpeg"),
                blob("document", 8),
                blob("document", 8, "application/pdf"),
                {"type": "uri", "modality": "document", "uri": "https://example.org/a.pdf"},
                {"type": "file", "modality": "document", "file_id": "file-2"},
            )
        ],
    ),
    (f"Look: {PNG} !", [user(text("Look: data:image/png [data left out, 34 characters] !"))]),
    (
        [
            {"type": "computer_call", "call_id": "c", "action": {"type": "screenshot"}},
            {
                "type": "computer_call_output",
                "call_id": "c",
                "output": {"type": "computer_screenshot", "image_url": PNG},
            },
        ],
        [said(call("computer", {"type": "screenshot"}, id="c")), result([blob("image", 12, "image/png")], id="c")],
    ),
    (
        [
            {"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"]}},
            {"type": "shell_call_output", "call_id": "c", "output": [{"stdout": "a", "stderr": ""}]},
            {"type": "local_shell_call_output", "id": "c", "output": "b"},
        ],
        [
            said(call("shell", {"commands": ["ls"]}, id="c")),
            result(
                [{"type": "generic", "generic_type": "dict", "content": {"stdout": "a", "stderr": ""}}],
                id="c",
            ),
            result("b", id="c"),
        ],
    ),
    # What nobody knows.
    (
        [{"type": "hologram", "depth": 3, "data": "AAAA"}],
        [
            {
                "role": "unknown",
                "parts": [
                    {
                        "type": "generic",
                        "generic_type": "hologram",
                        "content": {"depth": 3, "data": "[data left out, 4 characters]"},
                    }
                ],
            }
        ],
    ),
    (
        [{"role": "user", "content": [{"type": "input_text", "text": None}, 7]}],
        [
            user(
                {"type": "generic", "generic_type": "input_text", "content": {"text": None}},
                {"type": "generic", "generic_type": "int", "content": 7},
            )
        ],
    ),
    ([], []),
    (None, []),
    (7, []),
    (b"bytes", []),
    ({"role": "user"}, []),
]

OUTPUTS: Final[list[tuple[Any, list[dict[str, Any]]]]] = [
    (response(message("Hi."), status="completed"), [said(HI, reason="stop")]),
    (
        response(
            ResponseReasoningItem(id="r", type="reasoning", summary=[Summary(type="summary_text", text="Hm.")]),
            message("Wait."),
            function_call("track", '{"order": 7}'),
            function_call("track", "{", call_id="call_2"),
            status="completed",
        ),
        [
            said(
                {"type": "reasoning", "content": "Hm."},
                text("Wait."),
                call("track", {"order": 7}, id="call_1"),
                call("track", "{", id="call_2"),
                reason="tool_call",
            )
        ],
    ),
    # The same, as a streamed chat completion reports it.
    ([response(message("Hi."), status="completed").model_dump()], [said(HI, reason="stop")]),
    ([response(message("Hi.")).model_dump()], [said(HI, reason="stop")]),
    (
        [message("Hi."), function_call("a", "{}")],
        [said(HI, call("a", {}, id="call_1"), reason="tool_call")],
    ),
    (
        response(message("Hi."), status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
        [said(HI, reason="length")],
    ),
    (
        response(message("Hi."), status="incomplete", incomplete_details={"reason": "content_filter"}),
        [said(HI, reason="content_filter")],
    ),
    (response(message("Hi."), status="incomplete"), [said(HI, reason="error")]),
    (
        response(function_call("a", "{}"), status="failed"),
        [said(call("a", {}, id="call_1"), reason="error")],
    ),
    (response(status="failed"), []),
    (response(status="cancelled"), []),
    (
        response(
            ResponseOutputMessage(
                id="m",
                type="message",
                role="assistant",
                status="completed",
                content=[ResponseOutputRefusal(type="refusal", refusal="Hi.")],
            )
        ),
        [said(HI, reason="stop")],
    ),
    # What the provider did itself does not end a message.
    (
        response(
            ResponseFunctionWebSearch(
                id="ws", type="web_search_call", status="completed", action=ActionSearch(type="search", query="cats")
            ),
            ResponseCodeInterpreterToolCall(
                id="ci",
                type="code_interpreter_call",
                status="completed",
                container_id="x",
                code="1+1",
                outputs=[OutputLogs(type="logs", logs="2")],
            ),
            McpCall(
                id="mcp", type="mcp_call", name="find", server_label="shop", arguments='{"q": "cat"}', output="none"
            ),
            ImageGenerationCall(
                id="ig", type="image_generation_call", status="completed", result="iVBORw0=", output_format="png"
            ),
            ResponseCompactionItem(id="cp", type="compaction", encrypted_content="gAAAA"),
            message("Hi."),
            status="completed",
        ),
        [
            said(
                {
                    "type": "server_tool_call",
                    "name": "web_search",
                    "server_tool_call": {"type": "web_search", "action": {"type": "search", "query": "cats"}},
                    "id": "ws",
                },
                {
                    "type": "server_tool_call",
                    "name": "code_interpreter",
                    "server_tool_call": {"type": "code_interpreter", "code": "1+1"},
                    "id": "ci",
                },
                {
                    "type": "server_tool_call_response",
                    "server_tool_call_response": {
                        "type": "code_interpreter",
                        "outputs": [{"type": "logs", "logs": "2"}],
                    },
                    "id": "ci",
                },
                {
                    "type": "server_tool_call",
                    "name": "find",
                    "server_tool_call": {"type": "mcp", "arguments": {"q": "cat"}, "server_label": "shop"},
                    "id": "mcp",
                },
                {
                    "type": "server_tool_call_response",
                    "server_tool_call_response": {"type": "mcp", "output": "none"},
                    "id": "mcp",
                },
                {
                    "type": "server_tool_call",
                    "name": "image_generation",
                    "server_tool_call": {"type": "image_generation"},
                    "id": "ig",
                },
                blob("image", 8, "image/png"),
                {"type": "compaction", "id": "cp"},
                HI,
                reason="stop",
            )
        ],
    ),
    # A call that was answered within the same response does not end it either.
    (
        response(
            {"type": "tool_search_call", "id": "a", "call_id": "c", "arguments": {"q": 1}},
            {"type": "tool_search_output", "id": "b", "call_id": "c", "tools": "one"},
            message("Hi."),
            status="completed",
        ),
        [
            said(
                call("tool_search", {"q": 1}, id="c"),
                {"type": "tool_call_response", "response": "one", "id": "c"},
                HI,
                reason="stop",
            )
        ],
    ),
    # Chat completions; the SDK drops why they ended.
    ([ChatCompletionMessage(role="assistant", content="Hi.").model_dump()], [said(HI, reason="stop")]),
    (
        [
            {"role": "assistant", "content": "Hi."},
            {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "a", "arguments": "{}"}}]},
        ],
        [said(HI, reason="stop"), said(call("a", {}, id="c"), reason="tool_call")],
    ),
    (
        [{"role": "assistant", "audio": {"id": "a", "data": "UklGRg==", "transcript": "Hi."}}],
        [said(HI, blob("audio", 8), reason="stop")],
    ),
    ("Hi.", [said(HI, reason="stop")]),
    ([], []),
    (None, []),
    (7, []),
    ({}, []),
]


@pytest.mark.parametrize(("model_input", "expected"), INPUTS)
def test_input_messages(model_input: Any, expected: list[dict[str, Any]]) -> None:
    """Every form of input becomes the conventions' messages, in order; what is unknown is kept as a generic part."""
    assert messages.input_messages(model_input) == expected


@pytest.mark.parametrize(("output", "expected"), OUTPUTS)
def test_output_messages(output: Any, expected: list[dict[str, Any]]) -> None:
    """One choice is one message, which says why it ended."""
    assert messages.output_messages(output) == expected


@pytest.mark.parametrize(
    ("instructions", "expected"),
    [
        ("Be kind.", [text("Be kind.")]),
        ("", []),
        ([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi."}], [text("Be kind.")]),
        (
            [{"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be kind."}]}],
            [text("Be kind.")],
        ),
        (["Be kind.", {"type": "text", "text": "Be brief."}], [text("Be kind."), text("Be brief.")]),
        (None, []),
        (7, []),
    ],
)
def test_system_instructions(instructions: Any, expected: list[dict[str, Any]]) -> None:
    """Instructions are parts, from a string, from messages and from bare parts; what a user said is none."""
    assert messages.system_instructions(instructions) == expected


def test_leading_instructions() -> None:
    """Only what stands before the history counts as an agent's instructions."""
    system, developer = {"role": "system", "content": "a"}, {"role": "developer", "content": "b"}

    assert messages.leading_instructions([system, developer, {"role": "user"}, system]) == 2
    assert messages.leading_instructions("text") == 0


TOOLS: Final = [
    FunctionTool(type="function", name="track", description="Finds.", parameters={"type": "object"}, strict=True),
    {"type": "function", "function": {"name": "nested", "parameters": {"type": "object"}}},
    WebSearchTool(type="web_search"),
    {"type": "mcp", "server_label": "shop"},
    {"type": "custom", "name": 7, "description": None},
]


def test_tool_definitions() -> None:
    """Tools are flat, with name and description; every one has a name."""
    assert messages.tool_definitions([*TOOLS, None, {}, {"name": "untyped"}, 7]) == [
        {"type": "function", "name": "track", "description": "Finds."},
        {"type": "function", "name": "nested"},
        {"type": "web_search", "name": "web_search"},
        {"type": "mcp", "name": "shop"},
        {"type": "custom", "name": "custom"},
    ]
    assert messages.tool_definitions(None) == []


def test_tool_parameters_on_request() -> None:
    """Parameters, which may be large, are there when they are asked for."""
    found = messages.tool_definitions(TOOLS[:2], parameters=True)

    assert [tool["parameters"] for tool in found] == [{"type": "object"}, {"type": "object"}]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("rainy", "rainy"),
        ('{"rain": true}', {"rain": True}),
        ("{rain", "{rain"),
        ("7", "7"),
        ({"rain": 1.5}, {"rain": 1.5}),
        (7, 7),
        (None, None),
        (PNG, "data:image/png [data left out, 34 characters]"),
        (ToolOutputImage(image_url=PNG), blob("image", 12, "image/png")),
        ([{"type": "text", "text": "a"}, {"type": "image", "data": "AAAA", "mimeType": "image/gif"}],
         [{"type": "text", "text": "a"}, blob("image", 4, "image/gif")]),
    ],
)  # fmt: skip
def test_tool_result(output: Any, expected: Any) -> None:
    """A result is an object where it is or says one, and has no data of images in it."""
    assert messages.tool_result(output) == expected


# --- Whatever may come ------------------------------------------------------------------------------------------------


class Hostile:
    """Fails in every way that an object can."""

    @property  # type: ignore[misc]  # that is the point
    def __class__(self) -> Any:
        raise ValueError("class")

    def __getattribute__(self, name: str) -> Any:
        raise ValueError(name)

    def __bool__(self) -> bool:
        raise ValueError("bool")

    def __eq__(self, other: object) -> bool:
        raise ValueError("eq")

    def __hash__(self) -> int:
        return 1

    def __str__(self) -> str:
        raise ValueError("str")

    __repr__ = __str__


class HostileDict(dict[str, Any]):
    def get(self, *_: Any) -> Any:
        raise ValueError("get")

    def items(self) -> Any:
        raise ValueError("items")


class EndlessList(list[Any]):
    def __iter__(self) -> Iterator[Any]:
        while True:
            yield "more"


class Colour(enum.StrEnum):
    RED = "red"


class Size(enum.IntEnum):
    LARGE = 3


@dataclasses.dataclass
class Point:
    x: int = 1


class Order(BaseModel):
    number: int = 7
    note: str | None = None


def itself() -> list[Any]:
    """Return a list that holds itself many times over."""
    found: list[Any] = []
    found.extend([found] * 300)
    return found


def nested(depth: int) -> list[Any]:
    """Return lists in lists."""
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (2**63, "9223372036854775808"),
        (-(2**63), -(2**63)),
        (10**5000, UNREADABLE),
        (True, True),
        (Colour.RED, "red"),
        (Size.LARGE, 3),
        (b"x", "b'x'"),
        (b"x" * 5000, "[data left out, 5000 characters]"),
        ({7}, "{7}"),
        ({1: {None: "a"}}, {"1": {"None": "a"}}),
        ({"k" * 999: 1}, {"k" * 256: 1}),
        ((1, "\ud800"), [1, "?"]),
        (Order(), {"number": 7}),
        (Point(), "Point(x=1)"),
        (Hostile(), UNREADABLE),
        ({"a": Hostile(), "b": 1}, {"a": UNREADABLE, "b": 1}),
        (HostileDict(a=1), UNREADABLE),
        ({Hostile(): 1}, {UNREADABLE: 1}),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_plain(value: Any, expected: Any) -> None:
    """Every value has a plain form; what cannot be read says so, and what stands beside it stays."""
    found = plain(value)

    assert found == expected
    assert type(found) is type(expected)


def test_nesting_is_bounded() -> None:
    """A value is read to a certain depth, and a structure that holds itself comes to an end."""
    assert json.dumps(plain(nested(100_000))).startswith("[" * DEEPEST + '"')
    assert TOO_MUCH in json.dumps(plain(itself()), ensure_ascii=False)
    assert messages.input_messages([{"role": "user", "content": itself()}])


def test_an_iterator_is_left_alone() -> None:
    """What the application may still want to read is not consumed."""
    mine = iter([{"role": "user", "content": "Hi."}])

    assert messages.input_messages(mine) == []
    assert next(mine) == {"role": "user", "content": "Hi."}


READERS: Final[list[Callable[[Any], Any]]] = [
    messages.input_messages,
    messages.output_messages,
    messages.system_instructions,
    messages.tool_definitions,
    messages.tool_result,
    messages.leading_instructions,
]
FOREIGN: Final = [
    Hostile(),
    HostileDict(type="message"),
    EndlessList([1]),
    object(),
    int,
    SimpleNamespace(role=Hostile()),
]


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
def test_foreign_objects(read: Callable[[Any], Any]) -> None:
    """Objects that fail in every way raise nothing, wherever they stand."""
    for thing in FOREIGN:
        for name in FIELDS:
            hidden = SimpleNamespace(**{"type": "message", "role": "assistant", name: thing})
            for value in (thing, [thing], [{"type": "function", name: thing}], [hidden], {"output": [hidden]}):
                json.dumps(read(value))


FIELDS: Final = (
    *("role", "content", "type", "text", "refusal", "output", "name", "call_id", "id", "tool_calls", "function"),
    *("arguments", "input", "summary", "status", "image_url", "url", "file_id", "audio", "input_audio", "data"),
    *("file", "format", "custom", "action", "result", "tool_call_id", "incomplete_details", "reason", "description"),
)
WORDS: Final = (
    *("user", "assistant", "system", "tool", "function_call", "message", "output_text", "reasoning", "input_image"),
    *("function_call_output", "image_generation_call", "mcp_call", "incomplete", "completed", "function", PNG, '{"a":'),
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=3) | st.sampled_from(WORDS)
# Any characters, lone surrogates too.
JUNK_TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
ANYTHING = st.recursive(
    SCALARS | JUNK_TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(FIELDS) | JUNK_TEXT, inner, max_size=6)
        | st.builds(lambda given: SimpleNamespace(**given), st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6))
    ),
    max_leaves=25,
)


@given(ANYTHING)
def test_never_raises(value: Any) -> None:
    """Whatever the span data hold, reading them raises nothing and gives JSON that can be sent."""
    for read in READERS:
        for form in (value, [value], {"output": value}, [{"role": "user", "content": value}], [{"output": [value]}]):
            json.dumps(read(form), ensure_ascii=False, allow_nan=False).encode("utf-8")


# --- The conventions' schemas -----------------------------------------------------------------------------------------

needs_schemas = pytest.mark.skipif(not SCHEMAS.is_dir(), reason=f"shared data: no copy of the schemas in {SCHEMAS}")


def faults(name: str, value: Any) -> list[str]:
    """Return what the conventions' schema of that name finds wrong."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((SCHEMAS / f"gen-ai-{name}.json").read_text(encoding="utf-8"))
    known = schema.get("$defs", {}).get("FunctionToolDefinition", {}).get("properties", {}).get("parameters")
    if known:
        known["anyOf"][0] = {"type": "object"}  # a reference to the network
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(value)]


@needs_schemas
@pytest.mark.parametrize(("model_input", "_"), INPUTS)
def test_schema_of_input(model_input: Any, _: Any) -> None:
    """Input messages are valid."""
    assert faults("input-messages", messages.input_messages(model_input)) == []


@needs_schemas
@pytest.mark.parametrize(("output", "_"), OUTPUTS)
def test_schema_of_output(output: Any, _: Any) -> None:
    """Output messages are valid."""
    assert faults("output-messages", messages.output_messages(output)) == []


@needs_schemas
@given(ANYTHING)
def test_schemas_of_anything(value: Any) -> None:
    """Whatever comes in, what comes out is valid."""
    given = [{"role": "user", "content": value}, value, {"type": "function_call", "name": value}]

    assert faults("input-messages", messages.input_messages(given)) == []
    assert faults("output-messages", messages.output_messages({"output": given})) == []
    assert faults("system-instructions", messages.system_instructions([value])) == []
    assert faults("tool-definitions", messages.tool_definitions([value, *TOOLS], parameters=True)) == []
