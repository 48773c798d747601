"""Record measurements: past OpenTelemetry's cleaning and hashing of attributes where the same ones came before.

A measurement costs OpenTelemetry 7 µs, most of it to clean and hash attributes that are the same as those of the last.
``DirectRecorder`` remembers where they led to; like ``DirectSpans`` it leans on names that OpenTelemetry does not
promise to keep, so that anything unexpected sends it the public way.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias

from opentelemetry.sdk.metrics import Histogram as SdkHistogram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opentelemetry.context import Context
    from opentelemetry.metrics import Histogram

_MOST_KNOWN: Final = 1000
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
        self._known: dict[tuple[tuple[str, Any], ...], list[Callable[[Any, bool], None]] | None] = {}
        """Attributes → where their values are added up; None where only the public way leads there."""

    def record(self, value: float, said: dict[str, Any], context: Context) -> None:
        """Record a value."""
        self.record_all([(value, said, context)])

    def record_all(self, measurements: Iterable[Measurement]) -> None:
        """Record values that came together; of those with the same attributes the last one may become an exemplar."""
        storages = self._consumer._reader_storages  # noqa: SLF001
        if storages is not self._storages:  # a reader came or went
            self._storages, self._known = storages, {}
        alike: dict[tuple[tuple[str, Any], ...], list[Measurement]] = {}
        for one in measurements:
            alike.setdefault(tuple(one[1].items()), []).append(one)
        for key, group in alike.items():
            self._record_alike(key, group)

    def _record_alike(self, key: tuple[tuple[str, Any], ...], group: list[Measurement]) -> None:
        known = self._known.get(key)
        if known is None or not self._enabled():
            for measurement in group:
                self._histogram.record(*measurement)
            if key not in self._known and len(self._known) < _MOST_KNOWN:
                self._known[key] = self._find(group[0][1])
            return
        at_ns, histogram = time.time_ns(), self._histogram
        sampled = (n for n in range(len(group) - 1, -1, -1) if self._sampled(group[n][0], at_ns, *group[n][1:]))
        example = next(sampled, -1)
        for number, (value, said, context) in enumerate(group):
            measured = _Measured(value, at_ns, histogram, context, said)
            for add in known:
                add(measured, number == example)

    def _find(self, said: dict[str, Any]) -> list[Callable[[Any, bool], None]] | None:
        """Return where OpenTelemetry has just put a measurement with these attributes."""
        try:
            from opentelemetry.sdk.metrics._internal._view_instrument_match import _hash_attributes

            found = []
            for storage in self._storages.values():
                for match in storage._get_or_init_view_instrument_match(self._histogram):  # noqa: SLF001
                    keys = match._view._attribute_keys  # noqa: SLF001
                    kept = said if keys is None else {key: value for key, value in said.items() if key in keys}
                    found.append(match._attributes_aggregation[_hash_attributes(kept)].aggregate)  # noqa: SLF001
        except _INSIDES:  # OpenTelemetry has other insides, or has folded these attributes into others
            return None
        return found


def record_all(recorder: Recorder | Histogram, measurements: list[Measurement]) -> None:
    """Record values of one histogram."""
    if isinstance(recorder, DirectRecorder):
        recorder.record_all(measurements)
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
