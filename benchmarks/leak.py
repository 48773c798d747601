"""Whether the bridge keeps what it should let go of: memory, entries in its containers, spans that stay open.

Each of these is repeated with instrument(conversation_metrics=False), with nothing exported, in a process of its own:

  finished    a run of an agent, to its end; the model is scripted
  cancelled   a run that is cancelled in its model call
  unfinished  a trace and a span in it that nobody finishes: started, then the objects dropped
  outliving   a span that is still open when its trace ends; half of them are finished later, half never

Every run is of a conversation of its own. What was last said in each of 10,000 is remembered on purpose, so that as
many runs come before. Containers are all that can be reached from the bridge's trace processor. The exit status is 1
when one of them has grown by more than 64 entries, or when more than 64 OpenTelemetry spans are still open that were
not before.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks._measure import Figures, median_of, parser_of, peak_mib, show, show_table, take_turns

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable, Mapping

CASES: Final = ("finished", "cancelled", "unfinished", "outliving")
ALLOWED: Final = 64
_WARM_UP: Final = 200
_REMEMBERED: Final = 10_100


class _Seen(NamedTuple):
    """What is held at one moment."""

    mib: float
    open_spans: int
    entries: dict[str, int]


def main() -> int:
    """Measure, and print what came of it; return 1 when something was kept."""
    given = _arguments()
    if given.child:
        print(json.dumps(asyncio.run(_child(given.child, given.runs))))
        return 0
    measured = take_turns(CASES, given.repetitions, ("--runs", str(given.runs)))
    rows = {case: _row(ones) for case, ones in measured.items()}
    last = {case: ones[-1]["containers"] for case, ones in measured.items()}
    if given.json:
        flat = {f"{case} {name}": value for case, row in rows.items() for name, value in row.items()}
        show(flat | {f"{case} containers": containers for case, containers in last.items()}, as_json=True)
    else:
        show_table(rows)
        print("\nEntries in containers, and how many more than before; --json shows all:")
        show_table(_by_container(last))
    return int(any(row[name] > ALLOWED for row in rows.values() for name in ("open_spans", "most_growth")))


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__, repetitions=1)
    parser.add_argument(
        "--runs", type=int, default=20_000, metavar="N", help="finished; of the others a tenth (default %(default)s)"
    )
    return parser.parse_args()


def _row(ones: list[Figures]) -> dict[str, Any]:
    grown = [after - before for one in ones for before, after in one["containers"].values()]
    return {
        "times": ones[0]["times"],
        "MiB_before": median_of(ones, "mib_before"),
        "MiB_grown": median_of(ones, "mib"),
        "open_spans": max(one["open_spans"] for one in ones),
        "most_growth": max(grown, default=0),
    }


def _by_container(last: Mapping[str, Mapping[str, tuple[int, int]]]) -> dict[str, dict[str, str]]:
    """Return a row for each container; without those inside of others where nothing changed, which are many."""
    paths = sorted({path for containers in last.values() for path in containers})
    changes = {path: {case: last[case].get(path) for case in last} for path in paths}
    return {
        path: {case: _change(change) for case, change in row.items()}
        for path, row in changes.items()
        if "[]" not in path or any(change is not None and change[0] != change[1] for change in row.values())
    }


def _change(change: tuple[int, int] | None) -> str:
    return f"{change[1]} ({change[1] - change[0]:+})" if change is not None else ""


async def _child(case: str, runs: int) -> Figures:
    from benchmarks._lives import LIVES, finished

    times = runs if case == "finished" else runs // 10
    look = _instrumented()
    await _repeat(LIVES[case], _WARM_UP)
    await _repeat(finished, _REMEMBERED)
    before = look()
    await _repeat(LIVES[case], times)
    # What the SDK let go of may be put away only when the bridge is called again, as it always is in a service.
    await _repeat(finished, 1)
    after = look()
    containers = {path: (before.entries.get(path, 0), entries) for path, entries in after.entries.items()}
    grown = {"mib": after.mib - before.mib, "open_spans": after.open_spans - before.open_spans}
    return {**grown, "times": times, "mib_before": before.mib, "containers": containers}


async def _repeat(life: Callable[[int], Awaitable[None]], times: int) -> None:
    for number in range(times):
        await life(number)
    gc.collect()


def _instrumented() -> Callable[[], _Seen]:
    """Put the bridge in place; return a function that says what it holds."""
    import agents
    from agents.tracing import get_trace_provider
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider

    from benchmarks._containers import sizes
    from benchmarks._noop import OpenSpans
    from otel_agent_analytics import instrument

    agents.set_trace_processors([])
    tracer, spans = TracerProvider(), OpenSpans()
    tracer.add_span_processor(spans)
    meter = MeterProvider([InMemoryMetricReader()])
    instrument(tracer_provider=tracer, meter_provider=meter, conversation_metrics=False)
    # The SDK has no call that tells its processors. There are none but those that were put in here.
    processors = getattr(get_trace_provider(), "_multi_processor")._processors  # noqa: B009, SLF001

    def look() -> _Seen:
        for processor in processors:
            processor.force_flush()  # what waits to be counted, a thousand values at most, is not kept
        return _Seen(_resident_mib(), spans.count, sizes(*processors))

    return look


def _resident_mib() -> float:
    """Return the memory that is resident now; where the system does not say, the most that has been."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return peak_mib()
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    sys.exit(main())
