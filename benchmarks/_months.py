"""30 days of drawn conversations, played live into a tracker with its metrics."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from benchmarks._amounts import INPUT_USD, OUTPUT_USD
from benchmarks._stories import HOUR_NS, MINUTE_NS, Simulator
from benchmarks._telling import UNPRICED_MODEL, Teller
from otel_agent_analytics.conversations.events import LogRecord, Service
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from benchmarks._stories import Story
    from benchmarks._world import World
    from otel_agent_analytics.conversations.events import ModelCalled, SpanRecord

BEGIN_NS: Final = 1_767_571_200 * 10**9
"""The month begins on 2026-01-05."""
MONTH_NS: Final = 30 * 24 * HOUR_NS
_LATENESS_NS: Final = MINUTE_NS
_BATCH: Final = 500
_PRICES: Final = Decimal(str(INPUT_USD)), Decimal(str(OUTPUT_USD))


def played(
    worlds: Mapping[Service, World], conversations: int, rng: Random, *, working: bool = True
) -> tuple[Totals, dict[Service, list[Story]]]:
    """Return the metrics of a month of so many conversations a service, and what was drawn.

    Args:
        worlds: the rates of each service.
        conversations: of each service; a few more where users return.
        rng: the only source of chance.
        working: whether model and tool calls are told too, and who the users are.
    """
    drawn: dict[Service, list[Story]] = {}
    sources: list[SpanRecord | LogRecord] = []
    for service, world in worlds.items():
        stories = drawn[service] = list(Simulator(world, rng).stories(conversations, BEGIN_NS, BEGIN_NS + MONTH_NS))
        teller = Teller(service, working=working)
        for story in stories:
            sources += teller.tell(story)
    sources.sort(key=_end_ns)
    totals = Totals()
    tracker = Tracker(MemoryStore(), (totals,), DEFAULT_RULES, _priced)
    for first in range(0, len(sources), _BATCH):
        tracker.advance_to(_end_ns(sources[first]) - _LATENESS_NS)
        tracker.take_all(sources[first : first + _BATCH])
    rules = DEFAULT_RULES
    tracker.advance_to(_end_ns(sources[-1]) + rules.idle_ns + rules.reopen_ns + rules.return_ns)
    return totals, drawn


def _end_ns(source: SpanRecord | LogRecord) -> int:
    return source.time_ns if isinstance(source, LogRecord) else source.end_ns


def _priced(call: ModelCalled) -> ModelCalled:
    if call.model == UNPRICED_MODEL:
        return call
    return call._replace(cost=(call.input or 0) * _PRICES[0] + (call.output or 0) * _PRICES[1])
