"""Chat messages in any of the shapes in which APIs and frameworks write them → who said what. Afraid of nothing.

Shapes: the GenAI conventions, OpenAI (chat completions and responses), Anthropic, Google, and LangChain (serialized
objects, dictionaries, pairs, states of a graph).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

USER: Final = "user"
AGENT: Final = "agent"
TOOL: Final = "tool"
SYSTEM: Final = "system"
LONGEST_TEXT: Final = 1_000_000
"""Characters of a message that are measured."""
_DEEPEST: Final = 8
_MOST_PARTS: Final = 1_000

_ROLES: Final = {
    **dict.fromkeys(("user", "human", "humanmessage", "humanmessagechunk"), USER),
    **dict.fromkeys(("assistant", "ai", "model", "aimessage", "aimessagechunk", "function_call"), AGENT),
    **dict.fromkeys(("tool", "function", "toolmessage", "functionmessage", "function_call_output"), TOOL),
    **dict.fromkeys(("system", "developer", "systemmessage"), SYSTEM),
}
# Where in an object its messages are, or the one text that matters, in the order in which they are tried.
_ASKED_IN: Final = (
    *("messages", "inputs", "input", "contents", "user_input", "user_message", "question", "query", "message", "prompt"),
    *("text", "content", "kwargs", "args", "prompts"),
)
_ANSWERED_IN: Final = (
    *("messages", "choices", "generations", "outputs", "output", "update", "message", "return_values", "answer"),
    *("response", "result", "final_output", "text", "content"),
)
_RESULT_IN: Final = ("output", "outputs", "data", "kwargs", "content")
_TOOL_RESULTS: Final = frozenset({"tool_result", "tool_call_response", "function_response"})


class Message(NamedTuple):
    """One message."""

    role: str
    """user, agent, tool or system; empty when it is none of these."""
    text: str | None
    """None when there is no text in it."""


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
    """Return what an input holds: a text, or JSON that was parsed; ``whole`` is whether all that went before is in it."""
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
    return (value if isinstance(value, str) else _content(value)), failed


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
    if isinstance(value[-1], Mapping) and value[-1].get("type") in {"text", "input_text", "output_text"}:
        return _content(value) or []  # the parts of one message
    # The batches of one, the alternatives, and the commands of a graph: in the last the answer, in the first the rest.
    one = value[-1] if keys is _ANSWERED_IN and isinstance(value[-1], Mapping) and "update" in value[-1] else value[0]
    return _conversation(one, keys, depth - 1)


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
    return Message(TOOL if role == USER and _is_result(content) else role, _content(content))


def _role(value: Any) -> str:
    return _ROLES.get(value.lower(), "") if isinstance(value, str) and len(value) <= len("function_call_output") else ""


def _is_result(content: Any) -> bool:
    """Return whether a message in the user's name only hands a tool's result to the model, as with Anthropic."""
    parts = content[:_MOST_PARTS] if isinstance(content, (list, tuple)) else ()
    return bool(parts) and all(
        isinstance(part, Mapping) and (part.get("type") in _TOOL_RESULTS or "functionResponse" in part)
        for part in parts
    )


def _content(content: Any) -> str | None:
    """Return the text of a message's content: a text, a part, or parts."""
    if isinstance(content, str):
        return content[:LONGEST_TEXT] or None
    parts = content if isinstance(content, (list, tuple)) else (content,)
    return "\n".join(_texts(parts[:_MOST_PARTS]))[:LONGEST_TEXT] or None


def _texts(parts: Sequence[Any]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, Mapping) and part.get("type", "text") in _TEXT_PARTS:
            said = next((part[key] for key in ("text", "content", "refusal") if isinstance(part.get(key), str)), None)
            if said:
                yield said


_TEXT_PARTS: Final = frozenset({"text", "input_text", "output_text", "refusal"})
