"""What a process holds and shows when very many conversations go through it, as real OpenTelemetry spans.

Conversations of the demo's lengths, made from the spans of real runs, go through ``ConversationSpanProcessor`` as in
the process of an agent: with prices, metrics, unique users, a clock (of event time) and a thread of its own. 50,000
begin in a day, so that they end, may be reopened for a day, and leave.

  many  5,000 agents and 10,000 tools; each conversation has others
  few   2 agents and 10 tools (with the one that calls a human), 2 models, 3 countries; a tenth of the conversations, at
        most 5,000

The exit status is 1 when a service has more than 2,000 series (500 of the few), a scrape takes 50 ms, something was
lost, or memory grows by more than a tenth after the half.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Final

from benchmarks._measure import Clock, Figures, parser_of, peak_mib, run_child, settle, show

if TYPE_CHECKING:
    import argparse

    from benchmarks._moulds import Mould

_NAMES: Final = {"many": (5_000, 10_000), "few": (2, 9)}
_MOST_SERIES: Final = {"many": 2_000, "few": 500}
_MOST_MS: Final = 50.0
_MOST_GROWTH: Final = 1.1
_MARKS: Final = (10, 25, 50, 75, 100)
"""Percent of the conversations, at whose begin memory is looked at."""
_BEGIN_NS: Final = 1_767_571_200 * 10**9
_MINUTE_NS: Final = 60 * 10**9
_DAY_NS: Final = 1440 * _MINUTE_NS


def main() -> int:
    """Measure, and print what came of it; return 1 when a figure is not what it should be."""
    given = _arguments()
    if given.child:
        print(json.dumps(_child(given.child, given.conversations, given.per_day)))
        return 0
    sizes = {"many": given.conversations, "few": min(5_000, max(1_000, given.conversations // 10))}
    found = {
        name: run_child(name, (f"--conversations={size}", f"--per-day={given.per_day}")) for name, size in sizes.items()
    }
    show({f"{name}: {what}": value for name, one in found.items() for what, value in one.items()}, as_json=given.json)
    return int(any(_is_bad(name, one) for name, one in found.items()))


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__, repetitions=1)
    parser.add_argument(
        "--conversations",
        type=int,
        default=10_000,
        metavar="N",
        help="default %(default)s; a million take half an hour",
    )
    parser.add_argument("--per-day", type=int, default=50_000, metavar="N", help="default %(default)s")
    return parser.parse_args()


def _is_bad(name: str, one: Figures) -> bool:
    grown = one["MiB, all begun"] > one["MiB, 50 % begun"] * _MOST_GROWTH
    lost = one["spans and records not received"] or one["spans dropped"] or one["internal faults"]
    return bool(one["series"] > _MOST_SERIES[name] or one["ms of CPU a scrape"] >= _MOST_MS or lost or grown)


def _child(name: str, conversations: int, per_day: int) -> Figures:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    from benchmarks._host import Host, resident_mib
    from benchmarks._moulds import moulds
    from benchmarks._traffic import Traffic

    agents, tools = _NAMES[name]
    kinds = moulds()
    making_us = _making_us(kinds)
    provider = TracerProvider(ALWAYS_ON, Resource({"service.name": "shop"}), shutdown_on_exit=False)
    host = Host(lambda: traffic.now_ns)
    provider.add_span_processor(host.processor)
    traffic = Traffic(
        provider,
        lambda record: host.processor.take_record(record, provider.resource),
        kinds,
        agents=agents,
        tools=tools,
        few=name == "few",
        rng=Random(1),
    )
    settle()
    figures: Figures = {"conversations": conversations, "MiB, none begun": resident_mib()}
    marks = {round(conversations * percent / 100): percent for percent in _MARKS}
    clock = Clock()
    for begun in traffic.send(range(conversations), _BEGIN_NS, _DAY_NS // per_day, _MINUTE_NS):
        host.processor.drain()
        for mark in [mark for mark in marks if begun >= mark]:
            percent = marks.pop(mark)
            at = "all" if percent == 100 else f"{percent} %"
            figures |= {f"MiB, {at} begun": resident_mib(), f"held, {at} begun": len(host.store)}
    cpu, wall = clock.cpu(), clock.wall()
    text, scrape_ms = host.scrapes()
    # Of the service: what a process tells of itself it tells once.
    lines = [line for line in text.splitlines() if "service_name=" in line]
    series = Counter(line.partition("{")[0] for line in lines)
    for _ in range(12):  # hours: until the last one can neither be reopened nor turn out to have returned
        traffic.now_ns += 3 * 60 * _MINUTE_NS
        host.processor.drain()
    return {
        **figures,
        "MiB, all left": resident_mib(),
        "held, all left": len(host.store),
        "MiB at most": peak_mib(),
        "spans": traffic.spans,
        "records": traffic.records,
        "spans per second on the clock, their making included": traffic.spans / wall,
        "us of CPU a span, its making included": cpu / traffic.spans * 1e6,
        "us of CPU to make a span": making_us,
        "seconds on the clock": wall,
        "ms of CPU a scrape": scrape_ms,
        "series": sum(series.values()),
        "bytes of a scrape": len(text),
        "families with most series": ", ".join(f"{family} {size}" for family, size in _families(series).most_common(8)),
        **host.lost(traffic.spans + traffic.records),
    }


def _families(series: Counter[str]) -> Counter[str]:
    families: Counter[str] = Counter()
    for name, size in series.items():
        families[re.sub("^agent_analytics_|_(bucket|sum|count)$", "", name)] += size
    return families


def _making_us(kinds: list[Mould]) -> float:
    """Return what it costs to make a span for nobody."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    from benchmarks._traffic import Traffic

    idle = TracerProvider(ALWAYS_ON, shutdown_on_exit=False)
    traffic = Traffic(idle, lambda _: None, kinds, agents=10, tools=10, rng=Random(1))
    clock = Clock()
    for _ in traffic.send(range(1_000), _BEGIN_NS, _MINUTE_NS // 30, _MINUTE_NS):
        pass
    return clock.cpu() / traffic.spans * 1e6


if __name__ == "__main__":
    sys.exit(main())
