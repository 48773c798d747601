"""Figures as the cells of a table; what is not known is a dash. Pure."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.conversations.rates import Rate

DASH: Final = "–"
_SECONDS_A_MINUTE: Final = 60


def share_cells(share: Rate | None) -> tuple[str, str]:
    """Return a share and its 95 % interval."""
    return (DASH, DASH) if share is None else (f"{share.value:.1%}", f"{share.low:.1%} – {share.high:.1%}")


def cell(value: Any, decimals: int | None = None) -> str:
    """Return a value, with so many decimals where it is a number of which these are wanted."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return DASH if value is None else str(value) if decimals is None else f"{value:,.{decimals}f}"


def mean_cell(values: Sequence[float]) -> str:
    """Return the mean."""
    return f"{mean(values):.1f}" if values else DASH


def mean_duration(seconds: Sequence[float]) -> str:
    """Return the mean of durations in seconds, as minutes and seconds."""
    if not seconds:
        return DASH
    minutes, rest = divmod(round(mean(seconds)), _SECONDS_A_MINUTE)
    return f"{minutes} min {rest:02} s"
