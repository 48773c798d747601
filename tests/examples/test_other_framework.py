"""An agent of no framework, whose spans an analyzer reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.examples.conftest import EXAMPLES, address, run

if TYPE_CHECKING:
    from tests.helpers.processes import Process


def test_figures_are_read_back(analyzer: Process) -> None:
    """Two messages, three model calls of 100 and 20 tokens and one tool are what the analyzer's API answers."""
    done = run("other_framework.py", **address(analyzer, "no-framework"))

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[4:] == [
        "{'accepted': 1, 'rejected': []}",
        "outcome: completed",
        "resolution_status: resolved",
        "sentiment: neutral",
        "user_turns: 2",
        "model_calls: 3",
        "tool_calls: 1",
        "cost_usd: 0.000195",  # 300 tokens at 0.25 and 60 at 2 USD for a million
        "conversations of this service in the last hour: 1",
    ]
    overview = json.loads(analyzer.ask("GET", "/api/compare-agents?hours=1&service=no-framework").body)
    assert [one["name"] for one in overview["items"]] == ["Support"]


def test_agent_knows_nothing_of_us() -> None:
    """The program imports nothing of this package."""
    program = (EXAMPLES / "other_framework.py").read_text(encoding="utf-8")

    assert "otel_agent_analytics" not in program
    assert "import agents" not in program
