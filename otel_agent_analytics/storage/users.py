"""Who talks to each service, in the database: a sketch for each service, day and writer, and all of them together."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.conversations.events import Service, UserMessage
from otel_agent_analytics.outputs.audience import gauges_of
from otel_agent_analytics.people.audience import Audience, Part
from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.tracking.sink import SinkBase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from otel_agent_analytics.conversations.events import Event
    from otel_agent_analytics.conversations.state import State
    from otel_agent_analytics.outputs.audience import Gauge
    from otel_agent_analytics.storage.database import Database
    from otel_agent_analytics.storage.rows import Row

_DAY_NS: Final = 86_400 * 1_000_000_000
_EARLIER: Final = -1
_MOST_KNOWN: Final = 20_000
_VERSIONS: Final = f"SELECT {', '.join(t.USERS.key)}, version FROM users"
_OF_DAY: Final = f"SELECT {', '.join(t.USERS.names)} FROM users WHERE day = ?"


class StoredUsers(SinkBase):
    """The users that one writer has seen; a sink of the tracker. For one transaction at a time. Not thread-safe.

    Bounded by ``Audience``; it also remembers 20,000 users of whom it knows that they are counted.

    Args:
        clock: returns the time now, UTC nanoseconds.
        writer: whose rows these are.
    """

    def __init__(self, clock: Callable[[], int], writer: int) -> None:
        self._clock = clock
        self._writer = writer
        self.restore(())

    def restore(self, rows: Iterable[Row]) -> None:
        """Know what is stored, and nothing else."""
        self._audience: Audience[Service] = Audience(stable_key=False)
        self._known: set[tuple[Service, int, str]] = set()
        self._versions: dict[Row, int] = {}
        for row in rows:
            self._versions[row[:4]] = row[5]
            self._audience.merge(_part(row), self._clock())
        self.reset()

    def reset(self) -> None:
        """Begin another transaction."""
        self._touched: set[tuple[Service, int]] = set()

    def rows(self) -> list[Row]:
        """Return the rows of days of which somebody new was seen."""
        found: dict[Row, Row] = {}
        for service, day in sorted(self._touched):
            part = self._audience.part(service, day)
            if part is not None:
                key = (*service, _EARLIER if part.day is None else part.day)
                found[key] = (*key, self._writer, self._versions.get(key, 0) + 1, part.sketch)
        self._versions |= {key: row[5] for key, row in found.items()}
        return list(found.values())

    # --- as a sink ----------------------------------------------------------------------------------------------------

    def moved(self, before: State, after: State, events: list[Event]) -> None:
        """Count the users who spoke."""
        for event in events:
            if isinstance(event, UserMessage) and event.context.user is not None:
                seen = event.service, event.time_ns // _DAY_NS, event.context.user
                if seen not in self._known:
                    self._seen(event.service, event.context.user, event.time_ns)
                    if len(self._known) >= _MOST_KNOWN:
                        self._known.clear()
                    self._known.add(seen)

    def _seen(self, service: Service, user: str, time_ns: int) -> None:
        self._audience.seen(service, user, time_ns, self._clock())
        self._touched.add((service, time_ns // _DAY_NS))


class ShownUsers:
    """The users that all writers have seen, as gauges. Thread-safe.

    Args:
        database: is asked for what is new.
        clock: returns the time now, UTC nanoseconds.
        stable_key: whether the hash of a user is the same in every process that sends: else nobody can be new.
    """

    def __init__(self, database: Database, clock: Callable[[], int], *, stable_key: bool) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._audience: Audience[Service] = Audience(stable_key=stable_key)
        self._versions: dict[Row, int] = {}

    def gauges(self) -> list[Gauge]:
        """Return every gauge.

        Raises:
            StorageError: the database cannot be read.
        """
        now_ns = self._clock()
        with self._lock:
            versions: dict[Row, int] = {row[:-1]: row[-1] for row in self._database.read(_VERSIONS)}
            moved = {key for key, version in versions.items() if self._versions.get(key) != version}
            for day in {key[3] for key in moved}:
                for row in self._database.read(_OF_DAY, [day]):
                    if row[:5] in moved:
                        self._audience.merge(_part(row), now_ns)
            self._versions = versions
            return list(gauges_of(self._audience, now_ns))


def _part(row: Row) -> Part[Service]:
    return Part(Service(*row[:3]), None if row[3] == _EARLIER else row[3], bytes(row[6]))
