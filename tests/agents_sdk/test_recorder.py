"""The direct way to record gives what OpenTelemetry's own way gives."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.metrics import NoOpMeter
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.metrics.view import DropAggregation, View
from opentelemetry.sdk.resources import Resource

from otel_agent_analytics.agents_sdk.recorder import DirectRecorder, Recorder, recorder

SAMPLED = trace.SpanContext(7, 9, is_remote=False, trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED))
IN_SPAN = trace.set_span_in_context(trace.NonRecordingSpan(SAMPLED), Context())
MEASUREMENTS: list[tuple[float, dict[str, Any]]] = [
    (0.5, {"model": "a", "error.type": "x"}),
    (2.0, {"model": "a"}),
    (3.0, {"model": "a"}),
    (0.0, {}),
    (0.7, {"model": "b", "port": 443}),
    (70.0, {"model": "a"}),
]


class Way:
    """A meter provider with one histogram."""

    def __init__(self, *views: View, delta: bool = False) -> None:
        chosen = {Histogram: AggregationTemporality.DELTA} if delta else {}
        self.reader = InMemoryMetricReader(preferred_temporality=chosen)  # type: ignore[arg-type]
        self.provider = MeterProvider([self.reader], views=views, resource=Resource({}), shutdown_on_exit=False)
        meter = self.provider.get_meter("test")
        self.histogram = meter.create_histogram("h", "s", explicit_bucket_boundaries_advisory=[1, 10])

    def points(self) -> list[dict[str, Any]]:
        """Collect, and return the points without their times."""
        data = self.reader.get_metrics_data()
        found = [
            point
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            for point in metric.data.data_points
        ]
        return sorted((_plain(point) for point in found), key=str)


def _plain(point: Any) -> dict[str, Any]:
    exemplars = sorted((one.value, one.trace_id) for one in point.exemplars)
    return {
        "attributes": dict(point.attributes), "count": point.count, "sum": point.sum, "min": point.min,
        "max": point.max, "buckets": tuple(point.bucket_counts), "exemplars": exemplars,
    }  # fmt: skip


def both(*views: View, delta: bool = False) -> tuple[Way, Way, Recorder]:
    """Return OpenTelemetry's way, ours, and what records in ours."""
    theirs, ours = Way(*views, delta=delta), Way(*views, delta=delta)
    direct = recorder(ours.histogram)
    assert isinstance(direct, DirectRecorder)
    return theirs, ours, direct


@pytest.mark.parametrize("delta", [False, True])
@pytest.mark.parametrize(
    "views",
    [(), (View(instrument_name="h", attribute_keys={"model"}),), (View(instrument_name="h", name="other"),)],
    ids=["plain", "fewer attributes", "renamed"],
)
def test_same_points(views: tuple[View, ...], *, delta: bool) -> None:
    """Counts, sums, buckets and exemplars are those of OpenTelemetry's way, over several collections."""
    theirs, ours, direct = both(*views, delta=delta)
    for _ in range(3):
        for value, said in MEASUREMENTS * 3:
            theirs.histogram.record(value, said, IN_SPAN)
            direct.record(value, said, IN_SPAN)
        expected = theirs.points()

        assert ours.points() == expected
        assert expected
        assert {trace_id for point in expected for _, trace_id in point["exemplars"]} == {7}


def test_values_that_came_together() -> None:
    """Values recorded in one go add up as they do one by one; the last one that is sampled becomes an exemplar."""
    theirs, ours, direct = both()
    assert isinstance(direct, DirectRecorder)
    unsampled = trace.SpanContext(5, 6, is_remote=False, trace_flags=trace.TraceFlags(0))
    for _ in range(2):  # the first time leads there, the second goes past OpenTelemetry
        for value in (0.5, 2.0, 3.0):
            theirs.histogram.record(value, {"model": "a"}, IN_SPAN if value < 3 else Context())
        direct.record_alike({"model": "a"}, [0.5, 2.0, 3.0], [SAMPLED, SAMPLED, unsampled])
    (expected,), (found,) = theirs.points(), ours.points()

    assert {**found, "exemplars": None} == {**expected, "exemplars": None}
    assert (found["count"], found["sum"], found["buckets"]) == (6, 11.0, (2, 4, 0))
    assert (2.0, 7) in found["exemplars"]


def test_dropped_instrument() -> None:
    """A histogram that a view drops takes measurements and shows none."""
    _, ours, direct = both(View(instrument_name="h", aggregation=DropAggregation()))
    for value, said in MEASUREMENTS * 2:
        direct.record(value, said, Context())

    assert ours.points() == []


def test_many_attributes() -> None:
    """Beyond a thousand sets of attributes, and beyond OpenTelemetry's own limit, nothing is lost or told twice."""
    theirs, ours, direct = both()
    for number in range(2500):
        for _ in range(2):
            theirs.histogram.record(1, {"n": number}, Context())
            direct.record(1, {"n": number}, Context())

    assert ours.points() == theirs.points()


def test_other_histograms() -> None:
    """What is no histogram of the SDK is used as it is."""
    histogram = NoOpMeter("test").create_histogram("h")

    assert recorder(histogram) is histogram
