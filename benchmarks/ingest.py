"""What a million spans cost the analyzer: CPU seconds, memory, and how long a sender waits for its answer.

Requests of ``_requests.py`` are sent from another process, over real HTTP or gRPC, to a real ``serve``, which answers
when they are stored. CPU is that of the server's process and all below it, from before the first request until it has
nothing more to do; that of PostgreSQL stands beside it. The variants take turns.

  floor-http    a server of the same libraries that takes the bodies and reads nothing of them
  floor-decode  reading the bodies in a process, without a server; as plain data, which is what the analyzer folds
  duckdb        an analyzer with a DuckDB file that holds ``--held`` spans before; ``-content``: with messages;
                ``-grpc``; ``-small``: 16 spans a request; ``-other``: spans of another framework; ``-ended``, ``-all``:
                log records of ends, or of everything, are sent to a receiver that takes them; ``-kept``: with messages,
                which are kept; ``-other-content``: those of another framework with messages; ``-plain``: the same
                without looking for personal data; ``-key``: encrypted
  postgres      the same with a PostgreSQL, where this machine has one
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks._measure import parser_of, show_table, spread
from benchmarks._requests import requests
from benchmarks._serving import cpu_seconds, free_port, memory_mb, process, serving

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from benchmarks._measure import Figures
    from benchmarks._requests import Request

_QUIET_SECONDS: Final = 2.0
_QUIET_SHARE: Final = 0.1
"""Of a core: what a server uses at most that has no request to do; conversations end all the time."""
_LONGEST_SECONDS: Final = 20.0
_WARM: Final = 5_000
_EXPORT: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_FLOOR: Final = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

async def take(request):
    await request.body()
    return Response(b"", media_type="application/x-protobuf")

async def ready(request):
    return Response(b"ready")

routes = [Route(path, take, methods=["POST"]) for path in ("/v1/traces", "/v1/logs")] + [Route("/readyz", ready)]
uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
"""


class Variant(NamedTuple):
    """What is measured."""

    store: str
    """``duckdb``, ``postgres``, or nothing for a floor."""
    content: bool = False
    grpc: bool = False
    size: int = 512
    """Spans of a request."""
    other: bool = False
    """Whether the spans are of another framework."""
    events: str = "off"
    """Which log records are sent: off, ended or all."""
    care: str = ""
    """Which settings of personal data and texts the server has."""


VARIANTS: Final = {
    "floor-http": Variant(""),
    "floor-decode": Variant(""),
    "duckdb": Variant("duckdb"),
    "duckdb-content": Variant("duckdb", content=True),
    "duckdb-grpc": Variant("duckdb", grpc=True),
    "duckdb-small": Variant("duckdb", size=16),
    "duckdb-other": Variant("duckdb", other=True),
    "duckdb-kept": Variant("duckdb", content=True, care="kept"),
    "duckdb-kept-plain": Variant("duckdb", content=True, care="kept-plain"),
    "duckdb-other-content": Variant("duckdb", content=True, other=True),
    "duckdb-other-content-plain": Variant("duckdb", content=True, other=True, care="plain"),
    "duckdb-other-content-key": Variant("duckdb", content=True, other=True, care="key"),
    "duckdb-ended": Variant("duckdb", events="ended"),
    "duckdb-all": Variant("duckdb", events="all"),
    "postgres": Variant("postgres"),
    "postgres-content": Variant("postgres", content=True),
    "postgres-grpc": Variant("postgres", grpc=True),
    "postgres-ended": Variant("postgres", events="ended"),
}


_PLAIN: Final = {"AGENT_ANALYTICS_REDACT_PERSONAL_DATA": "false"}
_KEPT: Final = {"AGENT_ANALYTICS_KEEP_CONTENT": "true"}
_CARE: Final = {
    "": {},
    "plain": _PLAIN,
    "kept": _KEPT,
    "kept-plain": {**_PLAIN, **_KEPT},
    "key": {"AGENT_ANALYTICS_CONTENT_KEY": base64.urlsafe_b64encode(bytes(range(32))).decode()},
}


