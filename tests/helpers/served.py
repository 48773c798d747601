"""An analyzer behind a real HTTP server on a free port of 127.0.0.1, in a thread of the test."""

from __future__ import annotations

import gzip
import http.client
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import uvicorn

from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.service.access import Access
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.app import Beside, create_app
from otel_agent_analytics.service.care import NO_CARE, Care
from otel_agent_analytics.service.committing import Committer
from otel_agent_analytics.service.receiver import Limits
from tests.helpers.traffic import price

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from otel_agent_analytics.storage.database import Database


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes
    headers: dict[str, str]


class Served(NamedTuple):
    """A server that runs."""

    port: int
    analyzer: Analyzer

    def send(self, path: str, body: bytes, *, type_: str = "application/x-protobuf", **headers: str) -> Answer:
        """POST a body; ``_`` in the name of a header stands for a hyphen."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._ask("POST", path, body, {"Content-Type": type_, **named})

    def send_gzip(self, path: str, body: bytes) -> Answer:
        """POST a body, compressed."""
        return self.send(path, gzip.compress(body), Content_Encoding="gzip")

    def get(self, path: str, **headers: str) -> Answer:
        """GET a page."""
        return self._ask("GET", path, None, headers)

    def metric(self, name: str) -> float:
        """Return the sum of all series of a name, without its prefix, as ``/metrics`` shows it."""
        lines = self.get("/metrics").body.decode().split("\n")  # a text may hold what else divides lines
        found = [line for line in lines if line.split("{")[0].split(" ")[0] == f"agent_analytics_{name}"]
        return sum(float(line.rsplit(" ", 1)[1]) for line in found)

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
        finally:
            connection.close()


@contextmanager
def served(
    database: Database,
    clock: Callable[[], int] = time.time_ns,
    *,
    allowed: Access | None = None,
    limits: Limits | None = None,
    lateness_seconds: float = 60,
    most_waiting: int = 50_000,
    care: Care = NO_CARE,
    human_cost_usd: float | None = None,
    trace_url: str | None = None,
) -> Iterator[Served]:
    """Serve an analyzer while the block lasts."""
    writer = getattr(database, "writer", 0)
    lateness_ns = round(lateness_seconds * 1e9)
    analyzer = Analyzer(
        database,
        DEFAULT_RULES,
        clock,
        price,
        lateness_ns=lateness_ns,
        writer=writer,
        keeper=care.keeper,
        retention=care.retention,
    )
    committer = Committer(analyzer, most_waiting=most_waiting)
    app = create_app(
        analyzer,
        committer,
        clock,
        allowed=allowed or Access(),
        limits=limits or Limits(),
        care=care,
        beside=Beside(human_cost_usd, trace_url=trace_url),
    )
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Served(server.servers[0].sockets[0].getsockname()[1], analyzer)
    finally:
        server.should_exit = True
        thread.join()
