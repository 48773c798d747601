"""What an alert is: its expression, how long it must hold, and what it says to whom it wakes. Pure."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from grafana.source import promql
from grafana.source.rules.writing import Group

CRITICAL: Final = "critical"
"""Somebody is woken."""
WARNING: Final = "warning"
"""Somebody looks at it on a working day."""
INFO: Final = "info"
"""It stands in the list."""

GRAFANA: Final = "http://localhost:3000"
"""Where Grafana is, unless Prometheus has an external label ``grafana_url``."""
RUNBOOK: Final = "https://github.com/otel-agent-analytics/otel-agent-analytics/blob/main/grafana/runbook.md"
"""Where the runbook is, unless Prometheus has an external label ``runbook_url``."""

_BASE: Final = "{{{{ with $externalLabels.{label} }}}}{{{{ . }}}}{{{{ else }}}}{default}{{{{ end }}}}"
_OF_SERVICE: Final = (
    "?var-service={{ $labels.service_name | urlquery }}"
    "{{ with $labels.deployment_environment_name }}&var-environment={{ . | urlquery }}{{ end }}"
)


class Alert(NamedTuple):
    """One alert."""

    name: str
    severity: str
    expr: str
    summary: str
    """What is wrong, without figures."""
    description: str
    """A template: where, how much, and what it is compared with."""
    dashboard: str
    """Uid of the dashboard to look at."""
    hold: str = "30m"
    """For how long it must be so before it fires: ``for``."""
    keep: str = "1h"
    """For how long it goes on when it is so no more, so that a figure at the edge does not ring twice."""
    of_service: bool = True
    """Whether its series have the labels of a service."""


def group(name: str, alerts: tuple[Alert, ...]) -> Group:
    """Return the group of these alerts."""
    return Group(name, tuple(_rule(alert) for alert in alerts))


def _rule(alert: Alert) -> dict[str, Any]:
    held = {"for": alert.hold} if alert.hold else {}
    kept = {"keep_firing_for": alert.keep} if alert.keep else {}
    return {
        "alert": alert.name,
        "expr": alert.expr,
        **held,
        **kept,
        "labels": {"severity": alert.severity},
        "annotations": _said(alert),
    }


def _said(alert: Alert) -> dict[str, str]:
    return {
        "summary": alert.summary,
        "description": alert.description,
        "runbook_url": f"{_BASE.format(label='runbook_url', default=RUNBOOK)}#{alert.name.lower()}",
        "dashboard_url": _BASE.format(label="grafana_url", default=GRAFANA)
        + f"/d/{alert.dashboard}"
        + (_OF_SERVICE if alert.of_service else ""),
    }


def value_of(series: str, form: str = "humanizePercentage") -> str:
    """Return a template that shows the present value of a recorded series of the alert's service.

    Args:
        series: its name.
        form: a function of Prometheus' templates.
    """
    matchers = ",".join(f"{label}=%q" for label in promql.OF_SERVICE)
    values = " ".join(f"$labels.{label}" for label in promql.OF_SERVICE)
    return (
        f"{{{{ with printf `{series}{{{matchers}}}` {values} | query }}}}"
        f"{{{{ . | first | value | {form} }}}}{{{{ else }}}}unknown{{{{ end }}}}"
    )
