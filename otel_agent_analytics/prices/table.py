"""The price table that genai-prices brings along. Nothing is fetched, and only its data and its rules are used.

The package is loaded when the first price is asked for. Its own look-up is left aside, since it remembers every model
name that it ever saw; models are asked one by one, and the caller remembers a bounded number of answers.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.errors import guard
from otel_agent_analytics.prices.call import UNKNOWN_MODEL, UNKNOWN_TIER
from otel_agent_analytics.prices.model_names import is_bespoke
from otel_agent_analytics.prices.provider_names import folded
from otel_agent_analytics.prices.rates import Prices, rates_of
from otel_agent_analytics.prices.timeline import day_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices

    from otel_agent_analytics.prices.model_names import Reference
    from otel_agent_analytics.prices.timeline import Cell

# Under which word the table files a tier: OpenAI's flex, everybody's batch, Anthropic's fast.
_TIER_WORDS: Final = ("service_tier", "processing", "speed")
# Output that costs many times what text costs. A call does not say how much of its output it was.
_OTHER_OUTPUT: Final = ("output_audio_mtok", "output_image_mtok", "output_video_mtok")
# A price of the table → the argument of ``rates_of``.
_KINDS: Final = {
    "input_mtok": "fresh",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "output_reasoning_mtok": "reasoning",
    "requests_kcount": "calls",
}
_FREE: Final = ":free"


class PriceTable:
    """All providers of the price table, by id."""

    def __init__(self, providers: Sequence[Provider], source: str) -> None:
        self._all = list(providers)
        self._by_id = {folded(provider.id): provider for provider in providers}
        self._source = source

    def find(self, reference: Reference) -> ListedModel | None:
        """Return the model that a call means; None when its provider does not sell it or is unknown."""
        provider = self._by_id.get(folded(reference.provider or ""))
        if provider is None:
            return None
        for model in reference.models:
            for name in model.listed:
                found = provider.find_model(name, all_providers=self._all)
                # The table has fine-tunes as entries of their own, but some entries also match those of others.
                if found is not None and is_bespoke(name) == is_bespoke(found.id):
                    listed_here = any(found is one for one in provider.models)
                    return ListedModel(found, listed_here, self._source)
        return None


class ListedModel(NamedTuple):
    """A model of the price table."""

    model: ModelInfo
    listed_here: bool
    """Whether the provider has it in its own list. What it resells has the maker's prices, but not its tiers."""
    source: str

    def days(self) -> set[int]:
        """Return the UTC days since 1970 on which one of its prices begins."""
        starts = (getattr(constraint, "start_date", None) for constraint in self._constraints())
        return {day_number(start) for start in starts if start is not None}

    def moments(self) -> set[int]:
        """Return the microseconds since midnight UTC at which one of its prices begins or ends every day."""
        moments = (
            getattr(constraint, edge, None) for constraint in self._constraints() for edge in ("start_time", "end_time")
        )
        return {_microseconds(moment) for moment in moments if moment is not None}

    def prices_at(self, when: datetime, tier: str | None) -> Cell:
        """Return its prices at a time in a tier (None is the standard one), or the reason why there are none."""
        if tier is None:
            return _prices(self.model, self.model.get_prices(when), self.source)
        for variant in (self.model.price_variants or ()) if self.listed_here else ():
            begun = variant.constraint is None or variant.constraint.active(when)
            if begun and any(variant.when == {word: tier} for word in _TIER_WORDS):
                return _prices(self.model, self.model.get_prices(when, variant.when), self.source)
        return UNKNOWN_TIER

    def _constraints(self) -> Iterator[object]:
        if isinstance(self.model.prices, list):
            yield from (one.constraint for one in self.model.prices)
        yield from (one.constraint for one in self.model.price_variants or ())


@guard("prices.load")
def load_table() -> PriceTable:
    """Load the price table: 0.1 s the first time, 0.02 s where pydantic is loaded anyway."""
    import genai_prices
    from genai_prices.data import providers

    return PriceTable(providers, f"genai-prices {genai_prices.__version__}")


def _prices(model: ModelInfo, price: ModelPrice, source: str) -> Cell:
    if any(getattr(price, key) is not None for key in _OTHER_OUTPUT):
        return UNKNOWN_MODEL
    if price.input_mtok is None:
        priced = any(value is not None for value in vars(price).values())
        return _free(source) if model.id.endswith(_FREE) and not priced else UNKNOWN_MODEL
    given = {kind: value for key, kind in _KINDS.items() if (value := getattr(price, key)) is not None}
    contexts = tuple(sorted({tier.start for value in given.values() for tier in getattr(value, "tiers", ())}))
    sizes = (0, *(start + 1 for start in contexts))
    return Prices(
        source, contexts, tuple(rates_of(**{kind: _at(value, size) for kind, value in given.items()}) for size in sizes)
    )


def _at(value: Decimal | TieredPrices, size: int) -> Decimal:
    """Return the price for an input of this size: that of the highest tier that it goes beyond."""
    if isinstance(value, Decimal):
        return value
    return next((tier.price for tier in reversed(value.tiers) if size > tier.start), value.base)


def _free(source: str) -> Prices:
    return Prices(source, (), (rates_of(fresh=Decimal(0), output=Decimal(0)),))


def _microseconds(moment: time) -> int:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    utc = datetime.combine(date(1970, 1, 1), aware).astimezone(UTC)
    return ((utc.hour * 60 + utc.minute) * 60 + utc.second) * 1_000_000 + utc.microsecond
