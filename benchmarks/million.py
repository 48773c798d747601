"""What a process holds and shows when very many conversations go through it, as real OpenTelemetry spans.

Conversations of the demo's lengths, made from the spans of real runs, go through ``ConversationSpanProcessor`` as in
the process of an agent: with prices, metrics, unique users, a clock (of event time) and a thread of its own. 50,000
begin in a day, so that they end, may be reopened for a day, and leave.

  many  5,000 agents and 10,000 tools; each conversation has others
  few   2 agents and 10 tools, a tenth of the conversations, at most 5,000

The exit status is 1 when more than 2,000 series are shown (500 of the few), a scrape takes 50 ms, something was lost,
or memory grows by more than a tenth after the half.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from benchmarks._measure import Clock, Figures, parser_of, peak_mib, run_child, settle, show, spread

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from benchmarks._traffic import Mould
    from otel_agent_analytics.tracking.store_memory import MemoryStore

_NAMES: Final = {"many": (5_000, 10_000), "few": (2, 10)}
_MOST_SERIES: Final = {"many": 2_000, "few": 500}
_MOST_MS: Final = 50.0
_MOST_GROWTH: Final = 1.1
_SCRAPES: Final = 21
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

    from benchmarks._traffic import Traffic, moulds

    agents, tools = _NAMES[name]
    kinds = moulds()
    making_us = _making_us(kinds)
    provider = TracerProvider(ALWAYS_ON, Resource({"service.name": "shop"}), shutdown_on_exit=False)
    host = _Host(lambda: traffic.now_ns)
    provider.add_span_processor(host.processor)
    traffic = Traffic(
        provider,
        lambda record: host.processor.take_record(record, provider.resource),
        kinds,
        agents=agents,
        tools=tools,
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
    series = Counter(line.partition("{")[0].partition(" ")[0] for line in text.splitlines() if line[:1] != "#")
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


class _Host:
    """What ``instrument`` puts in place, but for the bridge.

    Args:
        now: returns the event time, UTC nanoseconds.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        from prometheus_client import CollectorRegistry

        from otel_agent_analytics.conversations.rules import DEFAULT_RULES
        from otel_agent_analytics.outputs.audience import AudienceGauges
        from otel_agent_analytics.outputs.exposition import ConversationCollector
        from otel_agent_analytics.outputs.totals import Totals
        from otel_agent_analytics.tracking.pricing import pricing
        from otel_agent_analytics.tracking.span_processor import ConversationSpanProcessor
        from otel_agent_analytics.tracking.store_memory import MemoryStore
        from otel_agent_analytics.tracking.tracker import Tracker

        self.store: MemoryStore = MemoryStore()
        self._totals = Totals()
        audience = AudienceGauges(stable_key=True, clock=now)
        tracker = Tracker(self.store, (self._totals, audience), DEFAULT_RULES, pricing())
        self.processor = ConversationSpanProcessor(tracker, self._totals, clock=lambda: now() - _MINUTE_NS)
        self._registry = CollectorRegistry()
        self._registry.register(
            ConversationCollector(
                self._totals,
                tracker.active,
                self.processor.force_flush,
                audience=audience,
                human_cost_usd=5.0,
            )
        )

    def scrapes(self) -> tuple[str, float]:
        """Return what a scrape reads, in OpenMetrics' format with exemplars, and its milliseconds of CPU."""
        from prometheus_client.openmetrics.exposition import generate_latest

        texts: list[bytes] = []
        times: list[float] = []
        for _ in range(_SCRAPES):
            clock = Clock()
            texts.append(generate_latest(self._registry))  # type: ignore[no-untyped-call]
            times.append(clock.cpu() * 1e3)
        return texts[-1].decode(), spread(times).median

    def lost(self, sent: int) -> dict[str, Any]:
        """Return what was not counted, of so many spans and records that were sent."""
        from otel_agent_analytics.errors import fault_counts
        from otel_agent_analytics.outputs import catalogue as c

        counters = self._totals.counters()
        received, dropped, folded = (
            sum(int(total.value) for total in counters.get(metric, {}).values())
            for metric in (c.RECEIVED, c.DROPPED, c.LABELS_FOLDED)
        )
        return {
            "spans and records not received": sent - received,
            "spans dropped": dropped,
            "internal faults": sum(fault_counts().values()),
            "label values folded": folded,
        }


def resident_mib() -> float:
    """Return the memory that is resident now; where the system does not say, the most that has been."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return peak_mib()
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    sys.exit(main())
