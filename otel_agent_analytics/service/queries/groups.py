"""Groups of ended episodes beside each other: agents, models, versions, and whence and how users come."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.service.queries import tally as t
from otel_agent_analytics.service.queries.answers import Listed, listed
from otel_agent_analytics.service.queries.figures import Figures, Rate
from otel_agent_analytics.service.queries.reckoning import figures, share
from otel_agent_analytics.service.queries.statement import Statement
from otel_agent_analytics.service.queries.summed import CONVERSATIONS, parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.storage.database import Read

COUNT: Final = Statement("""
    SELECT sum(episodes) FROM (
        SELECT episodes FROM conversation_days WHERE dimension = '' AND {summed}
        UNION ALL SELECT count(*) {ended_else} AND user_turns > 0
    ) parts
""")
_GROUPS: Final = """
    SELECT value, {sums} FROM (
        SELECT value, {names} FROM conversation_days WHERE dimension = '{column}' AND {summed}
        UNION ALL SELECT {column}, {tally} {ended_else} AND user_turns > 0 GROUP BY {column}
    ) parts
    GROUP BY value
"""
_FIRST: Final = f"{_GROUPS} ORDER BY sum(episodes) DESC, value NULLS LAST LIMIT :most"
_SUMS: Final = {"sums": t.SUMS, "names": t.NAMES, "tally": t.COLUMNS}
_USERS: Final = """
    SELECT value, count(*) FROM (
        SELECT DISTINCT value, person FROM (
            SELECT {column} AS value, person FROM conversation_user_days WHERE {summed}
            UNION ALL SELECT value, {person} FROM (
                SELECT DISTINCT {column} AS value, user_hash {ended_else} AND user_turns > 0 AND user_hash IS NOT NULL
            ) hashes
        ) parts
    ) people
    GROUP BY value
"""
MODEL_SETS: Final = Statement(_GROUPS, column="models", **_SUMS)


@dataclass(frozen=True, slots=True)
class Group:
    """Some episodes that have something in common."""

    name: str | None
    """None: it is not known."""
    share: Rate | None
    """Of all episodes of the window."""
    figures: Figures


@dataclass(frozen=True, slots=True)
class Segment:
    """Some episodes whose users have something in common."""

    name: str | None
    share: Rate | None
    users: int
    figures: Figures


def compared(column: str) -> Callable[[Read, Asked], Listed[Group]]:
    """Return what answers: how do the values of a column compare?"""
    statement = Statement(_FIRST, column=column, **_SUMS)

    def answer(read: Read, asked: Asked) -> Listed[Group]:
        values = parts(read, asked, CONVERSATIONS)
        all_ = int(COUNT.rows(read, values)[0][0])
        rows = statement.rows(read, values)
        return listed(asked, [_group(name, t.tally_of(tuple(row)), all_, asked) for name, *row in rows])

    return answer


def segments(column: str) -> Callable[[Read, Asked], Listed[Segment]]:
    """Return what answers: who are the users, by a column?"""
    statement, of_users = Statement(_FIRST, column=column, **_SUMS), Statement(_USERS, column=column)

    def answer(read: Read, asked: Asked) -> Listed[Segment]:
        values = parts(read, asked, CONVERSATIONS)
        all_ = int(COUNT.rows(read, values)[0][0])
        users: dict[str | None, int] = dict(of_users.rows(read, values))
        tallies = [(name, t.tally_of(tuple(row))) for name, *row in statement.rows(read, values)]
        return listed(asked, [_segment(name, users.get(name, 0), tally, all_, asked) for name, tally in tallies])

    return answer


def compared_models(read: Read, asked: Asked) -> Listed[Group]:
    """Answer: how do models compare? An episode counts for each model that it called."""
    found: dict[str | None, list[t.Tally]] = {}
    values = parts(read, asked, CONVERSATIONS)
    rows = [(models, t.tally_of(tuple(row))) for models, *row in MODEL_SETS.rows(read, values)]
    for models, tally in rows:
        for name in json.loads(models or "[]") or [None]:
            found.setdefault(name, []).append(tally)
    groups = [(name, t.added(tallies)) for name, tallies in found.items()]
    groups.sort(key=lambda group: (-group[1].episodes, group[0] is None, group[0] or ""))
    all_ = sum(tally.episodes for _, tally in rows)
    return listed(asked, [_group(name, tally, all_, asked) for name, tally in groups])


def _group(name: str | None, tally: t.Tally, all_: int, asked: Asked) -> Group:
    return Group(name, share(tally.episodes, all_), figures(tally, asked.human_cost_usd))


def _segment(name: str | None, users: int, tally: t.Tally, all_: int, asked: Asked) -> Segment:
    return Segment(name, share(tally.episodes, all_), users, figures(tally, asked.human_cost_usd))
