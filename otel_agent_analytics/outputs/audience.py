"""Who talks to each service, as gauges: a sink that shows each user to the sketches of the day, and keeps no hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from otel_agent_analytics.conversations.events import UserMessage
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.people.audience import Audience
from otel_agent_analytics.tracking.sink import SinkBase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from otel_agent_analytics.conversations.events import Event, Service
    from otel_agent_analytics.conversations.state import State


Gauge: TypeAlias = "tuple[c.Metric, Service, str, int]"
"""The metric, the service, the window, and how many users."""


class Gauges(Protocol):
    """Knows how many users there are."""

    def gauges(self) -> Iterable[Gauge]:
        """Return every gauge."""


def gauges_of(audience: Audience[Service], now_ns: int) -> Iterator[Gauge]:
    """Yield every gauge at a time, UTC nanoseconds."""
    for service, windows in audience.windows(now_ns).items():
        for window, users in windows.items():
            yield c.UNIQUE_USERS, service, window, users
    for service, both in audience.new_and_returning(now_ns).items():
        for window, (new, returning) in both.items():
            yield c.NEW_USERS, service, window, new
            yield c.RETURNING_USERS, service, window, returning


class AudienceGauges(SinkBase):
    """Counts users by window; a sink of the tracker.

    Args:
        stable_key: whether a user's hash is the same after a restart: else nobody can be said to be new or to return.
        clock: returns the time now, UTC nanoseconds; None where time is that of the newest message, as in a replay.
    """

    def __init__(self, *, stable_key: bool, clock: Callable[[], int] | None) -> None:
        self._audience: Audience[Service] = Audience(stable_key=stable_key)
        self._clock = clock
        self._newest_ns = 0

    def gauges(self) -> Iterator[Gauge]:
        """Return every gauge."""
        return gauges_of(self._audience, self._now())

    # --- as a sink --------------------------------------------------------------------------------------------------

    def moved(self, before: State, after: State, events: list[Event]) -> None:
        """Count the users who spoke."""
        for event in events:
            if isinstance(event, UserMessage) and event.context.user is not None:
                self._newest_ns = max(self._newest_ns, event.time_ns)
                self._audience.seen(event.service, event.context.user, event.time_ns, self._now())

    def reset(self) -> None:
        """Forget everything."""
        self._audience.reset()
        self._newest_ns = 0

    def _now(self) -> int:
        return self._newest_ns if self._clock is None else self._clock()
