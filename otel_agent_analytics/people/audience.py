"""How many people talk to each service: unique users per UTC day in windows of 1, 7 and 30 days, new and returning."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Hashable
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from otel_agent_analytics.people.days import WINDOWS, Days, NewAndReturning, is_time
from otel_agent_analytics.people.sketches import add, available, from_bytes, to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["WINDOWS", "Audience", "NewAndReturning", "Part", "available"]

logger = logging.getLogger("otel_agent_analytics")

ServiceT = TypeVar("ServiceT", bound=Hashable)
FigureT = TypeVar("FigureT")

_DAY_NS: Final = 86_400 * 10**9
_MOST_SERVICES: Final = 1_000


class Part(NamedTuple, Generic[ServiceT]):
    """What one writer knows of one day of a service, to be stored and merged."""

    service: ServiceT
    day: int | None
    """Days since 1970-01-01, UTC; None for all days that are no longer held apart."""
    sketch: bytes


class Audience(Generic[ServiceT]):
    """Counts the people who talk to each service. Thread-safe.

    Estimates by HyperLogLog, standard error 0.8 %; up to 1,536 users exact but for a rare miss. Mergeable: several
    writers that see the same users in any order give the same figure to the last digit. New and returning are
    differences of estimates: with ``n`` users ever seen, of whom ``d`` are new, their standard error is about
    √(d · n) / 90 users, and at least 0.8 % of them.

    Bounded: 1,000 services, the first that are seen; 34 sketches each, at most 0.6 MB.

    Args:
        stable_key: whether the same user has the same hash in every process and after every restart. Without that,
            nobody can be recognised, and ``new_and_returning`` knows nothing.
    """

    def __init__(self, *, stable_key: bool) -> None:
        self._stable_key = stable_key
        self._lock = threading.Lock()
        self._services: dict[ServiceT, Days] = {}

    def seen(self, service: ServiceT, user_hash: str, time_ns: int, now_ns: int) -> None:
        """Count a user of a service.

        Args:
            service: who runs the agent.
            user_hash: the keyed hash of the user id, 64 hexadecimal characters; any other text counts as one too, but
                for an empty one.
            time_ns: when the user was seen, event time, UTC nanoseconds since 1970. More than 31 days ago counts as
                seen before all windows; no time (0 and less) or one after tomorrow does not count.
            now_ns: the host's clock, in the same unit.

        Raises:
            ImportError: the library cannot be loaded; ask ``available`` first.
        """
        day = time_ns // _DAY_NS
        with self._lock:
            days = self._services.get(service)
            sketch = days.held.get(day) if days is not None else None
            if sketch is None and user_hash and time_ns > 0:
                days = self._days_of(service, day, now_ns // _DAY_NS)
                sketch = days.sketch_of(day, now_ns // _DAY_NS) if days is not None else None
            if sketch is not None:
                add(sketch, user_hash)

    def windows(self, now_ns: int) -> dict[ServiceT, dict[str, int]]:
        """Return how many users each service had in each window; windows end with the UTC day of ``now_ns``."""
        return self._of_each(Days.unique, now_ns // _DAY_NS)

    def new_and_returning(self, now_ns: int) -> dict[ServiceT, dict[str, NewAndReturning]]:
        """Return how many users of each window are new and how many return; nothing without a stable key."""
        return self._of_each(Days.new_and_returning, now_ns // _DAY_NS) if self._stable_key else {}

    def parts(self) -> list[Part[ServiceT]]:
        """Return all that is known, to be stored or given to another writer's ``merge``."""
        with self._lock:
            return [
                Part(service, day, to_bytes(sketch))
                for service, days in self._services.items()
                for day, sketch in ((None, days.ever), *days.held.items())
            ]

    def part(self, service: ServiceT, day: int) -> Part[ServiceT] | None:
        """Return what is known of a service's day, or of all those that are not held apart where that is one of them.

        None where nothing is known of the service.
        """
        with self._lock:
            days = self._services.get(service)
            if days is None:
                return None
            sketch = days.held.get(day)
            return Part(service, None if sketch is None else day, to_bytes(days.ever if sketch is None else sketch))

    def merge(self, part: Part[ServiceT], now_ns: int) -> None:
        """Add what another writer knows, or what was stored. The same part twice changes nothing.

        Raises:
            ValueError: the sketch is damaged.
            ImportError: the library cannot be loaded.
        """
        other, today = from_bytes(part.sketch), now_ns // _DAY_NS
        with self._lock:
            days = self._days_of(part.service, part.day if part.day is not None else today, today)
            if days is not None:
                days.merge(part.day, other, today)

    def reset(self) -> None:
        """Forget everything, and the lock that another thread may have held when the process forked."""
        self._lock = threading.Lock()
        self._services = {}

    def _of_each(self, figure: Callable[[Days, int], FigureT], today: int) -> dict[ServiceT, FigureT]:
        figures = {}
        for service in tuple(self._services):
            with self._lock:  # taken for one service at a time, so that no writer waits for all of them
                days = self._services.get(service)
                if days is not None:
                    figures[service] = figure(days, today)
        return figures

    def _days_of(self, service: ServiceT, day: int, today: int) -> Days | None:
        """Return what is held of a service; None where the day is no time, or there is no room for one more service."""
        if not is_time(day, today):
            return None
        days = self._services.get(service)
        if days is None:
            if len(self._services) >= _MOST_SERVICES:
                _warn_once_of_services()
                return None
            days = self._services[service] = Days()
        return days


@functools.cache
def _warn_once_of_services() -> None:
    logger.warning("users of more than %d services are not counted; those of the first are", _MOST_SERVICES)
