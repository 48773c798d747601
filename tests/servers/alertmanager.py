"""A real Alertmanager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tests.servers.programs import Server, ask, free_ports

if TYPE_CHECKING:
    from pathlib import Path


class Alertmanager(NamedTuple):
    """An Alertmanager."""

    server: Server
    target: str
    """HOST:PORT."""

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that it holds."""
        found: list[dict[str, Any]] = ask(f"http://{self.target}/api/v2/alerts")
        return found


def alertmanager(folder: Path, config: Path) -> Alertmanager:
    """Return an Alertmanager that is not started yet.

    Args:
        folder: for its log and what it keeps.
        config: its configuration.
    """
    [port] = free_ports(1)
    folder.mkdir(parents=True, exist_ok=True)
    target = f"127.0.0.1:{port}"
    arguments = [
        f"--config.file={config}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={target}",
        "--cluster.listen-address=",
    ]
    return Alertmanager(Server("alertmanager", arguments, folder, f"http://{target}/-/ready"), target)
