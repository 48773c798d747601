"""What is pushed by OTLP says what a scrape says: names, labels, values, buckets and examples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from opentelemetry.sdk.metrics.export import AggregationTemporality, Gauge, Histogram, Sum
from prometheus_client.core import Metric as Family
from prometheus_client.samples import Exemplar

from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs.exposition import ConversationCollector
from otel_agent_analytics.outputs.otlp_metrics import converted
from tests.helpers.script import play

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import Metric

NOW_NS = 1_000
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SHOP = {"service_name": "shop"}


def only(family: Family) -> Metric:
    """Return what a family becomes."""
    [metric] = converted([family], NOW_NS).metrics
    return metric


def waits(*, exemplar: Exemplar | None = None) -> Family:
    """Return a histogram of 3 values up to 1, 2 more up to 2.5, none up to 5 and one above; 12.5 together."""
    family = Family("waits_seconds", "How long.", "histogram")
    for bound, reached in (("1.0", 3), ("2.5", 5), ("5.0", 5), ("+Inf", 6)):
        told = exemplar if bound == "2.5" else None
        family.add_sample("waits_seconds_bucket", {**SHOP, "le": bound}, reached, exemplar=told)
    family.add_sample("waits_seconds_count", SHOP, 6)
    family.add_sample("waits_seconds_sum", SHOP, 12.5)
    return family


def test_counter() -> None:
    """A counter is a cumulative sum that only grows, under the name of its samples, since nobody knows when."""
    family = Family("cost_usd", "What it cost.", "counter")
    family.add_sample("cost_usd_total", {**SHOP, "model": "m"}, 0.25, exemplar=Exemplar({"trace_id": TRACE}, 0.05))
    family.add_sample("cost_usd_total", {**SHOP, "model": "n"}, 7)

    metric = only(family)
    assert (metric.name, metric.description, metric.unit) == ("cost_usd_total", "What it cost.", "")
    assert isinstance(metric.data, Sum)
    assert metric.data.is_monotonic
    assert metric.data.aggregation_temporality == AggregationTemporality.CUMULATIVE
    first, second = metric.data.data_points
    assert (first.attributes, first.value) == ({"service_name": "shop", "model": "m"}, 0.25)
    assert (second.attributes, second.value) == ({"service_name": "shop", "model": "n"}, 7.0)
    assert (first.start_time_unix_nano, first.time_unix_nano) == (0, NOW_NS)
    assert [(one.trace_id, one.value) for one in first.exemplars] == [(int(TRACE, 16), 0.05)]
    assert second.exemplars == []


def test_histogram() -> None:
    """Buckets that a scrape adds up are counted each alone; the last has no bound."""
    metric = only(waits(exemplar=Exemplar({"trace_id": TRACE}, 2.0)))

    assert metric.name == "waits_seconds"
    assert isinstance(metric.data, Histogram)
    assert metric.data.aggregation_temporality == AggregationTemporality.CUMULATIVE
    [point] = metric.data.data_points
    assert point.attributes == SHOP
    assert point.explicit_bounds == [1.0, 2.5, 5.0]
    assert point.bucket_counts == [3, 2, 0, 1]
    assert (point.count, point.sum) == (6, 12.5)
    assert [(one.trace_id, one.value, one.time_unix_nano) for one in point.exemplars] == [(int(TRACE, 16), 2.0, NOW_NS)]


def test_series_of_a_histogram_are_kept_apart() -> None:
    """Each service has its own buckets."""
    family, other = waits(), {"service_name": "bank"}
    for bound, reached in (("1.0", 0), ("2.5", 0), ("5.0", 4), ("+Inf", 4)):
        family.add_sample("waits_seconds_bucket", {**other, "le": bound}, reached)
    family.add_sample("waits_seconds_count", other, 4)
    family.add_sample("waits_seconds_sum", other, 13)

    data = only(family).data
    assert isinstance(data, Histogram)
    assert [(one.attributes, one.bucket_counts, one.sum) for one in data.data_points] == [
        (SHOP, [3, 2, 0, 1], 12.5),
        (other, [0, 0, 4, 0], 13.0),
    ]


@pytest.mark.parametrize("trace_id", ["", "4bf9", "z" * 32, "0" * 32])
def test_what_is_no_trace_is_no_example(trace_id: str) -> None:
    """An exemplar without the id of a trace leads nowhere, so it is not sent."""
    data = only(waits(exemplar=Exemplar({"trace_id": trace_id}, 2.0))).data
    assert isinstance(data, Histogram)
    assert data.data_points[0].exemplars == []


def test_an_example_that_stays_keeps_its_time() -> None:
    """It was seen once, so that a store does not keep it anew with each push; another one has another time."""
    first = converted([waits(exemplar=Exemplar({"trace_id": TRACE}, 2.0))], 1, None)
    second = converted([waits(exemplar=Exemplar({"trace_id": TRACE}, 2.0))], 2, first.shown)
    third = converted([waits(exemplar=Exemplar({"trace_id": TRACE[::-1]}, 2.0))], 3, second.shown)

    times = [one.metrics[0].data.data_points[0].exemplars[0].time_unix_nano for one in (first, second, third)]
    assert times == [1, 1, 3]
    assert len(third.shown.examples) == 1


def open_now(*services: str) -> Family:
    """Return a gauge that shows 2 for each service."""
    family = Family("open", "Open now.", "gauge")
    for service in services:
        family.add_sample("open", {"service_name": service}, 2)
    return family


def test_gauge_that_is_no_longer_shown_is_said_to_be_gone_once() -> None:
    """Its last value would be shown for minutes otherwise; it may come back."""
    before, told = None, []
    for services in (("shop", "bank"), ("bank",), (), (), ("shop",)):
        metrics, before = converted([open_now(*services)], NOW_NS, before)
        points = [one for metric in metrics if isinstance(metric.data, Gauge) for one in metric.data.data_points]
        told.append({(one.attributes or {})["service_name"]: one.value for one in points})

    gone = pytest.approx(math.nan, nan_ok=True)
    assert told == [{"shop": 2.0, "bank": 2.0}, {"bank": 2.0, "shop": gone}, {"bank": gone}, {}, {"shop": 2.0}]


def test_everything_that_is_shown_is_sent() -> None:
    """Of a played conversation every family that has a series is there, counters and twins under their whole names."""
    played = play(
        "user a | tool lookup failed | agent x? | idle 40m | user b | handoff Orders | agent y | rate positive"
    )
    families = list(ConversationCollector(played.totals, played.tracker.active, lambda: None).collect())

    found = {metric.name: len(metric.data.data_points) for metric in converted(families, NOW_NS).metrics}
    bounds = {metric.name: len(metric.buckets) + 3 for metric in c.CATALOGUE}  # +Inf, count and sum beside them
    assert found == {
        f"{family.name}_total" if family.type == "counter" else family.name: len(family.samples)
        // (bounds[family.name] if family.type == "histogram" else 1)
        for family in families
        if family.samples
    }
    assert {c.ENDED.name, c.ENDED.twin, c.RESPONSE_TIME.name, c.BUILD_INFO.name} <= set(found)
