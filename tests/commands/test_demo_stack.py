"""``demo --endpoint`` and ``demo --live``: traffic for an analyzer or a Collector that runs already."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from otel_agent_analytics.__main__ import main
from tests.helpers.processes import Process, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SERVICE = "northwind-support"
PROGRAM = [sys.executable, "-m", "otel_agent_analytics", "demo"]


@contextmanager
def demo(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start the real program; kill it in the end, where it still runs."""
    with subprocess.Popen(
        [*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something holds."""
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.1)


def hears_of(program: subprocess.Popen[str], words: str) -> None:
    """Wait until a program has said something on standard error."""
    assert program.stderr is not None
    assert any(words in line for line in program.stderr)


def total(process: Process, name: str) -> float:
    """Return the sum of a counter's series; 0 where nothing is known yet."""
    answer = process.ask("GET", "/metrics")
    found = re.findall(rf"^agent_analytics_{name}(?:{{.*}})? (\S+)$", answer.body.decode(), re.MULTILINE)
    return sum(map(float, found))


def test_a_day_goes_to_an_analyzer_that_runs(tmp_path: Path) -> None:
    """Each time it is another day that ends just now, with the outcomes of its kind; the figures are the analyzer's."""
    with Process(str(tmp_path / "x.duckdb"), tmp_path) as analyzer:
        address, told = f"http://127.0.0.1:{analyzer.port}", []
        for kind in ("ordinary", "bad"):
            with demo("--endpoint", address, "--json", "--conversations", "50", "--day", kind) as program:
                printed, problems = program.communicate(timeout=120)
            assert (program.returncode, problems) == (0, "")
            told.append(json.loads(printed))
            time.sleep(1)  # the ids tell the second
        visits = total(analyzer, "visits_total") - total(analyzer, "visits_retracted_total")
        started = total(analyzer, "conversations_started_total")
        found = json.loads(analyzer.ask("GET", "/api/overview?hours=26").body)
    # Half of the hundredths of weights.py.
    assert told[0]["outcomes"] == {"completed": 25, "escalated": 6, "failed": 2, "abandoned": 9, "silent": 6}
    assert told[1]["outcomes"] == {"completed": 11, "escalated": 9, "failed": 5, "abandoned": 20, "silent": 4}
    assert started == sum(one["conversations"] for one in told) == 97
    assert visits == sum(one["visits"] for one in told) == 3
    assert found["figures"]["conversations"] == 97


def test_live_traffic_waits_for_its_endpoint_and_ends_on_sigterm(tmp_path: Path) -> None:
    """Nobody listens at first: it waits, and goes on when the analyzer is there, again and again; the end is quick."""
    port = free_port()
    where = ("--endpoint", f"http://127.0.0.1:{port}", "--conversations", "40000", "--head-start", "3")
    with demo("--live", *where) as program:
        time.sleep(4)
        assert program.poll() is None
        with Process(str(tmp_path / "x.duckdb"), tmp_path, port=port) as analyzer:
            until(lambda: total(analyzer, "messages_total") > 50)
            before = total(analyzer, "messages_total")
            until(lambda: total(analyzer, "messages_total") > before)
            analyzer.kill()  # away again, with what it has stored
        with Process(str(tmp_path / "x.duckdb"), tmp_path, port=port) as analyzer:
            until(lambda: total(analyzer, "messages_total") > before + 5)
            ended = time.monotonic()
            program.send_signal(signal.SIGTERM)
            printed, problems = program.communicate(timeout=60)
            assert time.monotonic() - ended < 20
            assert program.returncode == 0
            assert total(analyzer, "spans_late_total") == 0
    assert printed.splitlines()[0].startswith("40000 conversations a day, day: ordinary, to http://127.0.0.1")
    assert printed.splitlines()[-1] == "ended"
    assert "Traceback" not in problems


def test_live_traffic_lasts_so_many_hours(tmp_path: Path) -> None:
    """By itself it ends when they are over, with what has happened sent."""
    with Process(str(tmp_path / "x.duckdb"), tmp_path) as analyzer:
        address = f"http://127.0.0.1:{analyzer.port}"
        much = ("--conversations", "100000", "--head-start", "10")  # at night too
        where = ("--endpoint", address, *much, "--hours", "0.003")
        with demo("--live", *where, "--day", "bad") as program:
            printed, problems = program.communicate(timeout=60)
        assert (program.returncode, problems) == (0, "")
        assert printed.splitlines()[-1] == "ended"
        assert total(analyzer, "tool_errors_total") > 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--live"], "--live: --endpoint is missing"),
        (["--hours", "1"], "--hours cannot be used with a day that is played at once"),
        (["--live", "--endpoint", "http://127.0.0.1:1", "--json"], "--json cannot be used with --live"),
        (["--endpoint", "http://127.0.0.1:1", "--store", "x"], "--store cannot be used with --endpoint"),
        (["--endpoint", "http://127.0.0.1:1", "--protocol", "grpc"], "--api is missing"),
        (["--live", "--endpoint", "nowhere"], "--endpoint: 'nowhere' is not allowed"),
    ],
)
def test_what_does_not_go_together_is_status_2(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said before anything is played."""
    assert main(["demo", *arguments]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "x", "1e9"])
def test_hours_that_are_none_are_refused(hours: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With what is allowed."""
    with pytest.raises(SystemExit) as end:
        main(["demo", "--live", "--endpoint", "http://127.0.0.1:1", f"--hours={hours}"])
    assert end.value.code == 2
    assert f"{hours!r} is not allowed; allowed are hours" in capsys.readouterr().err


def test_without_an_analyzer_no_day_is_played(capsys: pytest.CaptureFixture[str]) -> None:
    """That nobody answers is found out first, with status 1."""
    assert main(["demo", "--endpoint", f"http://127.0.0.1:{free_port()}"]) == 1
    assert "127.0.0.1" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("there", [True, False])
def test_live_traffic_ends_at_once(number: signal.Signals, there: bool, tmp_path: Path) -> None:
    """While it plays as fast as it can, or waits for somebody to listen: status 0, and not a word of a fault."""
    port = free_port()
    where = ("--endpoint", f"http://127.0.0.1:{port}", "--conversations", "200000", "--head-start", "20")
    with ExitStack() as stack:
        if there:
            analyzer = stack.enter_context(Process(str(tmp_path / "x.duckdb"), tmp_path, port=port))
        program = stack.enter_context(demo("--live", *where))
        if there:
            until(lambda: total(analyzer, "messages_total") > 0)
        else:
            hears_of(program, "Connection refused")
        asked = time.monotonic()
        program.send_signal(number)
        printed, problems = program.communicate(timeout=60)
    assert time.monotonic() - asked < 30  # nobody waits for the two minutes of a batch, or for ever
    assert program.returncode == 0
    assert printed.splitlines()[-1] == "ended"
    assert not re.search(r"Traceback|exception", problems)
