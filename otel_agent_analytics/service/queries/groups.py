"""Groups of ended episodes beside each other: agents, models, versions, and whence and how users come."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.service.queries import tally as t
from otel_agent_analytics.service.queries.answers import Listed, listed
from otel_agent_analytics.service.queries.figures import Figures, Rate
from otel_agent_analytics.service.queries.reckoning import figures, share
from otel_agent_analytics.service.queries.statement import Read, Statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.service.queries.asked import Asked

COUNT: Final = Statement("SELECT count(*) {engaged}")
_GROUPS: Final = """
    SELECT {column}, {users}, {tally} {engaged}
    GROUP BY {column} ORDER BY count(*) DESC, {column} NULLS LAST LIMIT :most
"""
MODEL_SETS: Final = Statement("SELECT models, {tally} {engaged} GROUP BY models", tally=t.COLUMNS)


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
    statement = Statement(_GROUPS, column=column, users="0", tally=t.COLUMNS)

    def answer(read: Read, asked: Asked) -> Listed[Group]:
        values = asked.values()
        all_ = COUNT.rows(read, values)[0][0]
        rows = statement.rows(read, values)
        return listed(asked, [_group(name, t.tally_of(tuple(row)), all_, asked) for name, _, *row in rows])

    return answer


def segments(column: str) -> Callable[[Read, Asked], Listed[Segment]]:
    """Return what answers: who are the users, by a column?"""
    statement = Statement(_GROUPS, column=column, users="count(DISTINCT user_hash)", tally=t.COLUMNS)

    def answer(read: Read, asked: Asked) -> Listed[Segment]:
        values = asked.values()
        all_ = COUNT.rows(read, values)[0][0]
        rows = statement.rows(read, values)
        return listed(asked, [_segment(name, users, t.tally_of(tuple(row)), all_, asked) for name, users, *row in rows])

    return answer


def compared_models(read: Read, asked: Asked) -> Listed[Group]:
    """Answer: how do models compare? An episode counts for each model that it called."""
    found: dict[str | None, list[t.Tally]] = {}
    rows = [(models, t.tally_of(tuple(row))) for models, *row in MODEL_SETS.rows(read, asked.values())]
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
