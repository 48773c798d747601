"""Alerts on what is missing: conversations, a service, the analyzer. Pure."""

from __future__ import annotations

from typing import Final

from grafana.source.rules import naming
from grafana.source.rules.alerts.alert import CRITICAL, WARNING, Alert
from grafana.source.rules.naming import count, limit
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs import catalogue as c

ANALYZERS: Final = "agent-analytics"
"""The job by which Prometheus scrapes analyzers."""
PUSHED: Final = v.ANALYZER_SERVICE_NAME
"""The job of analyzers that push their metrics."""
_WINDOWS: Final = ("1h", "6h", "1d")

# A week ago there were so many in the same hours, now there is none: by chance that is next to impossible.
_STOPPED: Final = """\
{now} offset 1w >= {expected}
and {now} < 0.5
"""

_DOWN: Final = f"""\
up{{job="{ANALYZERS}"}} == 0
or absent(up{{job="{ANALYZERS}"}}) unless on () {c.BUILD_INFO.name}{{job="{PUSHED}"}}"""


def _stopped() -> str:
    """Return the expression: counts are extrapolated, so that none at all is less than a half."""
    expected = limit("minimum_conversations_expected")
    return "or\n".join(
        _STOPPED.format(now=count("conversations_started", window), expected=expected) for window in _WINDOWS
    )


ALERTS: Final = (
    Alert(
        "AgentConversationsStopped",
        CRITICAL,
        _stopped(),
        "No conversation begins, where there were many a week ago.",
        "Service {{ $labels.service_name }}: none began, and {{ $value | humanize }} did in the same hours a week ago.",
        "agent-conversations",
        hold="10m",
    ),
    Alert(
        "AgentServiceAbsent",
        WARNING,
        f"{naming.KNOWN} offset 1d unless {naming.KNOWN}",
        "A service shows no metrics any more.",
        "Service {{ $labels.service_name }} has shown no conversation metrics for a quarter of an hour; a day ago it "
        "did. No other alert of it can fire.",
        "agent-pipeline",
        hold="15m",
    ),
    Alert(
        "AgentAnalyzerDown",
        CRITICAL,
        _DOWN,
        "An analyzer cannot be scraped.",
        "{{ with $labels.instance }}The analyzer {{ . }} does not answer Prometheus.{{ else }}Prometheus scrapes no "
        "analyzer, and none pushes its metrics.{{ end }} Without it there are no figures and no other alert of "
        "conversations.",
        "agent-pipeline",
        hold="5m",
        keep="10m",
        of_service=False,
    ),
)
