"""Which UTC days have rows, and which of them are summed up: a writer that changes a day takes its mark away. Pure.

Sums of a day are good as long as no row of that day is added, changed or taken away. So each transaction that does so
notes the days, in the table ``days``; whoever sums a day up marks it, at a time at which nobody writes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from otel_agent_analytics.storage import tables as t

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from otel_agent_analytics.storage.database import Batch
    from otel_agent_analytics.storage.rows import Row

Day: TypeAlias = "tuple[str, int]"
"""A table and a UTC day, days since the start of 1970."""

MARKS: Final = "days"
PERSONS: Final = ("conversation_user_days", "message_user_days")
"""The tables that say who was there on a day: each user as a hash of the hash."""
SUMS: Final = ("conversation_days", "call_days", "time_days", "message_days", *PERSONS)
"""The tables of sums, which are made anew from rows."""
DAY_NS: Final = 86_400_000_000_000
TIMES: Final = {t.CALLS.name: "started_ns", t.MESSAGES.name: "sent_ns", t.CONVERSATIONS.name: "ended_ns"}
"""The tables that are summed up by day, and the column that says to which day a row belongs."""
_PLACES: Final = {table.name: table.names.index(TIMES[table.name]) for table in (t.CALLS, t.MESSAGES, t.CONVERSATIONS)}


def touched(batch: Batch) -> set[Day]:
    """Return the days to which a batch adds rows."""
    found: set[Day] = set()
    for source, place in _PLACES.items():
        rows: Sequence[Row] = getattr(batch, source)
        found |= days_of(source, (row[place] for row in rows))
    return found


def days_of(source: str, times_ns: Iterable[int]) -> set[Day]:
    """Return the days in which times lie, UTC nanoseconds."""
    return {(source, day) for day in {time_ns // DAY_NS for time_ns in times_ns}}
