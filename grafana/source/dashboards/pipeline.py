"""The dashboard of the pipeline itself: whether what it says can be believed, and where telemetry is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import pipeline_flow
from grafana.source.dashboards import shaping as s
from grafana.source.dashboards.board import Board, Row
from grafana.source.dashboards.looks import BLUE, GREEN, GREY, ORANGE, RED, SHARE, YELLOW, Look, Override
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import now, over_time, rows
from grafana.source.dashboards.variables import data_sources, environment, service
from grafana.source.promql import share
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

_NONE_IS_GOOD: Final = ((0.0, GREEN), (1.0, RED))
_FAULTS: Final = c.INTERNAL_FAULTS.name
_FIRING: Final = (
    'max by (alertname, severity, service_name) (ALERTS{alertstate="firing", severity=~"critical|warning|info"})'
)


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid="agent-pipeline",
        title="Agents / Pipeline health",
        description="Whether the other dashboards can be believed: what is lost on the way, and what fires.",
        variables=[*data_sources("prometheus", "loki", "tempo"), service(), environment()],
        rows=[
            Row("Can the figures be believed?", _summary()),
            Row("What fires, and what runs?", [_alerts(), _targets(), _versions()]),
            Row("What reaches the analyzer?", pipeline_flow.reaching()),
            Row("What does it change or refuse?", pipeline_flow.changed()),
            Row("Does the Collector pass everything on?", pipeline_flow.collector()),
            Row("Do Prometheus and the alerts work?", [_rules(), _notifications(), _targets_over_time()]),
        ],
        start="now-6h",
        refresh="1m",
    )


def _summary() -> list[sdk.Panel]:
    received = f.count(c.RECEIVED, f.RANGE)
    lost = f"({f.count(c.LATE, f.RANGE)} + {f.count(c.DROPPED, f.RANGE)})"
    shares = Look(SHARE, decimals=2, steps=((0.0, GREEN), (0.001, YELLOW), (0.01, RED)), nothing="nothing received")
    return [
        p.stat(
            Told("Received", "Spans and records of agents that reached an analyzer in the time shown.", (4, 4)),
            [now(received, "received")],
            Look(decimals=0),
        ),
        p.stat(
            Told("Lost", "Share of them that came too late or were dropped, and so are in no figure.", (4, 4)),
            [now(share(lost, received), "lost")],
            shares,
        ),
        p.stat(
            Told(
                "Without a conversation",
                "Share of them that name no conversation, and so are in no figure of conversations.",
                (4, 4),
            ),
            [now(share(f.count(c.WITHOUT_CONVERSATION, f.RANGE), received), "without")],
            Look(SHARE, decimals=1, steps=((0.0, GREEN), (0.2, YELLOW), (0.5, RED)), nothing="nothing received"),
        ),
        p.stat(
            Told("Internal faults", "Faults of the telemetry itself, caught and logged, of all analyzers.", (4, 4)),
            [now(f"sum(increase({_FAULTS}[$__range]))", "faults")],
            Look(decimals=0, steps=_NONE_IS_GOOD),
        ),
        p.stat(
            Told("Targets down", "Scraped targets of the stack that do not answer now.", (4, 4)),
            [now("count(up) - sum(up)", "down")],
            Look(decimals=0, steps=_NONE_IS_GOOD, nothing="nothing is scraped"),
        ),
        p.stat(
            Told("Alerts that fire", "Alerts of severity critical and warning that fire now.", (4, 4)),
            [now('count(ALERTS{alertstate="firing", severity=~"critical|warning"}) or on () (0 * sum(up))', "alerts")],
            Look(decimals=0, steps=_NONE_IS_GOOD, nothing="Prometheus says nothing"),
        ),
    ]


def _alerts() -> sdk.Panel:
    told = Told("Alerts", "Alerts that fire now. What to do stands in the runbook that each alert names.", (10, 9))
    colors = {"critical": {"color": RED}, "warning": {"color": ORANGE}, "info": {"color": BLUE}}
    severity = {"mappings": [{"type": "value", "options": colors}], "custom.cellOptions": {"type": "color-text"}}
    panel = p.table(told, [rows(_FIRING)], Look(nothing="no alert fires"), (Override("severity", severity),))
    labels = {"severity": "severity", "alertname": "alert", "service_name": "service"}
    return s.transformed(panel, *s.as_columns(labels, "firing"), _without("firing"))


def _without(column: str) -> tuple[str, dict[str, object]]:
    return "organize", {"excludeByName": {column: True}, "renameByName": {}, "indexByName": {}, "includeByName": {}}


def _targets() -> sdk.Panel:
    told = Told(
        "Targets",
        "Whether each scraped target of the stack answers: analyzers, Collector, Prometheus, Loki, Tempo.",
        (8, 9),
    )
    mapping = {"0": {"text": "down", "color": RED}, "1": {"text": "up", "color": GREEN}}
    state = {"mappings": [{"type": "value", "options": mapping}], "custom.cellOptions": {"type": "color-text"}}
    question, look = rows("max by (job, instance) (up)"), Look(nothing="nothing is scraped")
    panel = p.table(told, [question], look, (Override("state", state),), "job", descending=False)
    return s.transformed(panel, *s.as_columns({"job": "job", "instance": "instance"}, "state"))


def _versions() -> sdk.Panel:
    told = Told("Versions of the analyzer", "Which version runs where.", (6, 9))
    panel = p.table(
        told, [rows(f"max by (version, instance) ({c.BUILD_INFO.name})")], Look(nothing="no analyzer is seen")
    )
    labels = {"version": "version", "instance": "instance"}
    return s.transformed(panel, *s.as_columns(labels, "one"), _without("one"))


def _rules() -> sdk.Panel:
    told = Told("Rules that failed", "Evaluations of recording rules and alerts that failed, by group.", (8, 8))
    query = over_time(
        "sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total[$__interval]))", "{{rule_group}}"
    )
    return p.bars(told, [query], Look(decimals=0, nothing="no rules are loaded"), step="5m")


def _notifications() -> sdk.Panel:
    told = Told(
        "Alerts on their way",
        "What Prometheus sent to Alertmanager and what it dropped, and the notifications that Alertmanager could not "
        "deliver.",
        (8, 8),
    )
    queries = [
        over_time("sum(increase(prometheus_notifications_sent_total[$__interval]))", "sent to Alertmanager"),
        over_time("sum(increase(prometheus_notifications_dropped_total[$__interval]))", "dropped"),
        over_time("sum(increase(alertmanager_notifications_failed_total[$__interval]))", "not delivered"),
    ]
    colors = (("sent to Alertmanager", GREY), ("dropped", RED), ("not delivered", ORANGE))
    return p.bars(told, queries, Look(decimals=0, colors=colors), stacked=False, step="5m")


def _targets_over_time() -> sdk.Panel:
    told = Told("Targets that answer", "Share of the scraped targets of each job that answer.", (8, 8))
    return p.lines(told, [over_time("avg by (job) (up)", "{{job}}")], Look(SHARE, decimals=0, least=0, most=1))
