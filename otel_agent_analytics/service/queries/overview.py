"""The overview of a window: all figures of the episodes that ended in it, and what stands around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.service.queries import tally as t
from otel_agent_analytics.service.queries.answers import Window, seconds, window
from otel_agent_analytics.service.queries.figures import Figures
from otel_agent_analytics.service.queries.percentiles import NONE, Part, lengths, spreads
from otel_agent_analytics.service.queries.reckoning import figures
from otel_agent_analytics.service.queries.statement import Statement
from otel_agent_analytics.service.queries.summed import CONVERSATIONS, parts

if TYPE_CHECKING:
    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.storage.database import Read

OVERVIEW: Final = Statement(
    """
    SELECT {sums} FROM (
        SELECT {names} FROM conversation_days WHERE dimension = '' AND {summed}
        UNION ALL SELECT {tally} {ended_else} AND user_turns > 0
    ) parts
    """,
    sums=t.SUMS,
    names=t.NAMES,
    tally=t.COLUMNS,
)
VISITS: Final = Statement("SELECT count(*) FROM conversations WHERE {ended} AND user_turns = 0")
USERS: Final = Statement("""
    SELECT count(DISTINCT person) FROM (
        SELECT person FROM conversation_user_days WHERE {summed}
        UNION ALL SELECT {person} FROM (
            SELECT DISTINCT user_hash {ended_else} AND user_turns > 0 AND user_hash IS NOT NULL
        ) hashes
    ) people
""")
DURATIONS: Final = lengths(
    "ended_else", Part("conversation", "CAST('' AS VARCHAR)", "(ended_ns - started_ns)", "user_turns > 0")
)
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
    """Less than 5 % off; so is the next one."""
    p95_duration_seconds: float | None
    open_now: int
    """Engaged conversations that are open at this moment, whenever they began."""


def tally_of_window(read: Read, asked: Asked) -> t.Tally:
    """Return what all episodes add up to."""
    return t.tally_of(OVERVIEW.rows(read, parts(read, asked, CONVERSATIONS))[0])


def overview(read: Read, asked: Asked) -> Overview:
    """Answer: how does it go?"""
    values = parts(read, asked, CONVERSATIONS)
    found = figures(t.tally_of(OVERVIEW.rows(read, values)[0]), asked.human_cost_usd)
    visits, users, open_now = (statement.rows(read, values)[0][0] for statement in (VISITS, USERS, OPEN))
    took = spreads(DURATIONS, read, values).get(("conversation", ""), NONE)
    return Overview(window(asked), found, visits, users, seconds(took.p50), seconds(took.p95), open_now)
