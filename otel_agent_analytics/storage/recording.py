"""A sink that makes rows: of calls, messages and ended episodes, as one batch brings them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agent_analytics.storage.rows import Row, call_row, conversation_row, message_row
from otel_agent_analytics.tracking.sink import SinkBase

if TYPE_CHECKING:
    from otel_agent_analytics.conversations.events import Event
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.conversations.state import State
    from otel_agent_analytics.storage.staging import StagedStore


class Recording(SinkBase):
    """Collects the rows of one transaction; a sink of the tracker.

    Args:
        store: is told which events the fold took.
    """

    def __init__(self, store: StagedStore) -> None:
        self._store = store
        self.reset()

    def reset(self, now_ns: int = 0) -> None:
        """Begin another transaction. ``now_ns`` is the time of arrival, UTC nanoseconds."""
        self._arrived = (now_ns,)
        self.calls: list[Row] = []
        self.messages: list[Row] = []
        self._records: dict[tuple[str, int], ConversationRecord | None] = {}

    @property
    def conversations(self) -> list[Row]:
        """The rows of episodes that ended, or whose record changed."""
        records = [record for record in self._records.values() if record is not None]
        return [conversation_row(record) + self._arrived for record in records]

    @property
    def removed(self) -> list[tuple[str, int]]:
        """The episodes, by conversation id and number, that are open again."""
        return [key for key, record in self._records.items() if record is None]

    def moved(self, before: State, after: State, events: list[Event]) -> None:
        """Take the rows of new events."""
        conversation_id = after.conversation_id
        self._store.noted(conversation_id, events)
        for event in events:
            call, message = call_row(conversation_id, event), message_row(conversation_id, event)
            if call is not None:
                self.calls.append(call + self._arrived)
            if message is not None:
                self.messages.append(message + self._arrived)

    def ended(self, record: ConversationRecord) -> None:
        """Take the row of an ended episode."""
        self._records[record.conversation_id, record.episode] = record

    def changed(self, record: ConversationRecord, earlier: ConversationRecord) -> None:
        """Take the row in the place of the one before."""
        self._records[record.conversation_id, record.episode] = record

    def reopened(self, record: ConversationRecord) -> None:
        """Strike the row: the episode goes on."""
        self._records[record.conversation_id, record.episode] = None
