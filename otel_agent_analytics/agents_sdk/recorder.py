"""Record measurements: past OpenTelemetry's cleaning and hashing of attributes where the same ones came before.

A measurement costs OpenTelemetry 7 µs, most of it to clean and hash attributes that are the same as those of the last.
``DirectRecorder`` remembers where they led to; like ``DirectSpans`` it leans on names that OpenTelemetry does not
promise to keep, so that anything unexpected sends it the public way.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias

from opentelemetry.sdk.metrics import Histogram as SdkHistogram

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context
    from opentelemetry.metrics import Histogram

_MOST_KNOWN: Final = 1000
_BUCKET_FIELDS: Final = {"_lock", "_value", "_sum", "_min", "_max", "_boundaries", "_record_min_max"}
_INSIDES: Final = (AttributeError, TypeError, KeyError, ImportError)


class _Measured(NamedTuple):
    """What OpenTelemetry's aggregations read of a measurement."""

    value: float
    time_unix_nano: int
    instrument: Any
    context: Context
    attributes: dict[str, Any]


class Recorder(Protocol):
    """Takes the measurements of one histogram."""

    def record(self, value: float, said: dict[str, Any], context: Context) -> None:
        """Record a value that is finite and not negative, with attributes that are clean."""


Measurement: TypeAlias = "tuple[float, dict[str, Any], Context]"
"""A value, its attributes and the context of its span."""


class DirectRecorder:
    """Records on a histogram of OpenTelemetry's SDK.

    Raises:
        AttributeError: this version of OpenTelemetry has other insides.
    """

    def __init__(self, histogram: Any) -> None:
        self._histogram = histogram
        self._consumer = histogram._measurement_consumer  # noqa: SLF001
        self._sampled = self._consumer._sdk_config.exemplar_filter.should_sample  # noqa: SLF001
        self._storages = self._consumer._reader_storages  # noqa: SLF001
        self._enabled: Callable[[], bool] = histogram._is_enabled  # noqa: SLF001
        self._known: dict[tuple[tuple[str, Any], ...], list[tuple[Any, bool]] | None] = {}
        """Attributes → where their values are added up, and whether it is known how; None where only the public way
        leads there."""

    def record(self, value: float, said: dict[str, Any], context: Context) -> None:
        """Record a value."""
        self.record_alike([(value, said, context)])

    def record_alike(self, group: list[Measurement]) -> None:
        """Record values that came together with the same attributes; the last one may become an exemplar."""
        storages = self._consumer._reader_storages  # noqa: SLF001
        if storages is not self._storages:  # a reader came or went
            self._storages, self._known = storages, {}
        key = tuple(group[0][1].items())
        known = self._known.get(key)
        if known is None or not self._enabled():
            for measurement in group:
                self._histogram.record(*measurement)
            if key not in self._known and len(self._known) < _MOST_KNOWN:
                self._known[key] = self._find(group[0][1])
            return
        at_ns = time.time_ns()
        sampled = (n for n in range(len(group) - 1, -1, -1) if self._sampled(group[n][0], at_ns, *group[n][1:]))
        example = next(sampled, None)
        for aggregation, quick in known:
            if quick:
                _add_to_buckets(aggregation, [one[0] for number, one in enumerate(group) if number != example])
            for number, (value, said, context) in enumerate(group):
                if number == example or not quick:
                    aggregation.aggregate(_Measured(value, at_ns, self._histogram, context, said), number == example)

    def _find(self, said: dict[str, Any]) -> list[tuple[Any, bool]] | None:
        """Return where OpenTelemetry has just put a measurement with these attributes."""
        try:
            from opentelemetry.sdk.metrics._internal._view_instrument_match import _hash_attributes

            found = []
            for storage in self._storages.values():
                for match in storage._get_or_init_view_instrument_match(self._histogram):  # noqa: SLF001
                    keys = match._view._attribute_keys  # noqa: SLF001
                    kept = said if keys is None else {key: value for key, value in said.items() if key in keys}
                    aggregation = match._attributes_aggregation[_hash_attributes(kept)]  # noqa: SLF001
                    found.append((aggregation, _has_known_buckets(aggregation)))
        except _INSIDES:  # OpenTelemetry has other insides, or has folded these attributes into others
            return None
        return found


def _has_known_buckets(aggregation: Any) -> bool:
    """Return whether an aggregation is the SDK's own histogram with fixed buckets, kept as ``_add_to_buckets`` does."""
    from opentelemetry.sdk.metrics._internal import aggregation as sdk

    known = getattr(sdk, "_ExplicitBucketHistogramAggregation", None)
    there = type(aggregation) is known and callable(getattr(aggregation, "_get_empty_bucket_counts", None))
    return there and vars(aggregation).keys() >= _BUCKET_FIELDS


def _add_to_buckets(aggregation: Any, values: list[float]) -> None:
    """Add values to a histogram with fixed buckets, as OpenTelemetry does: under one lock, and not one for each."""
    if not values:
        return
    with aggregation._lock:  # noqa: SLF001
        if aggregation._value is None:  # noqa: SLF001
            aggregation._value = aggregation._get_empty_bucket_counts()  # noqa: SLF001
        counts, bounds, total = aggregation._value, aggregation._boundaries, aggregation._sum  # noqa: SLF001
        for value in values:
            total += value
            counts[bisect_left(bounds, value)] += 1
        aggregation._sum = total  # noqa: SLF001
        if aggregation._record_min_max:  # noqa: SLF001
            aggregation._min = min(aggregation._min, *values)  # noqa: SLF001
            aggregation._max = max(aggregation._max, *values)  # noqa: SLF001


def record_alike(recorder: Recorder | Histogram, measurements: list[Measurement]) -> None:
    """Record values of one histogram, all with the same attributes."""
    if isinstance(recorder, DirectRecorder):
        recorder.record_alike(measurements)
    else:
        for value, said, context in measurements:
            recorder.record(value, said, context)


def recorder(histogram: Histogram) -> Recorder | Histogram:
    """Return what records on this histogram; itself where it is not the SDK's."""
    if not isinstance(histogram, SdkHistogram):
        return histogram
    try:
        return DirectRecorder(histogram)
    except AttributeError:
        return histogram
