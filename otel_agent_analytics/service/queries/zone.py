"""Time zones: how far local time is ahead of UTC, from one change of the clocks to the next."""

from __future__ import annotations

import functools
import zoneinfo
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

SECOND_NS: Final = 1_000_000_000
_DAY: Final = 86_400
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DEFAULT: Final = "UTC"


class Offset(NamedTuple):
    """A time in which no clock is changed."""

    from_ns: int
    to_ns: int
    """The first instant that is no part of it, UTC nanoseconds."""
    offset_ns: int
    """What local time is ahead of UTC."""


def zone_of(name: str) -> tzinfo | None:
    """Return a time zone by its IANA name; None where there is none of that name."""
    if name == DEFAULT:
        return UTC  # needs no tables
    return zoneinfo.ZoneInfo(name) if name in _names() else None


def offsets(zone: tzinfo, from_ns: int, to_ns: int) -> list[Offset]:
    """Return the times between changes of the clocks in [from, to), in their order; at least one."""
    if zone is UTC:
        return [Offset(from_ns, to_ns, 0)]
    found, since_ns = list[Offset](), from_ns
    first, last = from_ns // SECOND_NS, -(-to_ns // SECOND_NS)
    for day in range(first, last, _DAY):
        until = min(day + _DAY, last)
        if _ahead(zone, day) != _ahead(zone, until):
            change_ns = _change(zone, day, until) * SECOND_NS
            if since_ns < change_ns < to_ns:
                found.append(Offset(since_ns, change_ns, _ahead(zone, day) * SECOND_NS))
                since_ns = change_ns
    return [*found, Offset(since_ns, to_ns, _ahead(zone, since_ns // SECOND_NS) * SECOND_NS)]


def day_of(local_ns: int) -> date:
    """Return the day of a local time, nanoseconds since the start of 1970 there."""
    return (_EPOCH + timedelta(days=local_ns // (_DAY * SECOND_NS))).date()


def hour_of(local_ns: int, offset_ns: int) -> str:
    """Return the hour in which a local time lies, in ISO 8601 with its offset from UTC."""
    offset = timedelta(seconds=offset_ns // SECOND_NS)
    local = (_EPOCH + timedelta(seconds=local_ns // SECOND_NS)).replace(minute=0, second=0, tzinfo=None)
    return f"{local.isoformat()}{datetime(1970, 1, 1, tzinfo=_fixed(offset)).isoformat()[19:]}"


def instant(time_ns: int) -> str:
    """Return a time in ISO 8601, UTC, to the nanosecond."""
    seconds, rest = divmod(time_ns, SECOND_NS)
    return f"{(_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]}.{rest:09d}Z"


def _change(zone: tzinfo, before: int, after: int) -> int:
    """Return the first second of the offset that holds at ``after``, where another one does at ``before``."""
    while after - before > 1:
        middle = (before + after) // 2
        if _ahead(zone, middle) == _ahead(zone, before):
            before = middle
        else:
            after = middle
    return after


def _ahead(zone: tzinfo, second: int) -> int:
    offset = (_EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    return round(offset.total_seconds()) if offset is not None else 0


def _fixed(offset: timedelta) -> tzinfo:
    from datetime import timezone

    return timezone(offset)


@functools.cache
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
