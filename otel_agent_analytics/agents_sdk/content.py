"""The texts in the SDK's span data: what the user said last, what the agent answered. Pure, and afraid of nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

FINISH_STOP: Final = "stop"
FINISH_TOOL_CALL: Final = "tool_call"
# Why a response is incomplete → the conventions' word; a failed one is an error.
_INCOMPLETE: Final = {"max_output_tokens": "length", "content_filter": "content_filter"}
_STATUS: Final = {"failed": "error", "cancelled": "error"}


class ToolCall(NamedTuple):
    """A call of a tool that a model asked for."""

    tool: str
    call_id: str
    """Empty where the model gave none."""
    arguments: Any


class Answer(NamedTuple):
    """What a model call gave back."""

    text: str | None
    """The text for the user; None when there is none."""
    tool_calls: tuple[ToolCall, ...]
    finish_reason: str | None
    """Why the model stopped, in the conventions' words; None where nothing says it."""


NO_ANSWER = Answer(None, (), None)


def last_user_text(model_input: Any) -> str | None:
    """Return the last user message in the input of a model call; None when there is none to be had."""
    if isinstance(model_input, str):
        return model_input
    for item in reversed(_items(model_input)):
        if _get(item, "role") == "user":
            return _text(_get(item, "content"))
    return None


def answer_of_response(response: Any) -> Answer:
    """Return what a Responses API result holds."""
    text, calls = _said(_items(_get(response, "output")))
    status = _get(response, "status")
    reason = FINISH_TOOL_CALL if calls else FINISH_STOP if status == "completed" else None
    if status == "incomplete":
        reason = _INCOMPLETE.get(str(_get(_get(response, "incomplete_details"), "reason")))
    return Answer(text, calls, _STATUS.get(str(status), reason))


def answer_of_generation(output: Any) -> Answer:
    """Return what a generation span holds: chat completion messages, or a whole response."""
    items = _items(output)
    if items and _get(items[0], "output") is not None:
        return answer_of_response(items[0])
    text, calls = _said(items)
    return Answer(text, calls, FINISH_TOOL_CALL if calls else None)


def _said(items: list[Any]) -> tuple[str | None, tuple[ToolCall, ...]]:
    texts: list[str] = []
    calls: list[ToolCall] = []
    for item in items:
        if _get(item, "type") == "function_call":
            calls.append(ToolCall(str(_get(item, "name")), str(_get(item, "call_id") or ""), _get(item, "arguments")))
        elif _get(item, "role") == "assistant":
            texts.append(_text(_get(item, "content")) or "")
            calls += [_chat_call(call) for call in _items(_get(item, "tool_calls"))]
    return "\n".join(text for text in texts if text) or None, tuple(calls)


def _chat_call(call: Any) -> ToolCall:
    function = _get(call, "function")
    return ToolCall(str(_get(function, "name")), str(_get(call, "id") or ""), _get(function, "arguments"))


def _text(content: Any) -> str | None:
    """Return the text of a message's content: a string, or parts with a ``text`` (or a ``refusal``)."""
    if isinstance(content, str):
        return content
    said = [part for part in (_get(part, "text") or _get(part, "refusal") for part in _items(content)) if part]
    said = [part for part in said if isinstance(part, str)]
    return "\n".join(said) if said else None


def _items(value: Any) -> list[Any]:
    if type(value) is list:
        return value
    return list(value) if isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping)) else []


def _get(thing: Any, name: str) -> Any:
    """Read a field of a mapping or of an object: the SDK hands over both. The common types are asked for first."""
    if type(thing) is dict:
        return thing.get(name)
    if thing is None:
        return None
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)
