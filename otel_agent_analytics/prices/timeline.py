"""Prices over time: which hold at a moment, found without a calendar. Pure.

A price changes at the start of a UTC day, or at a moment of every day. Between two changes it is constant, so one
sample of each stretch tells all: no rule about dates is repeated here, and a look costs two bisections at most.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from otel_agent_analytics.prices.rates import Prices

Cell: TypeAlias = "Prices | str"
"""The prices of a stretch of time, or the reason why there are none."""

_MICROSECOND_NS: Final = 1_000
_DAY_NS: Final = 86_400 * 1_000_000_000
_EPOCH: Final = date(1970, 1, 1).toordinal()


class Timeline(NamedTuple):
    """Cells by day and by moment of the day."""

    days: tuple[int, ...]
    """UTC days since 1970 on which something changes, ascending."""
    moments: tuple[int, ...]
    """Microseconds since midnight UTC at which something changes every day, ascending."""
    cells: tuple[tuple[Cell, ...], ...]
    """A row for each stretch of days, a cell for each stretch of the day."""

    def at(self, time_ns: int) -> Cell:
        """Return what holds at a time in UTC nanoseconds since 1970; any whole number is one."""
        days, moments, cells = self
        if not days and not moments:
            return cells[0][0]
        day, within_ns = divmod(time_ns, _DAY_NS)
        return cells[bisect_right(days, day)][bisect_right(moments, within_ns // _MICROSECOND_NS)]


def constant(cell: Cell) -> Timeline:
    """Return a timeline on which nothing ever changes."""
    return Timeline((), (), ((cell,),))


def timeline_of(days: Iterable[int], moments: Iterable[int], sample: Callable[[datetime], Cell]) -> Timeline:
    """Ask ``sample`` once within each stretch between the changes."""
    some_days, some_moments = tuple(sorted(set(days))), tuple(sorted(set(moments)))
    before = some_days[0] - 1 if some_days else 0
    starts = [_midnight(day) for day in (before, *some_days)]
    within = [timedelta(microseconds=moment) for moment in (0, *some_moments)]
    return Timeline(some_days, some_moments, tuple(tuple(sample(start + more) for more in within) for start in starts))


def day_number(day: date) -> int:
    """Return the days since 1970."""
    return day.toordinal() - _EPOCH


def _midnight(day: int) -> datetime:
    calendar = date.fromordinal(max(1, day + _EPOCH))  # there is no day before the first
    return datetime(calendar.year, calendar.month, calendar.day, tzinfo=UTC)
