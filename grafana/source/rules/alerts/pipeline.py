"""Alerts on the telemetry itself: what is lost, what cannot be right, and whether alerts arrive at all. Pure."""

from __future__ import annotations

from typing import Final

from grafana.source import promql
from grafana.source.rules import naming
from grafana.source.rules.alerts.alert import CRITICAL, INFO, WARNING, Alert, value_of
from grafana.source.rules.naming import count, limit, share, threshold
from otel_agent_analytics.outputs import catalogue as c

COLLECTORS: Final = "otel-collector"
"""The job by which Prometheus scrapes Collectors."""
_DASHBOARD: Final = "agent-pipeline"
_SERVICE: Final = "Service {{ $labels.service_name }}: "
_OF_SPANS: Final = "{{ $value | humanizePercentage }} of the spans of the last hour"

_LOST: Final = """\
{share} > {limit}
and {counted} >= {minimum}
"""

# Analyzers of one database are never more than a second apart. So one that is behind what another showed ten minutes
# ago shows something else: it counts for itself.
_DISAGREE: Final = """\
min by ({service}) ({metric})
< max by ({service}) ({metric} offset 10m)
"""

# Not every installation has a Collector, so its absence counts only where one was there an hour ago.
_GONE: Final = """\
up{{job="{job}"}} == 0
or up{{job="{job}"}} offset 1h unless up{{job="{job}"}}
"""


def _lost(name: str, limit_name: str) -> str:
    return _LOST.format(
        share=share(name, "1h"),
        limit=limit(limit_name),
        counted=count("spans_received", "1h"),
        minimum=limit("minimum_spans"),
    )


def _grew(metric: c.Metric, window: str, *labels: str) -> str:
    by = ", ".join((*promql.OF_SERVICE, *labels))
    return f"sum by ({by}) (increase({promql.recorded(metric.name)}[{window}])) > 0"


def _collector(*names: str, by: str) -> str:
    """Return the sum of what grew of these counters, with and without the ending that later Collectors add."""
    grown = (f"(increase({name}{ending}[10m]) > 0)" for name in names for ending in ("", "_total"))
    return f"sum by ({by}) (\n  " + "\n  or ".join(grown) + "\n)"


ALERTS: Final = (
    Alert(
        "AgentSpansDropped",
        WARNING,
        _lost("spans_dropped", "span_loss_share"),
        "Spans are dropped, so that figures are too low.",
        f"{_SERVICE}{_OF_SPANS} were dropped; the threshold is {value_of(limit('span_loss_share'))}.",
        _DASHBOARD,
        hold="10m",
    ),
    Alert(
        "AgentSpansLate",
        WARNING,
        _lost("spans_late", "span_loss_share"),
        "Spans come after their conversation was let go.",
        f"{_SERVICE}{_OF_SPANS} came too late to count; the threshold is {value_of(limit('span_loss_share'))}.",
        _DASHBOARD,
        hold="10m",
    ),
    Alert(
        "AgentSpansWithoutConversation",
        WARNING,
        _lost("spans_without_conversation", "without_conversation_share"),
        "Spans name no conversation, so that they count in none.",
        f"{_SERVICE}{_OF_SPANS} name no conversation; the threshold is "
        f"{value_of(limit('without_conversation_share'))}.",
        _DASHBOARD,
    ),
    Alert(
        "AgentSpansDerivedElsewhere",
        INFO,
        _grew(c.DERIVED_ELSEWHERE, "1h"),
        "A process derives conversations itself and sends its spans to an analyzer too.",
        f"{_SERVICE}{{{{ $value | humanize }}}} spans of the last hour were left out, since their process counts its "
        "conversations itself.",
        _DASHBOARD,
        hold="15m",
    ),
    Alert(
        "AgentLabelsFolded",
        INFO,
        _grew(c.LABELS_FOLDED, "1d", "label"),
        "A label has more values than are shown; the rest is 'other'.",
        f"{_SERVICE}{{{{ $value | humanize }}}} values of the label {{{{ $labels.label }}}} became 'other' in the last "
        "day.",
        _DASHBOARD,
    ),
    Alert(
        "AgentCountersReset",
        WARNING,
        f"max by ({naming.SERVICE}) (resets({promql.recorded(c.RECEIVED.name)}[1h])) > {limit('resets')}",
        "A counter falls again and again, so that no rate of it is right.",
        f"{_SERVICE}a counter fell {{{{ $value | humanize }}}} times in the last hour. Several processes may answer "
        "behind one address, or one restarts in a loop.",
        _DASHBOARD,
        hold="10m",
    ),
    Alert(
        "AgentInstancesDisagree",
        WARNING,
        _DISAGREE.format(service=naming.SERVICE, metric=c.RECEIVED.name),
        "Scraped processes of one service show different totals, of which only the largest counts.",
        f"{_SERVICE}one process shows {{{{ $value | humanize }}}} spans, another showed more ten minutes ago.",
        _DASHBOARD,
    ),
    Alert(
        "AgentInternalFaults",
        WARNING,
        f"sum by (job, instance, place) (increase({c.INTERNAL_FAULTS.name}[1h])) > 0",
        "The telemetry itself has faults.",
        "{{ $labels.instance }}: {{ $value | humanize }} faults of {{ $labels.place }} in the last hour; its log has "
        "the first of each kind.",
        _DASHBOARD,
        hold="5m",
        of_service=False,
    ),
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
    Alert(
        "Watchdog",
        INFO,
        "vector(1)",
        "Alerts are evaluated and sent. This one always fires.",
        "Send it to a service that tells when it stays away: then Prometheus or Alertmanager is down.",
        _DASHBOARD,
        hold="",
        keep="",
        of_service=False,
    ),
)
