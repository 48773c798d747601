"""Families of prometheus_client → metrics of OTLP, with the names, labels, values and examples of a scrape. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    Sum,
)

from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from opentelemetry.sdk.metrics.export import DataT
    from prometheus_client.core import Metric as Family
    from prometheus_client.samples import Sample

Labels: TypeAlias = "frozenset[tuple[str, str]]"

GONE: Final = math.nan
"""Value of a gauge that is no longer shown; said once, or Prometheus would show its last one for five minutes more."""
_CUMULATIVE: Final = AggregationTemporality.CUMULATIVE
_START_NS: Final = 0
"""That is unknown: totals are stored, and older than any process. A later time would say that they began anew."""
_TRACE_DIGITS: Final = 32
_NO_SPAN: Final = 0
_LE: Final = "le"


class Shown(NamedTuple):
    """What is known the next time of what was sent."""

    examples: dict[tuple[str, Labels, int, float], int]
    """Each exemplar by name and labels of its sample, trace and value: when it was first seen, UTC nanoseconds."""
    gauges: dict[str, set[Labels]]
    """The labels of the series of each gauge."""


class Converted(NamedTuple):
    """What is sent."""

    metrics: list[Metric]
    """Those that have a series, in the order of the families."""
    shown: Shown


def converted(families: Iterable[Family], now_ns: int, before: Shown | None = None) -> Converted:
    """Return what a collector of prometheus_client shows as cumulative metrics.

    Names are those of the samples, and units stay empty: Prometheus appends a unit to a name that does not have it.

    Args:
        families: counters, gauges and histograms.
        now_ns: when they were collected, UTC nanoseconds.
        before: what was shown the time before. An exemplar that is still there keeps its time, so that it is stored
            once; a gauge that is not is ``GONE``.
    """
    moment = _Moment(now_ns, before or Shown({}, {}))
    found = [_metric(family, moment) for family in families]
    return Converted([metric for metric in found if metric.data.data_points], moment.shown)


class _Moment:
    """When metrics were collected, and what is shown then and was before."""

    def __init__(self, now_ns: int, before: Shown) -> None:
        self.now_ns = now_ns
        self.shown = Shown({}, {})
        self._before = before

    def gone(self, gauge: str, samples: Iterable[Sample]) -> list[NumberDataPoint]:
        """Return points for the series of a gauge that were shown before and are not now."""
        now = self.shown.gauges[gauge] = {frozenset(sample.labels.items()) for sample in samples}
        gone = self._before.gauges.get(gauge, set()) - now
        return [NumberDataPoint(dict(labels), _START_NS, self.now_ns, GONE) for labels in gone]

    def exemplars(self, samples: Iterable[Sample]) -> list[Exemplar]:
        """Return the exemplars that lead to a trace."""
        return [found for sample in samples if (found := self._exemplar(sample)) is not None]

    def _exemplar(self, sample: Sample) -> Exemplar | None:
        if sample.exemplar is None:
            return None
        trace_id, value = _number(sample.exemplar.labels.get("trace_id", "")), float(sample.exemplar.value)
        if not trace_id:
            return None
        key = (sample.name, frozenset(sample.labels.items()), trace_id, value)
        time_ns = self.shown.examples[key] = self._before.examples.get(key, self.now_ns)
        return Exemplar({}, value, time_ns, _NO_SPAN, trace_id)


def _metric(family: Family, moment: _Moment) -> Metric:
    name = f"{family.name}_total" if family.type == c.COUNTER else family.name
    return Metric(name, family.documentation, "", _DATA[family.type](family, moment))


def _sum(family: Family, moment: _Moment) -> DataT:
    return Sum([_point(sample, moment) for sample in family.samples], _CUMULATIVE, is_monotonic=True)


def _gauge(family: Family, moment: _Moment) -> DataT:
    points = [_point(sample, moment) for sample in family.samples]
    return Gauge([*points, *moment.gone(family.name, family.samples)])


def _point(sample: Sample, moment: _Moment) -> NumberDataPoint:
    labels, exemplars = dict(sample.labels), moment.exemplars([sample])
    return NumberDataPoint(labels, _START_NS, moment.now_ns, float(sample.value), exemplars)


def _histogram(family: Family, moment: _Moment) -> DataT:
    series: dict[Labels, list[Sample]] = defaultdict(list)
    for sample in family.samples:
        series[frozenset(_without_bound(sample).items())].append(sample)
    return Histogram([_distribution(some, moment) for some in series.values()], _CUMULATIVE)


def _distribution(samples: Sequence[Sample], moment: _Moment) -> HistogramDataPoint:
    """Return one series: its buckets with what is in each of them alone; the last bound, +Inf, is not said."""
    buckets = sorted((one for one in samples if _LE in one.labels), key=lambda one: float(one.labels[_LE]))
    reached = [int(one.value) for one in buckets]
    unknown: Any = None  # the least and the greatest value, which need not be said
    return HistogramDataPoint(
        attributes=_without_bound(buckets[0]),
        start_time_unix_nano=_START_NS,
        time_unix_nano=moment.now_ns,
        count=reached[-1],
        sum=next(float(one.value) for one in samples if one.name.endswith("_sum")),
        bucket_counts=[after - before for before, after in zip([0, *reached[:-1]], reached, strict=True)],
        explicit_bounds=[float(one.labels[_LE]) for one in buckets[:-1]],
        min=unknown,
        max=unknown,
        exemplars=moment.exemplars(buckets),
    )


def _without_bound(sample: Sample) -> dict[str, str]:
    return {name: said for name, said in sample.labels.items() if name != _LE}


def _number(digits: str) -> int:
    """Return the id of a trace; 0, which is none, for anything else."""
    try:
        return int(digits, 16) if len(digits) == _TRACE_DIGITS else 0
    except ValueError:
        return 0


_DATA: Final = {c.COUNTER: _sum, c.GAUGE: _gauge, c.HISTOGRAM: _histogram}
"""What makes the data of each kind of family."""
