"""What ``instrument`` puts in place to derive conversations, but for the bridge; and what it shows and holds."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest

from benchmarks._measure import Clock, peak_mib, spread
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.errors import fault_counts
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs.audience import AudienceGauges
from otel_agent_analytics.outputs.exposition import ConversationCollector
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.tracking.pricing import pricing
from otel_agent_analytics.tracking.span_processor import ConversationSpanProcessor
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable

_SCRAPES: Final = 21
_LATENESS_NS: Final = 60 * 10**9


class Host:
    """The processor, and all that is behind it.

    Args:
        now: returns the event time, UTC nanoseconds.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self.store: MemoryStore = MemoryStore()
        self._totals = Totals()
        audience = AudienceGauges(stable_key=True, clock=now)
        tracker = Tracker(self.store, (self._totals, audience), DEFAULT_RULES, pricing())
        self.processor = ConversationSpanProcessor(tracker, self._totals, clock=lambda: now() - _LATENESS_NS)
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
        texts: list[bytes] = []
        times: list[float] = []
        for _ in range(_SCRAPES):
            clock = Clock()
            texts.append(generate_latest(self._registry))  # type: ignore[no-untyped-call]
            times.append(clock.cpu() * 1e3)
        return texts[-1].decode(), spread(times).median

    def lost(self, sent: int) -> dict[str, Any]:
        """Return what was not counted, of so many spans and records that were sent."""
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
