"""The whole chain on this machine: Collector, analyzer, Prometheus, Alertmanager, Loki and a trace store.

Each is a process of its own on ports of 127.0.0.1 and runs with the file in ``collector_config`` that is shipped for
it. What differs goes the way that the file leaves open: environment variables, and for Prometheus the files in
``targets``. Two things cannot be had here: Tempo, for which Jaeger stands in as the store of traces, and
``gen_ai_normalizer`` of the Collector, which is left out of a copy of its file (``collector_config/without.py``).
"""

from __future__ import annotations

import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import yaml

from collector_config.without import without
from tests.servers.programs import Server, ask, fetch, free_ports

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

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

_JAEGER: Final = {
    "query.http-server.host-port": "jaeger", "collector.otlp.grpc.host-port": "jaeger_otlp",
    "collector.otlp.http.host-port": "jaeger_otlp_http", "admin.http.host-port": "jaeger_admin",
    "query.grpc-server.host-port": "jaeger_query", "collector.grpc-server.host-port": "jaeger_grpc",
    "collector.http-server.host-port": "jaeger_http", "http-server.host-port": "jaeger_sampling",
}  # fmt: skip
_UDP: Final = ("jaeger-binary", "jaeger-compact", "zipkin-compact")
"""What else Jaeger listens to; on any port, since nothing is sent there."""

_STAND_IN: Final = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
"""For Alertmanager, where its file is not there."""


def any_ports() -> dict[str, int]:
    """Return a free port for each name."""
    return dict(zip(PORTS, free_ports(len(PORTS)), strict=True))


class Options(NamedTuple):
    """What may be asked of a chain."""

    environ: Mapping[str, str] = {}
    """Of Collector and analyzer: settings of theirs."""
    scrape_seconds: int = 0
    """How often Prometheus scrapes; 0: as its file says."""
    store: str = ""
    """Where the analyzer keeps everything; by default a file in the folder."""
    only: frozenset[str] = frozenset()
    """Names of the servers that are wanted; empty: all."""


