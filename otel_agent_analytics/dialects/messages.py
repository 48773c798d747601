"""The texts in the attributes of a span, wherever its dialect keeps them: what was asked, what was answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from otel_agent_analytics.dialects import names
from otel_agent_analytics.dialects.chat import (
    NOTHING_ANSWERED,
    NOTHING_ASKED,
    Answered,
    Asked,
    answered,
    answered_in,
    asked,
    asked_in,
    result_of,
)
from otel_agent_analytics.dialects.chat_message import Message, message_of
from otel_agent_analytics.dialects.reading import LONGEST_JSON, Attributes, Dialect, Flat, Whole, parsed, unquoted

_LONGEST_RESULT: Final = 100_000
"""Characters of a tool's result that are searched."""
_FIRST: Final = 1
"""Flattened messages are numbered from 0, or from 1 where the instructions are left out."""
# The model call goes on from something that the provider keeps, so that its input is not all that was said.
_ELSEWHERE: Final = re.compile(r'"(?:previous_response_id|conversation)"\s{0,9}:\s{0,9}["{]')


class _Numbered(NamedTuple):
    """Flattened messages."""

    messages: list[Message]
    """In their order."""
    whole: bool
    """Whether the first ones are there: spans lose attributes where there are too many."""


def asked_by(dialect: Dialect, attributes: Attributes) -> Asked:
    """Return what the input of a span holds of the user: of the first of the dialect's attributes that says it."""
    found: list[Asked] = []
    elsewhere = _goes_on(attributes)
    for source in dialect.asked:
        if isinstance(source, Flat):
            numbered = _flat(source, attributes)
            one = asked_in(reversed(numbered.messages), whole=numbered.whole and not elsewhere)
        else:
            one = asked(_value(source, attributes), whole=not elsewhere)
        if one.user is not None:
            return one
        found.append(one)
    return max(found, key=lambda one: (one.found, one.after_tool), default=NOTHING_ASKED)


def answered_by(dialect: Dialect, attributes: Attributes) -> Answered:
    """Return what the output of a span holds for the user: of the first of the dialect's attributes that says it."""
    best = NOTHING_ANSWERED
    for source in dialect.answered:
        if isinstance(source, Flat):
            messages = _flat(source, attributes).messages
            found = answered_in(reversed(messages)) if messages else NOTHING_ANSWERED
        else:
            value = _value(source, attributes)
            found = NOTHING_ANSWERED if value is None else answered(value)
        if found.text is not None:
            return found
        best = best if best.visible else found
    return best


def result_in(dialect: Dialect, attributes: Attributes) -> tuple[str | None, bool]:
    """Return the text of a tool's result, and whether the framework says in it that the call failed."""
    for key in dialect.result:
        value = attributes.get(key)
        if value is None or value == names.OPENINFERENCE_REDACTED:
            continue
        text, failed = result_of(parsed(value))
        if text is None and isinstance(value, str):
            text = unquoted(value) or value
        return (None if text is None else text[:_LONGEST_RESULT]), failed
    return None, False


def arguments_in(dialect: Dialect, attributes: Attributes) -> str | None:
    """Return what a tool was called with, as a text that is the same for the same arguments; None when not known."""
    for key in dialect.arguments:
        value = attributes.get(key)
        if value is None or value == names.OPENINFERENCE_REDACTED:
            continue
        found = parsed(value)
        if isinstance(found, dict):  # LangChain's callbacks write more beside the arguments
            found = next((found[inner] for inner in ("inputs", "input_str") if inner in found), found)
        return str(value if found is None else found)[:_LONGEST_RESULT]
    return None


def _value(source: Whole, attributes: Attributes) -> Any:
    """Return what an attribute holds: JSON that was parsed, a plain text, or None."""
    value = attributes.get(source.key)
    if not isinstance(value, str):
        return parsed(value)
    if value == names.OPENINFERENCE_REDACTED or not value:
        return None
    found = parsed(value)
    if found is not None:
        return found
    is_json = source.json or (bool(source.mime_type) and attributes.get(source.mime_type) == _JSON)
    if is_json and value.startswith('"'):
        return unquoted(value)
    # What looks like JSON and is none was cut off: a text that a person wrote begins otherwise.
    return None if _CUT.match(value) or len(value) > LONGEST_JSON else value


_JSON: Final = "application/json"
_CUT: Final = re.compile(r'\s{0,9}[{\[]\s{0,9}["{\[]')


def _goes_on(attributes: Attributes) -> bool:
    settings = attributes.get(names.LLM_INVOCATION_PARAMETERS)
    return bool(attributes.get(names.GEN_AI_PREVIOUS_RESPONSE)) or (
        isinstance(settings, str) and _ELSEWHERE.search(settings, 0, LONGEST_JSON) is not None
    )


def _flat(source: Flat, attributes: Attributes) -> _Numbered:
    """Return flattened messages in their order."""
    found: dict[int, dict[str, Any]] = {}
    for number, rest, value in _parts(source.prefix, attributes):
        found.setdefault(number, {})[rest] = value
    messages = [_message(source, found[number]) for number in sorted(found)]
    return _Numbered(messages, bool(found) and min(found) <= _FIRST)


def _parts(prefix: str, attributes: Attributes) -> Iterator[tuple[int, str, Any]]:
    at = len(prefix)
    for key, value in attributes.items():
        if isinstance(key, str) and key.startswith(prefix):
            number, _, rest = key[at:].partition(".")
            if rest and _NUMBER.fullmatch(number) and value != names.OPENINFERENCE_REDACTED:
                yield int(number), rest, value


_NUMBER: Final = re.compile(r"[0-9]{1,6}")


def _message(source: Flat, said: dict[str, Any]) -> Message:
    content = said.get(source.content)
    if content is None and source.parts:
        parts = [
            (number, value)
            for number, rest, value in _parts(source.parts, said)
            if f".{rest}" == source.part_text and isinstance(value, str)
        ]
        content = [text for _, text in sorted(parts)]
    elif isinstance(content, str) and content.startswith("[{"):  # parts, written as JSON
        content = parsed(content) or content
    return message_of({"role": said.get(source.role, source.role_else), "content": content})
