"""Percentiles of lengths of time, from counts and sums of buckets that are 5 % wide: less than 5 % off, however many.

A percentile lies between two of the ordered values, as ``percentile_cont`` has it; each of the two is taken to be the
mean of its bucket. So where every value has a bucket of its own, or shares it with its like, the percentile is exact.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics.service.queries.statement import Statement, filled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from otel_agent_analytics.storage.database import Read

_SHARES: Final = (0.5, 0.95)
_LENGTHS: Final = """
    WITH buckets AS (
        SELECT kind, name, bucket, sum(count) AS count, sum(sum_ns) AS sum_ns
        FROM (
            SELECT kind, name, bucket, count, sum_ns FROM time_days WHERE kind IN ({kinds}) AND {summed}
            {rows}
        ) parts
        GROUP BY kind, name, bucket
    ), ordered AS (
        SELECT kind, name, count, sum_ns, sum(count) OVER (PARTITION BY kind, name ORDER BY bucket) - count AS below,
            sum(count) OVER (PARTITION BY kind, name) AS total
        FROM buckets
    )
    SELECT kind, name, total, below, count, sum_ns FROM ordered
    WHERE {places} ORDER BY kind, name, below
"""
_OF_ROWS: Final = """
    UNION ALL SELECT '{kind}', {name}, {bucket} AS bucket, count(*), {total} {from} AND {only} GROUP BY {name}, bucket
"""
_HOLDS: Final = "(below <= {place} AND below + count > {place})"
_PLACES: Final = " OR ".join(
    _HOLDS.replace("{place}", f"{round_}({share} * (total - 1))") for share in _SHARES for round_ in ("floor", "ceil")
)


class Part(NamedTuple):
    """Which rows have lengths of time of a kind."""

    kind: str
    name: str
    """SQL of what they are told apart by."""
    time: str
    """SQL of the length, nanoseconds."""
    only: str
    """SQL of which rows they are."""


class Spread(NamedTuple):
    """Median and 95th percentile of some lengths of time, nanoseconds; None of nothing."""

    total: int = 0
    """How many there are."""
    p50: float | None = None
    p95: float | None = None


NONE: Final = Spread()


class _Bucket(NamedTuple):
    """A bucket in which a percentile may lie."""

    total: int
    """How many values there are in all buckets."""
    below: int
    """How many in those before it."""
    inside: int
    sum_ns: float


def lengths(rows: str, *parts: Part) -> Statement:
    """Return the statement that reads what ``spreads`` needs.

    Args:
        rows: the fragment that says which rows are not summed up.
        parts: the kinds of lengths.
    """
    of_rows = "".join(filled(_OF_ROWS, {**part._asdict(), "from": f"{{{rows}}}"}) for part in parts)
    kinds = ", ".join(f"'{part.kind}'" for part in parts)
    return Statement(_LENGTHS, kinds=kinds, rows=of_rows, places=_PLACES)


def spreads(statement: Statement, read: Read, values: Mapping[str, Any]) -> dict[tuple[str, str], Spread]:
    """Return median and 95th percentile by kind and name."""
    found: dict[tuple[str, str], list[_Bucket]] = {}
    for kind, name, *bucket in statement.rows(read, values):
        total, below, inside, sum_ns = bucket
        found.setdefault((kind, name), []).append(_Bucket(int(total), int(below), int(inside), sum_ns))
    return {
        key: Spread(buckets[0].total, *(_percentile(share, buckets) for share in _SHARES))
        for key, buckets in found.items()
    }


def _percentile(share: float, buckets: list[_Bucket]) -> float:
    """Return a percentile of values, of which those buckets are known in which it may lie."""
    place = share * (buckets[0].total - 1)
    low, high = _value(math.floor(place), buckets), _value(math.ceil(place), buckets)
    return low + (high - low) * (place - math.floor(place))


def _value(place: int, buckets: list[_Bucket]) -> float:
    """Return the value at a place in their order, from 0: the mean of its bucket."""
    return next(one.sum_ns / one.inside for one in buckets if one.below <= place < one.below + one.inside)
