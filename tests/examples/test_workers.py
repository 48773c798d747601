"""Processes that serve conversations between them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.examples.conftest import address, net, run, told

if TYPE_CHECKING:
    from tests.helpers.processes import Process


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.parametrize(("start", "workers"), [("fork", 3), ("spawn", 2)])
def test_one_conversation_however_many_processes(analyzer: Process, start: str, workers: int) -> None:
    """Three conversations whose turns are served by different processes are three, whole, and nobody else's."""
    done = run("workers.py", "--start", start, "--workers", str(workers), **address(analyzer, f"shop-{start}"))

    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if " turns, " in line]
    assert [told(line) for line in lines] == [
        {"outcome": "completed", "turns": 3, "calls": 1, "processes": workers}
    ] * 3
    counted = net(analyzer, f"shop-{start}")
    assert counted["agent_analytics_conversations_started_total"] == 3
    assert counted["agent_analytics_conversations_ended_total"] == 3
    assert counted["agent_analytics_messages_total"] == 18
    assert "agent_analytics_spans_derived_elsewhere_total" not in counted
