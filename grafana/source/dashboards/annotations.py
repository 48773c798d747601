"""What is marked on the time axis of every dashboard: another version of the analyzer, and alerts that fire."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.models import prometheus

from grafana.source.dashboards.classic import sdk
from grafana.source.dashboards.looks import BLUE, RED
from grafana.source.dashboards.sources import PROMETHEUS
from otel_agent_analytics.outputs.catalogue import BUILD_INFO

_STEP: Final = "60s"


def deployments() -> sdk.AnnotationQuery:
    """Return the mark of a version that was not there five minutes before."""
    name = BUILD_INFO.name
    expression = f"max by (version) ({name}) unless max by (version) ({name} offset 5m)"
    return _marked("Deployments", BLUE, expression, "Analyzer {{version}}", "The first five minutes of this version.")


def alerts() -> sdk.AnnotationQuery:
    """Return the mark of alerts of the services shown, and of those that belong to no service."""
    matchers = 'alertstate="firing", severity=~"critical|warning", service_name=~"$service|"'
    expression = f"max by (alertname, severity, service_name) (ALERTS{{{matchers}}})"
    return _marked("Alerts", RED, expression, "{{alertname}}", "{{severity}} {{service_name}}")


def _marked(name: str, color: str, expression: str, title: str, text: str) -> sdk.AnnotationQuery:
    """Return a mark wherever an expression has a value; asked where older and where newer Grafanas look for it."""
    target = prometheus.Dataquery(
        expr=expression, interval=_STEP, ref_id="Anno", range_val=True, instant=False, datasource=PROMETHEUS
    )
    return sdk.AnnotationQuery(
        name=name,
        datasource=PROMETHEUS,
        icon_color=color,
        target=target,
        expr=expression,
        step=_STEP,
        title_format=title,
        text_format=text,
    )
