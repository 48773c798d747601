"""The users of one service, a sketch for each UTC day: windows, new and returning. Days are counted from 1970-01-01."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.people.sketches import cumulative, empty, merged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agent_analytics.people.sketches import Sketch

WINDOWS: Final = {"1d": 1, "7d": 7, "30d": 30}
"""Window → its length in whole UTC days, the shortest first; the last day is that of now."""

_KEPT_DAYS: Final = 31
"""Days before today that have a sketch of their own: one more than windows need, for clocks that are set back."""
_AHEAD_DAYS: Final = 1
"""Days after today that clocks may be ahead; what is later is no time at all."""


class NewAndReturning(NamedTuple):
    """Users of a window by the day on which they were first seen."""

    new: int
    """First seen in the window."""
    returning: int
    """Seen in the window, and before it."""


class Days:
    """Who was seen on which day. Bounded: 33 days at most, and one sketch of all that were before.

    ``held`` may be read by its owner; ``sketch_of`` makes what is missing in it.
    """

    __slots__ = ("ever", "held")

    def __init__(self) -> None:
        self.held: dict[int, Sketch] = {}
        self.ever: Sketch = empty()

    def sketch_of(self, day: int, today: int) -> Sketch:
        """Return the sketch of a day that ``is_time``; for one that no window can reach, that of all such days."""
        self.fold(today)
        if not _is_near(day, today):
            return self.ever
        if day not in self.held:
            self.held[day] = empty()
        return self.held[day]

    def merge(self, day: int | None, other: Sketch, today: int) -> None:
        """Add the users of a day, from another sketch; None for days that are no longer held apart."""
        if day is not None and self.sketch_of(day, today) is not self.ever:
            self.held[day] = merged([self.held[day], other])
        else:
            self.ever = merged([self.ever, other])

    def fold(self, today: int) -> None:
        """Put the days that no window can reach any more together with all that were before."""
        gone = [day for day in self.held if not _is_near(day, today)]
        if gone:
            self.ever = merged([self.ever, *(self.held.pop(day) for day in gone)])

    def unique(self, today: int) -> dict[str, int]:
        """Return how many users each window has that ends with today."""
        self.fold(today)
        edges = [today + 1, *(today - days + 1 for days in WINDOWS.values())]
        estimates = cumulative(self._between(first, after) for after, first in itertools.pairwise(edges))
        # A longer window never has fewer users; its estimate may, by a hair, where the sketch changes its form.
        return {window: round(n) for window, n in zip(WINDOWS, itertools.accumulate(estimates, max), strict=True)}

    def new_and_returning(self, today: int) -> dict[str, NewAndReturning]:
        """Return how many users of each window are new, and how many return."""
        windows = self.unique(today)
        starts = [today - days + 1 for days in reversed(WINDOWS.values())]
        earliest = [self.ever, *self._between(today - _KEPT_DAYS, starts[0])]
        later = (self._between(first, after) for first, after in itertools.pairwise([*starts, today + 1]))
        *before, everybody = cumulative([earliest, *later])
        found = {}
        for (window, unique), known in zip(windows.items(), reversed(before), strict=True):
            new = min(unique, max(0, round(everybody - known)))
            found[window] = NewAndReturning(new, unique - new)
        return found

    def _between(self, first: int, after: int) -> Iterator[Sketch]:
        return (sketch for day, sketch in self.held.items() if first <= day < after)


def is_time(day: int, today: int) -> bool:
    """Return whether a user can have been seen on a day: it is not before 1970, and at most tomorrow."""
    return 0 <= day <= today + _AHEAD_DAYS


def _is_near(day: int, today: int) -> bool:
    return today - _KEPT_DAYS <= day <= today + _AHEAD_DAYS
