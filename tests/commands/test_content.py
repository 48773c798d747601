"""Message content on or off: the figures are the same, since they are measured before a text is dropped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("play_day.py")
ROOT = Path(__file__).parents[2]
CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


def series_of_day(**environ: str) -> dict[str, Any]:
    """Return every series of sixty conversations of the demo, and how many span attributes held messages."""
    ended = subprocess.run(
        [sys.executable, str(PROGRAM), "60"],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    said: dict[str, Any] = json.loads(ended.stdout)
    return said


@pytest.fixture(scope="module")
def off() -> dict[str, Any]:
    """Return what comes of it with content off."""
    return series_of_day(**{CAPTURE: "NO_CONTENT"})


@pytest.mark.parametrize(
    "environ",
    [
        {CAPTURE: "SPAN_AND_EVENT"},
        {CAPTURE: "SPAN_ONLY", "AGENT_ANALYTICS_MAX_CONTENT_LENGTH": "16"},
    ],
    ids=["all of it", "cut short"],
)
def test_series_do_not_depend_on_content(off: dict[str, Any], environ: dict[str, str]) -> None:
    """Every `agent_analytics_*` and `gen_ai_*` series is the same with content off and on, to the last digit."""
    on = series_of_day(**environ)

    assert off["spans_with_messages"] == 0 < on["spans_with_messages"]
    assert on["series"] == off["series"]


def test_both_kinds_of_series_are_compared(off: dict[str, Any]) -> None:
    """Among the series are ours, with signals that only a text can tell, and the standard ones."""
    names = {name for name, _, value in off["series"] if value}

    assert {"agent_analytics_rephrases_total", "agent_analytics_dissatisfied_turns_total"} <= names
    assert {"gen_ai.client.inference.duration", "gen_ai.invoke_agent.duration"} <= names
    assert len(off["series"]) > 300
