"""What passes through the analyzer and the Collector, and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards.looks import SHARE, Look
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import over_time
from grafana.source.promql import recorded
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

_GIVEN_UP: Final = (("exporter_send_failed", "given up"), ("exporter_enqueue_failed", "not queued"))
_PER_SECOND: Final = "cps"
_FAULTS: Final = c.INTERNAL_FAULTS.name
_QUEUE: Final = "max by (exporter, data_type)"


def reaching() -> list[sdk.Panel]:
    """Return the panels of what reaches the analyzer."""
    return [_received(), _lost(), _nameless(), _open()]


def changed() -> list[sdk.Panel]:
    """Return the panels of what the analyzer changes or refuses."""
    return [_refused(), _folded(), _faults()]


def collector() -> list[sdk.Panel]:
    """Return the panels of whether the Collector passes everything on."""
    return [_accepted(), _sent(), _queues()]


def _received() -> sdk.Panel:
    told = Told(
        "Received per second",
        "Spans and records that reached the analyzer, and those that had been there before.",
        (6, 8),
    )
    queries = [
        over_time(f"sum(rate({_series(c.RECEIVED)}[$__rate_interval]))", "received"),
        over_time(f"sum(rate({_series(c.DUPLICATE)}[$__rate_interval]))", "had been there before"),
    ]
    return p.lines(told, queries, Look(_PER_SECOND, nothing="nothing received"))


def _series(metric: c.Metric) -> str:
    return f"{recorded(metric.name)}{{{f.of()}}}"


def _lost() -> sdk.Panel:
    told = Told(
        "Late and dropped",
        "Late: of a conversation that is no longer held; kept, and in no figure. Dropped: not counted, by reason; "
        "docs/metrics.md says what each means.",
        (6, 8),
    )
    queries = [
        over_time(f.count(c.LATE, f.STEP), "late"),
        over_time(f.count(c.DROPPED, f.STEP, by=("reason",)), "dropped: {{reason}}"),
    ]
    return p.bars(told, queries, Look(decimals=0, nothing="nothing received"), step="5m")


def _nameless() -> sdk.Panel:
    told = Told(
        "In no conversation of this analyzer",
        "Without a conversation: no span of a run named one. Derived elsewhere: the agent's own process makes these "
        "metrics; one of the two must be switched off.",
        (6, 8),
    )
    queries = [
        over_time(f.count(c.WITHOUT_CONVERSATION, f.STEP), "without a conversation"),
        over_time(f.count(c.DERIVED_ELSEWHERE, f.STEP), "derived elsewhere"),
    ]
    return p.bars(told, queries, Look(decimals=0), stacked=False, step="5m")


def _open() -> sdk.Panel:
    told = Told("Conversations that it holds open", "Engaged conversations that have begun and not ended.", (6, 8))
    query = over_time(f"sum by (service_name) ({f.gauge(c.ACTIVE)})", "{{service_name}}")
    return p.lines(told, [query], Look(decimals=0, nothing="no service is seen"))


def _refused() -> sdk.Panel:
    told = Told(
        "Refused values, cut attributes",
        "Refused: counts and flags that are none, so the value is unknown. Cut: attributes left out or shortened, by "
        "the limit that they exceed.",
        (8, 8),
    )
    queries = [
        over_time(f.count(c.VALUES_REFUSED, f.STEP), "values refused"),
        over_time(f.count(c.ATTRIBUTES_CUT, f.STEP, by=("limit",)), "cut: {{limit}}"),
    ]
    return p.bars(told, queries, Look(decimals=0), step="5m")


def _folded() -> sdk.Panel:
    told = Told(
        "Labels shown as other",
        "Values of labels beyond the number that a service may show: agents, tools, models and so on that are in "
        "`other`.",
        (8, 8),
    )
    query = over_time(f.count(c.LABELS_FOLDED, f.STEP, by=("label",)), "{{label}}")
    return p.bars(told, [query], Look(decimals=0, nothing="nothing folded"), step="5m")


def _faults() -> sdk.Panel:
    told = Told(
        "Internal faults by place",
        "Faults of the telemetry itself, by the place in the code; each is logged there.",
        (8, 8),
    )
    query = over_time(f"sum by (place, instance) (increase({_FAULTS}[$__interval]))", "{{place}}, {{instance}}")
    return p.bars(told, [query], Look(decimals=0, nothing="no faults"), step="5m")


def _of_collector(name: str, by: str) -> list[str]:
    """Return the rates of a counter of the Collector, of spans and of log records."""
    return [f"sum by ({by}) (rate(otelcol_{name}_{kind}_total[$__rate_interval]))" for kind in ("spans", "log_records")]


def _failed(name: str) -> list[str]:
    """Return the rates of a counter that is there from the first failure on; until then 0 for what sends."""
    pairs = zip(_of_collector(name, "exporter"), _of_collector("exporter_sent", "exporter"), strict=True)
    return [f"{failed} or 0 * {sent}" for failed, sent in pairs]


def _accepted() -> sdk.Panel:
    told = Told("Collector: taken and refused", "What its receivers took and what they refused, per second.", (8, 8))
    queries = [
        over_time(expression, f"{kind} {done}: {{{{receiver}}}}")
        for name, done in (("receiver_accepted", "taken"), ("receiver_refused", "refused"))
        for kind, expression in zip(("spans", "logs"), _of_collector(name, "receiver"), strict=True)
    ]
    return p.lines(told, queries, Look(_PER_SECOND, nothing="no Collector is seen"))


def _sent() -> sdk.Panel:
    told = Told("Collector: sent and failed", "What its exporters sent, and what they gave up, per second.", (8, 8))
    expressions = {"sent": _of_collector("exporter_sent", "exporter")}
    expressions |= {done: _failed(name) for name, done in _GIVEN_UP}
    queries = [
        over_time(expression, f"{kind} {done}: {{{{exporter}}}}")
        for done, both in expressions.items()
        for kind, expression in zip(("spans", "logs"), both, strict=True)
    ]
    return p.lines(told, queries, Look(_PER_SECOND, nothing="no Collector is seen"))


def _queues() -> sdk.Panel:
    told = Told("Collector: queues", "How full each exporter's queue is; what waits there is on disk.", (8, 8))
    expression = f"{_QUEUE} (otelcol_exporter_queue_size) / {_QUEUE} (otelcol_exporter_queue_capacity)"
    look = Look(SHARE, decimals=1, least=0, most=1, nothing="no Collector is seen")
    return p.lines(told, [over_time(expression, "{{exporter}}, {{data_type}}")], look)
