"""Alerts on Collectors: one that is away, that refuses, that loses, whose queue fills. Pure."""

from __future__ import annotations

from typing import Final

from grafana.source.rules.alerts.alert import CRITICAL, WARNING, Alert
from grafana.source.rules.naming import threshold

COLLECTORS: Final = "otel-collector"
"""The job by which Prometheus scrapes Collectors."""
_DASHBOARD: Final = "agent-pipeline"

# Not every installation has a Collector, so its absence counts only where one was there an hour ago.
_GONE: Final = """\
up{{job="{job}"}} == 0
or up{{job="{job}"}} offset 1h unless up{{job="{job}"}}
"""


def _collector(*names: str, by: str) -> str:
    """Return the sum of what grew of these counters, with and without the ending that later Collectors add."""
    grown = (f"(increase({name}{ending}[10m]) > 0)" for name in names for ending in ("", "_total"))
    return f"sum by ({by}) (\n  " + "\n  or ".join(grown) + "\n)"


ALERTS: Final = (
    Alert(
        "AgentCollectorDown",
        CRITICAL,
        _GONE.format(job=COLLECTORS),
        "A Collector cannot be scraped.",
        "The Collector {{ $labels.instance }} does not answer Prometheus, or is scraped no more.",
        _DASHBOARD,
        hold="5m",
        keep="10m",
        of_service=False,
    ),
    Alert(
        "AgentCollectorRefusing",
        WARNING,
        _collector(
            "otelcol_receiver_refused_spans",
            "otelcol_receiver_refused_log_records",
            by="job, instance, receiver",
        ),
        "A Collector refuses what agents send.",
        "{{ $labels.instance }}: the receiver {{ $labels.receiver }} refused {{ $value | humanize }} spans or records "
        "in the last ten minutes.",
        _DASHBOARD,
        hold="10m",
        of_service=False,
    ),
    Alert(
        "AgentCollectorLosing",
        WARNING,
        _collector(
            "otelcol_exporter_send_failed_spans",
            "otelcol_exporter_enqueue_failed_spans",
            "otelcol_exporter_send_failed_log_records",
            "otelcol_exporter_enqueue_failed_log_records",
            by="job, instance, exporter",
        ),
        "A Collector loses what it cannot send.",
        "{{ $labels.instance }}: the exporter {{ $labels.exporter }} lost {{ $value | humanize }} spans or records in "
        "the last ten minutes.",
        _DASHBOARD,
        hold="5m",
        of_service=False,
    ),
    Alert(
        "AgentCollectorQueueNearFull",
        WARNING,
        "otelcol_exporter_queue_size / otelcol_exporter_queue_capacity\n"
        f"> on () group_left () {threshold('queue_share')}",
        "A queue of a Collector is nearly full; what comes then is lost.",
        "{{ $labels.instance }}: the queue of the exporter {{ $labels.exporter }} is "
        "{{ $value | humanizePercentage }} full.",
        _DASHBOARD,
        hold="10m",
        keep="30m",
        of_service=False,
    ),
)
