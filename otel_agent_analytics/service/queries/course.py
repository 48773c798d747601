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
from otel_agent_analytics.service.queries.statement import Statement, quarter_of
from otel_agent_analytics.service.queries.summed import CONVERSATIONS, parts
from otel_agent_analytics.service.queries.zone import day_of, hour_of

if TYPE_CHECKING:
    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.storage.database import Read

SENTIMENT_BY_DAY: Final = Statement(
    """
    SELECT local_ns - mod(local_ns, {day}) AS local_day, sum(episodes), sum(positive), sum(neutral), sum(negative),
        sum(frustrated)
    FROM (
        SELECT at_ns + zone_offset_ns AS local_ns, episodes, positive, neutral, negative, frustrated
        FROM (
            SELECT {at} AS at_ns, count(*) AS episodes, count(*) FILTER (WHERE sentiment = 'positive') AS positive,
                count(*) FILTER (WHERE sentiment = 'neutral') AS neutral,
                count(*) FILTER (WHERE sentiment = 'negative') AS negative,
                count(*) FILTER (WHERE sentiment = 'frustrated') AS frustrated
            {engaged} GROUP BY at_ns
        ) quarters JOIN {zone} ON at_ns >= zone_from_ns AND at_ns < zone_to_ns
    ) local
    GROUP BY local_day ORDER BY local_day
    """,
    at=quarter_of("ended_ns"),
)
PER_HOUR: Final = Statement(
    """
    SELECT local_ns - mod(local_ns, {hour}) AS local_hour, zone_offset_ns, sum(episodes)
    FROM (
        SELECT at_ns + zone_offset_ns AS local_ns, zone_offset_ns, episodes
        FROM (
            SELECT {at} AS at_ns, count(*) AS episodes FROM conversations
            WHERE started_ns >= :from_ns AND started_ns < :to_ns AND {of_service} AND user_turns > 0
            GROUP BY at_ns
        ) quarters JOIN {zone} ON at_ns >= zone_from_ns AND at_ns < zone_to_ns
    ) local
    GROUP BY local_hour, zone_offset_ns ORDER BY min(local_ns - zone_offset_ns)
    """,
    at=quarter_of("started_ns"),
)
TURNS: Final = Statement("""
    SELECT CAST(value AS BIGINT) AS turns, sum(episodes), sum(abandoned) FROM (
        SELECT value, episodes, abandoned FROM conversation_days WHERE dimension = 'user_turns' AND {summed}
        UNION ALL
        SELECT CAST(user_turns AS VARCHAR), count(*), count(*) FILTER (WHERE outcome = 'abandoned')
        {ended_else} AND user_turns > 0 GROUP BY user_turns
    ) parts
    GROUP BY value ORDER BY turns
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
    return [_day(*map(int, row)) for row in SENTIMENT_BY_DAY.rows(read, asked.values())]


def conversations_per_hour(read: Read, asked: Asked) -> Listed[Hour]:
    """Answer: when do conversations begin? Hours without one are left out."""
    rows = PER_HOUR.rows(read, asked.values())
    return complete(asked, [Hour(hour_of(int(at_ns), offset_ns), int(count)) for at_ns, offset_ns, count in rows])


def drop_off(read: Read, asked: Asked) -> Listed[Turn]:
    """Answer: in which turn do users give up?"""
    reached, abandoned = Counter[str](), Counter[str]()
    for turns, many, few in TURNS.rows(read, parts(read, asked, CONVERSATIONS)):
        episodes, given_up = int(many), int(few)
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
