from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from otel_agent_analytics.demo.traffic import synthetic_day
from tests.servers.members import PROGRAMS
from tests.servers.programs import answers, program

COMMAND = [sys.executable, "-m", "tests.servers.stack"]
ROOT = Path(__file__).parents[2]


def environ() -> dict[str, str]:
    """Return an environment in which conversations end soon after their last span."""
    for name in PROGRAMS:
        program(name)
    return {**os.environ, "AGENT_ANALYTICS_LATENESS_SECONDS": "1"}


def test_missing_servers_are_told(tmp_path: Path) -> None:
    """Where no server is built, `make stack` says so and how to build them, and ends with 1."""
    bare = {"PATH": "/usr/bin:/bin", "SERVERS_DIR": str(tmp_path)}
    said = subprocess.run(COMMAND, cwd=ROOT, env=bare, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 1
    assert "not built; `make servers` builds them" in said.stderr


def test_replay_and_end(tmp_path: Path) -> None:
    """`--replay FILE` starts everything, plays the file through the Collector, shows the figures and ends with 0."""
    file = tmp_path / "day.jsonl"
    day = synthetic_day(conversations=8, start=datetime(2026, 1, 4, 18, tzinfo=UTC))
    file.write_text("\n".join(json.dumps(one) for one in day))
    command = [*COMMAND, "--folder", str(tmp_path / "stack"), "--replay", str(file)]
    said = subprocess.run(command, cwd=ROOT, env=environ(), capture_output=True, text=True, timeout=120, check=False)
    assert said.returncode == 0, said.stderr
    assert re.search(r"│ all\s+│\s+8 │", said.stdout), said.stdout
    assert (tmp_path / "stack" / "analyzer" / "agent-analytics.duckdb").exists()


def test_recording_that_is_not_there(tmp_path: Path) -> None:
    """It is told before anything is started, with exit status 2."""
    command = [*COMMAND, "--replay", str(tmp_path / "none.jsonl")]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (said.returncode, said.stdout) == (2, "")
    assert f"there is no file {tmp_path / 'none.jsonl'}" in said.stderr


def shown_by(process: subprocess.Popen[str]) -> list[str]:
    """Return the addresses that it prints when all servers can be used."""
    assert process.stdout is not None
    lines = list(itertools.takewhile(lambda line: "Ctrl-C" not in line, process.stdout))
    return re.findall(r"http://127\.0\.0\.1:\d+/\S*", "".join(lines))


def test_end_by_signal() -> None:
    """It prints where everything is; SIGTERM ends all servers, and it ends with 0."""
    with subprocess.Popen(COMMAND, cwd=ROOT, env=environ(), stdout=subprocess.PIPE, text=True) as process:
        try:
            addresses = shown_by(process)
            silent = [one for one in addresses if not answers(one)]
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert len(addresses) == 7
    assert silent == []
    assert [one for one in addresses if answers(one)] == []
