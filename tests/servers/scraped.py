"""What a Prometheus that scraped an analyzer would hold: the real exposition, read again and again as days go by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from otel_agent_analytics.judging import judging_of
from otel_agent_analytics.outputs.audience import AudienceGauges
from otel_agent_analytics.outputs.exposition import ConversationCollector
from otel_agent_analytics.outputs.totals import Distribution, Total, Totals
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.outputs import catalogue as c
    from otel_agent_analytics.outputs.totals import Series
    from tests.servers.pool import Source

JOB: Final = "agent-analytics"
INSTANCE: Final = "analyzer:4318"
SECOND_INSTANCE: Final = "analyzer-2:4318"
_LATENESS_NS: Final = 5 * 10**9

Sample = tuple[str, dict[str, str], float]


class MovedTotals(Totals):
    """Totals that show, at each look, the series that are new or have changed since the last one, and no others."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[Total | Distribution] = []

    def look(self) -> None:
        """Begin a look."""
        self._shown = self.moved_cells()

    def counters(self) -> dict[c.Metric, dict[Series, Total]]:
        """Return the counters that have changed."""
        found: dict[c.Metric, dict[Series, Total]] = {}
        for cell in self._shown:
            if isinstance(cell, Total) and cell.key is not None:
                found.setdefault(cell.key[0], {})[cell.key[1:]] = cell
        return found

    def histograms(self) -> dict[c.Metric, dict[Series, Distribution]]:
        """Return the histograms that have changed."""
        found: dict[c.Metric, dict[Series, Distribution]] = {}
        for cell in self._shown:
            if isinstance(cell, Distribution) and cell.key is not None:
                found.setdefault(cell.key[0], {})[cell.key[1:]] = cell
        return found


class Analyzer:
    """The real tracker, totals and exposition, whose clock is that of what it is given."""

    def __init__(self) -> None:
        judging = judging_of(Settings())
        self._now_ns = 0
        self.totals = MovedTotals()
        audience = AudienceGauges(stable_key=True, clock=lambda: self._now_ns)
        self.tracker = Tracker(MemoryStore(), (self.totals, audience), judging.rules, judging.price)
        self._collector = ConversationCollector(
            self.totals,
            self.tracker.active,
            self.totals.look,
            audience=audience,
            human_cost_usd=judging.human_cost_usd,
        )

    def take(self, sources: Sequence[Source], now_ns: int) -> None:
        """Take what has ended by now, UTC nanoseconds, and end what is due."""
        self._now_ns = now_ns
        if sources:
            self.tracker.take_all(sources)
        self.tracker.advance_to(now_ns - _LATENESS_NS)

    def note(self, what: str, service: Service, amount: int) -> None:
        """Say something of the pipeline itself, as its receiver does."""
        self.totals.noted(what, service, amount)

    def spread(self, source: Service, services: Sequence[Service]) -> None:
        """Let services begin with what another has: every total of it is theirs too."""
        for metric, counters in Totals.counters(self.totals).items():
            for (service, labels), total in counters.items():
                for to in services if service == source else ():
                    if to != source:
                        self.totals.put(metric, to, labels, Total(total.value, total.retracted))
        for metric, histograms in Totals.histograms(self.totals).items():
            for (service, labels), found in histograms.items():
                for to in services if service == source else ():
                    if to != source:
                        self.totals.put(metric, to, labels, Distribution(list(found.counts), found.total))

    def scrape(self) -> Iterator[Sample]:
        """Yield what is new or has changed since the last scrape."""
        for family in self._collector.collect():
            for sample in family.samples:
                yield sample.name, sample.labels, sample.value
