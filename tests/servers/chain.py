"""The whole chain on this machine: Collector, analyzer, Prometheus, Alertmanager, Loki and a trace store.

Each is a process of its own on ports of 127.0.0.1; ``members`` says how it is started.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self

from tests.servers.members import MAKERS, PORTS, Options, Place
from tests.servers.programs import Server, ask, fetch, free_ports

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType


def any_ports() -> dict[str, int]:
    """Return a free port for each name."""
    return dict(zip(PORTS, free_ports(len(PORTS)), strict=True))


class Chain:
    """All servers; started together by ``with``, ended in the order in which data flows.

    Args:
        folder: for their files and logs.
        ports: of each name in ``PORTS``.
        options: what else is asked.
    """

    def __init__(self, folder: Path, ports: Mapping[str, int] | None = None, options: Options | None = None) -> None:
        self.folder, self.ports = folder, dict(ports or any_ports())
        self._place = Place(folder, self.ports, options or Options())
        wanted = self._place.options.only or MAKERS
        self.servers = {name: make(self._place) for name, make in MAKERS.items() if name in wanted}

    def url(self, name: str) -> str:
        """Return the address of a port, by its name."""
        return self._place.url(name)

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
        if "jaeger" in self.servers:
            self.servers["jaeger"].kill()  # it keeps nothing, and takes its time
        with ThreadPoolExecutor(len(self.servers)) as pool:
            list(pool.map(Server.stop, self.servers.values()))
