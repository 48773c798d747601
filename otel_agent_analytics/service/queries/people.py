"""User messages: who spoke, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.service.queries.answers import Listed, Window, complete, window
from otel_agent_analytics.service.queries.figures import Rate
from otel_agent_analytics.service.queries.reckoning import share
from otel_agent_analytics.service.queries.statement import HOUR_NS, Read, Statement

if TYPE_CHECKING:
    from otel_agent_analytics.service.queries.asked import Asked

_HOURS: Final = 24
_DAYS: Final = 7
_FIRST_WEEKDAY: Final = 4
"""1970 began on a Thursday: ISO weekday 4."""

USERS: Final = Statement("""
    WITH now AS (
        SELECT DISTINCT user_hash FROM messages
        WHERE {spoke} AND user_hash IS NOT NULL AND sent_ns >= :from_ns AND sent_ns < :to_ns
    ), before AS (
        SELECT DISTINCT user_hash FROM messages
        WHERE {spoke} AND sent_ns < :from_ns AND user_hash IN (SELECT user_hash FROM now)
    )
    SELECT (SELECT count(*) FROM now), (SELECT count(*) FROM before),
        count(*), count(*) FILTER (WHERE user_hash IS NULL)
    FROM messages WHERE {spoke} AND sent_ns >= :from_ns AND sent_ns < :to_ns
""")
PEAK_HOURS: Final = Statement("""
    SELECT mod(local_ns - mod(local_ns, {hour}), {week}) AS local_hour, count(*)
    FROM (
        SELECT sent_ns + zone_offset_ns AS local_ns
        FROM messages JOIN {zone} ON sent_ns >= zone_from_ns AND sent_ns < zone_to_ns
        WHERE {spoke} AND sent_ns >= :from_ns AND sent_ns < :to_ns
    ) local
    GROUP BY local_hour
""")


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
    unique, returning, messages, nameless = USERS.rows(read, asked.values())[0]
    returned = share(returning, unique)
    return Users(window(asked), unique, unique - returning, returning, returned, messages, nameless)


def peak_hours(read: Read, asked: Asked) -> Listed[PeakHour]:
    """Answer: at which hours of the week do users speak? All 168 hours."""
    counts = {int(local_ns) // HOUR_NS: count for local_ns, count in PEAK_HOURS.rows(read, asked.values())}
    hours = [
        PeakHour(day, hour, counts.get((day - _FIRST_WEEKDAY) % _DAYS * _HOURS + hour, 0))
        for day in range(1, _DAYS + 1)
        for hour in range(_HOURS)
    ]
    return complete(asked, hours)
