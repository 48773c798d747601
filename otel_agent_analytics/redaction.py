"""What of one text may leave: the application's hook first, then the cut. Never a text that the hook was to change."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, Final

from otel_agent_analytics.errors import known_place, note_fault
from otel_agent_analytics.values import encodable, string

REDACTED: Final = "[redacted]"
PLACE: Final = known_place("agents_sdk.redact")


class RedactionError(RuntimeError):
    """The application's redaction hook failed; says how and where, and nothing of the text."""


class Redaction:
    """Redacts and cuts texts.

    Args:
        max_length: characters of a text that are kept; a mark with its length follows when there were more.
        redact: the application's hook.
    """

    def __init__(self, max_length: int, redact: Callable[[str], str | None] | None) -> None:
        self.max_length = max_length
        self._redact = redact

    def text(self, text: str) -> str:
        """Return what may leave of a text."""
        found = text if self._redact is None else self._redacted(text, self._redact)
        return found if len(found) <= self.max_length else self.cut(found, f"{len(text)} characters")

    def number(self, number: float) -> Any:
        """Return a number; the hook is asked about it as a text, which it was in the JSON that a model writes."""
        if self._redact is None:
            return number
        found = self.text(str(number))
        return number if found == str(number) else found

    def cut(self, text: str, size: str) -> str:
        """Return the beginning of a text, with a mark that says how long it was."""
        return f"{text[: self.max_length]}… [truncated, {size}]"

    def _redacted(self, text: str, redact: Callable[[str], str | None]) -> str:
        try:
            given = redact(text)
            found = REDACTED if given is None else string(given)
        except Exception as fault:  # noqa: BLE001 - the application's function, which may fail in any way
            self._note(f"the redaction hook raised {type(fault).__name__}{_where(fault)}")
            return REDACTED
        if found is None:
            self._note(f"the redaction hook returned {type(given).__name__}, neither a text nor None")
            return REDACTED
        return found if found.isascii() else encodable(found)

    def _note(self, what: str) -> None:
        # A new error: the message of the hook's own one may repeat the text, and it would be logged.
        note_fault(PLACE, RedactionError(what))


def _where(fault: Exception) -> str:
    *_, (frame, line) = traceback.walk_tb(fault.__traceback__)
    return f" in {frame.f_code.co_filename}:{line}"
