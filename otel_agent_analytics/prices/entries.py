"""A user's own prices in memory, and which of them holds for a call. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.prices.timeline import day_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.prices.model_names import Reference
    from otel_agent_analytics.prices.rates import Prices

_ANY: Final = "*"


class OwnPrice(NamedTuple):
    """One entry of the file."""

    model: str
    """Small letters; ``*`` stands for anything."""
    provider: str | None
    """As ``provider_id`` gives it; None for all."""
    tier: str | None
    """None for the standard tier, ``*`` for all."""
    start: int | None
    """First UTC day, counted from 1970; None for always."""
    prices: Prices

    def has_begun(self, day: int) -> bool:
        """Return whether it holds on a UTC day, counted from 1970."""
        return self.start is None or self.start <= day


class OwnPrices:
    """The entries of a user's file, in the order in which they stand there."""

    def __init__(self, entries: Sequence[OwnPrice] = ()) -> None:
        self._entries = tuple(reversed(entries))  # sorting keeps this order among equals

    def __len__(self) -> int:
        return len(self._entries)

    def matching(self, reference: Reference, tier: str | None) -> list[OwnPrice]:
        """Return the entries for a call, whenever they hold, the one that goes before all others first."""
        some = [one for one in self._entries if one.tier in (tier, _ANY) and one.provider in (reference.provider, None)]
        for model in reference.models:
            names = {model.given, *model.listed}
            found = [one for one in some if any(_matches(one.model, name) for name in names)]
            if found:
                return sorted(found, key=_rank, reverse=True)
        return []


def _rank(entry: OwnPrice) -> tuple[bool, bool, int]:
    first_day = day_number(date.min) if entry.start is None else entry.start
    return _ANY not in entry.model, entry.provider is not None, first_day


def _matches(pattern: str, name: str) -> bool:
    """Match with ``*`` for anything. Takes the first place for each part, so it is linear in the name."""
    if _ANY not in pattern:
        return pattern == name
    first, *middle, last = pattern.split(_ANY)
    if len(name) < len(first) + len(last) or not name.startswith(first) or not name.endswith(last):
        return False
    at, end = len(first), len(name) - len(last)
    for part in middle:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
