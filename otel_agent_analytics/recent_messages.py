"""What users said last, for as long as this process remembers: to tell when they say it again.

Where a model call carries the conversation's history, the message before is in it; this is for runs that carry none.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

_MOST: Final = 10_000
"""Conversations remembered; the one that spoke least recently goes first."""
_LONGEST: Final = 2_000
"""Characters remembered of a message."""


class RecentMessages:
    """The last user message of each conversation. It never leaves the process. Safe to use from any thread."""

    def __init__(self) -> None:
        self._texts: OrderedDict[str, str] = OrderedDict()

    def last(self, conversation_id: str | None) -> str | None:
        """Return what the user said last; None when that is not known."""
        return None if conversation_id is None else self._texts.get(conversation_id)

    def note(self, conversation_id: str | None, text: str) -> None:
        """Remember what the user said."""
        if conversation_id is None:
            return
        texts = self._texts
        texts.pop(conversation_id, None)
        texts[conversation_id] = text[:_LONGEST]
        if len(texts) > _MOST:
            texts.popitem(last=False)
