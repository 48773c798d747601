"""How each server of the chain is started: with the file that is shipped for it, and what that leaves open.

What differs between places goes the way that the files leave open: environment variables, and for Prometheus the files
in ``targets``. Two things cannot be had here: Tempo, for which Jaeger stands in as the store of traces, and
``gen_ai_normalizer`` of the Collector, which is left out of a copy of its file (``collector_config/without.py``).
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from collector_config.without import without
from tests.servers.programs import Server

ROOT: Final = Path(__file__).parents[2]
SHIPPED: Final = ROOT / "collector_config"
MISSING: Final = frozenset({"gen_ai_normalizer"})
"""What ``collector.yaml`` names and the Collector that the tests build does not have."""
PROGRAMS: Final = ("otelcol", "prometheus", "alertmanager", "loki", "all-in-one")
HOST: Final = "127.0.0.1"

PORTS: Final = {
    "collector": 4318, "collector_grpc": 4317, "collector_health": 13133, "collector_metrics": 8888,
    "analyzer": 4320, "analyzer_grpc": 4319, "prometheus": 9090, "alertmanager": 9093, "loki": 3100, "loki_grpc": 0,
    "jaeger": 16686, "jaeger_otlp": 0, "jaeger_otlp_http": 0, "jaeger_admin": 0, "jaeger_query": 0, "jaeger_grpc": 0,
    "jaeger_http": 0, "jaeger_sampling": 0,
}  # fmt: skip
"""Each port by its name, and the number that people know, 0 where nobody needs to; tests take free ones."""

_TARGETS: Final = {
    "agent-analytics": "analyzer", "otel-collector": "collector_metrics", "alertmanagers": "alertmanager",
    "prometheus": "prometheus", "loki": "loki", "tempo": None,
}  # fmt: skip
"""The port that stands in each file of targets; there is no Tempo."""
_JAEGER: Final = {
    "query.http-server.host-port": "jaeger", "collector.otlp.grpc.host-port": "jaeger_otlp",
    "collector.otlp.http.host-port": "jaeger_otlp_http", "admin.http.host-port": "jaeger_admin",
    "query.grpc-server.host-port": "jaeger_query", "collector.grpc-server.host-port": "jaeger_grpc",
    "collector.http-server.host-port": "jaeger_http", "http-server.host-port": "jaeger_sampling",
}  # fmt: skip
_UDP: Final = ("jaeger-binary", "jaeger-compact", "zipkin-compact")
"""What else Jaeger listens to; on any port, since nothing is sent there."""


class Options(NamedTuple):
    """What may be asked of a chain."""

    environ: Mapping[str, str] = {}
    """Environment variables of all servers, before those that the chain sets itself."""
    scrape_seconds: int = 0
    """How often Prometheus scrapes; 0: as its file says."""
    store: str = ""
    """Where the analyzer keeps everything; by default a file in the folder."""
    only: frozenset[str] = frozenset()
    """Names of the servers that are wanted; empty: all."""


class Place(NamedTuple):
    """Where the servers of one chain are."""

    folder: Path
    ports: Mapping[str, int]
    options: Options

    def at(self, name: str) -> str:
        """Return host and port, by the name of the port."""
        return f"{HOST}:{self.ports[name]}"

    def url(self, name: str) -> str:
        """Return the address of a port."""
        return f"http://{self.at(name)}"

    def own(self, name: str) -> Path:
        """Return the folder of one server."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def server(self, name: str, arguments: list[str], folder: Path, ready: str, **environ: str) -> Server:
        """Return a server that runs a program in its folder."""
        return Server(name, arguments, folder, ready, {**environ, **self.options.environ})


def collector(place: Place) -> Server:
    """Return the Collector, with its queues in its folder."""
    folder = place.own("collector")
    config = yaml.safe_load((SHIPPED / "collector.yaml").read_text(encoding="utf-8"))
    (folder / "collector.yaml").write_text(yaml.safe_dump(without(config, set(MISSING)), sort_keys=False))
    port = {name: str(number) for name, number in place.ports.items()}
    return place.server(
        "otelcol", ["--config=collector.yaml"], folder, place.url("collector_health"),
        COLLECTOR_HOST=HOST, COLLECTOR_QUEUES=str(folder / "queues"), COLLECTOR_SPAN_METRICS_INTERVAL="2s",
        COLLECTOR_GRPC_PORT=port["collector_grpc"], COLLECTOR_HTTP_PORT=port["collector"],
        COLLECTOR_HEALTH_PORT=port["collector_health"], COLLECTOR_METRICS_PORT=port["collector_metrics"],
        ANALYZER_ENDPOINT=place.url("analyzer"), TRACES_ENDPOINT=place.at("jaeger_otlp"),
        LOKI_ENDPOINT=f"{place.url('loki')}/otlp", PROMETHEUS_ENDPOINT=f"{place.url('prometheus')}/api/v1/otlp",
    )  # fmt: skip


