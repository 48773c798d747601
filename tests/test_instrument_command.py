"""`opentelemetry-instrument`: an application that knows nothing of us, and its spans."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "one_agent.py"
COMMAND = Path(sys.executable).parent / "opentelemetry-instrument"
ANSWER = "It left our warehouse on Monday."


def run(*command: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command as on a machine where nothing is set but the exporters."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "OPENAI_", "AGENT_"))}
    exporters = {"OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}
    # The official instrumentation is here as an oracle for other tests; a user has one or the other.
    off = ",".join(("openai_agents", environ.pop("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "")))
    exporters["OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"] = off
    return subprocess.run(
        command, env={**clean, **exporters, **environ}, capture_output=True, text=True, check=False, timeout=60
    )


def objects(text: str) -> list[dict[str, Any]]:
    """Return the JSON objects that begin at the beginning of a line."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while (at := text.find("{\n", at)) >= 0:
        value, at = decoder.raw_decode(text, at)
        found.append(value)
    return found


@pytest.fixture(scope="module")
def instrumented() -> subprocess.CompletedProcess[str]:
    """Return what the example does under the command."""
    return run(COMMAND, sys.executable, EXAMPLE)


def test_application_runs_as_before(instrumented: subprocess.CompletedProcess[str]) -> None:
    """The application prints what it prints without the command, ends well, and nobody adds a word."""
    alone = run(sys.executable, EXAMPLE)

    assert (alone.returncode, alone.stdout, alone.stderr) == (0, f"{ANSWER}\n", "")
    assert instrumented.returncode == 0, instrumented.stderr
    assert instrumented.stdout.startswith(f"{ANSWER}\n")
    assert instrumented.stderr == ""


def test_spans_of_the_run(instrumented: subprocess.CompletedProcess[str]) -> None:
    """The run is one trace of six spans, from the workflow down to the tool, all of one conversation."""
    spans = objects(instrumented.stdout)
    by_id = {span["context"]["span_id"]: span for span in spans}

    def path(span: dict[str, Any]) -> str:
        above = by_id.get(span["parent_id"])
        return f"{path(above)} / {span['name']}" if above is not None else str(span["name"])

    agent = "invoke_workflow Agent workflow / handle_conversation_turn Support / invoke_agent Support"
    assert sorted(path(span) for span in spans) == sorted(
        [
            "invoke_workflow Agent workflow",
            "invoke_workflow Agent workflow / handle_conversation_turn Support",
            agent,
            f"{agent} / chat",
            f"{agent} / execute_tool track_order",
            f"{agent} / chat",
        ]
    )
    assert len({span["context"]["trace_id"] for span in spans}) == 1
    assert {span["attributes"]["gen_ai.conversation.id"] for span in spans} == {"chat-1"}
    assert {span["status"]["status_code"] for span in spans} == {"UNSET"}


def test_application_knows_nothing_of_us() -> None:
    """Nothing in the example names this package or OpenTelemetry, but the command in its docstring."""
    program = EXAMPLE.read_text(encoding="utf-8").replace("opentelemetry-instrument python", "")

    assert "opentelemetry" not in program
    assert "otel" not in program
    assert "agent_analytics" not in program


def test_switched_off() -> None:
    """The command's own switch leaves us out, by the name of our entry point."""
    done = run(COMMAND, sys.executable, EXAMPLE, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="otel_agent_analytics")

    assert done.returncode == 0, done.stderr
    assert objects(done.stdout) == []


def test_bad_setting_does_not_stop_the_application() -> None:
    """With a setting that is not allowed the application runs, without our spans, and is told the setting."""
    done = run(COMMAND, sys.executable, EXAMPLE, AGENT_ANALYTICS_IDLE_SECONDS="soon")

    assert done.returncode == 0, done.stderr
    assert ANSWER in done.stdout
    assert "AGENT_ANALYTICS_IDLE_SECONDS: 'soon' is not allowed" in done.stderr
    assert objects(done.stdout) == []
