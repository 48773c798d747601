"""What is told of conversations, and in which order: every end, and where wanted every event. Where it goes is open.

What happened has the time at which it happened. What was decided (an end, an outcome, its taking back) has the time at
which it was: an end is decided when the idle time is over, and a store of logs refuses what is hours older than the
newest that it has. When the episode really began and ended is said beside.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs.event_records import entries_of, started
from otel_agent_analytics.outputs.wide_record import ended, lifecycle, reopened, retracted, settled
from otel_agent_analytics.tracking.sink import SinkBase

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

    from otel_agent_analytics.conversations.events import Event, Service
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.conversations.state import State
    from otel_agent_analytics.outputs.event_records import Entry


class Telling(SinkBase, ABC):
    """Makes entries of what a tracker says; a base of its sinks, which say what becomes of an entry.

    Args:
        every_event: whether each event of a span is told too; else only the ends, and what becomes of them.
        revisions: how often the end of an episode was told, by conversation id and number; 1 where it does not say.
    """

    def __init__(self, revisions: MutableMapping[tuple[str, int], int], *, every_event: bool) -> None:
        self._every_event = every_event
        self._revisions = revisions

    def moved(self, before: State, after: State, events: list[Event]) -> None:
        """Tell of new events that came on spans, and that the user began to speak."""
        if not self._every_event or not self._wanted(v.EVENT_STARTED):
            return
        begun = started(before, after)
        if begun is not None:
            self._send(after.events[0].service, [begun])
        for service in dict.fromkeys(event.service for event in events):
            self._send(service, entries_of(after, [event for event in events if event.service == service]))

    def ended(self, record: ConversationRecord) -> None:
        """Tell of an end."""
        if self._wanted(v.EVENT_CONVERSATION_ENDED):
            self._tell_end(record, self._revision(record))

    def changed(self, record: ConversationRecord, earlier: ConversationRecord) -> None:
        """Tell whether the user was back; else take back what was told of an end, and tell it as it is now."""
        if not self._wanted(v.EVENT_CONVERSATION_ENDED):
            return
        revision = self._revision(record)
        if record == earlier._replace(returned=record.returned):
            self._send(record.service, [settled(earlier, revision, -1)] if earlier.returned is not None else [])
            self._send(record.service, [settled(record, revision)])
            return
        self._send(record.service, [retracted(earlier, revision)])
        self._revise(record, revision + 1)
        self._tell_end(record, revision + 1)

    def reopened(self, record: ConversationRecord) -> None:
        """Take back what was told of an end; where the user had spoken before, tell that the episode goes on."""
        if not self._wanted(v.EVENT_REOPENED):
            return
        revision = self._revision(record)
        entries = [retracted(record, revision), *([reopened(record, revision)] if record.engaged else [])]
        self._send(record.service, entries)
        self._revise(record, revision + 1)

    def reset(self) -> None:
        """Forget everything."""
        self._revisions.clear()

    def _tell_end(self, record: ConversationRecord, revision: int) -> None:
        self._send(record.service, [ended(record, revision)])
        if self._every_event:
            self._send(record.service, lifecycle(record, revision))

    @abstractmethod
    def _wanted(self, event_name: str) -> bool:
        """Return whether anybody takes entries: where nobody does, none is made."""

    @abstractmethod
    def _send(self, service: Service, entries: Iterable[Entry]) -> None:
        """Hand over entries of a service."""

    def _revision(self, record: ConversationRecord) -> int:
        return self._revisions.get((record.conversation_id, record.episode), 1)

    def _revise(self, record: ConversationRecord, revision: int) -> None:
        self._revisions[record.conversation_id, record.episode] = revision
