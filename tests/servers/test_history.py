"""The history of metrics that other tests build on: it is what a Prometheus would have scraped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from otel_agent_analytics.outputs.catalogue import CATALOGUE, COUNTER, INTERNAL_FAULTS
from tests.servers import bad_day
from tests.servers.history import history
from tests.servers.mixes import DAY_NS, GOOD, day
from tests.servers.pool import end_ns
from tests.servers.programs import program
from tests.servers.prometheus import prometheus
from tests.servers.scraped import Analyzer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.prometheus import Prometheus

BEGIN_NS = 20_000 * DAY_NS
HOUR_NS = DAY_NS // 24
MIX = GOOD._replace(conversations=40)


def scraped(every_hours: int) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return what a day shows in the end, scraped now and then."""
    analyzer, sources = Analyzer(), day(MIX, BEGIN_NS, 0)
    shown: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for hour in range(every_hours, 25, every_hours):
        now_ns = BEGIN_NS + hour * HOUR_NS
        taken = [one for one in sources if now_ns - every_hours * HOUR_NS < end_ns(one) <= now_ns]
        analyzer.take(taken, now_ns)
        shown |= {(name, tuple(labels.items())): value for name, labels, value in analyzer.scrape()}
    return shown


def test_scrapes_of_what_changed_add_up() -> None:
    """What is scraped piece by piece, only what changed, is in the end what one scrape of everything shows."""
    assert scraped(every_hours=1) == scraped(every_hours=24)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Return a Prometheus with two days, of which the last is a bad one: only then is every metric there."""
    for name in ("prometheus", "promtool"):
        program(name)
    folder = tmp_path_factory.mktemp("history")
    past = history(folder / "past", int(time.time()), days=2, before=MIX, pasts=[bad_day.BAD])
    found = prometheus(folder / "prometheus", past.fill(folder / "data", ["northwind-support"]))
    with found.server:
        yield found


def test_every_metric_has_a_past(asked: Prometheus) -> None:
    """Each metric of the catalogue is there, with its twin, and each counter as the rules record it."""
    names = {one["metric"]["__name__"] for one in asked.series('{__name__=~".*agent_analytics_.*"}')}
    for metric in CATALOGUE:
        raw = metric.name if metric.kind != "histogram" else f"{metric.name}_bucket"
        assert raw in names
        assert metric.twin in {*names, ""}
        if metric.kind == COUNTER and metric is not INTERNAL_FAULTS:  # that one stays with its process
            assert f"service:{metric.name}:max" in names


def test_a_day_has_its_conversations(asked: Prometheus) -> None:
    """The last day counts as many conversations as were played; those that are open when it ends and visits are few."""
    [counted] = asked.series("sum(increase(service:agent_analytics_conversations_ended_total:max[1d]))")
    assert 0.85 * bad_day.SIZE < float(counted["value"][1]) < 1.1 * bad_day.SIZE


def test_targets_answer(asked: Prometheus) -> None:
    """What Prometheus says of its targets is there too."""
    assert {one["metric"]["job"] for one in asked.series("up == 1")} == {"agent-analytics", "otel-collector"}
