"""Plays a part of the demo's day and prints every series of it as JSON: ``[name, labels, value]``, sorted.

A program of its own, since a process has one global meter provider, which takes the standard GenAI metrics.

    python tests/commands/play_day.py CONVERSATIONS
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_agent_analytics.commands.demo_day import SERVICE, transcripts_of_day
from otel_agent_analytics.commands.playing import played
from otel_agent_analytics.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import CollectorRegistry

Series = tuple[str, dict[str, Any], Any]


def of_conversations(registry: CollectorRegistry) -> Iterator[Series]:
    """Yield the samples of our own metrics; exemplars are no part of them."""
    for family in registry.collect():
        for sample in family.samples:
            yield sample.name, dict(sample.labels), sample.value


def of_runs(reader: InMemoryMetricReader) -> Iterator[Series]:
    """Yield the data points of the standard metrics."""
    data = reader.get_metrics_data()
    for resource in data.resource_metrics if data is not None else ():
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in metric.data.data_points:
                    shown = {
                        field: getattr(point, field)
                        for field in ("value", "count", "sum", "min", "max", "bucket_counts")
                        if hasattr(point, field)
                    }
                    yield metric.name, dict(point.attributes or {}), shown


def main() -> None:
    """Play and print."""
    reader, exporter = InMemoryMetricReader(), InMemorySpanExporter()
    metrics.set_meter_provider(MeterProvider([reader], shutdown_on_exit=False))
    traffic = transcripts_of_day(3, int(sys.argv[1]))
    settings = Settings.from_environment(user_key="demo")
    processors = [SimpleSpanProcessor(exporter)]
    with played(traffic, settings, service=SERVICE, span_processors=processors) as result:
        assert result.problems == []
        series = [*of_conversations(result.registry), *of_runs(reader)]
    texts = sum(key.endswith("messages") for span in exporter.get_finished_spans() for key in span.attributes or ())
    ordered = sorted(series, key=lambda one: (one[0], json.dumps(one[1], sort_keys=True)))
    print(json.dumps({"series": ordered, "spans_with_messages": texts}))  # noqa: T201 - a program prints


if __name__ == "__main__":
    main()