class Chain:
    """All servers; started together by ``with``, ended in the order in which data flows.

    Args:
        folder: for their files and logs.
        ports: of each name in ``PORTS``.
        options: what else is asked.
    """

    def __init__(self, folder: Path, ports: Mapping[str, int] | None = None, options: Options | None = None) -> None:
        self.folder, self.ports = folder, dict(ports or any_ports())
        self._options = options or Options()
        makers = {
            "collector": self._collector, "analyzer": self._analyzer, "prometheus": self._prometheus,
            "alertmanager": self._alertmanager, "loki": self._loki, "jaeger": self._jaeger,
        }  # fmt: skip
        self.servers = {name: make() for name, make in makers.items() if name in (self._options.only or makers)}

    def url(self, name: str) -> str:
        """Return the address of a port, by its name."""
        return f"http://{HOST}:{self.ports[name]}"

    def at(self, name: str) -> str:
        """Return host and port."""
        return f"{HOST}:{self.ports[name]}"

    def promql(self, query: str) -> list[dict[str, Any]]:
        """Return the series that an instant query finds."""
        found: list[dict[str, Any]] = ask(f"{self.url('prometheus')}/api/v1/query", query=query)["data"]["result"]
        return found

    def logql(self, query: str, hours: int = 48) -> list[dict[str, str]]:
        """Return the labels and structured metadata of each record that a query finds, and its line as ``line``."""
        said = ask(f"{self.url('loki')}/loki/api/v1/query_range", query=query, since=f"{hours}h", limit="5000")
        return [
            {**stream["stream"], "line": line} for stream in said["data"]["result"] for _, line, *_ in stream["values"]
        ]

    def traces(self, service: str, tags: str = "{}", limit: int = 1500) -> list[dict[str, Any]]:
        """Return the traces of a service that the trace store finds; ``tags`` is a JSON object of attributes."""
        address = f"{self.url('jaeger')}/api/traces"
        found: list[dict[str, Any]] = ask(address, service=service, tags=tags, limit=str(limit), lookback="48h")["data"]
        return found

    def has_trace(self, trace_id: str) -> bool:
        """Return whether the trace store knows a trace."""
        try:
            return bool(ask(f"{self.url('jaeger')}/api/traces/{trace_id}")["data"])
        except OSError:
            return False

    def api(self, path: str) -> Any:
        """Return what the analyzer answers to a question such as ``overview?days=2``."""
        return json.loads(fetch(f"{self.url('analyzer')}/api/{path}"))

    def _own(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _collector(self) -> Server:
        folder = self._own("collector")
        config = yaml.safe_load((SHIPPED / "collector.yaml").read_text(encoding="utf-8"))
        (folder / "collector.yaml").write_text(yaml.safe_dump(without(config, set(MISSING)), sort_keys=False))
        environ = {
            "COLLECTOR_HOST": HOST, "COLLECTOR_QUEUES": str(folder / "queues"),
            **{f"COLLECTOR_{one}_PORT": str(self.ports[f"collector_{one.lower()}"]) for one in ("GRPC", "HEALTH")},
            "COLLECTOR_HTTP_PORT": str(self.ports["collector"]),
            "COLLECTOR_METRICS_PORT": str(self.ports["collector_metrics"]),
            "COLLECTOR_SPAN_METRICS_INTERVAL": "2s", "ANALYZER_ENDPOINT": self.url("analyzer"),
            "TRACES_ENDPOINT": self.at("jaeger_otlp"), "LOKI_ENDPOINT": f"{self.url('loki')}/otlp",
            "PROMETHEUS_ENDPOINT": f"{self.url('prometheus')}/api/v1/otlp",
        }  # fmt: skip
        return self._server("otelcol", ["--config=collector.yaml"], folder, self.url("collector_health"), environ)

    def _analyzer(self) -> Server:
        folder = self._own("analyzer")
        environ = {
            "PYTHONPATH": str(ROOT), "AGENT_ANALYTICS_SERVE_HTTP": self.at("analyzer"),
            "AGENT_ANALYTICS_SERVE_GRPC": self.at("analyzer_grpc"),
            "AGENT_ANALYTICS_STORE": self._options.store or str(folder / "agent-analytics.duckdb"),
            "AGENT_ANALYTICS_EVENTS": "all", "AGENT_ANALYTICS_EVENTS_ENDPOINT": self.url("collector"),
        }  # fmt: skip
        command = ["-m", "otel_agent_analytics", "serve"]
        return self._server(sys.executable, command, folder, f"{self.url('analyzer')}/readyz", environ)

    def _prometheus(self) -> Server:
        folder = self._own("prometheus")
        said = (SHIPPED / "prometheus.yaml").read_text(encoding="utf-8")
        if every := self._options.scrape_seconds:
            said = said.replace("scrape_interval: 15s", f"scrape_interval: {every}s")
        (folder / "prometheus.yaml").write_text(said, encoding="utf-8")
        self._targets(folder)
        rules = folder / "rules"
        rules.mkdir(exist_ok=True)
        for rule in (ROOT / "grafana" / "rules").glob("*.yaml"):
            shutil.copy(rule, rules)
        arguments = [
            "--config.file=prometheus.yaml", f"--web.listen-address={self.at('prometheus')}",
            f"--storage.tsdb.path={folder / 'data'}", "--web.enable-otlp-receiver", "--web.enable-lifecycle",
            "--web.enable-remote-write-receiver", "--enable-feature=exemplar-storage",
        ]  # fmt: skip
        return self._server("prometheus", arguments, folder, f"{self.url('prometheus')}/-/ready")

    def _targets(self, folder: Path) -> None:
        """Write where everything is, under the file names that are shipped."""
        (folder / "targets").mkdir(exist_ok=True)
        named = {"agent-analytics": "analyzer", "otel-collector": "collector_metrics", "alertmanagers": "alertmanager"}
        for shipped in (SHIPPED / "targets").glob("*.yaml"):
            port = named.get(shipped.stem, shipped.stem)
            targets = [{"targets": [self.at(port)]}] if port in self.ports else []  # there is no Tempo
            (folder / "targets" / shipped.name).write_text(yaml.safe_dump(targets))

    def _alertmanager(self) -> Server:
        folder = self._own("alertmanager")
        shipped = SHIPPED / "alertmanager.yaml"
        text = shipped.read_text(encoding="utf-8") if shipped.exists() else _STAND_IN
        (folder / "alertmanager.yaml").write_text(text, encoding="utf-8")
        for template in SHIPPED.glob("**/*.tmpl"):
            beside = folder / template.relative_to(SHIPPED)
            beside.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(template, beside)
        arguments = [
            "--config.file=alertmanager.yaml", f"--storage.path={folder / 'data'}", "--cluster.listen-address=",
            f"--web.listen-address={self.at('alertmanager')}",
        ]  # fmt: skip
        return self._server("alertmanager", arguments, folder, f"{self.url('alertmanager')}/-/ready")

    def _loki(self) -> Server:
        folder = self._own("loki")
        rules = folder / "rules" / "fake"  # of the only tenant
        rules.mkdir(parents=True, exist_ok=True)
        for rule in (ROOT / "grafana" / "rules" / "loki").glob("*.yaml"):
            shutil.copy(rule, rules)
        environ = {
            "LOKI_HOST": HOST, "LOKI_PORT": str(self.ports["loki"]), "LOKI_GRPC_PORT": str(self.ports["loki_grpc"]),
            "LOKI_DATA": str(folder / "data"), "LOKI_RULES": str(rules.parent), "LOKI_LOG_LEVEL": "warn",
            "ALERTMANAGER_URL": self.url("alertmanager"),
        }  # fmt: skip
        arguments = [f"-config.file={SHIPPED / 'loki.yaml'}", "-config.expand-env=true"]
        return self._server("loki", arguments, folder, f"{self.url('loki')}/ready", environ)

    def _jaeger(self) -> Server:
        folder = self._own("jaeger")
        arguments = [f"--{flag}={self.at(port)}" for flag, port in _JAEGER.items()]
        arguments += [f"--processor.{one}.server-host-port={HOST}:0" for one in _UDP]
        return self._server(
            "all-in-one", [*arguments, "--memory.max-traces=100000"], folder, f"{self.url('jaeger')}/api/services"
        )

    def _server(
        self, name: str, arguments: list[str], folder: Path, ready: str, environ: Mapping[str, str] | None = None
    ) -> Server:
        return Server(name, arguments, folder, ready, {**(environ or {}), **self._options.environ})

    def __enter__(self) -> Self:
        """Start all at once; return when all can be used."""
        try:
            with ThreadPoolExecutor(len(self.servers)) as pool:
                list(pool.map(Server.start, self.servers.values()))
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all."""
        self.end()

    def end(self) -> None:
        """End the analyzer first, then what it sends to, then all others at once."""
        for name in ("analyzer", "collector"):
            if name in self.servers:
                self.servers[name].stop()
        with ThreadPoolExecutor(len(self.servers)) as pool:
            list(pool.map(Server.stop, self.servers.values()))
