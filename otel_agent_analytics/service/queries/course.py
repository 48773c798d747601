"""The course of things: ended episodes by day, by hour and by turn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations import rates as r
from otel_agent_analytics.outputs.measures import turn_label
from otel_agent_analytics.service.queries.answers import Listed, complete
from otel_agent_analytics.service.queries.figures import Rate, Sentiments
from otel_agent_analytics.service.queries.reckoning import negative_rate, shown
from otel_agent_analytics.service.queries.reckoning import sentiments as sentiments_of
from otel_agent_analytics.service.queries.statement import Read, Statement
from otel_agent_analytics.service.queries.zone import day_of, hour_of

if TYPE_CHECKING:
    from otel_agent_analytics.service.queries.asked import Asked

SENTIMENT_BY_DAY: Final = Statement("""
    SELECT local_ns - mod(local_ns, {day}) AS local_day, count(*), count(*) FILTER (WHERE sentiment = 'positive'),
        count(*) FILTER (WHERE sentiment = 'neutral'), count(*) FILTER (WHERE sentiment = 'negative'),
        count(*) FILTER (WHERE sentiment = 'frustrated')
    FROM (
        SELECT ended_ns + zone_offset_ns AS local_ns, sentiment
        FROM conversations JOIN {zone} ON ended_ns >= zone_from_ns AND ended_ns < zone_to_ns
        WHERE {ended} AND user_turns > 0
    ) local
    GROUP BY local_day ORDER BY local_day
""")
PER_HOUR: Final = Statement("""
    SELECT local_ns - mod(local_ns, {hour}) AS local_hour, zone_offset_ns, count(*)
    FROM (
        SELECT started_ns + zone_offset_ns AS local_ns, zone_offset_ns
        FROM conversations JOIN {zone} ON started_ns >= zone_from_ns AND started_ns < zone_to_ns
        WHERE started_ns >= :from_ns AND started_ns < :to_ns AND {of_service} AND user_turns > 0
    ) local
    GROUP BY local_hour, zone_offset_ns ORDER BY min(local_ns - zone_offset_ns)
""")
TURNS: Final = Statement("""
    SELECT user_turns, count(*), count(*) FILTER (WHERE outcome = 'abandoned') {engaged}
    GROUP BY user_turns ORDER BY user_turns
""")


@dataclass(frozen=True, slots=True)
class Day:
    """Episodes that ended on a local day."""

    day: str
    conversations: int
    sentiments: Sentiments
    negative_rate: Rate | None


@dataclass(frozen=True, slots=True)
class Hour:
    """Engaged episodes that started in a local hour, and have ended since."""

    hour: str
    conversations: int


@dataclass(frozen=True, slots=True)
class Turn:
    """How many of those who reached a turn gave up in it."""

    turn: str
    reached: int
    abandoned: int
    hazard: Rate | None
    survival: float | None


def sentiment_by_day(read: Read, asked: Asked) -> Listed[Day]:
    """Answer: how do users feel, day by day? Days without an episode are left out."""
    return complete(asked, days(read, asked))


def days(read: Read, asked: Asked) -> list[Day]:
    """Return the sentiments of each local day."""
    return [_day(*row) for row in SENTIMENT_BY_DAY.rows(read, asked.values())]


def conversations_per_hour(read: Read, asked: Asked) -> Listed[Hour]:
    """Answer: when do conversations begin? Hours without one are left out."""
    rows = PER_HOUR.rows(read, asked.values())
    return complete(asked, [Hour(hour_of(local_ns, offset_ns), count) for local_ns, offset_ns, count in rows])


def drop_off(read: Read, asked: Asked) -> Listed[Turn]:
    """Answer: in which turn do users give up?"""
    reached, abandoned = Counter[str](), Counter[str]()
    for turns, episodes, given_up in TURNS.rows(read, asked.values()):
        for turn in range(1, min(turns, v.LAST_SINGLE_TURN) + 1):
            reached[turn_label(turn)] += episodes
        reached[v.TURNS[-1]] += episodes * max(0, turns - v.LAST_SINGLE_TURN)
        abandoned[turn_label(turns)] += given_up
    found = r.drop_off(reached, abandoned)
    items = [Turn(one.turn, reached[one.turn], abandoned[one.turn], shown(one.hazard), one.survival) for one in found]
    return complete(asked, items)


def _day(local_ns: int, episodes: int, *counts: int) -> Day:
    found = sentiments_of(episodes, *counts)
    return Day(day_of(local_ns).isoformat(), episodes, found, negative_rate(found))
