"""The texts in the SDK's span data: what the user said last, what the agent answered. Pure, and afraid of nothing."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, Final, NamedTuple

from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage

from otel_agent_analytics.agents_sdk.plain import field, items
from otel_agent_analytics.values import string

_STOP: Final = "stop"
_NEEDED: Final = 2
_TOOL_CALL: Final = "tool_call"
_FUNCTION_CALL: Final = "function_call"
_PARTS: Final = ("type", "name", "call_id", "arguments")
_ALL_PARTS: Final = attrgetter(*_PARTS)
# How a response ended → the conventions' word; one that is incomplete for no known reason ended abnormally.
_STATUS: Final = {"completed": _STOP, "failed": "error", "cancelled": "error", "incomplete": "error"}
_INCOMPLETE: Final = {"max_output_tokens": "length", "max_messages": "length", "content_filter": "content_filter"}


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


def last_user_texts(model_input: Any) -> tuple[str | None, str | None]:
    """Return the last user message in the input of a model call, and the one before it; None for what is not there."""
    if isinstance(model_input, str):
        return model_input, None
    found: list[str | None] = []
    for item in reversed(items(model_input)):
        if field(item, "role") == "user":
            found.append(_text(field(item, "content")))
            if len(found) == _NEEDED:
                break
    last, before = (*found, None, None)[:_NEEDED]
    return last, before


def answer_of_response(response: Any) -> Answer:
    """Return what a Responses API result holds."""
    text, calls = _said(items(field(response, "output")))
    reason = finish_reason(response)
    return Answer(text, calls, _TOOL_CALL if calls and reason in (None, _STOP) else reason)


def finish_reason(response: Any) -> str | None:
    """Return why a response ended, in the conventions' words; None where it does not say so."""
    status = string(field(response, "status")) or ""
    why = string(field(field(response, "incomplete_details"), "reason")) if status == "incomplete" else None
    return _INCOMPLETE.get(why or "") or _STATUS.get(status)


def answer_of_generation(output: Any) -> Answer:
    """Return what a generation span holds: chat completion messages, or a whole response."""
    found = items(output)
    if found and field(found[0], "output") is not None:
        return answer_of_response(found[0])
    text, calls = _said(found)
    return Answer(text, calls, _TOOL_CALL if calls else None)


def _said(output: list[Any]) -> tuple[str | None, tuple[ToolCall, ...]]:
    texts: list[str] = []
    calls: list[ToolCall] = []
    for item in output:
        if type(item) is ResponseFunctionToolCall:
            kind, tool, call_id, arguments = _parts(item)
            if kind == _FUNCTION_CALL:
                calls.append(ToolCall(str(tool), str(call_id or ""), arguments))
                continue
        if field(item, "type") == _FUNCTION_CALL:
            given = field(item, "arguments")
            calls.append(ToolCall(str(field(item, "name")), str(field(item, "call_id") or ""), given))
        elif field(item, "role") == "assistant":
            texts.append(_text(field(item, "content")) or "")
            if type(item) is ResponseOutputMessage:
                continue  # it has no calls, and takes 2 µs to say so
            calls += [_chat_call(call) for call in items(field(item, "tool_calls"))]
    return "\n".join(filter(None, texts)) or None, tuple(calls)


def _parts(call: ResponseFunctionToolCall) -> tuple[Any, ...]:
    """Return what a call tells: in one go, where all of it is there, as nearly always."""
    try:
        return _ALL_PARTS(call)
    except Exception:  # noqa: BLE001 - the application may have made it without them; it is read again, more carefully
        return tuple(field(call, part) for part in _PARTS)


def _chat_call(call: Any) -> ToolCall:
    function = field(call, "function")
    return ToolCall(str(field(function, "name")), str(field(call, "id") or ""), field(function, "arguments"))


def _text(content: Any) -> str | None:
    """Return the text of a message's content: a string, or parts with a ``text`` (or a ``refusal``)."""
    if isinstance(content, str):
        return content
    said: list[str] = []
    for part in items(content):
        found = field(part, "text") or field(part, "refusal")
        if found and isinstance(found, str):
            said.append(found)
    return "\n".join(said) if said else None
