"""The records of ended episodes, kept as they stand: for programs that end, such as a replay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agent_analytics.tracking.sink import SinkBase

if TYPE_CHECKING:
    from otel_agent_analytics.conversations.record import ConversationRecord


class Ledger(SinkBase):
    """A sink that keeps every record; it grows with the number of episodes, so it is not for a service."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, int], ConversationRecord] = {}

    def records(self) -> list[ConversationRecord]:
        """Return the records that stand, in the order in which their episodes started."""
        return sorted(self._records.values(), key=lambda record: (record.started_ns, record.conversation_id))

    def ended(self, record: ConversationRecord) -> None:
        """Keep a record."""
        self._records[record.conversation_id, record.episode] = record

    def changed(self, record: ConversationRecord, earlier: ConversationRecord) -> None:
        """Keep a record in the place of the one that it stands in for."""
        self._records[record.conversation_id, record.episode] = record

    def reopened(self, record: ConversationRecord) -> None:
        """Strike a record: the episode goes on."""
        self._records.pop((record.conversation_id, record.episode), None)

    def reset(self) -> None:
        """Forget everything."""
        self._records.clear()
