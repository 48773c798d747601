"""How long every question to the analyzer takes, with ten million calls of 90 days in its store.

The store is filled by ``_filled.py`` (``--keep FILE`` keeps it, and uses it where it is there already), and its days
are summed up, as an analyzer does in the background within minutes. Then a real ``serve`` is started on it, and asked
over HTTP: every query of the API with windows of 1, 7 and 90 days, and ``/metrics``. The questions take turns,
repetition by repetition. Times are on the clock, as a caller sees them, and beside them the CPU time of the analyzer.

The exit status is 1 when the 95th percentile of a query is 100 ms or more, that of ``/metrics`` 50 ms, or the process
had more than 500 MB.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import math
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from benchmarks._measure import parser_of, show, show_table
from benchmarks._serving import memory_mb, serving

if TYPE_CHECKING:
    import argparse

_DAYS: Final = (1, 7, 90)
_MOST_MS: Final = {"/metrics": 50.0}
_MOST_QUERY_MS: Final = 100.0
_MOST_MB: Final = 500.0
_METRICS: Final = "/metrics"


def main() -> int:
    """Measure, and print what came of it; return 1 when a figure is not what it should be."""
    given = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        store = given.store or given.keep or str(Path(folder) / "store.duckdb")
        rows = None if given.filled or (given.keep and Path(given.keep).exists()) else _fill(store, given)
        summed_seconds = 0.0 if given.rows else _sum_up(store)
        with serving(store) as first:
            addresses = [one for one in _addresses(first.http) if given.only in one]
            times = _asked(first.pid, first.http, addresses, given.repetitions)
            memory = {"MB at most": memory_mb(first.pid), "MB at the end": memory_mb(first.pid, "VmRSS")}
        with serving(store) as again:
            _get(again.http, _METRICS)
    table = {name: _spread(one) for name, one in times.items()}
    figures = {
        **(rows or {}),
        "seconds to sum up": summed_seconds,
        "seconds to ready, first": first.ready_seconds,
        "seconds to ready, again": again.ready_seconds,
        **memory,
    }
    if given.json:
        print(json.dumps({"ms": table, **figures}))
    else:
        show_table(table)
        show(figures, as_json=False)
    slow = [name for name, one in table.items() if one["p95 ms"] >= _MOST_MS.get(name, _MOST_QUERY_MS)]
    return int(bool(slow) or memory.get("MB at most", 0.0) > _MOST_MB)


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__, repetitions=20)
    parser.add_argument("--calls", type=int, default=10_000_000, metavar="N", help="default %(default)s")
    parser.add_argument("--store", metavar="URL", help="a PostgreSQL database, empty; default: a DuckDB file")
    parser.add_argument("--filled", action="store_true", help="the store of --store is filled already")
    parser.add_argument("--keep", metavar="FILE", help="a DuckDB file that is filled where it is not there, and kept")
    parser.add_argument("--rows", action="store_true", help="do not wait until days are summed up")
    parser.add_argument("--only", default="", metavar="TEXT", help="ask what has this in its address")
    return parser.parse_args()


def _fill(store: str, given: argparse.Namespace) -> dict[str, Any]:
    from benchmarks._filled import fill

    began = time.monotonic()
    rows = fill(store, given.calls, _DAYS[-1], time.time_ns() - 600 * 10**9)
    return {**{f"rows of {name}": count for name, count in rows.items()}, "seconds to fill": time.monotonic() - began}


def _sum_up(store: str) -> float:
    """Sum up all days that can be, as the analyzer does in the background; return the seconds that this took."""
    from otel_agent_analytics.service.serving import opened
    from otel_agent_analytics.service.summing import Summing

    began = time.monotonic()
    with opened(store) as (database, _):
        Summing(database, time.time_ns).sum_all()
    return time.monotonic() - began


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _addresses(port: int) -> list[str]:
    """Return what is asked: every query with every window, one conversation, and the metrics."""
    document = json.loads(_get(port, "/api/openapi.json")[1])
    latest = json.loads(_get(port, "/api/conversations?days=90&limit=500")[1])["items"]
    found = [_METRICS]
    read = {path: said for path, said in document["paths"].items() if "get" in said and not _is_for_admins(path)}
    for path, said in read.items():
        names = {one["name"] for one in said["get"].get("parameters", ())}
        if "{conversation_id}" in path:
            found.append(path.replace("{conversation_id}", quote(latest[-1]["conversation_id"], safe="")))
        elif "days" in names:
            found += [f"{path}?days={days}" for days in _DAYS]
        elif path.count("{") == 0 and said["get"]["operationId"] == "definitions":
            found.append(path)
    return found


def _is_for_admins(path: str) -> bool:
    return path.startswith(("/api/export/", "/api/content/"))


def _asked(pid: int, port: int, addresses: list[str], repetitions: int) -> dict[str, list[tuple[float, float]]]:
    """Return the milliseconds of each address, asked in turn: on the clock, and of the server's CPU."""
    times: dict[str, list[tuple[float, float]]] = {address: [] for address in addresses}
    for repetition in range(repetitions + 1):
        for address, measured in times.items():
            cpu_ms, began = _cpu_ms(pid), time.perf_counter()
            status, body = _get(port, address)
            took_ms = (time.perf_counter() - began) * 1e3
            if status != 200:
                print(f"{address}: {status} {body[:500]!r}", file=sys.stderr)
                took_ms = math.inf
            if repetition:  # the first is a warm-up
                measured.append((took_ms, _cpu_ms(pid) - cpu_ms))
    return times


def _cpu_ms(pid: int) -> float:
    """Return the CPU time of a process so far, ms; nothing where the system does not say."""
    spent_ns = 0
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):  # a thread that has just ended
            spent_ns += int(task.read_text().split()[0])
    return spent_ns / 1e6


def _spread(times: list[tuple[float, float]]) -> dict[str, float]:
    wall, cpu = (sorted(column) for column in zip(*times, strict=True))
    last = len(wall) - 1
    return {
        "p50 ms": wall[round(0.5 * last)],
        "p95 ms": wall[round(0.95 * last)],
        "most ms": wall[last],
        "ms of CPU": cpu[round(0.5 * last)],
    }


if __name__ == "__main__":
    sys.exit(main())
