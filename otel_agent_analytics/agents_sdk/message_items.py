"""One item of a model's input or output → the role that it speaks in, and its parts. Pure, and never raises.

Both dialects are read: items of the Responses API, found by their type through one table, and chat messages.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.message_parts import (
    Part,
    blob,
    content_parts,
    generic,
    server_call,
    text_parts,
    tool_call,
    tool_response,
    word,
)
from otel_agent_analytics.agents_sdk.plain import field, first, items
from otel_agent_analytics.values import string

ASSISTANT: Final = "assistant"
_USER: Final = "user"
_TOOL: Final = "tool"
_ROLES: Final = {"developer": "system", "function": _TOOL}


class Item(NamedTuple):
    """What one item says."""

    role: str
    parts: list[Part]
    of_response: bool = False
    """Whether a model gave it as one of several items, which together are one message."""
    name: str | None = None


def read_item(thing: Any) -> Item:
    """Return what an item says; what is unknown becomes a generic part."""
    said = text_parts(thing)
    if said is not None:
        return Item(_USER, said)
    kind = word(field(thing, "type")) or ""
    read = _ITEMS.get(kind)
    if read is not None:
        return read(thing)
    return _chat(thing) if not kind and word(field(thing, "role")) else Item(_role(thing), generic(thing))


def _role(thing: Any) -> str:
    role = word(field(thing, "role")) or v.UNKNOWN
    return _ROLES.get(role, role)


def _message(thing: Any) -> Item:
    found = _chat(thing)
    return found._replace(of_response=found.role == ASSISTANT)


def _chat(thing: Any) -> Item:
    role = _role(thing)
    if role == _TOOL:
        parts = [tool_response(field(thing, "tool_call_id"), field(thing, "content"))]
    else:
        parts = _thoughts(thing) + content_parts(field(thing, "content")) + _extras(thing)
    return Item(role, parts, name=word(field(thing, "name")))


def _thoughts(thing: Any) -> list[Part]:
    said = text_parts(field(thing, "reasoning_content"), "reasoning")
    return said or text_parts(field(thing, "reasoning"), "reasoning") or []


def _extras(thing: Any) -> list[Part]:
    """Return what a chat message of an assistant has beside its content."""
    spoken = field(thing, "audio")
    sound = string(field(spoken, "data"))
    calls = [_chat_call(call) for call in items(field(thing, "tool_calls")) if call is not None]
    old = field(thing, "function_call")
    return [
        *(text_parts(field(thing, "refusal")) or []),
        *(text_parts(field(spoken, "transcript")) or []),
        *([blob("audio", None, sound)] if sound else []),
        *calls,
        *([tool_call(field(old, "name"), None, field(old, "arguments"))] if old is not None else []),
    ]


def _chat_call(call: Any) -> Part:
    custom = field(call, "custom")
    if custom is not None:
        return tool_call(field(custom, "name"), field(call, "id"), field(custom, "input"))
    function = field(call, "function")
    return tool_call(field(function, "name"), field(call, "id"), field(function, "arguments"))


def _reasoning(thing: Any) -> Item:
    said = [*items(field(thing, "summary")), *items(field(thing, "content"))]
    parts = [part for one in said for part in text_parts(field(one, "text"), "reasoning") or []]
    return Item(ASSISTANT, parts, of_response=True)


def _compaction(thing: Any) -> Item:
    own = word(field(thing, "id"))
    return Item(ASSISTANT, [{"type": "compaction", **({"id": own} if own else {})}], of_response=True)


def _call(tool: str | None, names: tuple[str, ...], thing: Any) -> Item:
    arguments = next((found for found in (field(thing, name) for name in names) if found is not None), None)
    return Item(ASSISTANT, [tool_call(first(tool, field(thing, "name")), _call_id(thing), arguments)], of_response=True)


def _result(name: str, thing: Any) -> Item:
    return Item(_TOOL, [tool_response(_call_id(thing), field(thing, name))])


def _call_id(thing: Any) -> Any:
    return first(field(thing, "call_id"), field(thing, "id"))


def _server(asked: tuple[str, ...], told: tuple[str, ...], thing: Any) -> Item:
    return Item(ASSISTANT, server_call(thing, field(thing, "name"), asked, told), of_response=True)


def _image(thing: Any) -> Item:
    found = _server(("action", "revised_prompt"), ("error",), thing)
    drawn, kind = string(field(thing, "result")), word(field(thing, "output_format"))
    picture = [blob("image", f"image/{kind}" if kind else None, drawn)] if drawn else []
    return found._replace(parts=found.parts + picture)


def _of(role: str, thing: Any) -> Item:
    return Item(role, generic(thing), of_response=role == ASSISTANT)


_ITEMS: Final[dict[str, Callable[[Any], Item]]] = {
    "message": _message,
    "reasoning": _reasoning,
    "compaction": _compaction,
    # Calls that the application answers. The last ones do not name a tool.
    "function_call": partial(_call, None, ("arguments",)),
    "custom_tool_call": partial(_call, None, ("input",)),
    "computer_call": partial(_call, "computer", ("action", "actions")),
    "local_shell_call": partial(_call, "local_shell", ("action",)),
    "shell_call": partial(_call, "shell", ("action",)),
    "apply_patch_call": partial(_call, "apply_patch", ("operation",)),
    "tool_search_call": partial(_call, "tool_search", ("arguments",)),
    "program": partial(_call, "program", ("code",)),
    **dict.fromkeys(("function_call_output", "custom_tool_call_output"), partial(_result, "output")),
    **dict.fromkeys(("computer_call_output", "local_shell_call_output"), partial(_result, "output")),
    **dict.fromkeys(("shell_call_output", "apply_patch_call_output"), partial(_result, "output")),
    "tool_search_output": partial(_result, "tools"),
    "program_output": partial(_result, "result"),
    # Calls that the provider answers itself: what was asked, and what was told.
    "web_search_call": partial(_server, ("action",), ()),
    "file_search_call": partial(_server, ("queries",), ("results",)),
    "code_interpreter_call": partial(_server, ("code",), ("outputs",)),
    "mcp_call": partial(_server, ("arguments", "server_label"), ("output", "error")),
    "image_generation_call": _image,
    "mcp_list_tools": partial(_of, ASSISTANT),
    "mcp_approval_request": partial(_of, ASSISTANT),
    "mcp_approval_response": partial(_of, _USER),
}
