"""SQL with names: fragments in braces, parameters behind a colon. The same text serves DuckDB and PostgreSQL.

What differs between the two is kept out: local time is reckoned from offsets that are bound as arrays (``zone``), lists
of names are counted whole and taken apart afterwards, and ``mod`` and ``percentile_cont`` are spelled alike.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from otel_agent_analytics.storage.rows import Row

HOUR_NS: Final = 3_600_000_000_000
DAY_NS: Final = 24 * HOUR_NS

_FRAGMENT: Final = re.compile(r"\{(\w+)\}")
_PARAMETER: Final = re.compile(r":(\w+)")
_FRAGMENTS: Final = {
    "of_service": "(CAST(:service AS VARCHAR) IS NULL OR service_name = CAST(:service AS VARCHAR))",
    "ended": "ended_ns >= :from_ns AND ended_ns < :to_ns AND {of_service}",
    "engaged": "FROM conversations WHERE {ended} AND user_turns > 0",
    "called": "FROM calls WHERE started_ns >= :from_ns AND started_ns < :to_ns AND {of_service}",
    "spoke": "role = 'user' AND {of_service}",
    # Rows of the time from one change of the clocks to the next, and how far local time is ahead of UTC then.
    "zone": (
        "(SELECT unnest(CAST(:zone_from_ns AS BIGINT[])) AS zone_from_ns, unnest(CAST(:zone_to_ns AS BIGINT[])) AS "
        "zone_to_ns, unnest(CAST(:zone_offset_ns AS BIGINT[])) AS zone_offset_ns) zone"
    ),
    "hour": str(HOUR_NS),
    "day": str(DAY_NS),
    "week": str(7 * DAY_NS),
}


class Read(Protocol):
    """Runs a statement beside the writer, with ``?`` for each parameter."""

    def __call__(self, statement: str, parameters: Sequence[Any] = (), /) -> list[Row]:
        """Return the rows that come of it."""


class Statement:
    """One question.

    Args:
        text: SQL with ``{fragment}`` and ``:parameter``.
        fragments: some that only this statement has.

    Attributes:
        text: the SQL, with ``?`` for each parameter.
        names: of the parameters, in their order.
    """

    def __init__(self, text: str, **fragments: str) -> None:
        known = {**_FRAGMENTS, **fragments}
        while _FRAGMENT.search(text):
            text = _FRAGMENT.sub(lambda found: known[found[1]], text)
        self.names: tuple[str, ...] = tuple(_PARAMETER.findall(text))
        self.text: str = _PARAMETER.sub("?", text)

    def rows(self, read: Read, values: Mapping[str, Any]) -> list[Row]:
        """Ask a database; ``values`` are those of the parameters, by name."""
        return read(self.text, [values[name] for name in self.names])
