"""The price of a call: by the user's own prices, else by the table. Unit prices are remembered, so it is quick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from otel_agent_analytics.errors import guard
from otel_agent_analytics.prices.call import REASONS, UNKNOWN_MODEL, Cost, PricedCall
from otel_agent_analytics.prices.entries import OwnPrices
from otel_agent_analytics.prices.model_names import reference_of, tier_of
from otel_agent_analytics.prices.table import load_table
from otel_agent_analytics.prices.timeline import Timeline, constant, day_number, timeline_of
from otel_agent_analytics.prices.tokens import tokens_of

if TYPE_CHECKING:
    from datetime import datetime

    from otel_agent_analytics.prices.model_names import Reference
    from otel_agent_analytics.prices.table import ListedModel, PriceTable
    from otel_agent_analytics.prices.timeline import Cell

MOST_REMEMBERED: Final = 4_096
"""Prices remembered at once. A full memory begins anew: what is in use is found again at the next call."""
LONGEST_NAME: Final = 512
"""Characters of a provider, model or tier; what is longer is none."""
_UNPRICED: Final = {reason: Cost(None, reason) for reason in REASONS}
_UNKNOWN: Final = constant(UNKNOWN_MODEL)


class PriceBook:
    """What calls cost. Made once per process; may be asked from several threads, and after a fork.

    ``_timelines`` is bounded by MOST_REMEMBERED, and its keys by LONGEST_NAME. It needs no lock: what two threads find
    at once is equal.
    """

    def __init__(self, own: OwnPrices | None = None) -> None:
        self._own = own or OwnPrices()
        self._timelines: dict[tuple[str | None, str, str | None, str | None], Timeline] = {}
        self._table: PriceTable | None = None
        self._loaded = False

    def load(self) -> None:
        """Load the price table, which the first call that needs it does otherwise. May run on another thread."""
        if not self._loaded:
            self._table = load_table()
            self._loaded = True

    def cost(self, call: PricedCall) -> Cost:
        """Return what a call cost, or why that is unknown. Never raises for any text or count."""
        tokens = tokens_of(call)
        if isinstance(tokens, str):
            return _UNPRICED[tokens]
        key = (call.provider, call.model, call.answered_by, call.tier)
        timeline = self._timelines.get(key)
        if timeline is None:
            timeline = self._learn(call)
        prices = timeline.at(call.time_ns)
        if isinstance(prices, str):
            return _UNPRICED[prices]
        usd = prices.charge(tokens)
        return _UNPRICED[usd] if isinstance(usd, str) else Cost(usd, None, prices.source)

    def _learn(self, call: PricedCall) -> Timeline:
        key = (call.provider, call.model, call.answered_by, call.tier)
        if max(len(name) for name in key if name is not None) > LONGEST_NAME:
            return _UNKNOWN
        timeline = self._find(reference_of(*key[:3]), tier_of(call.tier)) or _UNKNOWN
        if len(self._timelines) >= MOST_REMEMBERED:
            self._timelines.clear()
        self._timelines[key] = timeline
        return timeline

    @guard("prices.find")
    def _find(self, reference: Reference, tier: str | None) -> Timeline:
        own = self._own.matching(reference, tier)
        always = any(entry.start is None for entry in own)
        listed = None if always else self._listed(reference)
        days = {entry.start for entry in own if entry.start is not None}
        if listed is None and not own:
            return _UNKNOWN

        def sample(when: datetime) -> Cell:
            day = day_number(when)
            found = next((entry for entry in own if entry.has_begun(day)), None)
            if found is not None:
                return found.prices
            return UNKNOWN_MODEL if listed is None else listed.prices_at(when, tier)

        if listed is None:
            return timeline_of(days, (), sample)
        return timeline_of(days | listed.days(), listed.moments(), sample)

    def _listed(self, reference: Reference) -> ListedModel | None:
        self.load()
        return self._table.find(reference) if self._table is not None else None
