"""A chat message in any of the shapes in which APIs and frameworks write one → who said what. Afraid of nothing.

Shapes: the GenAI conventions, OpenAI (chat completions and responses), Anthropic, Google, and LangChain (serialized
objects, dictionaries, pairs).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeGuard

USER: Final = "user"
AGENT: Final = "agent"
TOOL: Final = "tool"
SYSTEM: Final = "system"
LONGEST_TEXT: Final = 1_000_000
"""Characters of a message that are measured."""
_MOST_PARTS: Final = 1_000

_ROLES: Final = {
    **dict.fromkeys(("user", "human", "humanmessage", "humanmessagechunk"), USER),
    **dict.fromkeys(("assistant", "ai", "model", "aimessage", "aimessagechunk", "function_call"), AGENT),
    **dict.fromkeys(("tool", "function", "toolmessage", "functionmessage", "function_call_output"), TOOL),
    **dict.fromkeys(("system", "developer", "systemmessage"), SYSTEM),
}
_TOOL_RESULTS: Final = frozenset({"tool_result", "tool_call_response", "function_response", "functionResponse"})


class Message(NamedTuple):
    """One message."""

    role: str
    """user, agent, tool or system; empty when it is none of these."""
    text: str | None
    """None when there is no text in it."""


def message_of(value: Any) -> Message:
    """Return a message in plain words; one without a role for what is no message."""
    if isinstance(value, Mapping):
        return _from_object(value)
    if isinstance(value, (list, tuple)) and len(value) == len(_PAIR) and all(isinstance(one, str) for one in value):
        return Message(_role(value[0]), value[1])
    return Message("", None)


_PAIR: Final = ("role", "text")


def _from_object(value: Mapping[Any, Any]) -> Message:
    body, kinds = value, [value.get("role"), value.get("type")]
    if isinstance(value.get("kwargs"), Mapping) and isinstance(value.get("id"), (list, tuple)):  # LangChain's objects
        body = value["kwargs"]
        kinds = [body.get("type"), *value["id"][-1:]]
    elif isinstance(value.get("data"), Mapping):  # and its dictionaries
        body = value["data"]
    role = next((role for role in map(_role, kinds) if role), "")
    if not role:
        return Message("", None)
    content = next((body[key] for key in ("content", "parts", "text") if body.get(key) is not None), None)
    return Message(TOOL if role == USER and _is_result(content) else role, content_of(content))


def _role(value: Any) -> str:
    return _ROLES.get(value.lower(), "") if isinstance(value, str) and len(value) <= len("function_call_output") else ""


def _is_result(content: Any) -> bool:
    """Return whether a message in the user's name only hands a tool's result to the model, as with Anthropic."""
    parts = content[:_MOST_PARTS] if isinstance(content, (list, tuple)) else ()
    return bool(parts) and all(
        isinstance(part, Mapping) and not _TOOL_RESULTS.isdisjoint((_kind(part), *part)) for part in parts
    )


def content_of(content: Any) -> str | None:
    """Return the text of a message's content: a text, a part, or parts."""
    if isinstance(content, str):
        return content[:LONGEST_TEXT] or None
    parts = content if isinstance(content, (list, tuple)) else (content,)
    return "\n".join(_texts(parts[:_MOST_PARTS]))[:LONGEST_TEXT] or None


def is_text(part: Any) -> TypeGuard[Mapping[Any, Any]]:
    """Return whether a part of a message's content is a text; one that does not say what it is passes for one."""
    return isinstance(part, Mapping) and (_kind(part) or "text") in _TEXT_PARTS


def _kind(part: Mapping[Any, Any]) -> str:
    kind = part.get("type")
    return kind if isinstance(kind, str) else ""


def _texts(parts: Sequence[Any]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif is_text(part):
            said = next((part[key] for key in ("text", "content", "refusal") if isinstance(part.get(key), str)), None)
            if said:
                yield said


_TEXT_PARTS: Final = frozenset({"text", "input_text", "output_text", "refusal"})
