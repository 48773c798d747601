"""The seam between the tracker and whatever keeps the states of conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agent_analytics.conversations.state import State


class Store(Protocol):
    """Keeps one state per conversation, and knows which are due."""

    def get(self, conversation_id: str) -> State | None:
        """Return the state of a conversation; None when nothing is known of it."""

    def put(self, state: State, deadline_ns: int) -> None:
        """Keep a state, to be returned by ``due`` from ``deadline_ns`` on."""

    def retire(self, state: State) -> None:
        """Let go of a conversation; keep, while there is room, the little that its next episode must know."""

    def due(self, watermark_ns: int) -> Iterator[State]:
        """Yield every state whose deadline is at or before the watermark, the earliest first.

        The caller puts or retires each before it asks for the next; a state that it leaves alone is not yielded again.
        """

    def clear(self) -> None:
        """Forget everything."""
