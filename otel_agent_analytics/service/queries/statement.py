"""SQL with names: fragments in braces, parameters behind a colon. The same text serves DuckDB and PostgreSQL.

What differs between the two is kept out: local time is reckoned from offsets that are bound as arrays (``zone``), lists
of names are counted whole and taken apart afterwards, and ``mod``, ``md5`` and ``ln`` are spelled alike.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from otel_agent_analytics.storage.database import Read
    from otel_agent_analytics.storage.rows import Row

HOUR_NS: Final = 3_600_000_000_000
DAY_NS: Final = 24 * HOUR_NS
QUARTER_NS: Final = HOUR_NS // 4

_FRAGMENT: Final = re.compile(r"\{(\w+)\}")
_PARAMETER: Final = re.compile(r"(?<!:):(\w+)")
_WITHIN: Final = re.compile(r"(\w+) WITHIN :(\w+)")
_FRAGMENTS: Final = {
    "of_service": (
        "(CAST(:service AS VARCHAR) IS NULL OR service_name = CAST(:service AS VARCHAR)) AND "
        "(CAST(:namespace AS VARCHAR) IS NULL OR service_namespace = CAST(:namespace AS VARCHAR)) AND "
        "(CAST(:environment AS VARCHAR) IS NULL OR deployment_environment_name = CAST(:environment AS VARCHAR))"
    ),
    "ended": "ended_ns >= :from_ns AND ended_ns < :to_ns AND {of_service}",
    "engaged": "FROM conversations WHERE {ended} AND user_turns > 0",
    "spoke": "role = 'user' AND {of_service}",
    # What is summed up already: whole days of a window. What is not: the rows of the rest.
    "summed": "day WITHIN :summed_days AND {of_service}",
    "ended_else": "FROM conversations WHERE ended_ns WITHIN :gaps AND {of_service}",
    "called_else": "FROM calls WHERE started_ns WITHIN :gaps AND {of_service}",
    "person": "CAST(md5(user_hash) AS UUID)",
    # Buckets that are 5 % wide, so that the mean of one is less than 5 % away from any value in it.
    "bucket": (
        "CAST(floor(ln(CAST(CASE WHEN {time} > 1 THEN {time} ELSE 1 END AS DOUBLE PRECISION)) / 0.048790164169432) "
        "AS BIGINT)"
    ),
    "total": "CAST(sum({time}) AS DOUBLE PRECISION)",
    # Rows of the time from one change of the clocks to the next, and how far local time is ahead of UTC then.
    "zone": (
        "(SELECT unnest(CAST(:zone_from_ns AS BIGINT[])) AS zone_from_ns, unnest(CAST(:zone_to_ns AS BIGINT[])) AS "
        "zone_to_ns, unnest(CAST(:zone_offset_ns AS BIGINT[])) AS zone_offset_ns) zone"
    ),
    "quarter": str(QUARTER_NS),
    "hour": str(HOUR_NS),
    "day": str(DAY_NS),
    "week": str(7 * DAY_NS),
}


class Stretches(list[tuple[int, int]]):
    """Stretches of time, or of days, each from one number up to, not including, another."""


class Statement:
    """One question.

    Args:
        text: SQL with ``{fragment}``, ``:parameter``, and ``column WITHIN :name`` where that one is ``Stretches``.
        fragments: some that only this statement has.

    """

    def __init__(self, text: str, **fragments: str) -> None:
        self._text = filled(text, fragments)

    def rows(self, read: Read, values: Mapping[str, Any]) -> list[Row]:
        """Ask a database; ``values`` are those of the parameters, by name."""
        text = _WITHIN.sub(lambda found: _within(found[1], found[2], len(values[found[2]])), self._text)
        given = {**values}
        for name, stretches in values.items():
            if f":{name}" in self._text and isinstance(stretches, Stretches):
                given |= {f"{name}_{i}": time_ns for i, time_ns in enumerate(itertools.chain(*stretches))}
        names = _PARAMETER.findall(text)
        return read(_PARAMETER.sub("?", text), [given[name] for name in names])


def quarter_of(column: str) -> str:
    """Return SQL of a time that stands for a quarter of an hour, within the window.

    Clocks are changed at its edges only, and every offset is a multiple of it: so what lies in one quarter in UTC lies
    in one local hour and day.
    """
    quarter = f"{column} - mod({column}, {QUARTER_NS})"
    return f"CASE WHEN {quarter} < :from_ns THEN :from_ns ELSE {quarter} END"


def filled(text: str, fragments: Mapping[str, str]) -> str:
    """Return a text with its fragments, and those that they have, in place."""
    known = {**_FRAGMENTS, **fragments}
    while _FRAGMENT.search(text):
        text = _FRAGMENT.sub(lambda found: known[found[1]], text)
    return text


def _within(column: str, name: str, stretches: int) -> str:
    """Return a condition with two parameters for each stretch; constants, so that databases skip what lies outside."""
    parts = (
        f"({column} >= :{name}_{2 * number} AND {column} < :{name}_{2 * number + 1})" for number in range(stretches)
    )
    return f"({' OR '.join(parts)})" if stretches else "false"
