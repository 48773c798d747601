"""User messages: who spoke, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.service.queries.answers import Listed, Window, complete, window
from otel_agent_analytics.service.queries.figures import Rate
from otel_agent_analytics.service.queries.reckoning import share
from otel_agent_analytics.service.queries.statement import HOUR_NS, Statement, quarter_of
from otel_agent_analytics.service.queries.summed import MESSAGES, parts, parts_before

if TYPE_CHECKING:
    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.storage.database import Read

_HOURS: Final = 24
_DAYS: Final = 7
_FIRST_WEEKDAY: Final = 4
"""1970 began on a Thursday: ISO weekday 4."""

USERS: Final = Statement("""
    WITH now AS (
        SELECT person FROM message_user_days WHERE {summed}
        UNION SELECT {person} FROM (
            SELECT DISTINCT user_hash FROM messages WHERE {spoke} AND user_hash IS NOT NULL AND sent_ns WITHIN :gaps
        ) hashes
    ), before AS (
        SELECT person FROM message_user_days
        WHERE day WITHIN :days_before AND {of_service}
        UNION ALL SELECT {person} FROM (
            SELECT DISTINCT user_hash FROM messages
            WHERE {spoke} AND user_hash IS NOT NULL AND sent_ns WITHIN :before_gaps
        ) hashes
    )
    SELECT (SELECT count(*) FROM now), (SELECT count(*) FROM now WHERE person IN (SELECT person FROM before))
""")
MESSAGES_SENT: Final = Statement("""
    SELECT sum(messages), sum(without_user) FROM (
        SELECT messages, without_user FROM message_days WHERE {summed}
        UNION ALL SELECT count(*), count(*) FILTER (WHERE user_hash IS NULL) FROM messages
        WHERE {spoke} AND sent_ns WITHIN :gaps
    ) parts
""")
PEAK_HOURS: Final = Statement(
    """
    SELECT mod(local_ns - mod(local_ns, {hour}), {week}) AS local_hour, sum(messages)
    FROM (
        SELECT at_ns + zone_offset_ns AS local_ns, messages
        FROM (
            SELECT quarter_ns AS at_ns, messages FROM message_days WHERE {summed}
            UNION ALL SELECT {at} AS at_ns, count(*) FROM messages WHERE {spoke} AND sent_ns WITHIN :gaps
            GROUP BY at_ns
        ) quarters JOIN {zone} ON at_ns >= zone_from_ns AND at_ns < zone_to_ns
    ) local
    GROUP BY local_hour
    """,
    at=quarter_of("sent_ns"),
)


@dataclass(frozen=True, slots=True)
class Users:
    """Who spoke in the window; exact over what is stored."""

    window: Window
    unique: int
    new: int
    """First seen in the window."""
    returning: int
    """Seen before it. Both need hashes of user ids under a key that stays the same."""
    returning_rate: Rate | None
    messages: int
    messages_without_user: int


@dataclass(frozen=True, slots=True)
class PeakHour:
    """User messages in one hour of the week, local time."""

    weekday: int
    """1 is Monday, 7 Sunday."""
    hour: int
    """0 to 23."""
    messages: int


def users(read: Read, asked: Asked) -> Users:
    """Answer: how many people spoke, and how many of them are new?"""
    values = {**parts(read, asked, MESSAGES), **parts_before(read, asked, MESSAGES)}
    unique, returning = USERS.rows(read, values)[0]
    messages, nameless = (int(count or 0) for count in MESSAGES_SENT.rows(read, values)[0])
    returned = share(returning, unique)
    return Users(window(asked), unique, unique - returning, returning, returned, messages, nameless)


def peak_hours(read: Read, asked: Asked) -> Listed[PeakHour]:
    """Answer: at which hours of the week do users speak? All 168 hours."""
    rows = PEAK_HOURS.rows(read, parts(read, asked, MESSAGES))
    counts = {int(local_ns) // HOUR_NS: int(count) for local_ns, count in rows}
    hours = [
        PeakHour(day, hour, counts.get((day - _FIRST_WEEKDAY) % _DAYS * _HOURS + hour, 0))
        for day in range(1, _DAYS + 1)
        for hour in range(_HOURS)
    ]
    return complete(asked, hours)
