"""Outcomes over time: ended episodes by local hour or day of their end, with the rates of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.service.queries.answers import Listed, complete
from otel_agent_analytics.service.queries.figures import Outcomes, Rate
from otel_agent_analytics.service.queries.reckoning import share
from otel_agent_analytics.service.queries.statement import Statement, quarter_of
from otel_agent_analytics.service.queries.zone import day_of, hour_of

if TYPE_CHECKING:
    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.storage.database import Read

_OUTCOMES: Final = (v.COMPLETED, v.ESCALATED, v.FAILED, v.ABANDONED, v.SILENT)
_COUNTED: Final = {
    "episodes": "true",
    **{f"as_{name}": f"outcome = '{name}'" for name in _OUTCOMES},
    "asked_for_human": "escalation_agent IS NOT NULL",
    "resolved": f"resolution_status = '{v.RESOLVED}'",
    "known": "resolution_status IS NOT NULL",
}
_OVER_TIME: Final = """
    SELECT local_ns - mod(local_ns, {unit}) AS local_begin, {offset} AS offset_ns, {sums}
    FROM (
        SELECT at_ns + zone_offset_ns AS local_ns, zone_offset_ns, {names}
        FROM (SELECT {at} AS at_ns, {counts} {engaged} GROUP BY at_ns) quarters
        JOIN {zone} ON at_ns >= zone_from_ns AND at_ns < zone_to_ns
    ) local
    GROUP BY local_begin, offset_ns ORDER BY min(local_ns - zone_offset_ns)
"""
_FRAGMENTS: Final = {
    "at": quarter_of("ended_ns"),
    "counts": ", ".join(f"count(*) FILTER (WHERE {condition}) AS {name}" for name, condition in _COUNTED.items()),
    "names": ", ".join(_COUNTED),
    "sums": ", ".join(f"sum({name})" for name in _COUNTED),
}
BY_HOUR: Final = Statement(_OVER_TIME, unit="{hour}", offset="zone_offset_ns", **_FRAGMENTS)
# A day on which the clocks are changed is one day.
BY_DAY: Final = Statement(_OVER_TIME, unit="{day}", offset="CAST(0 AS BIGINT)", **_FRAGMENTS)


@dataclass(frozen=True, slots=True)
class Period:
    """Engaged episodes that ended in a local hour or on a local day."""

    start: str
    """The day, or the hour with its offset from UTC, ISO 8601."""
    conversations: int
    outcomes: Outcomes
    abandonment_rate: Rate | None
    escalation_rate: Rate | None
    resolution_rate: Rate | None
    """Of those whose resolution status is known."""


def outcomes_by_hour(read: Read, asked: Asked) -> Listed[Period]:
    """Answer: how did conversations end, hour by hour? Hours without one are left out."""
    rows = BY_HOUR.rows(read, asked.values())
    return complete(
        asked, [_period(hour_of(int(begin), int(offset)), *map(int, rest)) for begin, offset, *rest in rows]
    )


def outcomes_by_day(read: Read, asked: Asked) -> Listed[Period]:
    """Answer: how did conversations end, day by day? Days without one are left out."""
    rows = BY_DAY.rows(read, asked.values())
    return complete(asked, [_period(day_of(int(begin)).isoformat(), *map(int, rest)) for begin, _, *rest in rows])


def _period(start: str, episodes: int, *counts: int) -> Period:
    outcomes = Outcomes(*counts[: len(_OUTCOMES)])
    asked_for_human, resolved, known = counts[len(_OUTCOMES) :]
    return Period(
        start,
        episodes,
        outcomes,
        share(outcomes.abandoned, episodes),
        share(asked_for_human, episodes),
        share(resolved, known),
    )
