"""What the benchmarks share: child processes in turn, medians with their range, memory, and one way to print.

Every figure comes from a child process of its own. The variants take turns, repetition by repetition, so that a change
in the load of the machine meets them all alike. Times are CPU time of the process (user and system, all threads)
unless a name says ``wall``.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Figures: TypeAlias = dict[str, Any]
"""What one child measured, by name."""


class Spread(NamedTuple):
    """Median, least and greatest of the repetitions."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{plain(self.median)} ({plain(self.low)}-{plain(self.high)})"


class Clock:
    """Wall and CPU seconds since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def cpu(self) -> float:
        """Return CPU seconds of this process."""
        return time.process_time() - self._cpu

    def wall(self) -> float:
        """Return seconds on the clock."""
        return time.perf_counter() - self._wall


def parser_of(about: str | None, *, repetitions: int) -> argparse.ArgumentParser:
    """Return a parser with what every benchmark takes; the first line of ``about`` is its description."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    parser.add_argument("--repetitions", type=int, default=repetitions, metavar="N", help="default %(default)s")
    parser.add_argument("--child", metavar="VARIANT", help=argparse.SUPPRESS)
    return parser


def take_turns(
    variants: Iterable[str],
    repetitions: int,
    arguments: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
    pythons: Mapping[str, str] | None = None,
) -> dict[str, list[Figures]]:
    """Run every variant as often as told, each time in a new process; return what each repetition measured.

    A variant that ``pythons`` names is run by that interpreter, the others by the one that is running now.
    """
    measured: dict[str, list[Figures]] = {variant: [] for variant in variants}
    for _ in range(repetitions):
        for variant, figures in measured.items():
            python = (pythons or {}).get(variant, sys.executable)
            figures.append(run_child(variant, arguments, environ, python))
    return measured


def run_child(
    variant: str,
    arguments: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
    python: str = sys.executable,
) -> Figures:
    """Run the program that is running now as the child of a variant, in this environment; return what it printed."""
    command = [python, sys.argv[0], "--child", variant, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    if done.returncode:
        sys.exit(f"{variant} failed:\n{done.stderr}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def spread(values: Iterable[float]) -> Spread:
    """Return median, least and greatest."""
    ordered = sorted(values)
    return Spread(statistics.median(ordered), ordered[0], ordered[-1])


def median_of(figures: Iterable[Figures], name: str) -> float:
    """Return the median of one figure over the repetitions."""
    return spread(one[name] for one in figures).median


def settle() -> None:
    """Put what was imported and warmed up out of the garbage collector's sight.

    Else a full collection walks all of it, and a variant's figure depends on how many collections it happened to meet.
    """
    gc.collect()
    gc.freeze()


def peak_mib() -> float:
    """Return the most memory that this process has had resident, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def show(results: Mapping[str, Any], *, as_json: bool) -> None:
    """Print results: as one JSON object, or a line each."""
    if as_json:
        print(json.dumps({name: _as_plain(value) for name, value in results.items()}))
        return
    width = max(map(len, results))
    for name, value in results.items():
        print(f"{name:{width}}  {_cell(value)}")


def show_table(rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Print a line for each row and a column for each figure; a row need not have every figure."""
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    lines = [["", *columns], *([name, *(_cell(row.get(one, "")) for one in columns)] for name, row in rows.items())]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())


def plain(value: float) -> str:
    """Return a number with as many digits as a noisy measurement deserves."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _cell(value: Any) -> str:
    return str(value) if isinstance(value, (str, Spread)) else plain(value)


def _as_plain(value: Any) -> Any:
    if isinstance(value, Spread):
        return {name: round(part, 4) for name, part in value._asdict().items()}
    return round(value, 4) if isinstance(value, float) else value
