"""What of one text may leave: the application's hook first, then personal data, then the cut."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics.errors import guard, known_place, note_fault
from otel_agent_analytics.values import encodable, string

if TYPE_CHECKING:
    from otel_agent_analytics.personal_data.redactor import PersonalData

REDACTED: Final = "[redacted]"
PLACE: Final = known_place("agents_sdk.redact")
_LOADING: Final = guard("redaction.load")
_MARGIN: Final = 512
"""Characters read behind those that are kept, so that what is cut in two there is cut off with them."""


class RedactionError(RuntimeError):
    """Redaction failed; says how and where, and nothing of the text."""


class Redaction:
    """Redacts and cuts texts.

    Args:
        max_length: characters of a text that are kept; a mark with its length follows when there were more.
        redact: the application's hook; it is given the text as it is.
        kinds: of personal data, which gets placeholders.
        key: of the placeholders; None: one that lives as long as the process.
    """

    def __init__(
        self,
        max_length: int,
        redact: Callable[[str], str | None] | None,
        kinds: Collection[str] = (),
        key: bytes | None = None,
    ) -> None:
        self.max_length = max_length
        self._redact = redact
        self._kinds = kinds
        self._key = key
        self._reads = redact is not None or bool(kinds)

    def load(self) -> None:
        """Load what finds personal data now, and not with the first text."""
        if self._kinds:
            with _LOADING:
                self._personal_data.load()

    def text(self, text: str, named: str = "") -> str:
        """Return what may leave of a text; the name of a field can say what it is, as ``phone`` does."""
        if not self._reads:
            return text if len(text) <= self.max_length else self.cut(text, f"{len(text)} characters")
        found = text if self._redact is None else self._redacted(text, self._redact)
        fits = len(found) <= self.max_length
        if self._kinds:
            found = self._without_personal_data(found, named)
        return found if fits and len(found) <= self.max_length else self.cut(found, f"{len(text)} characters")

    def number(self, number: float, named: str = "") -> Any:
        """Return a number; it is read as a text, which it was in the JSON that a model writes."""
        if not self._reads:
            return number
        found = self.text(str(number), named)
        return number if found == str(number) else found

    def key(self, key: str) -> str:
        """Return the name of a field, which may be an address as well."""
        return self._without_personal_data(key, "") if self._kinds and not key.isidentifier() else key

    def cut(self, text: str, size: str) -> str:
        """Return the beginning of a text, with a mark that says how long it was."""
        return f"{text[: self.max_length]}… [truncated, {size}]"

    @cached_property
    def _personal_data(self) -> PersonalData:
        from otel_agent_analytics.personal_data.redactor import PersonalData

        return PersonalData(self._kinds, self._key)

    def _without_personal_data(self, text: str, named: str) -> str:
        try:
            if len(text) <= self.max_length + _MARGIN:
                return self._personal_data.redacted(text, named)
            # What is not kept is not searched. The last characters go, since what they belong to may be cut in two.
            return self._personal_data.redacted(text[: self.max_length + _MARGIN], named)[:-_MARGIN]
        except Exception as fault:  # noqa: BLE001 - whatever it is, neither the text may leave nor a batch be lost for it
            self._note(f"looking for personal data raised {type(fault).__name__}{_where(fault)}")
            return REDACTED

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
