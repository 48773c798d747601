"""The overview of a window: all figures of the episodes that ended in it, and what stands around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.service.queries import tally as t
from otel_agent_analytics.service.queries.answers import Window, seconds, window
from otel_agent_analytics.service.queries.figures import Figures
from otel_agent_analytics.service.queries.reckoning import figures
from otel_agent_analytics.service.queries.statement import Read, Statement

if TYPE_CHECKING:
    from otel_agent_analytics.service.queries.asked import Asked

OVERVIEW: Final = Statement("SELECT {tally} {engaged}", tally=t.COLUMNS)
AROUND: Final = Statement("""
    SELECT count(*) FILTER (WHERE user_turns = 0), count(DISTINCT user_hash) FILTER (WHERE user_turns > 0),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY CASE WHEN user_turns > 0 THEN ended_ns - started_ns END),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY CASE WHEN user_turns > 0 THEN ended_ns - started_ns END)
    FROM conversations WHERE {ended}
""")
OPEN: Final = Statement("SELECT count(*) FROM heads WHERE active AND {of_service}")


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures of a window."""

    window: Window
    figures: Figures
    visits: int
    users: int
    """Different users of these episodes; those without a user id are none."""
    median_duration_seconds: float | None
    p95_duration_seconds: float | None
    open_now: int
    """Engaged conversations that are open at this moment, whenever they began."""


def tally_of_window(read: Read, asked: Asked) -> t.Tally:
    """Return what all episodes add up to."""
    return t.tally_of(OVERVIEW.rows(read, asked.values())[0])


def overview(read: Read, asked: Asked) -> Overview:
    """Answer: how does it go?"""
    values = asked.values()
    visits, users, median, p95 = AROUND.rows(read, values)[0]
    found = figures(tally_of_window(read, asked), asked.human_cost_usd)
    open_now = OPEN.rows(read, values)[0][0]
    return Overview(window(asked), found, visits, users, seconds(median), seconds(p95), open_now)
