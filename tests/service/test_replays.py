"""Replays through ``serve``: what an analyzer makes of what it is sent by OTLP is what one process makes of it.

The analyzers are processes of their own with real stores; the real exporters send to them, over HTTP and over gRPC.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from otel_agent_analytics.__main__ import main
from otel_agent_analytics.commands.demo_play import free_port
from otel_agent_analytics.demo.traffic import synthetic_day
from tests.helpers.databases import NO_POSTGRES, new_database, postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = [sys.executable, "-m", "otel_agent_analytics"]
DATA = Path(__file__).parents[3] / "shared" / "data"
RECORDED = (
    "tau/airline_gpt4o.jsonl",
    "tau/retail_gpt4o.jsonl",
    "tau/tau2_airline_whissle_timed.jsonl",
    "sgd/dialogues.jsonl",
)
ENVIRON = {"AGENT_ANALYTICS_LATENESS_SECONDS": "1"}
KEY = "AGENT_ANALYTICS_USER_KEY"
BEGIN = datetime(2026, 1, 4, 18, tzinfo=UTC)

Figures = dict[str, Any]


class Running(NamedTuple):
    """An analyzer."""

    http: str
    grpc: str
    process: subprocess.Popen[bytes]

    def sent_by(self, protocol: str) -> list[str]:
        """Return the options with which a replay is sent to it."""
        if protocol == "http":
            return ["--endpoint", self.http]
        return ["--endpoint", self.grpc, "--protocol", "grpc", "--api", self.http]

    def get(self, path: str) -> str:
        """Return a page."""
        with urllib.request.urlopen(self.http + path, timeout=30) as answer:
            text: str = answer.read().decode()
            return text


@contextmanager
def running(store: str, log: Path, ports: tuple[int, int], **environ: str) -> Iterator[Running]:
    """Run an analyzer while the block lasts, if it is not killed before."""
    where = ["--http", f"127.0.0.1:{ports[0]}", "--grpc", f"127.0.0.1:{ports[1]}", "--store", store]
    with log.open("ab") as errors:
        process = subprocess.Popen([*PROGRAM, "serve", *where], env={**os.environ, **ENVIRON, **environ}, stderr=errors)
    try:
        yield Running(f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}", process)
    finally:
        process.kill()
        process.wait()


def wait_until_ready(analyzer: Running) -> None:
    """Wait until an analyzer takes requests."""
    give_up = time.monotonic() + 60
    while True:
        try:
            analyzer.get("/readyz")
            return
        except OSError:
            assert time.monotonic() < give_up
            assert analyzer.process.poll() is None
            time.sleep(0.05)


def replayed(file: Path, *options: str) -> Figures:
    """Return what a replay in this process prints."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        assert main(["replay", str(file), "--json", "--each", *options]) == 0
    figures: Figures = json.loads(printed.getvalue())
    return figures


