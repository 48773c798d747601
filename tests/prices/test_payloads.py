"""What providers report of a call → what it cost, worked out by hand from prices typed here."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from otel_agent_analytics.prices.book import PriceBook
from otel_agent_analytics.prices.call import NO_USAGE, UNKNOWN_MODEL, UNKNOWN_TIER, Cost, PricedCall
from otel_agent_analytics.prices.own import read_own_prices

if TYPE_CHECKING:
    from pathlib import Path

NOW = "2026-11-20T12:00:00"


def at(moment: str) -> int:
    """Return a UTC moment, to the microsecond, in nanoseconds since 1970."""
    past = datetime.fromisoformat(moment).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return ((past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds) * 1_000


def call(provider: str | None, model: str, given: int | None, output: int | None, **more: Any) -> PricedCall:
    """Return a call, on 2026-11-20 unless ``when`` says otherwise."""
    when = at(more.pop("when", NOW))
    return PricedCall(
        provider, model, more.pop("answered_by", None), more.pop("tier", None), when, given, output, **more
    )


class Payload(NamedTuple):
    call: PricedCall
    parts: tuple[tuple[int, str], ...]
    """Tokens, and USD per million of them."""
    total: str
    """The sum, in USD."""


CASES = {
    # OpenAI
    "plain": Payload(call("openai", "gpt-4o", 2_000, 500), ((2_000, "2.50"), (500, "10")), "0.01"),
    "cached read": Payload(
        call("openai", "gpt-4o", 10_000, 300, cache_read=8_000),
        ((2_000, "2.50"), (8_000, "1.25"), (300, "10")),
        "0.018",
    ),
    "all of it cached": Payload(
        call("openai", "gpt-4o", 8_000, 1, cache_read=8_000), ((8_000, "1.25"), (1, "10")), "0.01001"
    ),
    "dated snapshot answered": Payload(
        call("openai", "gpt-4o", 1_000, 100, answered_by="gpt-4o-2024-08-06"), ((1_000, "2.50"), (100, "10")), "0.0035"
    ),
    "snapshot of another price answered": Payload(
        call("openai", "gpt-4o", 1_000, 100, answered_by="gpt-4o-2024-05-13"), ((1_000, "5"), (100, "15")), "0.0065"
    ),
    "unknown snapshot answered": Payload(
        call("openai", "gpt-4o-mini", 1_234, 567, answered_by="gpt-4o-mini-2031-01-01"),
        ((1_234, "0.15"), (567, "0.60")),
        "0.0005253",
    ),
    "no cached price": Payload(
        call("openai", "gpt-4o-2024-05-13", 1_000, 100, cache_read=400), ((600, "5"), (400, "5"), (100, "15")), "0.0065"
    ),
    "reasoning is part of the output": Payload(
        call("openai", "o3", 1_000, 900, reasoning=700), ((1_000, "2"), (900, "8")), "0.0092"
    ),
    "before the price cut": Payload(
        call("openai", "o3", 1_000, 100, when="2025-06-09T23:59:59.999999"), ((1_000, "10"), (100, "40")), "0.014"
    ),
    "after the price cut": Payload(
        call("openai", "o3", 1_000, 100, when="2025-06-10T00:00:00"), ((1_000, "2"), (100, "8")), "0.0028"
    ),
    "flex": Payload(
        call("openai", "o4-mini", 4_000, 200, cache_read=1_000, tier="flex"),
        ((3_000, "0.55"), (1_000, "0.138"), (200, "2.20")),
        "0.002228",
    ),
    "priority": Payload(
        call("openai", "gpt-5", 1_500, 100, cache_read=500, tier="priority"),
        ((1_000, "2.50"), (500, "0.25"), (100, "20")),
        "0.004625",
    ),
    "batch without a cached price of its own": Payload(
        call("openai", "o3", 2_000, 100, cache_read=1_000, tier="batch"),
        ((1_000, "1"), (1_000, "0.50"), (100, "4")),
        "0.0019",
    ),
    "default tier": Payload(
        call("openai", "gpt-4o-mini", 1_000, 1_000, tier="default"), ((1_000, "0.15"), (1_000, "0.60")), "0.00075"
    ),
    "auto tier": Payload(
        call("openai", "gpt-4o-mini", 100, 100, tier="auto"), ((100, "0.15"), (100, "0.60")), "0.000075"
    ),
    "short context": Payload(call("openai", "gpt-6.1-terra", 272_000, 1_000), ((272_000, "1"), (1_000, "5")), "0.277"),
    "long context": Payload(
        call("openai", "gpt-6.1-terra", 272_001, 1_000), ((272_001, "2"), (1_000, "7.50")), "0.551502"
    ),
    "long context, flex": Payload(
        call("openai", "gpt-6.1-terra", 300_000, 1_000, tier="flex"), ((300_000, "1"), (1_000, "3.75")), "0.30375"
    ),
    "cached write": Payload(
        call("openai", "gpt-6.1-terra", 10_000, 200, cache_read=6_000, cache_write=3_000),
        ((1_000, "1"), (6_000, "0.05"), (3_000, "1.25"), (200, "5")),
        "0.00605",
    ),
    "fine-tune with a price": Payload(
        call("openai", "ft:gpt-4o-2024-08-06:acme::abc", 1_000, 100), ((1_000, "3.75"), (100, "15")), "0.00525"
    ),
    "embedding": Payload(call("openai", "text-embedding-3-small", 1_000, None), ((1_000, "0.02"),), "0.00002"),
    "no output": Payload(call("openai", "gpt-4o", 1_000, 0), ((1_000, "2.50"), (0, "10")), "0.0025"),
    # Anthropic
    "Anthropic, cached read and write": Payload(
        call("anthropic", "claude-sonnet-4-5-20250929", 12_000, 1_000, cache_read=8_000, cache_write=2_000),
        ((2_000, "3"), (8_000, "0.30"), (2_000, "3.75"), (1_000, "15")),
        "0.0309",
    ),
    "Anthropic's own count: input without the cached": Payload(
        call("anthropic", "claude-sonnet-4-5-20250929", 2_000, 1_000, cache_read=8_000, cache_write=2_000),
        ((2_000, "3"), (8_000, "0.30"), (2_000, "3.75"), (1_000, "15")),
        "0.0309",
    ),
    "Anthropic, long context": Payload(
        call("anthropic", "claude-sonnet-4-5", 300_000, 1_000), ((300_000, "6"), (1_000, "22.50")), "1.8225"
    ),
    "Anthropic, cached tokens make the context long": Payload(
        call("anthropic", "claude-haiku-5-5", 1, 1_000, cache_read=100_000),
        ((1, "0.50"), (100_000, "0.05"), (1_000, "2.50")),
        "0.0075005",
    ),
    "Anthropic, batch": Payload(
        call("anthropic", "claude-opus-4-5", 1_000, 100, tier="batch"), ((1_000, "2.50"), (100, "12.50")), "0.00375"
    ),
    "Anthropic, fast": Payload(
        call("anthropic", "claude-opus-5-5", 1_000, 100, tier="fast"), ((1_000, "8"), (100, "40")), "0.012"
    ),
    "Anthropic, standard": Payload(
        call("anthropic", "claude-opus-4-5", 100, 10, tier="standard"), ((100, "5"), (10, "25")), "0.00075"
    ),
    # Google
    "Gemini": Payload(
        call("gcp.gemini", "models/gemini-2.5-pro", 1_000, 100), ((1_000, "1.25"), (100, "10")), "0.00225"
    ),
    "Gemini, long context": Payload(
        call("gcp.gen_ai", "gemini-2.5-pro", 200_001, 100, cache_read=1),
        ((200_000, "2.50"), (1, "0.25"), (100, "15")),
        "0.50150025",
    ),
    "Gemini's own count: output without the reasoning": Payload(
        call("gemini", "gemini-2.5-flash", 1_000, 100, reasoning=400), ((1_000, "0.30"), (500, "2.50")), "0.00155"
    ),
    "Claude on Vertex": Payload(
        call("gcp.vertex_ai", "publishers/anthropic/models/claude-sonnet-4-5@20250929", 1_000, 100),
        ((1_000, "3"), (100, "15")),
        "0.0045",
    ),
    # Bedrock
    "Bedrock, in a region": Payload(
        call("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", 1_000, 100),
        ((1_000, "3.30"), (100, "16.50")),
        "0.00495",
    ),
    "Bedrock, ARN of a global profile": Payload(
        call(
            "aws.bedrock",
            "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0",
            1_000,
            100,
            cache_write=200,
        ),
        ((800, "3"), (200, "3.75"), (100, "15")),
        "0.00465",
    ),
    "Bedrock, Nova": Payload(
        call("aws.bedrock", "amazon.nova-pro-v1:0", 1_000, 100), ((1_000, "0.80"), (100, "3.20")), "0.00112"
    ),
    # Azure
    "Azure, a deployment with a name of its own": Payload(
        call("azure.ai.openai", "support-bot", 1_000, 100, answered_by="gpt-4o-2024-08-06"),
        ((1_000, "2.50"), (100, "10")),
        "0.0035",
    ),
    "Azure, a deployment named like the model": Payload(
        call("az.ai.openai", "gpt-35-turbo", 1_000, 100), ((1_000, "0.50"), (100, "1.50")), "0.00065"
    ),
    # Others
    "Groq": Payload(
        call("groq", "openai/gpt-oss-120b", 1_000, 100, cache_read=400, tier="on_demand"),
        ((600, "0.15"), (400, "0.075"), (100, "0.60")),
        "0.00018",
    ),
    "Mistral before a new price": Payload(
        call("mistral_ai", "mistral-small-latest", 1_000, 100, when="2026-03-15T23:00:00"),
        ((1_000, "0.10"), (100, "0.30")),
        "0.00013",
    ),
    "Mistral after it": Payload(
        call("mistral_ai", "mistral-small-latest", 1_000, 100, when="2026-03-16T00:00:00"),
        ((1_000, "0.15"), (100, "0.60")),
        "0.00021",
    ),
    "DeepSeek by day": Payload(
        call("deepseek", "deepseek-chat", 1_000, 100, when="2025-05-01T16:29:59.999999"),
        ((1_000, "0.27"), (100, "1.10")),
        "0.00038",
    ),
    "DeepSeek by night": Payload(
        call("deepseek", "deepseek-chat", 1_000, 100, when="2025-05-01T16:30:00"),
        ((1_000, "0.135"), (100, "0.55")),
        "0.00019",
    ),
    "xAI": Payload(
        call("x_ai", "grok-4", 2_000, 100, cache_read=1_000), ((1_000, "3"), (1_000, "0.75"), (100, "15")), "0.00525"
    ),
    "Cohere": Payload(call("cohere", "command-r-plus", 1_000, 100), ((1_000, "2.50"), (100, "10")), "0.0035"),
    "Moonshot": Payload(
        call("moonshot_ai", "kimi-k2.5", 1_000, 100, cache_read=500),
        ((500, "0.60"), (500, "0.10"), (100, "3")),
        "0.00065",
    ),
    "Perplexity, with a price for reasoning": Payload(
        call("perplexity", "sonar-deep-research", 1_000, 1_000, reasoning=600),
        ((1_000, "2"), (400, "8"), (600, "3")),
        "0.007",
    ),
    "Perplexity, with a price for the call: 12 USD a thousand": Payload(
        call("perplexity", "sonar", 1_000, 100), ((1_000, "1"), (100, "1"), (1_000, "12")), "0.0131"
    ),
    "through LiteLLM": Payload(
        call("openai", "litellm/anthropic/claude-opus-4-5", 1_000, 100), ((1_000, "5"), (100, "25")), "0.0075"
    ),
    "through OpenRouter, by its answer": Payload(
        call("openai", "my-alias", 1_000, 100, answered_by="anthropic/claude-opus-4-5"),
        ((1_000, "5"), (100, "25")),
        "0.0075",
    ),
    "a framework named instead of the provider": Payload(
        call("langchain", "claude-opus-4-5", 1_000, 100), ((1_000, "5"), (100, "25")), "0.0075"
    ),
    "provider said twice": Payload(
        call("mistral_ai", "mistral/mistral-small-latest", 1_000, 100), ((1_000, "0.15"), (100, "0.60")), "0.00021"
    ),
    "provider unknown, model plain": Payload(
        call(None, "claude-opus-4-5", 1_000, 100), ((1_000, "5"), (100, "25")), "0.0075"
    ),
    "given away": Payload(call("openrouter", "openai/gpt-oss-20b:free", 1_000, 100), (), "0"),
}


@pytest.fixture(scope="module")
def book() -> PriceBook:
    """Return a book without prices of our own."""
    return PriceBook()


@pytest.mark.parametrize("name", CASES)
def test_payload_costs_what_the_price_list_says(book: PriceBook, name: str) -> None:
    """Each payload costs exactly the sum that was worked out by hand."""
    payload = CASES[name]
    by_hand = sum((tokens * Decimal(price) for tokens, price in payload.parts), Decimal(0)) / Decimal(1_000_000)

    assert by_hand == Decimal(payload.total)
    cost = book.cost(payload.call)
    assert cost.usd == Decimal(payload.total)
    assert cost.unpriced is None
    assert (cost.source or "").startswith("genai-prices 0.")


def test_there_are_forty_payloads() -> None:
    """The requirement says forty."""
    assert len(CASES) >= 40


UNPRICED = {
    "unknown model": (call("openai", "gpt-99", 1_000, 100), UNKNOWN_MODEL),
    "no model": (call("openai", "", 1_000, 100), UNKNOWN_MODEL),
    "model of another provider": (call("anthropic", "gpt-4o", 1_000, 100), UNKNOWN_MODEL),
    "provider without a price list": (call("ibm.watsonx.ai", "granite-3-8b-instruct", 1_000, 100), UNKNOWN_MODEL),
    "own machine": (call("ollama", "gpt-4o", 1_000, 100), UNKNOWN_MODEL),
    "provider with no letters": (call("日本", "gpt-4o", 1_000, 100), UNKNOWN_MODEL),
    "open weights behind OpenAI's interface": (call("openai", "openai/gpt-oss-120b", 1_000, 100), UNKNOWN_MODEL),
    "open weights without a provider": (call(None, "gpt-oss-120b", 1_000, 100), UNKNOWN_MODEL),
    "other open weights behind it": (call("openai", "deepseek-ai/DeepSeek-V3", 1_000, 100), UNKNOWN_MODEL),
    "fine-tune matched by its base": (call("openai", "ft:gpt-4-0613:acme::abc", 1_000, 100), UNKNOWN_MODEL),
    "fine-tune without a price": (call("openai", "ft:gpt-4.1-2025-04-14:acme::abc", 1_000, 100), UNKNOWN_MODEL),
    "fine-tune whose base is said to have answered": (
        call("openai", "openai/ft:gpt-4.1-2025-04-14:acme::abc", 1_000, 100, answered_by="gpt-4.1-2025-04-14"),
        UNKNOWN_MODEL,
    ),
    "capacity whose model is said to have answered": (
        call(
            "aws.bedrock",
            "arn:aws:bedrock:us-east-1:1:provisioned-model/abc",
            1_000,
            100,
            answered_by="anthropic.claude-3-haiku-20240307-v1:0",
        ),
        UNKNOWN_MODEL,
    ),
    "custom model on Bedrock": (
        call(
            "aws.bedrock",
            "arn:aws:bedrock:us-east-1:1:custom-model/anthropic.claude-3-haiku-20240307-v1:0:200k/abc",
            1_000,
            100,
        ),
        UNKNOWN_MODEL,
    ),
    "provisioned capacity": (
        call("aws.bedrock", "arn:aws:bedrock:us-east-1:1:provisioned-model/claude-3-haiku-20240307", 1_000, 100),
        UNKNOWN_MODEL,
    ),
    "tuned Gemini whose base is said to have answered": (
        call("gcp.gemini", "tunedModels/acme", 1_000, 100, answered_by="gemini-2.5-flash"),
        UNKNOWN_MODEL,
    ),
    "fine-tune on Azure": (
        call("azure.ai.openai", "gpt-4o-2024-08-06.ft-abc", 1_000, 100, answered_by="gpt-4o-2024-08-06"),
        UNKNOWN_MODEL,
    ),
    "tuned Gemini": (call("gcp.gemini", "tunedModels/gemini-1.5-flash-acme", 1_000, 100), UNKNOWN_MODEL),
    "endpoint on Vertex": (
        call("gcp.vertex_ai", "projects/p/locations/l/endpoints/gemini-1.5-flash", 1_000, 100),
        UNKNOWN_MODEL,
    ),
    "output may be speech": (call("openai", "gpt-realtime", 1_000, 100), UNKNOWN_MODEL),
    "sold by subscription": (call("github-copilot", "gpt-4o", 1_000, 100), UNKNOWN_MODEL),
    "priced by the hour": (call("openai", "whisper-1", 1_000, 100), UNKNOWN_MODEL),
    "output of a model that has none": (call("openai", "text-embedding-3-small", 1_000, 5), UNKNOWN_MODEL),
    "tier nobody knows": (call("openai", "gpt-4o", 1_000, 100, tier="scale"), UNKNOWN_TIER),
    "tier that the model has not": (call("openai", "gpt-4o", 1_000, 100, tier="flex"), UNKNOWN_TIER),
    "tier before its price is known": (
        call("openai", "o3", 1_000, 100, tier="flex", when="2026-10-11T23:59:59"),
        UNKNOWN_TIER,
    ),
    "tier of the maker, sold by another": (call("azure.ai.openai", "gpt-5", 1_000, 100, tier="priority"), UNKNOWN_TIER),
    "no usage": (call("openai", "gpt-4o", None, None), NO_USAGE),
    "no input": (call("openai", "gpt-4o", None, 100), NO_USAGE),
    "no output": (call("openai", "gpt-4o", 100, None), NO_USAGE),
    "only zeros, as SDKs write for no usage": (call("openai", "gpt-4o", 0, 0, cache_read=0, reasoning=0), NO_USAGE),
}


@pytest.mark.parametrize("name", UNPRICED)
def test_unpriced_is_said_and_never_zero(book: PriceBook, name: str) -> None:
    """What has no price has a reason, and no USD."""
    payload, reason = UNPRICED[name]

    assert book.cost(payload) == Cost(None, reason, None)


def test_own_prices_go_first(tmp_path: Path) -> None:
    """A user's file is asked before the table; what it does not say, the table says; the source tells which."""
    file = tmp_path / "prices.json"
    file.write_text(
        json.dumps(
            [
                {"provider": "azure", "model": "support-*", "input_per_million_usd": 1.5, "output_per_million_usd": 6,
                 "cache_read_per_million_usd": 0.15, "cache_write_per_million_usd": 1.875},
                {"model": "gpt-4o", "from": "2026-11-01", "input_per_million_usd": 2, "output_per_million_usd": 8},
            ]
        )
    )  # fmt: skip
    book = PriceBook(read_own_prices(file))

    deployment = call("azure.ai.openai", "Support-DE", 1_000, 10, cache_read=600, cache_write=300, reasoning=5)
    assert book.cost(deployment).usd == (
        100 * Decimal("1.5") + 600 * Decimal("0.15") + 300 * Decimal("1.875") + 10 * Decimal(6)
    ) / Decimal(1_000_000)
    assert book.cost(deployment).source == "file"
    assert book.cost(call("openai", "gpt-4o", 1_000, 100)).usd == Decimal("0.0028")
    assert book.cost(call("openai", "gpt-4o", 1_000, 100, when="2026-10-31T23:59:59")).usd == Decimal("0.0035")
    assert book.cost(call("openai", "gpt-4o", 1_000, 100, tier="priority")).usd == Decimal("0.00595")
    assert (book.cost(call("openai", "gpt-4o-mini", 1, 1)).source or "").startswith("genai-prices 0.")
