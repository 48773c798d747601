"""Analyzers as processes of their own, and what one of them shows beside what is expected of it."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from otel_agent_analytics.storage.duckdb import DuckDBDatabase
from otel_agent_analytics.storage.postgres import PostgresDatabase

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from otel_agent_analytics.storage.database import Database
    from tests.helpers.traffic import Host

ROOT = Path(__file__).parents[2]
LATENESS_SECONDS = 0.5
LEFT_OUT = (
    *("spans_received", "spans_duplicate"),  # a batch that comes again is counted again
    "conversations_reopened",  # has no twin
    *("cost_usd", "unpriced", "savings"),  # the models of these conversations are made up
)
PROTOBUF = "application/x-protobuf"


class Answer(NamedTuple):
    """What came back; status 0 where nothing did."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = {}  # noqa: RUF012 - nobody writes into it


class Process:
    """One ``serve``. What it logs is in ``log``.

    Args:
        store: where it keeps everything.
        folder: for its log.
        port: of HTTP; a free one without.
        point: it stops at this named point when it comes there for the nth time; empty: at none.
        environ: further environment variables.
    """

    def __init__(
        self,
        store: str,
        folder: Path,
        *,
        port: int = 0,
        point: str = "",
        nth: int = 1,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.store = store
        self.port = port or free_port()
        self._log = folder / f"log-{self.port}.txt"
        own = {
            **os.environ, "PYTHONPATH": str(ROOT), "AGENT_ANALYTICS_LATENESS_SECONDS": str(LATENESS_SECONDS),
            "AGENT_ANALYTICS_SERVE_HTTP": f"127.0.0.1:{self.port}", "AGENT_ANALYTICS_SERVE_GRPC": "off",
            "AGENT_ANALYTICS_STORE": store, "AGENT_ANALYTICS_HIDE_FAULTS": "1", **(environ or {}),
        }  # fmt: skip
        program = ["tests.helpers.halting", point, str(nth)] if point else ["otel_agent_analytics", "serve"]
        with self._log.open("ab") as log:
            self.popen = subprocess.Popen([sys.executable, "-m", *program], env=own, stdout=subprocess.PIPE, stderr=log)

    @property
    def log(self) -> str:
        """What all processes of this port have logged."""
        return self._log.read_text()

    @property
    def ended(self) -> bool:
        """Whether it runs no more."""
        return self.popen.poll() is not None

    def __enter__(self) -> Self:
        """Wait until it is ready."""
        give_up = time.monotonic() + 30
        while self.ask("GET", "/readyz").status != 200 and not self.ended and time.monotonic() < give_up:
            time.sleep(0.02)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it as its users would; after a failure, at once."""
        if problem is None and not self.ended:
            self.popen.terminate()
            assert self.popen.wait(40) == 0
        self.kill()

    def kill(self) -> None:
        """Kill it."""
        self.popen.kill()
        self.popen.wait()
        if self.popen.stdout is not None:
            self.popen.stdout.close()

    def halted(self) -> str:
        """Wait until it stands at its point; return which that is, or an empty text where it ended without."""
        assert self.popen.stdout is not None
        return self.popen.stdout.readline().decode().strip()

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Return the answer to a request; ``_`` in the name of a header stands for a hyphen."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in {"Content_Type": PROTOBUF, **headers}.items()}
        try:
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, answer.read(), said)
        except (OSError, http.client.HTTPException):
            return Answer(0)
        finally:
            connection.close()

    def series(self, service: str = "shop") -> dict[str, float]:
        """Return every counter of a service as ``/metrics`` shows it."""
        answer = self.ask("GET", "/metrics")
        assert answer.status == 200, answer
        of_service = f'service_name="{service}"'
        lines = [line.rpartition(" ") for line in answer.body.decode().splitlines() if of_service in line]
        return {one: float(value) for one, _, value in lines if "_total{" in one}

    def net(self, service: str = "shop") -> list[tuple[str, float]]:
        """Return every counter of a service less its twin, by name, sorted; what is 0 and ``LEFT_OUT`` is not there."""
        found = self.series(service)
        net = {one: value - found.get(_twin(one), 0) for one, value in found.items() if "retracted" not in one}
        return sorted(
            (one.split("{")[0], value)
            for one, value in net.items()
            if value and not any(name in one for name in LEFT_OUT)
        )

    def reached(self, expected: list[tuple[str, float]], service: str = "shop") -> list[tuple[str, float]]:
        """Return the counters as soon as they are as expected, or as they are after a minute."""
        give_up = time.monotonic() + 60
        while (shown := self.net(service)) != expected and time.monotonic() < give_up:
            time.sleep(0.1)
        return shown

    def settled(self, service: str = "shop") -> list[tuple[str, float]]:
        """Return the counters once they have not changed for longer than anything waits."""
        before, since, give_up = self.net(service), time.monotonic(), time.monotonic() + 120
        while time.monotonic() < give_up and time.monotonic() - since < 4 * LATENESS_SECONDS + 1:
            time.sleep(0.2)
            now = self.net(service)
            if now != before:
                before, since = now, time.monotonic()
        return before


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def expected_net(host: Host) -> list[tuple[str, float]]:
    """Return what ``Process.net`` is to be, as a host in process has counted it."""
    return sorted(
        (metric.name, float(total.value - total.retracted))
        for metric, series in host.totals.counters().items()
        for total in series.values()
        if total.value != total.retracted and not any(name in metric.name for name in LEFT_OUT)
    )


def expected_rows(host: Host) -> dict[tuple[str, int], tuple[Any, ...]]:
    """Return what ``stored_rows`` is to be, as a host in process has it."""
    return {
        (one.conversation_id, one.episode): (one.outcome, one.user_turns, one.tool_calls, one.returned)
        for one in host.records
    }


def stored_rows(store: str) -> dict[tuple[str, int], tuple[Any, ...]]:
    """Return some columns of every row of an ended episode; no analyzer may have the file open."""
    database: Database = PostgresDatabase(store) if store.startswith("postgres") else DuckDBDatabase(store)
    question = "SELECT conversation_id, episode, outcome, user_turns, tool_calls, returned FROM conversations"
    rows = database.read(question)
    database.close()
    return {(row[0], row[1]): row[2:] for row in rows}


def _twin(series: str) -> str:
    if "conversations_ended_total" in series:
        return series.replace("conversations_ended_total", "conversations_retracted_total")
    return series.replace("_total{", "_retracted_total{")