class Target(NamedTuple):
    """A server that is measured."""

    pid: int
    port: int
    database_pid: int | None
    """That of PostgreSQL."""


def main() -> None:
    """Measure, and print what came of it."""
    given = _arguments()
    if given.child:
        print(json.dumps(_sent(given)))
        return
    measured: dict[str, list[Figures]] = {name: [] for name in given.variants}
    with contextlib.ExitStack() as stack:
        targets = _targets(stack, given)
        for repetition in range(given.repetitions):
            for name in [name for name in measured if name in targets or name == "floor-decode"]:
                measured[name].append(_measured(name, targets.get(name), given, repetition))
    table = {name: _row(figures) for name, figures in measured.items() if figures}
    if given.json:
        print(json.dumps({name: {what: str(value) for what, value in row.items()} for name, row in table.items()}))
    else:
        show_table(table)


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__, repetitions=3)
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS), help="default: all")
    parser.add_argument("--spans", type=int, default=100_000, metavar="N", help="in each repetition; default 100000")
    parser.add_argument("--held", type=int, default=1_000_000, metavar="N", help="spans stored before; default 1000000")
    parser.add_argument("--connections", type=int, default=4, metavar="N", help="of the sender; default %(default)s")
    parser.add_argument("--port", type=int, help="(of a child) where to send")
    parser.add_argument("--seed", type=int, default=0, help="(of a child) of what is sent")
    return parser.parse_args()


# --- servers ----------------------------------------------------------------------------------------------------------


def _targets(stack: contextlib.ExitStack, given: argparse.Namespace) -> dict[str, Target]:
    """Start what is measured, one server for each store and kind of log records, and fill the stores."""
    found: dict[str, Target] = {}
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    receiver = free_port()
    if any(VARIANTS[name].events != "off" for name in given.variants):
        stack.enter_context(process([sys.executable, "-c", _FLOOR, str(receiver)], receiver))
    servers = {_server_of(name) for name in given.variants if VARIANTS[name].store}
    for store, events, care in sorted(servers):
        place, database_pid = (str(folder / f"{events}{care}.duckdb"), None) if store == "duckdb" else _postgres()
        if place is None:
            print("there is no PostgreSQL on this machine", file=sys.stderr)
            continue
        address = {} if events == "off" else {"AGENT_ANALYTICS_EVENTS_ENDPOINT": f"http://127.0.0.1:{receiver}"}
        server = stack.enter_context(serving(place, {**address, **_CARE[care], "AGENT_ANALYTICS_EVENTS": events}))
        _send(Variant(store), server.http, given.held or _WARM, seed=1, given=given)
        for name in (name for name in given.variants if _server_of(name) == (store, events, care)):
            found[name] = Target(server.pid, server.grpc if VARIANTS[name].grpc else server.http, database_pid)
    if "floor-http" in given.variants:
        port = free_port()
        pid, _ = stack.enter_context(process([sys.executable, "-c", _FLOOR, str(port)], port))
        found["floor-http"] = Target(pid, port, None)
    return found


def _server_of(name: str) -> tuple[str, str, str]:
    """Return what a server is started for; variants that are alike in it share one."""
    variant = VARIANTS[name]
    return variant.store, variant.events, variant.care


def _postgres() -> tuple[str | None, int | None]:
    """Start a PostgreSQL, with fsync; return its URL and process id."""
    from tests.helpers.databases import durable

    server = durable()
    return (None, None) if server is None else (server.url, server.pid)


# --- one repetition ---------------------------------------------------------------------------------------------------


