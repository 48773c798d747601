"""The estimate of satisfaction beside what users said of the same episodes: how often it is borne out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.conversations.ranking import area
from otel_agent_analytics.service.queries.figures import Rate
from otel_agent_analytics.service.queries.reckoning import share
from otel_agent_analytics.service.queries.statement import Statement

if TYPE_CHECKING:
    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.storage.database import Read

_TENTHS: Final = 10
BINS: Final = Statement(
    """
    SELECT CASE WHEN satisfaction < 1 THEN CAST(floor(satisfaction * 10) AS INTEGER) ELSE 9 END AS tenth,
        count(*), sum(satisfaction), count(*) FILTER (WHERE rating = 'positive')
    {engaged} AND rating IS NOT NULL AND satisfaction IS NOT NULL GROUP BY tenth ORDER BY tenth
    """
)
UNKNOWN: Final = Statement("SELECT count(*) {engaged} AND rating IS NOT NULL AND satisfaction IS NULL")
# In millionths, so that the last digits of a float put nobody ahead.
AHEAD: Final = Statement(
    """
    SELECT sum(good * (2 * coalesce(bad_below, 0) + bad)), sum(good), sum(bad) FROM (
        SELECT good, bad,
            sum(bad) OVER (ORDER BY millionth ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bad_below
        FROM (
            SELECT floor(satisfaction * 1000000 + 0.5) AS millionth,
                count(*) FILTER (WHERE rating = 'positive') AS good, count(*) FILTER (WHERE rating = 'negative') AS bad
            {engaged} AND rating IN ('positive', 'negative') AND satisfaction IS NOT NULL GROUP BY millionth
        ) by_estimate
    ) ranked
    """
)


@dataclass(frozen=True, slots=True)
class SatisfactionBin:
    """Rated episodes whose estimate of satisfaction is about the same."""

    satisfaction_from: float
    """Part of it; up to .1 more."""
    conversations: int
    """How many there are."""
    mean_satisfaction: float
    """Of these episodes: the estimate, 0 to 1."""
    positive: Rate | None
    """Those rated positive: their CSAT."""


@dataclass(frozen=True, slots=True)
class Separation:
    """How well the estimate tells what was rated positive from what was rated negative."""

    value: float
    """The probability, 0 to 1, that of two such episodes the one rated positive has the higher estimate: the area under
    the curve. .5: the estimate says nothing."""
    low: float
    """End of the 95 % interval (Newcombe 2006); high too."""
    high: float
    positive: int
    """Episodes rated positive."""
    negative: int
    """Episodes rated negative."""


class Inferred(NamedTuple):
    """The estimate of satisfaction and the ratings of the same episodes, beside each other, in no figure together."""

    rated: int
    """Rated episodes."""
    unknown: int
    """Those of them without an estimate."""
    separation: Separation | None
    """None where nothing is rated positive, or nothing negative."""
    bins: list[SatisfactionBin]
    """By tenths of the estimate, those that have an episode."""


def inferred(read: Read, asked: Asked) -> Inferred:
    """Return how the estimate of satisfaction stands to the ratings of a window."""
    values = asked.values()
    bins = BINS.rows(read, values)
    unknown = int(UNKNOWN.rows(read, values)[0][0])
    return Inferred(
        unknown + sum(int(row[1]) for row in bins),
        unknown,
        _separation(read, asked),
        [
            SatisfactionBin(tenth / _TENTHS, int(count), total / count, share(good, count))
            for tenth, count, total, good in bins
        ],
    )


def _separation(read: Read, asked: Asked) -> Separation | None:
    twice_ahead, good, bad = (int(value or 0) for value in AHEAD.rows(read, asked.values())[0])
    found = area(twice_ahead, good, bad)
    return None if found is None else Separation(*found)