def analyzer(place: Place) -> Server:
    """Return the analyzer, which tells of everything through the Collector."""
    folder = place.own("analyzer")
    return place.server(
        sys.executable, ["-m", "otel_agent_analytics", "serve"], folder, f"{place.url('analyzer')}/readyz",
        PYTHONPATH=str(ROOT), AGENT_ANALYTICS_SERVE_HTTP=place.at("analyzer"),
        AGENT_ANALYTICS_SERVE_GRPC=place.at("analyzer_grpc"),
        AGENT_ANALYTICS_STORE=place.options.store or str(folder / "agent-analytics.duckdb"),
        AGENT_ANALYTICS_EVENTS="all", AGENT_ANALYTICS_EVENTS_ENDPOINT=place.url("collector"),
    )  # fmt: skip


def prometheus(place: Place) -> Server:
    """Return Prometheus, with all rules beside its file."""
    folder = place.own("prometheus")
    said = (SHIPPED / "prometheus.yaml").read_text(encoding="utf-8")
    if every := place.options.scrape_seconds:
        said = said.replace("scrape_interval: 15s", f"scrape_interval: {every}s")
    (folder / "prometheus.yaml").write_text(said, encoding="utf-8")
    for file in (SHIPPED / "targets").glob("*.yaml"):
        port = _TARGETS[file.stem]
        targets = [{"targets": [place.at(port)]}] if port else []
        (place.own("prometheus/targets") / file.name).write_text(yaml.safe_dump(targets))
    for rule in (ROOT / "grafana" / "rules").glob("*.yaml"):
        shutil.copy(rule, place.own("prometheus/rules"))
    arguments = [
        "--config.file=prometheus.yaml", f"--web.listen-address={place.at('prometheus')}",
        f"--storage.tsdb.path={folder / 'data'}", "--web.enable-otlp-receiver", "--web.enable-lifecycle",
        "--web.enable-remote-write-receiver", "--enable-feature=exemplar-storage",
    ]  # fmt: skip
    return place.server("prometheus", arguments, folder, f"{place.url('prometheus')}/-/ready")


def alertmanager(place: Place) -> Server:
    """Return Alertmanager, with the templates beside its file."""
    folder = place.own("alertmanager")
    for file in (SHIPPED / "alertmanager.yaml", *SHIPPED.glob("**/*.tmpl")):
        beside = folder / file.relative_to(SHIPPED)
        beside.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, beside)
    arguments = [
        "--config.file=alertmanager.yaml", f"--storage.path={folder / 'data'}", "--cluster.listen-address=",
        f"--web.listen-address={place.at('alertmanager')}",
    ]  # fmt: skip
    return place.server("alertmanager", arguments, folder, f"{place.url('alertmanager')}/-/ready")


def loki(place: Place) -> Server:
    """Return Loki, with the rules of its ruler."""
    folder = place.own("loki")
    for rule in (ROOT / "grafana" / "rules" / "loki").glob("*.yaml"):
        shutil.copy(rule, place.own("loki/rules/fake"))  # the name of the only tenant
    return place.server(
        "loki", [f"-config.file={SHIPPED / 'loki.yaml'}", "-config.expand-env=true"], folder,
        f"{place.url('loki')}/ready",
        LOKI_HOST=HOST, LOKI_PORT=str(place.ports["loki"]), LOKI_GRPC_PORT=str(place.ports["loki_grpc"]),
        LOKI_DATA=str(folder / "data"), LOKI_RULES=str(folder / "rules"), LOKI_LOG_LEVEL="warn",
        ALERTMANAGER_URL=place.url("alertmanager"),
    )  # fmt: skip


def jaeger(place: Place) -> Server:
    """Return Jaeger, which holds traces in memory."""
    arguments = [f"--{flag}={place.at(port)}" for flag, port in _JAEGER.items()]
    arguments += [f"--processor.{one}.server-host-port={HOST}:0" for one in _UDP]
    arguments += ["--memory.max-traces=100000"]
    return place.server("all-in-one", arguments, place.own("jaeger"), f"{place.url('jaeger')}/api/services")


MAKERS: Final[dict[str, Callable[[Place], Server]]] = {
    "collector": collector, "analyzer": analyzer, "prometheus": prometheus, "alertmanager": alertmanager,
    "loki": loki, "jaeger": jaeger,
}  # fmt: skip
"""What makes each server of a chain."""
