"""What is marked on the time axis of every dashboard: another version of the analyzer, and alerts that fire."""

from __future__ import annotations

from grafana.source.dashboards.classic import sdk
from grafana.source.dashboards.looks import BLUE, RED
from grafana.source.dashboards.sources import PROMETHEUS
from otel_agent_analytics.outputs.catalogue import BUILD_INFO


def deployments() -> sdk.AnnotationQuery:
    """Return the mark of a version that was not there five minutes before."""
    name = BUILD_INFO.name
    return sdk.AnnotationQuery(
        name="Deployments",
        datasource=PROMETHEUS,
        icon_color=BLUE,
        expr=f"max by (version) ({name}) unless max by (version) ({name} offset 5m)",
        step="60s",
        title_format="Analyzer {{version}}",
        text_format="The first five minutes of this version.",
    )


def alerts() -> sdk.AnnotationQuery:
    """Return the mark of alerts of the services shown, and of those that belong to no service."""
    matchers = 'alertstate="firing", severity=~"critical|warning", service_name=~"$service|"'
    return sdk.AnnotationQuery(
        name="Alerts",
        datasource=PROMETHEUS,
        icon_color=RED,
        expr=f"max by (alertname, severity, service_name) (ALERTS{{{matchers}}})",
        step="60s",
        title_format="{{alertname}}",
        text_format="{{severity}} {{service_name}}",
    )
