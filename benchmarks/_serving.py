"""An analyzer that runs as a process of its own, and what such a process, or any other, has used of the machine."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_READY_SECONDS: Final = 120
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Serving(NamedTuple):
    """A process that serves."""

    pid: int
    http: int
    """Its port."""
    grpc: int
    """Its port."""
    ready_seconds: float
    """From its start until it took requests."""


@contextmanager
def serving(store: str, environment: Mapping[str, str] | None = None) -> Iterator[Serving]:
    """Run ``serve`` on a store, on free ports, while the block lasts."""
    ports = free_port(), free_port()
    places = [f"127.0.0.1:{port}" for port in ports]
    command = [sys.executable, "-m", "otel_agent_analytics", "serve", "--store", store]
    command += ["--http", places[0], "--grpc", places[1]]
    with process(command, ports[0], environment) as (pid, seconds):
        yield Serving(pid, *ports, seconds)


@contextmanager
def process(command: list[str], port: int, environment: Mapping[str, str] | None = None) -> Iterator[tuple[int, float]]:
    """Run a command until the block ends; yield its process id, and the seconds until it answered ``/readyz``."""
    began = time.monotonic()
    running = subprocess.Popen(command, env={**os.environ, **(environment or {})})
    try:
        while not _is_ready(port):
            if running.poll() is not None or time.monotonic() - began > _READY_SECONDS:
                raise SystemExit(f"{command[2]} did not start")
            time.sleep(0.01)
        yield running.pid, time.monotonic() - began
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds, user's and system's, of a process and of all below it, those that ended too."""
    stats: dict[int, list[str]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stats[int(path.parent.name)] = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
    members, before = {pid}, 0
    while len(members) > before:
        before = len(members)
        members |= {one for one, fields in stats.items() if int(fields[1]) in members}
    return sum(int(field) for one in members for field in stats[one][11:15]) / _TICKS


def memory_mb(pid: int, what: str = "VmHWM") -> float:
    """Return the most memory that a process has had resident, MB (``VmRSS``: what it has now)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) * 1024 / 1e6


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