def lines_of(number: int) -> Iterator[str]:
    """Yield one of two recordings: a part of a made-up day, and of recorded dialogues where there are any."""
    for one in synthetic_day(seed=number, conversations=45, start=BEGIN):
        yield json.dumps({**one, "id": f"{one['id']}-{number}"})
    for name in RECORDED:
        file = DATA / name
        if file.is_file():
            lines = file.read_text(encoding="utf-8").splitlines()
            yield from lines[5 * number : 5 * number + 5]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Figures]]:
    """Return, for each protocol, a recording and what it comes to in this process."""
    found: dict[str, tuple[Path, Figures]] = {}
    for number, protocol in enumerate(("http", "grpc")):
        file = tmp_path_factory.mktemp("recordings") / f"{protocol}.jsonl"
        file.write_text("\n".join(lines_of(number)), encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(KEY, protocol)
            found[protocol] = file, replayed(file)
    return found


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def analyzer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Yield an analyzer on each kind of store."""
    folder = tmp_path_factory.mktemp("analyzer")
    store = str(folder / "store.duckdb")
    if request.param == "postgres":
        server = postgres()
        if server is None:
            pytest.skip(NO_POSTGRES)
        store = new_database(server)
    with running(store, folder / "log", (free_port(), free_port())) as found:
        wait_until_ready(found)
        yield found


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_an_analyzer_makes_of_a_replay_what_one_process_makes(
    protocol: str,
    analyzer: Running,
    recordings: dict[str, tuple[Path, Figures]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every figure, of all together and of each conversation, over HTTP and gRPC, with DuckDB and with PostgreSQL."""
    file, expected = recordings[protocol]
    monkeypatch.setenv(KEY, protocol)  # each recording has users of its own, whom nobody takes for those of the other
    figures = replayed(file, *analyzer.sent_by(protocol))
    assert figures == expected
    assert figures["conversations"] > 40
    assert min(figures["outcomes"].values()) >= 1
    assert {kind for kind, count in figures["resolutions"].items() if count} == set(figures["resolutions"])


def test_a_replay_that_is_sent_twice_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same file has the same ids, at other times too: the second sending changes no figure and no counter."""
    file = tmp_path / "day.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in synthetic_day(seed=7, conversations=15, start=BEGIN)))
    monkeypatch.setenv(KEY, "key")
    with running(str(tmp_path / "x.duckdb"), tmp_path / "log", (free_port(), free_port())) as analyzer:
        wait_until_ready(analyzer)
        first = replayed(file, *analyzer.sent_by("http"))
        counted = counters(analyzer)
        assert replayed(file, *analyzer.sent_by("http"), "--shift-to-now") == first
        assert counters(analyzer) == counted


def counters(analyzer: Running) -> list[str]:
    """Return every series that tells of conversations."""
    of_pipeline = ("spans_received", "spans_duplicate", "build_info", "process_", "python_")
    lines = analyzer.get("/metrics").splitlines()
    return [line for line in lines if "_total{" in line and not any(name in line for name in of_pipeline)]


def test_a_restart_in_the_middle_changes_nothing(tmp_path: Path, recordings: dict[str, tuple[Path, Figures]]) -> None:
    """While the sender sends, the analyzer is killed, away for a while, and back: the figures are the same."""
    file, expected = recordings["http"]
    ports, store, log = (free_port(), free_port()), str(tmp_path / "x.duckdb"), tmp_path / "log"
    with running(store, log, ports) as analyzer:
        wait_until_ready(analyzer)
        sender = subprocess.Popen(
            [*PROGRAM, "replay", str(file), "--json", "--each", *analyzer.sent_by("http")],
            env={**os.environ, KEY: "http"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        give_up = time.monotonic() + 60
        while not (before := received(analyzer)):
            assert time.monotonic() < give_up
            time.sleep(0.01)
        assert sender.poll() is None
        analyzer.process.send_signal(signal.SIGKILL)
        analyzer.process.wait()
        time.sleep(0.5)
    with running(store, log, ports) as analyzer:
        printed, said = sender.communicate(timeout=120)
        assert received(analyzer) > before
    assert sender.returncode == 0, said
    assert json.loads(printed) == expected


def received(analyzer: Running) -> float:
    """Return how many spans and records have arrived and are stored."""
    lines = analyzer.get("/metrics").splitlines()
    return sum(
        float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("agent_analytics_spans_received_total{")
    )


def test_what_does_not_end_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody answers, and where a token is missing, it is told before anything is played, with status 1."""
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps({"id": "a", "messages": [{"role": "user", "content": "hi"}]}))
    nobody = f"http://127.0.0.1:{free_port()}"
    assert main(["replay", str(file), "--json", "--endpoint", nobody]) == 1
    printed = capsys.readouterr()
    assert (printed.out, len(printed.err.splitlines())) == ("", 1)
    assert printed.err.startswith(f"no analyzer answers at {nobody}: ")

    tokens = {"AGENT_ANALYTICS_INGEST_TOKENS": "in", "AGENT_ANALYTICS_READ_TOKENS": "out"}
    with running(str(tmp_path / "x.duckdb"), tmp_path / "log", (free_port(), free_port()), **tokens) as analyzer:
        wait_until_ready(analyzer)
        assert main(["replay", str(file), "--json", *analyzer.sent_by("http")]) == 1
        assert "says 401: a bearer token is needed" in capsys.readouterr().err
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AGENT_ANALYTICS_API_TOKEN", "out")
            assert main(["replay", str(file), "--json", *analyzer.sent_by("http")]) == 1
            assert capsys.readouterr().err.endswith(f"spans and records could not be sent to {analyzer.http}\n")
            patch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20in")
            for protocol in ("http", "grpc"):
                assert main(["replay", str(file), "--json", *analyzer.sent_by(protocol)]) == 0
                assert json.loads(capsys.readouterr().out)["conversations"] == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--endpoint", "localhost:4318"], "--api: 'localhost:4318' is not allowed"),
        (["--endpoint", "http://x", "--protocol", "grpc"], "--protocol grpc: --api is missing"),
        (["--api", "http://x"], "that is missing"),
        (["--endpoint", "http://x", "--protocol", "udp"], "invalid choice: 'udp'"),
    ],
)
def test_wrong_usage_of_addresses(
    options: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told in one line, with status 2, and nothing is played."""
    file = tmp_path / "none.jsonl"
    file.write_text("")
    try:
        status = main(["replay", str(file), *options])
    except SystemExit as end:  # what argparse does
        status = int(end.code or 0)
    assert status == 2
    assert told in capsys.readouterr().err
