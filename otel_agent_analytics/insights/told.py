"""What was told of the latest conversations, so that it can be told anew when topics have been learnt anew."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from otel_agent_analytics.insights.documents import Document

_MOST: Final = 4_096
"""Conversations remembered; the oldest go first."""


class _One(NamedTuple):
    document: Document
    topic: str | None


class Told:
    """Remembers a bounded number of conversations. A restart forgets them; what was told of them stays as it is."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._held: OrderedDict[str, _One] = OrderedDict()

    def note(self, conversation: str, document: Document, topic: str | None) -> None:
        """Remember what was told of a conversation."""
        self._held.pop(conversation, None)
        self._held[conversation] = _One(document, topic)
        if len(self._held) > self._most:
            self._held.popitem(last=False)

    def changed(self, tell: Callable[[Sequence[Document]], Sequence[str | None]]) -> dict[str, str | None]:
        """Return the conversations of which something else is told now, and what; and remember that."""
        now = tell([one.document for one in self._held.values()])
        changed = {
            conversation: topic
            for (conversation, one), topic in zip(self._held.items(), now, strict=True)
            if topic != one.topic
        }
        for conversation, topic in changed.items():
            self._held[conversation] = self._held[conversation]._replace(topic=topic)
        return changed
