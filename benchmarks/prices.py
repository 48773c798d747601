"""What it costs to price a model call, and to have the price table at all.

  load        PriceBook.load(), in a bare process and in one that has the Agents SDK: time, modules and memory
  known       a call whose prices are remembered; aim: at most 3 µs
  two times   the same, of a model with prices by date and by time of the day
  unknown     a call of a model that is known to be unknown
  own         a call priced by a file of 100 entries
  first       the first call of a model: known, resold by Azure, unknown
  flood       100,000 calls with as many model names: time for each, and the most memory that they took

Times are CPU time. Every repetition is a process of its own. The exit status is 1 where a remembered call takes more
than 3 µs.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks._measure import Clock, Figures, parser_of, peak_mib, settle, show, spread, take_turns
from otel_agent_analytics.prices.book import PriceBook
from otel_agent_analytics.prices.call import PricedCall
from otel_agent_analytics.prices.own import read_own_prices

if TYPE_CHECKING:
    from collections.abc import Callable

AIM_US: Final = 3.0
CALLS: Final = 100_000
FIRST: Final = 200
NOW_NS: Final = 1_795_000_000 * 10**9
HITS: Final = {
    "known": ("openai", "gpt-4o-mini"),
    "two times": ("deepseek", "deepseek-v4-flash"),
    "unknown": ("openai", "gpt-99"),
}


def main() -> int:
    """Measure, and print what came of it; return 1 when a remembered call takes longer than it should."""
    given = parser_of(__doc__, repetitions=5).parse_args()
    if given.child:
        print(json.dumps(_CHILDREN[given.child]()))
        return 0
    measured = take_turns(_CHILDREN, given.repetitions)
    results: dict[str, Any] = {
        f"{variant}: {name}": spread(one[name] for one in ones)
        for variant, ones in measured.items()
        for name in ones[0]
    }
    show(results, as_json=given.json)
    return int(any(results[f"hits: {name}, µs"].median > AIM_US for name in (*HITS, "own")))


def _bare() -> Figures:
    book = PriceBook()
    settle()
    modules, memory, clock = len(sys.modules), peak_mib(), Clock()
    book.load()
    times = {"CPU ms": clock.cpu() * 1e3, "wall ms": clock.wall() * 1e3}
    return times | {"modules": len(sys.modules) - modules, "MiB": peak_mib() - memory}


def _beside_sdk() -> Figures:
    importlib.import_module("agents")
    return _bare()


def _hits() -> Figures:
    book = PriceBook()
    figures = {f"{name}, µs": _each(book, _call(*HITS[name])) for name in HITS}
    entries = [
        {"model": f"model-{number}", "input_per_million_usd": 1, "output_per_million_usd": 2} for number in range(100)
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "prices.json"
        file.write_text(json.dumps(entries))
        figures["own, µs"] = _each(PriceBook(read_own_prices(file)), _call("vllm", "model-50"))
    return figures


def _first() -> Figures:
    book = PriceBook()
    book.load()
    cases = {
        "known": [_call("openai", f"gpt-5-nano-{number}") for number in range(FIRST)],
        "resold by Azure": [_call("azure.ai.openai", f"gpt-5-nano-{number}") for number in range(FIRST)],
        "unknown": [_call("openai", f"model-{number}") for number in range(FIRST)],
    }
    figures: Figures = {}
    for name, calls in cases.items():
        settle()
        clock = Clock()
        for call in calls:
            book.cost(call)
        figures[f"{name}, µs"] = clock.cpu() / FIRST * 1e6
    return figures


def _flood() -> Figures:
    book = PriceBook()
    book.load()
    tracemalloc.start()
    clock = Clock()
    for number in range(CALLS):
        book.cost(_call("groq", f"model-{number}-{'x' * 400}"))
    return {"each, µs": clock.cpu() / CALLS * 1e6, "MiB at most": tracemalloc.get_traced_memory()[1] / 2**20}


def _each(book: PriceBook, call: PricedCall) -> float:
    book.cost(call)
    settle()
    clock = Clock()
    for _ in range(CALLS):
        book.cost(call)
    return clock.cpu() / CALLS * 1e6


def _call(provider: str, model: str) -> PricedCall:
    return PricedCall(provider, model, model, "default", NOW_NS, 12_345, 678, 10_000, 0, 300)


_CHILDREN: Final[dict[str, Callable[[], Figures]]] = {
    "load, bare": _bare,
    "load, beside the SDK": _beside_sdk,
    "hits": _hits,
    "first call": _first,
    "flood": _flood,
}


if __name__ == "__main__":
    sys.exit(main())
