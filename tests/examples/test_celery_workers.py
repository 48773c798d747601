"""Celery's workers that serve conversations between them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.examples.conftest import EXAMPLES, address, environment, net, run, told

if TYPE_CHECKING:
    from pathlib import Path

    from tests.helpers.processes import Process

pytest.importorskip("celery")


def test_one_conversation_however_many_processes(analyzer: Process, tmp_path: Path) -> None:
    """Three conversations are three and whole, where each message is served by a process that ends right after it."""
    environ = {**address(analyzer, "celery-shop"), "CELERY_FOLDER": str(tmp_path / "broker")}
    # A process a task: so it is certain that others serve the next message, and nothing is sent but at their end.
    options = ["--concurrency", "2", "--max-tasks-per-child", "1", "--without-gossip", "--without-mingle"]
    log = tmp_path / "worker.log"
    with log.open("wb") as written, subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "celery_workers", "worker", *options],
        cwd=EXAMPLES, env=environment(**environ, OTEL_BSP_SCHEDULE_DELAY="60000"), stdout=written, stderr=written,
    ) as worker:  # fmt: skip
        try:
            done = run("celery_workers.py", **environ)
        finally:
            worker.terminate()
            worker.wait(30)

    assert done.returncode == 0, done.stderr + log.read_text()
    lines = [line for line in done.stdout.splitlines() if " turns, " in line]
    assert [told(line) for line in lines] == [{"outcome": "completed", "turns": 3, "calls": 1, "processes": 3}] * 3
    counted = net(analyzer, "celery-shop")
    assert counted["agent_analytics_conversations_started_total"] == 3
    assert counted["agent_analytics_messages_total"] == 18
