"""Makes messages fit: every text redacted and cut, every attribute bounded. The oldest goes first, and that is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from otel_agent_analytics.agents_sdk.plain import to_json
from otel_agent_analytics.redaction import Redaction

Plain = dict[str, Any]

MOST_TEXTS: Final = 32
"""An attribute has at most this many times the characters of a text."""
_MOST_OF_VALUE: Final = 8
_ESCAPED: Final = 6
"""A character becomes at most this many in JSON."""
_AROUND: Final = 8
"""Characters of JSON that a value has beside its text, and those of a number where that becomes six times as long."""
_LONGEST_NAME: Final = 4
"""An id or a name has at most this many times the characters of a text, which matters where a text has very few."""
_NOTE: Final = 128
"""Characters kept for the note of what was left out, and for the brackets."""
_PARTS_NOTE: Final = 72
# A word of the conventions, an id, the name of a tool. What does not look like one is a text like any other.
_NAMES: Final = frozenset({"type", "modality", "finish_reason", "role", "id", "file_id", "mime_type", "generic_type"})
_NAMES_OF: Final = dict.fromkeys(("tool_call", "server_tool_call", "function"), _NAMES | {"name"})
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_.:/-]{1,256}")


class Fitting:
    """Makes content fit.

    Args:
        redaction: what is done to each text.
    """

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction
        self._room = MOST_TEXTS * redaction.max_length
        self._most_of_value = _MOST_OF_VALUE * redaction.max_length
        self._surely_fits = self._most_of_value // _ESCAPED
        self._longest_name = _LONGEST_NAME * redaction.max_length

    def messages(self, messages: list[Plain]) -> list[Plain]:
        """Return messages that fit, from the newest back; where the newest does not, its last parts."""
        room = self._room - _NOTE
        kept: list[Plain] = []
        for message in reversed(messages):
            found, whole = self._message(message, room)
            if not whole and kept:
                break
            kept.append(found)
            room -= _size(found) + 1
            if not whole:
                break
        left_out = len(messages) - len(kept)
        if left_out:
            kept.append(_message_note(messages[0], left_out))
        return kept[::-1]

    def parts(self, parts: list[Plain]) -> list[Plain]:
        """Return the parts of instructions that fit."""
        return self._last(parts, self._room, self._part, _parts_note)[0]

    def tools(self, tools: list[Plain]) -> list[Plain]:
        """Return the definitions of tools that fit."""
        return self._last(tools, self._room, self._part, _tools_note)[0]

    def value(self, value: Any) -> Any:
        """Return arguments or a result; where they are too long, the beginning of their JSON text."""
        if isinstance(value, str):
            return self._redaction.text(value)
        room = [self._most_of_value]
        found = self._within(value, room)
        if self._most_of_value - room[0] <= self._surely_fits:
            return found
        shown = to_json(found)
        if room[0] > 0 and len(shown) <= self._most_of_value:
            return found
        more = "more than " if room[0] <= 0 else ""
        return self._redaction.cut(shown, f"{more}{len(shown)} characters")

    def _within(self, value: Any, room: list[int], named: str = "") -> Any:
        """Redact and cut every text in a value; stop where more has come together than may be kept."""
        room[0] -= _AROUND
        if isinstance(value, str):
            found = self._redaction.text(value, named)
            room[0] -= len(found)
            return found
        if isinstance(value, dict):
            key_of = self._redaction.key
            return {key_of(key): self._within(one, room, key) for key, one in value.items() if _spend(room, len(key))}
        if isinstance(value, list):
            return [self._within(one, room, named) for one in value if room[0] > 0]
        return value if value is None or isinstance(value, bool) else self._redaction.number(value, named)

    def _message(self, message: Plain, room: int) -> tuple[Plain, bool]:
        found = self._part({**message, "parts": None})
        found["parts"], whole = self._last(message["parts"], room - _size(found), self._part, _parts_note)
        return found, whole

    def _part(self, part: Plain) -> Plain:
        names = _NAMES_OF.get(part.get("type", ""), _NAMES)
        return {key: self._field(key, value, names) for key, value in part.items()}

    def _field(self, key: str, value: Any, names: frozenset[str]) -> Any:
        return self._name(value) if key in names else self.value(value)

    def _name(self, name: str) -> str:
        known = _IDENTIFIER.fullmatch(name) is not None
        return name[: self._longest_name] if known else self._redaction.text(name)

    def _last(
        self, parts: list[Plain], room: int, fit: Callable[[Plain], Plain], note: Callable[[int], Plain]
    ) -> tuple[list[Plain], bool]:
        """Return the last of the parts that fit, after a note of how many do not; and whether all do."""
        room -= _PARTS_NOTE
        kept: list[Plain] = []
        for part in reversed(parts):
            found = fit(part)
            room -= _size(found) + 1
            if room < 0:
                return [note(len(parts) - len(kept)), *reversed(kept)], False
            kept.append(found)
        return kept[::-1], True


def _spend(room: list[int], size: int) -> bool:
    room[0] -= size
    return room[0] > 0


def _size(value: Any) -> int:
    return len(to_json(value))


def _parts_note(number: int) -> Plain:
    return {"type": "generic", "generic_type": "left_out", "parts": number}


def _tools_note(number: int) -> Plain:
    return {"type": "generic", "name": "left_out", "tools": number}


def _message_note(like: Plain, number: int) -> Plain:
    """Return a message that stands for those left out; it has a reason to end where the others have one."""
    part = {"type": "generic", "generic_type": "left_out", "messages": number}
    ends = {"finish_reason": "stop"} if "finish_reason" in like else {}
    return {"role": "system", "parts": [part], **ends}
