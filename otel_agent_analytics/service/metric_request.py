"""Metrics → OTLP requests, none of which is larger than a receiver takes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.proto.metrics.v1.metrics_pb2 import DataPointFlags
from opentelemetry.sdk.metrics.export import MetricsData, ResourceMetrics, ScopeMetrics
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

import otel_agent_analytics
from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from opentelemetry.sdk.metrics.export import Metric

_SCOPE: Final = InstrumentationScope(v.DERIVED_SCOPE_NAME, otel_agent_analytics.__version__, v.SCHEMA_URL)
_MOST_POINTS: Final = 10_000
"""Series in a request, some 2 MB before compression; a metric is never divided."""


def resource_of(instance: str) -> Resource:
    """Return the resource of an analyzer; ``instance`` tells it from others."""
    return Resource({v.SERVICE_NAME: v.ANALYZER_SERVICE_NAME, v.SERVICE_INSTANCE_ID: instance})


def requests_of(resource: Resource, metrics: Iterable[Metric], most_points: int = _MOST_POINTS) -> Iterator[bytes]:
    """Yield the bodies of the requests that send metrics, in their order.

    Args:
        resource: whose metrics these are.
        metrics: of one moment.
        most_points: series in a request, as long as it has more than one metric.
    """
    part: list[Metric] = []
    points = 0
    for metric in metrics:
        count = len(metric.data.data_points)
        if part and points + count > most_points:
            yield _request(resource, part)
            part, points = [], 0
        part.append(metric)
        points += count
    if part:
        yield _request(resource, part)


def _request(resource: Resource, metrics: Sequence[Metric]) -> bytes:
    of_scope = ScopeMetrics(_SCOPE, metrics, v.SCHEMA_URL)
    message = encode_metrics(MetricsData([ResourceMetrics(resource, [of_scope], "")]))
    for metric in message.resource_metrics[0].scope_metrics[0].metrics:
        for point in metric.gauge.data_points:
            if math.isnan(point.as_double):  # it is gone, which the SDK cannot say
                point.ClearField("as_double")
                point.flags = DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK
    body: bytes = message.SerializeToString()
    return body
