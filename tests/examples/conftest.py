"""Programs of examples/, as their headers say how to run them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.helpers.processes import Process

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parents[2] / "examples"
KEY = "0123456789abcdef0123456789abcdef"


def environment(**more: str) -> dict[str, str]:
    """Return an environment in which nothing is set for the libraries, but for what is given."""
    dropped = ("OTEL_", "OPENAI_", "AGENT_ANALYTICS_", "PYTEST_", "PROMETHEUS_", "CELERY_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {**clean, "PYTHONPATH": str(EXAMPLES.parent), "AGENT_ANALYTICS_USER_KEY": KEY, **more}


def run(name: str, *arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments], env=environment(**environ), capture_output=True, text=True,
        check=False, timeout=90,
    )  # fmt: skip


@pytest.fixture(scope="session")
def analyzer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """Return an analyzer that waits two seconds for what is late; each test has a service of its own in it."""
    folder = tmp_path_factory.mktemp("analyzer")
    environ = {"AGENT_ANALYTICS_LATENESS_SECONDS": "2", "AGENT_ANALYTICS_USER_KEY": KEY}
    with Process(str(folder / "store.duckdb"), folder, environ=environ) as running:
        yield running


def address(analyzer: Process, service: str) -> dict[str, str]:
    """Return the variables that say where to send, and to ask, and whose spans they are."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{analyzer.port}", "OTEL_SERVICE_NAME": service}


def net(analyzer: Process, service: str) -> dict[str, float]:
    """Return what the analyzer has counted, less what was taken back, by the names of counters."""
    summed: dict[str, float] = {}
    for name, value in analyzer.net(service):
        summed[name] = summed.get(name, 0) + value
    return summed


def told(line: str) -> dict[str, Any]:
    """Return what a line about a conversation says: its outcome, turns, tool calls and processes."""
    outcome, turns, calls, processes = line.split(": ")[1].split(", ")
    counts = {"turns": turns, "calls": calls, "processes": processes.removeprefix("by ")}
    return {"outcome": outcome, **{name: int(said.split()[0]) for name, said in counts.items()}}
