"""The messages of an input or an output, in whatever it is wrapped → what the user said, what the agent answered.

Wrapped: requests and answers of APIs, arguments of functions, states and commands of LangGraph, LangChain's callbacks.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from otel_agent_analytics.dialects.chat_message import (
    AGENT,
    LONGEST_TEXT,
    TOOL,
    USER,
    Message,
    content_of,
    is_text,
    message_of,
)

_DEEPEST: Final = 8
# Where in an object its messages are, or the one text that matters, in the order in which they are tried.
_ASKED_IN: Final = (
    *("messages", "inputs", "input", "contents", "user_input", "user_message", "question", "query", "message"),
    *("prompt", "text", "content", "kwargs", "args", "prompts"),
)
_ANSWERED_IN: Final = (
    *("messages", "choices", "generations", "outputs", "output", "update", "message", "return_values", "answer"),
    *("response", "result", "final_output", "text", "content"),
)
_RESULT_IN: Final = ("output", "outputs", "data", "kwargs", "content")


class Asked(NamedTuple):
    """What the input of a model call, an agent or a workflow holds of the user."""

    found: bool
    """Whether there is a user's message in it."""
    user: str | None
    """The last one; None when there is none, or no text in it."""
    previous: str | None
    """The one before it; empty when there was none, None when that is not known."""
    after_tool: bool
    """Whether the input ends with a tool's result: the call goes on with a turn that is under way."""


class Answered(NamedTuple):
    """What an output holds for the user."""

    visible: bool
    """Whether the output is there to be read."""
    text: str | None


NOTHING_ASKED: Final = Asked(False, None, None, False)
NOTHING_ANSWERED: Final = Answered(False, None)


def asked(value: Any, *, whole: bool = True) -> Asked:
    """Return what an input holds: a text, or JSON that was parsed; ``whole``: all that went before is in it."""
    if isinstance(value, str):
        return Asked(True, value[:LONGEST_TEXT], None, False) if value.strip() else NOTHING_ASKED
    found = _conversation(value, _ASKED_IN, _DEEPEST)
    return asked(found) if isinstance(found, str) else asked_in(reversed(found), whole=whole)


def asked_in(newest_first: Iterable[Message], *, whole: bool) -> Asked:
    """Return what messages hold of the user."""
    users: list[str | None] = []
    last: str | None = None
    for message in newest_first:
        last = last or message.role or None
        if message.role == USER:
            users.append(message.text)
            if len(users) > 1:
                return Asked(True, users[0], users[1], last == TOOL)
    if not users:
        return NOTHING_ASKED._replace(after_tool=last == TOOL)
    return Asked(True, users[0], "" if whole else None, last == TOOL)


def answered(value: Any) -> Answered:
    """Return what an output holds: a text, or JSON that was parsed."""
    if isinstance(value, str):
        return Answered(True, value[:LONGEST_TEXT] if value.strip() else None)
    found = _conversation(value, _ANSWERED_IN, _DEEPEST)
    if isinstance(found, str):
        return answered(found)
    return answered_in(reversed(found)) if found else NOTHING_ANSWERED


def answered_in(newest_first: Iterable[Message]) -> Answered:
    """Return the text of the agent's last messages: those that nobody else's message comes after."""
    said = list(itertools.takewhile(lambda message: message.role == AGENT, newest_first))
    texts = [message.text for message in reversed(said) if message.text]
    return Answered(True, "\n".join(texts)[:LONGEST_TEXT] or None)


def result_of(value: Any) -> tuple[str | None, bool]:
    """Return the text of a tool's result, and whether the framework itself says that the call failed."""
    failed = False
    for _ in range(_DEEPEST):
        if isinstance(value, Mapping):
            failed = failed or value.get("status") == "error"
            value = next((value[key] for key in _RESULT_IN if value.get(key) is not None), None)
    return (value if isinstance(value, str) else content_of(value)), failed


def _conversation(value: Any, keys: tuple[str, ...], depth: int) -> list[Message] | str:
    """Return the messages in a value, or the one text that it comes to; no messages where there are none."""
    if isinstance(value, str):
        return value
    if depth <= 0:
        return []
    if isinstance(value, Mapping):
        return _in_object(value, keys, depth)
    return _in_list(value, keys, depth) if isinstance(value, (list, tuple)) and value else []


def _in_object(value: Mapping[Any, Any], keys: tuple[str, ...], depth: int) -> list[Message] | str:
    message = message_of(value)
    if message.role:
        return [message]
    for key in keys:
        if value.get(key) is not None:
            found = _conversation(value[key], keys, depth - 1)
            if found:
                return found
    return []


def _in_list(value: Sequence[Any], keys: tuple[str, ...], depth: int) -> list[Message] | str:
    messages = [message_of(one) for one in value]
    if any(message.role for message in messages):
        return messages
    if is_text(value[-1]) and "type" in value[-1]:
        return content_of(value) or []  # the parts of one message
    # The batches of one, the alternatives, and the commands of a graph: in the last the answer, in the first the rest.
    one = value[-1] if keys is _ANSWERED_IN and isinstance(value[-1], Mapping) and "update" in value[-1] else value[0]
    return _conversation(one, keys, depth - 1)
