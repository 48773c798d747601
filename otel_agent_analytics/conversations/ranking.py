"""How well an estimate puts the good above the bad: the area under the curve, with its uncertainty. Pure."""

from __future__ import annotations

from math import sqrt
from typing import Final, NamedTuple

from otel_agent_analytics.conversations.rates import Z95

_HALVINGS: Final = 50
"""Of an interval between 0 and 1: so many leave less than the last digit of a float."""


class Area(NamedTuple):
    """The share of all pairs of a good one and a bad one in which the good one has the higher estimate."""

    value: float
    """0 to 1; .5 where the estimate says nothing. A tie counts half."""
    low: float
    """End of the 95 % interval; ``high`` too."""
    high: float
    good: int
    bad: int


def area(twice_ahead: int, good: int, bad: int) -> Area | None:
    """Return the area under the curve (Mann and Whitney 1947), with Newcombe's interval; None without a pair.

    The interval has all areas that lie no further from the found one than 1.96 of their own standard errors (Newcombe
    2006, method 5), so it has a width where all pairs are in order too.

    Args:
        twice_ahead: over all pairs 2 where the good one is ahead, 1 where both are level.
        good: how many good ones there are.
        bad: how many bad ones.
    """
    if not good or not bad:
        return None
    found = twice_ahead / (2 * good * bad)
    return Area(found, _end(found, 0.0, good, bad), _end(found, 1.0, good, bad), good, bad)


def _end(found: float, outer: float, good: int, bad: int) -> float:
    """Return how far one may go from what was found towards ``outer``; halved again and again."""
    inner = found
    for _ in range(_HALVINGS):
        middle = (inner + outer) / 2
        if abs(middle - found) <= Z95 * _standard_error(middle, good, bad):
            inner = middle
        else:
            outer = middle
    return inner


def _standard_error(value: float, good: int, bad: int) -> float:
    """Return that of an area, as estimates have it that are distributed exponentially (Hanley and McNeil 1982)."""
    others = (good + bad) / 2 - 1
    spread = 1 + others * ((1 - value) / (2 - value) + value / (1 + value))
    return sqrt(value * (1 - value) * spread / (good * bad))
