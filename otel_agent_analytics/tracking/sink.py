"""The seam between the tracker and what it feeds: metrics, rows, log records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from otel_agent_analytics.conversations.events import Event, Service
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.conversations.state import State


class Sink(Protocol):
    """What takes the events and records of conversations. A fault in one sink never stops another."""

    def noted(self, what: str, service: Service, amount: int) -> None:
        """Take note of something about the pipeline itself: received, duplicate, late and the like."""

    def moved(self, before: State, after: State, events: list[Event]) -> None:
        """Take note that an episode went on, by new events or, where there are none, by itself."""

    def ended(self, record: ConversationRecord) -> None:
        """Take the record of an episode that ended."""

    def changed(self, record: ConversationRecord, earlier: ConversationRecord) -> None:
        """Take a record in the place of an earlier one: by a late event, or since the time for coming back is over."""

    def reopened(self, record: ConversationRecord) -> None:
        """Take back the record of an episode whose user came back."""

    def reset(self) -> None:
        """Forget everything: the process was forked, and what came before is the parent's to count."""


class SinkBase:
    """Takes note of nothing: a sink that is derived from it says only what it does take note of."""

    def noted(self, what: str, service: Service, amount: int) -> None:
        """Take note of nothing."""

    def moved(self, before: State, after: State, events: list[Event]) -> None:
        """Take note of nothing."""

    def ended(self, record: ConversationRecord) -> None:
        """Take note of nothing."""

    def changed(self, record: ConversationRecord, earlier: ConversationRecord) -> None:
        """Take note of nothing."""

    def reopened(self, record: ConversationRecord) -> None:
        """Take note of nothing."""
