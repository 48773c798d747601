"""Totals ⇄ rows: what of them a transaction has moved, and all of them again after a restart."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs.totals import Distribution, Total, Totals
from otel_agent_analytics.storage.errors import ConflictError
from otel_agent_analytics.storage.rows import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from otel_agent_analytics.storage.database import Transaction
    from otel_agent_analytics.storage.rows import Row

_SUM: Final = -1
_NONE: Final = Decimal(0)
METRICS: Final = {metric.name: metric for metric in c.CATALOGUE}


class StoredTotals:
    """The totals of one writer, and what of them is stored. Not thread-safe; the totals themselves are.

    Args:
        totals: the sink that counts.
        writer: whose rows these are.
    """

    def __init__(self, totals: Totals, writer: int = 0) -> None:
        self._totals = totals
        self._writer = writer
        self._stored: dict[Row, Row] = {}
        self._new: dict[Row, Row] = {}

    def restore(self, rows: Iterable[Row]) -> None:
        """Make the totals what is stored; a metric that this version does not have is left as it is."""
        self._stored = {row[:-2]: row[-2:] for row in rows}
        self._totals.reset()
        fill(self._totals, ((*key[:-2], key[-1], *value) for key, value in self._stored.items()))

    def know_labels(self, transaction: Transaction) -> bool:
        """Take note of the labels that others show; return whether one of them is new."""
        new = False
        for name, *service, labels in transaction.series_of_others(self._writer):
            metric = METRICS.get(name)
            if metric is not None:
                new |= self._totals.know(metric, Service(*service), tuple(json.loads(labels)))
        return new

    def agree_on_labels(self, transaction: Transaction) -> None:
        """See to it that all writers together show as many labels as one may.

        Raises:
            ConflictError: another has let in a label that was not known here when this one let one in.
        """
        if self._totals.admitted() and self.know_labels(transaction):
            raise ConflictError("another analyzer shows a label that was not known here")

    def moved(self) -> list[Row]:
        """Return the rows that are not as they are stored."""
        self._new = {key: value for key, value in self._rows() if self._stored.get(key) != value}
        return [key + value for key, value in self._new.items()]

    def done(self) -> None:
        """Take note that these rows are stored now."""
        self._stored |= self._new

    def _rows(self) -> Iterator[tuple[Row, Row]]:
        for cell in self._totals.moved_cells():
            assert cell.key is not None  # noqa: S101 - every cell of totals has one
            metric, service, labels = cell.key
            key = metric.name, *service, names(labels), self._writer
            if isinstance(cell, Total):
                yield (*key, _SUM), (Decimal(cell.value), Decimal(cell.retracted))
                continue
            yield (*key, _SUM), (Decimal(cell.total), _NONE)
            for bucket, count in enumerate(cell.counts):
                yield (*key, bucket), (Decimal(count), _NONE)


def fill(totals: Totals, rows: Iterable[Row]) -> None:
    """Put stored series into empty totals; a metric that this version does not have is passed over.

    Args:
        totals: to be filled.
        rows: of the table's columns without the writer.
    """
    distributions: dict[Row, Distribution] = {}
    for name, *service, labels, bucket, value, retracted in rows:
        metric, key = METRICS.get(name), (name, *service, labels)
        if metric is None:
            continue
        cell: Total | Distribution = Total(_whole(value), _whole(retracted))
        if metric.kind == c.HISTOGRAM:
            cell = distributions.setdefault(key, Distribution([0] * (len(metric.buckets) + 1)))
            if bucket == _SUM:
                cell.total = _whole(value)
            elif bucket < len(cell.counts):
                cell.counts[bucket] = int(value)
        totals.put(metric, Service(*service), tuple(json.loads(labels)), cell)


def _whole(value: Decimal) -> int | Decimal:
    """Return a stored number as it was counted: most are whole."""
    return int(value) if value == value.to_integral_value() else value.normalize()
