"""A real Prometheus on a data folder that is there already, which scrapes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from tests.servers.programs import Server, ask, free_ports

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Prometheus(NamedTuple):
    """A Prometheus."""

    server: Server
    address: str

    def series(self, expression: str, **parameters: str) -> list[dict[str, Any]]:
        """Return what an expression gives now, or at ``time``."""
        found: list[dict[str, Any]] = ask(f"{self.address}/api/v1/query", query=expression, **parameters)["data"][
            "result"
        ]
        return found

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups of rules, with how they are."""
        found: list[dict[str, Any]] = ask(f"{self.address}/api/v1/rules")["data"]["groups"]
        return found


def prometheus(
    folder: Path, data: Path, *, rules: Sequence[Path] = (), alertmanager: str = "", every: str = "1s"
) -> Prometheus:
    """Return a Prometheus that is not started yet.

    Args:
        folder: for its configuration and log.
        data: its data folder.
        rules: files of rules.
        alertmanager: HOST:PORT of what it sends alerts to; empty: to nobody.
        every: between two evaluations, where a group does not say.
    """
    [port] = free_ports(1)
    managers = [{"static_configs": [{"targets": [alertmanager]}]}] if alertmanager else []
    settings = {
        "global": {"evaluation_interval": every},
        "rule_files": [str(path) for path in rules],
        "alerting": {"alertmanagers": managers},
    }
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "prometheus.yaml"
    config.write_text(yaml.safe_dump(settings))
    arguments = [
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=60d",
        f"--web.listen-address=127.0.0.1:{port}",
        "--rules.alert.resend-delay=1s",
        "--log.level=warn",
    ]
    address = f"http://127.0.0.1:{port}"
    return Prometheus(Server("prometheus", arguments, folder, f"{address}/-/ready"), address)
