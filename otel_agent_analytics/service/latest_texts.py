"""What users said last, by conversation, so that a message can be compared with the one before it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST: Final = 10_000
"""Conversations remembered; the one that spoke least recently goes first."""
_MOST_EACH: Final = 8
"""Messages remembered of each: what comes again or a little late is compared with the one that it followed."""
_LONGEST: Final = 2_000
"""Characters remembered of a message."""


class _Said(NamedTuple):
    time_ns: int
    event_id: str
    text: str


class LatestTexts:
    """The last user messages of conversations, in memory only. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: OrderedDict[str, list[_Said]] = OrderedDict()

    def before(self, conversation_id: str, time_ns: int, event_id: str, text: str) -> str:
        """Return what the user said before a message, and remember the message; empty where nothing is known."""
        new = _Said(time_ns, event_id, text[:_LONGEST])
        with self._lock:
            known = self._said.pop(conversation_id, [])
            earlier = [one for one in known if one[:2] < new[:2]]
            later = [one for one in known if one[:2] > new[:2]]
            self._said[conversation_id] = [*earlier, new, *later][-_MOST_EACH:]
            if len(self._said) > _MOST:
                self._said.popitem(last=False)
        return earlier[-1].text if earlier else ""

    def forget(self, conversation_ids: Iterable[str]) -> None:
        """Let go of conversations."""
        with self._lock:
            for conversation_id in conversation_ids:
                self._said.pop(conversation_id, None)
