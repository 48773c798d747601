"""The texts in the SDK's span data: what the user said last, what the agent answered. Pure, and afraid of nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """What a model call gave back."""

    text: str | None
    """The text for the user; None when there is none."""
    tool_calls: tuple[tuple[str, str], ...]
    """(tool name, call id) of each tool call."""


NO_ANSWER = Answer(None, ())


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
    return _answer(_items(_get(response, "output")))


def answer_of_generation(output: Any) -> Answer:
    """Return what a generation span holds: chat completion messages, or a whole response."""
    items = _items(output)
    if items and _get(items[0], "output") is not None:
        return answer_of_response(items[0])
    return _answer(items)


def _answer(items: list[Any]) -> Answer:
    texts: list[str] = []
    calls: list[tuple[str, str]] = []
    for item in items:
        if _get(item, "type") == "function_call":
            calls.append((str(_get(item, "name")), str(_get(item, "call_id") or "")))
        elif _get(item, "role") == "assistant":
            texts.append(_text(_get(item, "content")) or "")
            calls += [_chat_call(call) for call in _items(_get(item, "tool_calls"))]
    said = "\n".join(text for text in texts if text)
    return Answer(said or None, tuple(calls))


def _chat_call(call: Any) -> tuple[str, str]:
    function = _get(call, "function")
    return str(_get(function, "name")), str(_get(call, "id") or "")


def _text(content: Any) -> str | None:
    """Return the text of a message's content: a string, or parts with a ``text`` (or a ``refusal``)."""
    if isinstance(content, str):
        return content
    parts = (_get(part, "text") or _get(part, "refusal") for part in _items(content))
    said = [part for part in parts if isinstance(part, str)]
    return "\n".join(said) if said else None


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping)) else []


def _get(thing: Any, name: str) -> Any:
    """Read a field of a mapping or of an object: the SDK hands over both."""
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)
