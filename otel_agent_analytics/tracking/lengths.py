"""How many turns are usual for a service: the 75th percentile of its episodes of the week that ended two days ago.

The last two days are left out so that a late span, or a user who comes back, changes nothing that was judged by it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.conversations.record import ConversationRecord

_DAY_NS: Final = 86_400 * 1_000_000_000
_NEWEST: Final = 2
_OLDEST: Final = 8
_FEWEST: Final = 20
"""Episodes without which nothing is usual."""
_SHARE: Final = 0.75


class TurnLengths:
    """Counts episodes by service, UTC day and number of turns. Bounded by services, ten days and distinct lengths."""

    def __init__(self) -> None:
        self._days: dict[Service, dict[int, Counter[int]]] = {}

    def note(self, record: ConversationRecord, amount: int = 1) -> None:
        """Count an ended episode, or take it back with -1."""
        days = self._days.setdefault(record.service, {})
        day = record.ended_ns // _DAY_NS
        days.setdefault(day, Counter())[record.user_turns] += amount
        for old in [there for there in days if there < max(days) - _OLDEST - _NEWEST]:
            del days[old]

    def effort(self, record: ConversationRecord) -> int:
        """Return the effort of an episode, 1 to 5: its points, and one more where it was longer than usual."""
        usual = self._usual(record)
        return 1 + record.effort_points + (usual is not None and record.user_turns > usual)

    def clear(self) -> None:
        """Forget everything."""
        self._days.clear()

    def _usual(self, record: ConversationRecord) -> int | None:
        days, day = self._days.get(record.service, {}), record.ended_ns // _DAY_NS
        lengths: Counter[int] = Counter()
        for before in range(_NEWEST, _OLDEST + 1):
            lengths.update(days.get(day - before, {}))
        wanted = lengths.total() * _SHARE
        if lengths.total() < _FEWEST:
            return None
        for turns in sorted(lengths):
            wanted -= lengths[turns]
            if wanted <= 0:
                return turns
        return None
