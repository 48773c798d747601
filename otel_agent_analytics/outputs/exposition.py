"""Totals → what a Prometheus scrape reads: a prometheus_client collector with exemplars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar

import otel_agent_analytics
from otel_agent_analytics.errors import fault_counts, guard
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from decimal import Decimal

    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.outputs.audience import Gauges
    from otel_agent_analytics.outputs.totals import Distribution, Example, Series, Total, Totals


class JudgeState(NamedTuple):
    """Where a judge stands."""

    waiting: int
    """Conversations that are still to be judged."""
    budget_left_usd: float
    """USD for the rest of this UTC day, at least 0."""


class ConversationCollector(Collector):
    """Shows the totals of this process in a prometheus_client registry.

    Args:
        totals: what to show.
        active: returns how many engaged conversations are open, by service.
        before_scrape: called before each scrape, so that it shows all that has happened by then.
        audience: who talks to each service; None where that cannot be counted.
        human_cost_usd: what a conversation costs that a human handles; None: not shown.
        judge: returns where the judge stands; None where there is none.
    """

    def __init__(
        self,
        totals: Totals,
        active: Callable[[], dict[Service, int]],
        before_scrape: Callable[[], object],
        *,
        audience: Gauges | None = None,
        human_cost_usd: float | None = None,
        judge: Callable[[], JudgeState] | None = None,
    ) -> None:
        self._judge = judge
        self._audience = audience
        self._human_cost_usd = human_cost_usd
        self._totals = totals
        self._active = active
        self._before_scrape = before_scrape

    def describe(self) -> Iterable[Family]:
        """Name the families without a scrape, so that a clash of names is found when the collector is registered."""
        return [family for metric in c.CATALOGUE for family in _families(metric)]

    def collect(self) -> Iterator[Family]:
        """Yield every family of the catalogue, those without a series too."""
        with guard("exposition.before_scrape"):
            self._before_scrape()
        counters, histograms = self._totals.counters(), self._totals.histograms()
        users = list(self._audience.gauges()) if self._audience is not None else []
        judged = self._judge() if self._judge is not None else None
        for metric in c.CATALOGUE:
            families = list(_families(metric))
            if metric.kind == c.HISTOGRAM:
                _fill_histogram(families[0], metric, histograms.get(metric, {}))
            elif metric.kind == c.COUNTER:
                _fill_counter(families, metric, counters.get(metric, {}))
            self._fill_special(families[0], metric)
            if judged is not None and metric in _OF_JUDGE:
                families[0].add_sample(metric.name, {}, _OF_JUDGE[metric](judged))
            for _, service, window, count in (gauge for gauge in users if gauge[0] is metric):
                families[0].add_sample(metric.name, _labels(metric, service, (window,)), count)
            yield from families

    def _fill_special(self, family: Family, metric: c.Metric) -> None:
        if metric is c.ACTIVE:
            for service, count in self._active().items():
                family.add_sample(metric.name, _service_labels(service), count)
        elif metric is c.INTERNAL_FAULTS:
            for place, count in fault_counts().items():
                family.add_sample(metric.name, {"place": place}, count)
        elif metric is c.HUMAN_COST and self._human_cost_usd is not None:
            family.add_sample(metric.name, {}, self._human_cost_usd)
        elif metric is c.BUILD_INFO:
            family.add_sample(metric.name, {"version": otel_agent_analytics.__version__}, 1)


_OF_JUDGE: Final[dict[c.Metric, Callable[[JudgeState], float]]] = {
    c.JUDGE_WAITING: lambda judged: judged.waiting,
    c.JUDGE_BUDGET_LEFT: lambda judged: judged.budget_left_usd,
}


def _families(metric: c.Metric) -> Iterator[Family]:
    yield Family(metric.name.removesuffix("_total"), metric.help, metric.kind)
    if metric.twin:
        yield Family(metric.twin.removesuffix("_total"), f"Taken back of {metric.name}.", metric.kind)


def _fill_counter(families: list[Family], metric: c.Metric, series: dict[Series, Total]) -> None:
    for (service, values), total in series.items():
        labels = _labels(metric, service, values)
        families[0].add_sample(
            metric.name, labels, _shown(total.value, metric), exemplar=_exemplar(total.example, metric)
        )
        if metric.twin:
            families[1].add_sample(metric.twin, labels, _shown(total.retracted, metric))


def _fill_histogram(family: Family, metric: c.Metric, series: dict[Series, Distribution]) -> None:
    bounds = [*(str(float(bound)) for bound in metric.buckets), "+Inf"]
    for (service, values), distribution in series.items():
        labels, reached = _labels(metric, service, values), 0
        for bucket, (bound, count) in enumerate(zip(bounds, distribution.counts, strict=True)):
            reached += count
            exemplar = _exemplar(distribution.examples.get(bucket), metric)
            family.add_sample(f"{metric.name}_bucket", {**labels, "le": bound}, reached, exemplar=exemplar)
        family.add_sample(f"{metric.name}_count", labels, reached)
        family.add_sample(f"{metric.name}_sum", labels, _shown(distribution.total, metric))


def _labels(metric: c.Metric, service: Service, values: tuple[str, ...]) -> dict[str, str]:
    return {**_service_labels(service), **dict(zip(metric.labels, values, strict=True))}


def _service_labels(service: Service) -> dict[str, str]:
    said = {
        "service_name": service.name,
        "service_namespace": service.namespace,
        "deployment_environment_name": service.environment,
    }
    return {label: value for label, value in said.items() if value}


def _exemplar(example: Example | None, metric: c.Metric) -> Exemplar | None:
    return None if example is None else Exemplar({"trace_id": example.trace_id}, _shown(example.value, metric))


def _shown(value: int | Decimal, metric: c.Metric) -> float:
    return float(value / metric.unit)
