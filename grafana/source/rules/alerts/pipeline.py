"""Alerts on the telemetry itself: what is lost, what cannot be right, and whether alerts arrive at all. Pure."""

from __future__ import annotations

from typing import Final

from grafana.source import promql
from grafana.source.rules import naming
from grafana.source.rules.alerts.alert import INFO, WARNING, Alert, value_of
from grafana.source.rules.alerts.expressions import PERCENT, SERVICE
from grafana.source.rules.naming import count, limit, share
from otel_agent_analytics.outputs import catalogue as c

_DASHBOARD: Final = "agent-pipeline"
_OF_SPANS: Final = f"{PERCENT} of the spans of the last hour"

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


ALERTS: Final = (
    Alert(
        "AgentSpansDropped",
        WARNING,
        _lost("spans_dropped", "span_loss_share"),
        "Spans are dropped, so that figures are too low.",
        f"{SERVICE}{_OF_SPANS} were dropped; the threshold is {value_of(limit('span_loss_share'))}.",
        _DASHBOARD,
        hold="10m",
    ),
    Alert(
        "AgentSpansLate",
        WARNING,
        _lost("spans_late", "span_loss_share"),
        "Spans come after their conversation was let go.",
        f"{SERVICE}{_OF_SPANS} came too late to count; the threshold is {value_of(limit('span_loss_share'))}.",
        _DASHBOARD,
        hold="10m",
    ),
    Alert(
        "AgentSpansWithoutConversation",
        WARNING,
        _lost("spans_without_conversation", "without_conversation_share"),
        "Spans name no conversation, so that they count in none.",
        f"{SERVICE}{_OF_SPANS} name no conversation; the threshold is {value_of(limit('without_conversation_share'))}.",
        _DASHBOARD,
    ),
    Alert(
        "AgentSpansDerivedElsewhere",
        INFO,
        _grew(c.DERIVED_ELSEWHERE, "1h"),
        "A process derives conversations itself and sends its spans to an analyzer too.",
        f"{SERVICE}{{{{ $value | humanize }}}} spans of the last hour were left out, since their process counts its "
        "conversations itself.",
        _DASHBOARD,
        hold="15m",
    ),
    Alert(
        "AgentLabelsFolded",
        INFO,
        _grew(c.LABELS_FOLDED, "1d", "label"),
        "A label has more values than are shown; the rest is 'other'.",
        f"{SERVICE}{{{{ $value | humanize }}}} values of the label {{{{ $labels.label }}}} became 'other' in the last "
        "day.",
        _DASHBOARD,
    ),
    Alert(
        "AgentCountersReset",
        WARNING,
        f"max by ({naming.SERVICE}) (resets({promql.recorded(c.RECEIVED.name)}[1h])) > {limit('resets')}",
        "A counter falls again and again, so that no rate of it is right.",
        f"{SERVICE}a counter fell {{{{ $value | humanize }}}} times in the last hour. Several processes may answer "
        "behind one address, or one restarts in a loop.",
        _DASHBOARD,
        hold="10m",
    ),
    Alert(
        "AgentInstancesDisagree",
        WARNING,
        _DISAGREE.format(service=naming.SERVICE, metric=c.RECEIVED.name),
        "Scraped processes of one service show different totals, of which only the largest counts.",
        f"{SERVICE}one process shows {{{{ $value | humanize }}}} spans, another showed more ten minutes ago.",
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
