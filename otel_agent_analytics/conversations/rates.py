"""Shares, with their uncertainty."""

from __future__ import annotations

from math import sqrt
from typing import Final, NamedTuple

_Z95: Final = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""


class Rate(NamedTuple):
    """A share of a whole, with its Wilson 95 % interval."""

    part: int
    whole: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share, 0 to 1."""
        return self.part / self.whole


def rate(part: int, whole: int) -> Rate | None:
    """Return ``part / whole`` with its interval (Wilson 1927, score interval); None when there is no whole."""
    if whole <= 0:
        return None
    share, square = part / whole, _Z95 * _Z95
    center = (share + square / (2 * whole)) / (1 + square / whole)
    spread = _Z95 / (1 + square / whole) * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    return Rate(part, whole, max(0.0, center - spread), min(1.0, center + spread))
