"""Metrics that an analyzer pushes through the Collector are in Prometheus what a scrape of it would be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs import catalogue as c
from tests.servers.chain import Chain, any_ports
from tests.servers.day import play
from tests.servers.members import HOST, ROOT, Options
from tests.servers.programs import ask, fetch, program, until

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVERS: Final = frozenset({"collector", "analyzer", "prometheus"})
PUSHED: Final = f'job="{v.ANALYZER_SERVICE_NAME}"'
SCRAPED: Final = 'job="agent-analytics"'
JOBS: Final = (v.ANALYZER_SERVICE_NAME, "agent-analytics")
OF_TARGET: Final = frozenset({"job", "instance", "service_instance_id"})
OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0"

Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """An analyzer that pushes every second, and is scraped too; a small day went through it."""
    for name in ("otelcol", "prometheus"):
        program(name)
    ports = any_ports()
    environ = {
        "AGENT_ANALYTICS_LATENESS_SECONDS": "2",
        "AGENT_ANALYTICS_METRICS_ENDPOINT": f"http://{HOST}:{ports['collector']}",
        "AGENT_ANALYTICS_METRICS_INTERVAL_SECONDS": "1",
    }
    options = Options(environ, scrape_seconds=1, only=SERVERS)
    with Chain(tmp_path_factory.mktemp("pushed"), ports, options) as running:
        play(running, tmp_path_factory.mktemp("small"), conversations=10)
        yield running


def shown(chain: Chain) -> Values:
    """Return every sample of ``/metrics``."""
    text = fetch(f"{chain.url('analyzer')}/metrics", Accept=OPENMETRICS).decode()
    return {
        key(sample.name, sample.labels): sample.value
        for family in text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
        for sample in family.samples
    }


def key(name: str, labels: dict[str, str]) -> tuple[str, frozenset[tuple[str, str]]]:
    """Return what tells a series apart, but for who showed it; metrics of the process belong to no service."""
    own = {one.name for one in c.PER_PROCESS}
    left_out = OF_TARGET | ({"service_name"} if name in own else set()) | {"__name__"}
    kept = {label: said for label, said in labels.items() if label not in left_out}
    if "le" in kept:
        kept["le"] = str(float(kept["le"]))  # a pushed 300 is scraped as 300.0
    return name, frozenset(kept.items())


def values(found: list[dict[str, Any]]) -> Values:
    """Return the series of an instant query; no two of them may be the same."""
    read = {key(one["metric"].get("__name__", ""), one["metric"]): float(one["value"][1]) for one in found}
    assert len(read) == len(found)
    return read


def pushed(chain: Chain) -> Values:
    """Return every pushed series."""
    return values(chain.promql(f'{{__name__=~"{c.PREFIX}.+", {PUSHED}}}'))


def test_every_series_is_there(chain: Chain) -> None:
    """Names, labels (bounds of buckets too) and values are those of /metrics, and there is nothing else."""
    expected = shown(chain)
    assert {(f"{c.PREFIX}conversation_turns_bucket", "inf"), (f"{c.PREFIX}conversation_turns_bucket", "1.0")} <= {
        (name, dict(labels).get("le", "")) for name, labels in expected
    }
    assert sum(value for (name, _), value in expected.items() if name == c.ENDED.name) >= 5
    assert {name for name, _ in expected} >= {c.BUILD_INFO.name, c.INTERNAL_FAULTS.name, c.ENDED_COST.twin}
    until(lambda: pushed(chain) == shown(chain), seconds=10, what="not the series of /metrics")


def test_rules_read_them_as_they_read_scraped_ones(chain: Chain) -> None:
    """What the rules record of every counter, and read of raw series, is the same of both."""
    rules = [
        rule["expr"]
        for file in sorted((ROOT / "grafana" / "rules").glob("*.yaml"))
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
        if "record" in rule and rule["expr"].startswith("max without") and c.PREFIX in rule["expr"]
    ]
    assert len(rules) > 80
    until(lambda: pushed(chain) == shown(chain), seconds=10, what="not the series of /metrics")
    for rule in rules:
        found = chain.promql(rule)
        both = [values([one for one in found if one["metric"]["job"] == job]) for job in JOBS]
        assert both[0] == both[1], rule
        for one in found:
            assert not {"instance", "service_instance_id"} & set(one["metric"])


def test_exemplars_come_too(chain: Chain) -> None:
    """Buckets of pushed histograms lead to the traces to which those of scraped ones lead."""
    assert until(lambda: traces(chain, PUSHED) == traces(chain, SCRAPED) != set(), what="not the same traces")


def traces(chain: Chain, selector: str) -> set[tuple[float, str]]:
    """Return bucket and trace of each exemplar of the response times."""
    address, query = f"{chain.url('prometheus')}/api/v1/query_exemplars", f"{c.RESPONSE_TIME.name}_bucket{{{selector}}}"
    found = ask(address, query=query, start="0", end="4000000000")["data"]
    return {
        (float(series["seriesLabels"]["le"]), exemplar["labels"]["trace_id"])
        for series in found
        for exemplar in series["exemplars"]
    }
