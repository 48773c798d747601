"""Our prices against the price table's own calculation, and our names against the conventions' registry."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import genai_prices
import pytest
from genai_prices.data import providers
from genai_prices.types import ModelPrice, StartDateConstraint, TimeOfDateConstraint, Usage

from otel_agent_analytics.prices.book import PriceBook
from otel_agent_analytics.prices.call import UNKNOWN_MODEL, PricedCall
from otel_agent_analytics.prices.provider_names import WITHOUT_PRICES, folded, provider_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genai_prices.types import ModelInfo, Provider

REGISTRY = Path(__file__).parents[1] / "conformance" / "registry.json"
IDS = {folded(provider.id): provider for provider in providers}
TIER_WORDS = ("service_tier", "processing", "speed")
TIMES = (
    datetime(2024, 6, 1, tzinfo=UTC),
    datetime(2025, 6, 10, 3, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 3, 13, tzinfo=UTC),
    datetime(2026, 10, 12, 16, 30, tzinfo=UTC),
    datetime(2026, 11, 20, 9, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
)
# Input, output, cache read, cache write, reasoning.
USAGES = ((1_000, 200, 300, 100, 50), (200_000, 7, 0, 1, 0), (400_001, 31, 150_000, 200_000, 31))
OLDER_NAMES = {
    "az.ai.openai": "azure", "az.ai.inference": "azure", "vertex_ai": "google", "gemini": "google", "xai": "xai",
    "VertexAI": "google", "MistralAI": "mistral", "AWS": "aws", "Bedrock": "aws", "Azure": "azure", "OpenAI": "openai",
    "x-ai": "xai", "TogetherAI": "together", "together_ai": "together", "fireworks_ai": "fireworks", "Gemini": "google",
    "azure_openai": "azure", "amazon_bedrock": "aws", "google": "google", "mistralai": "mistral", "github-copilot":
    "githubcopilot", "moonshot": "moonshotai",
}  # fmt: skip


def nanoseconds(when: datetime) -> int:
    """Return a time in nanoseconds since 1970."""
    past = when - datetime(1970, 1, 1, tzinfo=UTC)
    return ((past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds) * 1_000


def test_well_known_providers_are_mapped() -> None:
    """Each well-known provider of the conventions is one of the table's, or named among those that it has not."""
    known = json.loads(REGISTRY.read_text(encoding="utf-8"))["attributes"]["gen_ai.provider.name"]["values"]

    assert len(known) >= 16
    for name in known:
        assert (provider_id(name) in IDS) != (provider_id(name) in WITHOUT_PRICES), name


@pytest.mark.parametrize("name", OLDER_NAMES)
def test_older_names_are_mapped(name: str) -> None:
    """The older names of the conventions and those of instrumentations mean the same providers."""
    assert provider_id(name) == OLDER_NAMES[name]
    assert OLDER_NAMES[name] in IDS


def test_ids_of_the_table_are_kept_apart() -> None:
    """No alias takes the name of another provider of the table."""
    assert {provider.id: provider_id(provider.id) for provider in providers} == {
        provider.id: folded(provider.id) for provider in providers
    }


def test_table_holds_no_surprises() -> None:
    """What our reading of the table rests on: kinds of constraint, and how prices of the default tier are written."""
    for provider in providers:
        for model in provider.models:
            prices = model.prices if isinstance(model.prices, list) else []
            for one in (*prices, *(model.price_variants or ())):
                assert isinstance(one.constraint, (StartDateConstraint, TimeOfDateConstraint, type(None))), model.id
            for variant in model.price_variants or ():
                assert variant.when != {"service_tier": "default"} or variant.prices == ModelPrice(), model.id


@pytest.mark.parametrize("provider", providers, ids=lambda provider: str(provider.id))
def test_every_model_costs_what_the_table_calculates(provider: Provider) -> None:
    """All models and tiers, at several times and sizes: our sums equal those of the table's own calculation.

    Left out is what we refuse on purpose: models without a price per token, and models that speak or paint.
    """
    book = PriceBook()
    priced = 0
    for model in provider.models:
        name = name_of(provider, model)
        if name is None:
            continue
        for tier, context in tiers_of(model):
            for when in TIMES:
                for counts in USAGES:
                    given, output, read, write, reasoning = counts
                    call = PricedCall(provider.id, name, None, tier, nanoseconds(when), *counts)
                    cost = book.cost(call)
                    if cost.usd is None:
                        reason = "unknown_model" if is_priced(model, tier, context, when) else "unknown_tier"
                        assert cost.unpriced == reason, (name, tier, when)
                        assert reason == "unknown_tier" or is_refused(provider, model, when), (name, when)
                        continue
                    usage = Usage(
                        input_tokens=given, output_tokens=output, cache_read_tokens=read, cache_write_tokens=write,
                        output_reasoning_tokens=reasoning,
                    )  # fmt: skip
                    theirs = genai_prices.calc_price(
                        usage, name, provider_id=provider.id, genai_request_timestamp=when, price_context=context
                    )
                    assert abs(cost.usd - theirs.total_price) < Decimal("1e-20"), (model.id, tier, when, counts)
                    priced += 1
    assert priced or all(is_refused(provider, model, TIMES[0]) for model in provider.models)


def name_of(provider: Provider, model: ModelInfo) -> str | None:
    """Return a name by which the table finds this model; None where another entry always answers first."""
    names = [model.id, *re.findall(r"(?:equals|starts_with|contains|ends_with)='([^']+)'", repr(model.match))]
    return next((name for name in names if provider.find_model(name) is model), None)


def tiers_of(model: ModelInfo) -> Iterator[tuple[str | None, dict[str, str] | None]]:
    """Yield each tier of a model, with what the table calls it."""
    yield None, None
    for variant in model.price_variants or ():
        (word, tier), *others = variant.when.items()
        if word in TIER_WORDS and not others and tier != "default":
            yield tier, variant.when


def is_priced(model: ModelInfo, tier: str | None, context: dict[str, str] | None, when: datetime) -> bool:
    """Return whether the table has prices for a tier at a time."""
    variants = [one for one in model.price_variants or () if one.when == context]
    return tier is None or any(one.constraint is None or one.constraint.active(when) for one in variants)


def is_refused(provider: Provider, model: ModelInfo, when: datetime) -> bool:
    """Return whether a model has, by the table's own data, no price for every token of a call."""
    price: Any = model.get_prices(when)
    paints = any(getattr(price, f"output_{kind}_mtok") is not None for kind in ("audio", "image", "video"))
    given_away = provider.id in ("openai", "azure") and "gpt-oss" in model.id
    return paints or given_away or price.input_mtok is None or price.output_mtok is None


def test_nearly_all_of_the_table_is_compared() -> None:
    """The comparison above reaches nearly every model: hardly one cannot be named."""
    named = [name_of(provider, model) for provider in providers for model in provider.models]

    assert named.count(None) <= len(named) // 100
    assert len(named) > 2_000


def test_unknown_is_unknown_to_the_table_too() -> None:
    """A model that the table does not have is unknown, with a provider and without one."""
    for provider in (None, *(one.id for one in providers)):
        call = PricedCall(provider, "no-such-model-anywhere", None, None, 0, 10, 10)
        assert PriceBook().cost(call).unpriced == UNKNOWN_MODEL
