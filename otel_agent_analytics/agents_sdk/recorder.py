"""Record measurements: past OpenTelemetry's cleaning and hashing of attributes where the same ones came before.

A measurement costs OpenTelemetry 7 µs, most of it to clean and hash attributes that are the same as those of the last.
``DirectRecorder`` remembers where they led to; like ``DirectSpans`` it leans on names that OpenTelemetry does not
promise to keep, so that anything unexpected sends it the public way.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from opentelemetry.context import Context
from opentelemetry.sdk.metrics import Histogram as SdkHistogram
from opentelemetry.trace import NonRecordingSpan, get_current_span, set_span_in_context

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.metrics import Histogram
    from opentelemetry.trace import SpanContext

_MOST_KNOWN: Final = 1000
_BUCKET_FIELDS: Final = {"_lock", "_value", "_sum", "_min", "_max", "_boundaries", "_record_min_max"}
_NOWHERE: Final = Context()
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
        self.record_alike(said, [value], [get_current_span(context).get_span_context()])

    def record_alike(self, said: dict[str, Any], values: Sequence[float], spans: Sequence[SpanContext]) -> None:
        """Record values that came together with the same attributes; the last one may become an exemplar.

        ``spans`` are those in which the values were measured, in the same order.
        """
        storages = self._consumer._reader_storages  # noqa: SLF001
        if storages is not self._storages:  # a reader came or went
            self._storages, self._known = storages, {}
        key = tuple(said.items())
        known = self._known.get(key)
        if known is None or not self._enabled():
            for value, span in zip(values, spans, strict=True):
                self._histogram.record(value, said, _context_of(span))
            if key not in self._known and len(self._known) < _MOST_KNOWN:
                self._known[key] = self._find(said)
            return
        at_ns = time.time_ns()
        contexts = ((n, _context_of(spans[n])) for n in range(len(values) - 1, -1, -1))
        sampled = ((n, context) for n, context in contexts if self._sampled(values[n], at_ns, said, context))
        example, context = next(sampled, (None, _NOWHERE))
        for aggregation, quick in known:
            if quick:
                _add_to_buckets(aggregation, [value for n, value in enumerate(values) if n != example])
                if example is not None:
                    measured = _Measured(values[example], at_ns, self._histogram, context, said)
                    aggregation.aggregate(measured, True)
                continue
            for n, value in enumerate(values):
                measured = _Measured(value, at_ns, self._histogram, _context_of(spans[n]), said)
                aggregation.aggregate(measured, n == example)

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


def record_alike(
    recorder: Recorder | Histogram, said: dict[str, Any], values: Sequence[float], spans: Sequence[SpanContext]
) -> None:
    """Record values of one histogram, all with the same attributes, and the spans in which they were measured."""
    if isinstance(recorder, DirectRecorder):
        recorder.record_alike(said, values, spans)
    else:
        for value, span in zip(values, spans, strict=True):
            recorder.record(value, said, _context_of(span))


def _context_of(span: SpanContext) -> Context:
    """Return a context in which a span is current that may be over: all that an exemplar names of it."""
    return set_span_in_context(NonRecordingSpan(span), _NOWHERE)


def recorder(histogram: Histogram) -> Recorder | Histogram:
    """Return what records on this histogram; itself where it is not the SDK's."""
    if not isinstance(histogram, SdkHistogram):
        return histogram
    try:
        return DirectRecorder(histogram)
    except AttributeError:
        return histogram