def _measured(name: str, target: Target | None, given: argparse.Namespace, repetition: int) -> Figures:
    variant, seed = VARIANTS[name], 100 + repetition * len(VARIANTS) + list(VARIANTS).index(name)
    if target is None:
        return _decoded(variant, given.spans, seed)
    before, database = cpu_seconds(target.pid), _cpu_of(target.database_pid)
    sent = _send(variant, target.port, given.spans, seed=seed, given=given)
    _until_quiet(target.pid)
    spans = sent["spans"]
    figures = {
        "CPU s per million": (cpu_seconds(target.pid) - before) / spans * 1e6,
        "spans per CPU s": spans / (cpu_seconds(target.pid) - before),
        "answer ms, median": sent["median ms"],
        "answer ms, p99": sent["p99 ms"],
        "MB at most": memory_mb(target.pid),
    }
    if target.database_pid is not None:
        figures["PostgreSQL's CPU s per million"] = (_cpu_of(target.database_pid) - database) / spans * 1e6
    return figures


def _decoded(variant: Variant, spans: int, seed: int) -> Figures:
    from otel_agent_analytics.service.otlp import OtlpReader

    made, reader = _made(variant, spans, seed), OtlpReader(time.time_ns)
    began = time.process_time()
    for request in made:
        reader.traces(request.body)
    used, count = time.process_time() - began, sum(request.spans for request in made)
    return {"CPU s per million": used / count * 1e6, "spans per CPU s": count / used}


def _cpu_of(pid: int | None) -> float:
    return 0.0 if pid is None else cpu_seconds(pid)


def _until_quiet(pid: int) -> None:
    give_up = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < give_up:
        before = cpu_seconds(pid)
        time.sleep(_QUIET_SECONDS)
        if cpu_seconds(pid) - before <= _QUIET_SHARE * _QUIET_SECONDS:
            return


def _row(figures: list[Figures]) -> dict[str, Any]:
    return {what: spread(one[what] for one in figures) for what in figures[0]}


# --- the sender, in a process of its own ------------------------------------------------------------------------------


def _send(variant: Variant, port: int, spans: int, *, seed: int, given: argparse.Namespace) -> Figures:
    name = next(name for name, one in VARIANTS.items() if one == variant)
    command = [sys.executable, sys.argv[0], "--child", name, "--port", str(port), "--spans", str(spans)]
    command += ["--seed", str(seed), "--connections", str(given.connections)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        sys.exit(f"the sender of {name} failed:\n{done.stderr}")
    found: Figures = json.loads(done.stdout.splitlines()[-1])
    return found


def _made(variant: Variant, spans: int, seed: int) -> list[Request]:
    return requests(seed, spans, variant.size, time.time_ns(), content=variant.content, other=variant.other)


def _sent(given: argparse.Namespace) -> Figures:
    """Send everything, over some connections at once; each request is sent until it is taken."""
    variant = VARIANTS[given.child]
    waiting, lock, seconds = iter(_made(variant, given.spans, given.seed)), threading.Lock(), []
    spans = 0

    def work() -> None:
        nonlocal spans
        with (_over_grpc if variant.grpc else _over_http)(given.port) as send:
            while True:
                with lock:
                    request = next(waiting, None)
                if request is None:
                    return
                began = time.monotonic()
                while not send(request.body):
                    time.sleep(0.2)
                with lock:
                    seconds.append(time.monotonic() - began)
                    spans += request.spans

    threads = [threading.Thread(target=work) for _ in range(given.connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    p99 = statistics.quantiles(seconds, n=100)[-1] if len(seconds) > 1 else seconds[0]
    return {"spans": spans, "median ms": statistics.median(seconds) * 1e3, "p99 ms": p99 * 1e3}


@contextlib.contextmanager
def _over_http(port: int) -> Iterator[Callable[[bytes], bool]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def send(body: bytes) -> bool:
        connection.request("POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"})
        answer = connection.getresponse()
        said = answer.read()
        if answer.status not in {200, 503}:
            raise SystemExit(f"{answer.status}: {said!r}")
        return answer.status == 200

    yield send
    connection.close()


@contextlib.contextmanager
def _over_grpc(port: int) -> Iterator[Callable[[bytes], bool]]:
    import grpc

    with grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        call = channel.unary_unary(_EXPORT)

        def send(body: bytes) -> bool:
            try:
                call(body, timeout=120)
            except grpc.RpcError as problem:
                if problem.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
                return False
            return True

        yield send


if __name__ == "__main__":
    main()
