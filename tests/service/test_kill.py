"""An analyzer that is killed from outside again and again: what it had acknowledged counts, and counts once."""

from __future__ import annotations

import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from otel_agent_analytics.storage.duckdb import DuckDBDatabase
from otel_agent_analytics.storage.postgres import PostgresDatabase
from tests.helpers.databases import NO_POSTGRES, new_database, postgres
from tests.helpers.otlp import read_back, requests_of
from tests.helpers.traffic import day_of, straight

KILLS = int(os.environ.get("SOAK_KILLS", "4"))
CONVERSATIONS = int(os.environ.get("SOAK_CONVERSATIONS", "60"))
LATENESS_SECONDS = 1
LEFT_OUT = (
    *("spans_received", "spans_duplicate"),  # a batch that comes again is counted again
    "conversations_reopened",  # has no twin
    *("cost_usd", "unpriced", "savings"),  # the models of these conversations are made up
)
ROOT = Path(__file__).parents[2]


class Killed:
    """Analyzers on one store, each a process of its own, that are started again when they have been killed."""

    def __init__(self, store: str, count: int) -> None:
        self.store = store
        self.ports = [_free_port() for _ in range(count)]
        self.running: dict[int, subprocess.Popen[bytes]] = {}
        for port in self.ports:
            self.start(port)

    def start(self, port: int) -> None:
        """Start the analyzer of a port."""
        environ = {**os.environ, "AGENT_ANALYTICS_LATENESS_SECONDS": str(LATENESS_SECONDS), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "otel_agent_analytics", "serve", "--store", self.store, "--grpc", "off"]
        self.running[port] = subprocess.Popen([*command, "--http", f"127.0.0.1:{port}"], env=environ)

    def kill(self, port: int) -> None:
        """Kill the analyzer of a port, and start it again."""
        self.running[port].send_signal(signal.SIGKILL)
        self.running[port].wait()
        self.start(port)

    def stop(self) -> None:
        """End all analyzers as their users would."""
        for process in self.running.values():
            process.terminate()
        assert [process.wait(30) for process in self.running.values()] == [0] * len(self.ports)

    def try_to_send(self, port: int, path: str, body: bytes) -> bool:
        """Return whether a request was acknowledged."""
        return _ask(port, "POST", path, body)[0] == 200

    def metrics(self) -> dict[str, float]:
        """Return every counter less its twin, by series, as ``/metrics`` shows it; those that are 0 left out."""
        status, body = _ask(self.ports[0], "GET", "/metrics")
        assert status == 200
        found: dict[str, float] = {}
        for line in body.decode().splitlines():
            series, _, value = line.rpartition(" ")
            if line.startswith("agent_analytics_") and "_total{" in series:
                found[series] = float(value)
        net = {one: value - found.get(_twin(one), 0) for one, value in found.items() if "retracted" not in one}
        return {one: value for one, value in net.items() if value and not any(name in one for name in LEFT_OUT)}


def _twin(series: str) -> str:
    if "conversations_ended_total" in series:
        return series.replace("conversations_ended_total", "conversations_retracted_total")
    return series.replace("_total{", "_retracted_total{")


def _ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, {"Content-Type": "application/x-protobuf"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.mark.parametrize("kind", ["duckdb", "postgres", "two on postgres"])
def test_killed_at_random_moments(kind: str, tmp_path: Path) -> None:
    """Requests come shuffled, some twice, until each was acknowledged; then all is as if nothing had happened."""
    store, server = str(tmp_path / "store.duckdb"), None
    if kind != "duckdb":
        server = postgres()
        if server is None:
            pytest.skip(NO_POSTGRES)
        store = new_database(server)
    chance = random.Random(21)
    sources = day_of(chance, CONVERSATIONS)
    sent = [one for at in range(0, len(sources), 12) for one in requests_of(sources[at : at + 12])]
    waiting = sent + chance.sample(sent, len(sent) // 10)
    chance.shuffle(waiting)
    kills = sorted(chance.sample(range(len(waiting)), min(KILLS, len(waiting))))

    analyzers = Killed(store, 2 if kind.startswith("two") else 1)
    acknowledged = 0
    while waiting:
        port = chance.choice(analyzers.ports)
        if kills and len(waiting) <= kills[-1]:
            kills.pop()
            time.sleep(chance.random() * 0.3)  # while it ends what is due, too
            _send_and_kill(analyzers, port, waiting[-1], chance)
            continue
        if analyzers.try_to_send(port, *waiting[-1]):
            waiting.pop()
            acknowledged += 1
        else:
            time.sleep(0.05)
    expected = straight(read_back(sent))
    shown = _settled(analyzers)
    analyzers.stop()

    assert acknowledged == len(sent) + len(sent) // 10
    assert sum(value for one, value in shown.items() if "conversations_ended_total" in one) == sum(
        record.engaged for record in expected.records
    )
    database = PostgresDatabase(store) if server is not None else DuckDBDatabase(store)
    assert _rows(database) == {
        (one.conversation_id, one.episode): (one.outcome, one.user_turns, one.tool_calls, one.returned)
        for one in expected.records
    }
    net = {
        f"{metric.name}{labels}": float(total.value - total.retracted)
        for metric, series in expected.totals.counters().items()
        for (_, labels), total in series.items()
        if total.value != total.retracted and not any(name in metric.name for name in LEFT_OUT)
    }
    assert sorted(_plain(shown)) == sorted((name.split("(")[0], value) for name, value in net.items())
    database.close()


def _send_and_kill(analyzers: Killed, port: int, request: tuple[str, bytes], chance: random.Random) -> None:
    """Begin a request, and kill the analyzer somewhere in it. Whether it counted nobody knows, so it comes again."""
    with socket.socket() as connection:
        try:
            connection.connect(("127.0.0.1", port))
            path, body = request
            lines = (
                f"POST {path} HTTP/1.1",
                "Host: x",
                "Content-Type: application/x-protobuf",
                f"Content-Length: {len(body)}",
            )
            connection.sendall("\r\n".join((*lines, "", "")).encode() + body)
        except OSError:
            pass  # it has not started yet: then it is killed while it starts
        time.sleep(chance.random() * 0.05)
        analyzers.kill(port)


def _settled(analyzers: Killed) -> dict[str, float]:
    """Return the metrics once they have not changed for longer than anything waits."""
    before, since, give_up = analyzers.metrics(), time.monotonic(), time.monotonic() + 60
    while time.monotonic() < give_up and time.monotonic() - since < 3 * LATENESS_SECONDS + 1:
        time.sleep(0.2)
        now = analyzers.metrics()
        if now != before:
            before, since = now, time.monotonic()
    return before


def _plain(shown: dict[str, float]) -> list[tuple[str, float]]:
    return [(one.split("{")[0], value) for one, value in shown.items()]


def _rows(database: Any) -> dict[tuple[str, int], tuple[Any, ...]]:
    question = "SELECT conversation_id, episode, outcome, user_turns, tool_calls, returned FROM conversations"
    with database.transaction() as transaction:
        return {(row[0], row[1]): row[2:] for row in transaction._execute(question)}
