"""How many turns are usual for a service: the 75th percentile of its episodes of the week that ended two days ago.

The last two days are left out so that a late span, or a user who comes back, changes nothing that was judged by it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.conversations.record import ConversationRecord

DAY_NS: Final = 86_400 * 1_000_000_000
NEWEST_DAY: Final = 2
OLDEST_DAY: Final = 8
FEWEST_EPISODES: Final = 20
"""Episodes without which nothing is usual."""
USUAL_SHARE: Final = 0.75


class Lengths(Protocol):
    """Knows how many turns are usual for a service."""

    def note(self, record: ConversationRecord, amount: int = 1) -> None:
        """Count an ended episode, or take it back with -1."""

    def effort(self, record: ConversationRecord) -> int:
        """Return the effort of an episode, 1 to 5: its points, and one more where it was longer than usual."""

    def clear(self) -> None:
        """Forget everything."""


class TurnLengths:
    """Counts episodes by service, UTC day and number of turns. Bounded by services, ten days and distinct lengths."""

    def __init__(self) -> None:
        self._days: dict[Service, dict[int, Counter[int]]] = {}

    def note(self, record: ConversationRecord, amount: int = 1) -> None:
        """Count an ended episode, or take it back with -1."""
        days = self._days.setdefault(record.service, {})
        day = record.ended_ns // DAY_NS
        days.setdefault(day, Counter())[record.user_turns] += amount
        for old in [there for there in days if there < max(days) - OLDEST_DAY - NEWEST_DAY]:
            del days[old]

    def effort(self, record: ConversationRecord) -> int:
        """Return the effort of an episode, 1 to 5: its points, and one more where it was longer than usual."""
        return effort(record, self._lengths_before(record))

    def clear(self) -> None:
        """Forget everything."""
        self._days.clear()

    def _lengths_before(self, record: ConversationRecord) -> Counter[int]:
        days, lengths = self._days.get(record.service, {}), Counter[int]()
        for day in days_before(record):
            lengths.update(days.get(day, {}))
        return lengths


def days_before(record: ConversationRecord) -> range:
    """Return the UTC days, counted from 1970, whose ended episodes tell what is usual for one."""
    day = record.ended_ns // DAY_NS
    return range(day - OLDEST_DAY, day - NEWEST_DAY + 1)


def effort(record: ConversationRecord, lengths: Counter[int]) -> int:
    """Return the effort of an episode, 1 to 5.

    Args:
        record: of the episode.
        lengths: how many episodes of these days had how many turns.
    """
    usual = _usual(lengths)
    return 1 + record.effort_points + (usual is not None and record.user_turns > usual)


def _usual(lengths: Counter[int]) -> int | None:
    wanted = lengths.total() * USUAL_SHARE
    if lengths.total() < FEWEST_EPISODES:
        return None
    for turns in sorted(lengths):
        wanted -= lengths[turns]
        if wanted <= 0:
            return turns
    return None
