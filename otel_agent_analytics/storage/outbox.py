"""What is told of conversations as rows of the outbox: written with what they tell of, and sent afterwards.

A row has the time, the attributes and the line of its log record, so that a second sending of it is the same record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.errors import guard
from otel_agent_analytics.outputs.telling import Telling
from otel_agent_analytics.storage.codec import pack_entry
from otel_agent_analytics.tracking.sink import SinkBase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from otel_agent_analytics.conversations.events import Event
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.conversations.state import State
    from otel_agent_analytics.outputs.event_records import Entry
    from otel_agent_analytics.storage.database import Database, Transaction
    from otel_agent_analytics.storage.rows import Row

_TELLING: Final = guard("outbox.tell")


class Outbox(SinkBase):
    """Collects what there is to tell in one transaction; a sink of the tracker.

    How often an end was told before is asked once, when everything is collected. Bounded by the transaction.

    Args:
        every_event: whether each event of a span is told too; else only the ends, and what becomes of them.
        writer: whose rows these are.
    """

    def __init__(self, *, every_event: bool, writer: int = 0) -> None:
        self._every_event = every_event
        self._writer = writer
        self._last = 0
        self.reset()

    def restore(self, transaction: Transaction) -> None:
        """Count on from what is stored."""
        self._last = max(self._last, transaction.last_told(self._writer))

    def reset(self, now_ns: int = 0) -> None:
        """Begin another transaction. ``now_ns`` is the time of arrival, UTC nanoseconds."""
        self._now_ns = now_ns
        self._calls: list[Callable[[_Collected], None]] = []
        self._ended: set[str] = set()

    def moved(self, before: State, after: State, events: list[Event]) -> None:
        """Take note of new events, where they are told."""
        if self._every_event:
            self._calls.append(lambda told: told.moved(before, after, events))

    def ended(self, record: ConversationRecord) -> None:
        """Take note of an end."""
        self._ended.add(record.conversation_id)
        self._calls.append(lambda told: told.ended(record))

    def changed(self, record: ConversationRecord, earlier: ConversationRecord) -> None:
        """Take note of what holds in the place of an earlier record."""
        self._ended.add(record.conversation_id)
        self._calls.append(lambda told: told.changed(record, earlier))

    def reopened(self, record: ConversationRecord) -> None:
        """Take note that an end is taken back."""
        self._ended.add(record.conversation_id)
        self._calls.append(lambda told: told.reopened(record))

    def rows(self, transaction: Transaction) -> tuple[list[Row], list[Row]]:
        """Return the rows of the outbox and of revisions that this transaction writes."""
        told = _Collected(transaction.revisions(self._ended), every_event=self._every_event)
        for call in self._calls:
            with _TELLING:
                call(told)
        self._last = max(self._last, self._now_ns)
        rows: list[Row] = []
        for service, entry in told.entries:
            with _TELLING:
                rows.append(self._row(service, entry))
        return rows, [(*one, self._now_ns) for one in told.revised()]

    def _row(self, service: Service, entry: Entry) -> Row:
        self._last += 1
        attributes = entry.attributes
        whose = attributes[v.GEN_AI_CONVERSATION_ID], *service, attributes.get(v.USER_HASH)
        fixed = entry if entry.time_ns is not None else entry._replace(time_ns=self._now_ns)
        return (self._last, self._writer, *whose, self._now_ns, pack_entry(fixed))


class _Collected(Telling):
    """Keeps what is told."""

    def __init__(self, revisions: dict[tuple[str, int], int], *, every_event: bool) -> None:
        super().__init__(revisions, every_event=every_event)
        self._known = dict(revisions)
        self.entries: list[tuple[Service, Entry]] = []

    def revised(self) -> list[tuple[str, int, int]]:
        """Return conversation, episode and revision of what has another revision than before."""
        return [(*key, now) for key, now in self._revisions.items() if self._known.get(key) != now]

    def _wanted(self, event_name: str) -> bool:
        return True

    def _send(self, service: Service, entries: Iterable[Entry]) -> None:
        self.entries += ((service, entry) for entry in entries)


class Unsent(NamedTuple):
    """A row of the outbox."""

    number: int
    writer: int
    service: Service
    arrived_ns: int
    """When it was written, UTC nanoseconds."""
    body: bytes

    @property
    def key(self) -> tuple[int, int]:
        """What tells it apart."""
        return self.number, self.writer


def unsent(database: Database, most: int) -> list[Unsent]:
    """Return what has waited longest in the outbox, so many at most, in the order in which it was written."""
    statement = (
        "SELECT number, writer, service_name, service_namespace, deployment_environment_name, arrived_ns, body "
        "FROM outbox ORDER BY number, writer LIMIT ?"
    )
    return [
        Unsent(number, writer, Service(*service), arrived_ns, bytes(body))
        for number, writer, *service, arrived_ns, body in database.read(statement, [most])
    ]


def waiting(database: Database) -> int:
    """Return how many rows there are in the outbox."""
    count: int = database.read("SELECT count(*) FROM outbox")[0][0]
    return count


def by_service(rows: Sequence[Unsent]) -> dict[Service, list[Unsent]]:
    """Return rows by service, each in their order."""
    found: dict[Service, list[Unsent]] = {}
    for row in rows:
        found.setdefault(row.service, []).append(row)
    return found
