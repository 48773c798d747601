"""What users said of their satisfaction beside what was estimated from their words: compared, and not mixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.service.queries.answers import Window, window
from otel_agent_analytics.service.queries.figures import Mean, Rate
from otel_agent_analytics.service.queries.overview import tally_of_window
from otel_agent_analytics.service.queries.reckoning import figures, mean
from otel_agent_analytics.service.queries.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.storage.database import Read
    from otel_agent_analytics.storage.rows import Row

# Estimates are counted by the thousandth, so that there are few rows, however many episodes there are.
ESTIMATES: Final = Statement("""
    SELECT rating, CAST(round(CAST(satisfaction * 1000 AS DECIMAL(9, 3))) AS BIGINT) AS estimate, count(*)
    {engaged} GROUP BY rating, estimate
""")
_UNIT: Final = 1000
_RATINGS: Final = (v.POSITIVE, v.NEUTRAL, v.NEGATIVE, None)


@dataclass(frozen=True, slots=True)
class RatedAlike:
    """Episodes that users rated alike."""

    rating: str | None
    """positive, neutral or negative; None for those that nobody rated."""
    conversations: int
    """How many there are."""
    estimate: Mean | None
    """Of their satisfaction, 0 to 1, to the thousandth; over those of which it is known."""


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """What users said, what was estimated, and how far the two agree, over the engaged episodes of the window."""

    window: Window
    csat: Rate | None
    """Positive ÷ rated episodes; the estimate is no part of it."""
    csat_response_rate: Rate | None
    """Rated ÷ all episodes."""
    estimate: Mean | None
    """1 - mean probability that a turn was dissatisfied, 0 to 1; ratings are no part of it."""
    agreement: float | None
    """How often, of two episodes of which one was rated positive and one negative, the estimate is higher for the
    first, equal ones counted half: 1 always, .5 as chance would have it. None without two such episodes."""
    compared: int
    """Pairs of episodes that this is said of."""
    ratings: Sequence[RatedAlike]
    """The estimate by what was said: positive, neutral, negative, and not rated."""


def satisfaction(read: Read, asked: Asked) -> Satisfaction:
    """Answer: are users satisfied, and can the estimate be believed?"""
    counts = _counts(ESTIMATES.rows(read, asked.values()))
    said = figures(tally_of_window(read, asked), asked.human_cost_usd)
    agreement, pairs = agreed(_known(counts[v.POSITIVE]), _known(counts[v.NEGATIVE]))
    alike = [_alike(rating, found) for rating, found in counts.items()]
    return Satisfaction(window(asked), said.csat, said.csat_response_rate, said.satisfaction, agreement, pairs, alike)


def agreed(higher: Mapping[int, int], lower: Mapping[int, int]) -> tuple[float | None, int]:
    """Return the share of pairs in which the first has the larger value, equal ones counted half, and the pairs.

    This is the area under the ROC curve, or Mann and Whitney's U divided by the pairs (1947).

    Args:
        higher: how often each value is there, of those whose values should be larger.
        lower: the same of the others.
    """
    pairs = sum(higher.values()) * sum(lower.values())
    below, doubled = 0, 0
    for value in sorted({*higher, *lower}):
        doubled += higher.get(value, 0) * (2 * below + lower.get(value, 0))
        below += lower.get(value, 0)
    return doubled / 2 / pairs if pairs else None, pairs


def _counts(rows: list[Row]) -> dict[str | None, dict[int | None, int]]:
    """Return by rating how often each estimate is there; None where there is none."""
    found: dict[str | None, dict[int | None, int]] = {rating: {} for rating in _RATINGS}
    for rating, estimate, count in rows:
        found[rating][None if estimate is None else int(estimate)] = int(count)
    return found


def _known(counts: Mapping[int | None, int]) -> dict[int, int]:
    return {estimate: count for estimate, count in counts.items() if estimate is not None}


def _alike(rating: str | None, counts: Mapping[int | None, int]) -> RatedAlike:
    known = _known(counts)
    total = sum(estimate * count for estimate, count in known.items())
    return RatedAlike(rating, sum(counts.values()), mean(total, sum(known.values()), _UNIT))
