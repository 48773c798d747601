"""Whatever a call says, it has a price that makes sense, or none."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from otel_agent_analytics.prices.book import PriceBook
from otel_agent_analytics.prices.call import REASONS, PricedCall

BOOK = PriceBook()
TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
PROVIDERS = st.sampled_from(
    ["openai", "aws.bedrock", "gcp.gemini", "azure.ai.openai", "litellm", "anthropic", "deepseek"]
)
MODELS = st.sampled_from(
    [
        "gpt-4o",
        "o3",
        "ft:",
        "claude-sonnet-4-5",
        "models/gemini-2.5-pro",
        "arn:aws:bedrock:::foundation-model/",
        "/",
        "gpt-5-",
    ]
)
COUNTS = st.none() | st.booleans() | st.integers(-5, 300_000) | st.integers() | st.floats()
SMALL = st.integers(0, 50_000)


@given(
    provider=st.none() | PROVIDERS | TEXT,
    model=st.builds("".join, st.lists(MODELS | TEXT, max_size=3)),
    answered_by=st.none() | MODELS | TEXT,
    tier=st.none() | st.sampled_from(["flex", "batch", "default"]) | TEXT,
    time_ns=st.integers(),
    counts=st.tuples(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS),
)
@example(None, "\ud800/\x00", "", "İ", 0, (1, 1, None, None, None))
def test_never_raises_never_negative(
    provider: str | None, model: str, answered_by: str | None, tier: str | None, time_ns: int, counts: tuple[int, ...]
) -> None:
    """Any names, any time, any counts: a Decimal that is not below 0, or a reason."""
    cost = BOOK.cost(PricedCall(provider, model, answered_by, tier, time_ns, *counts))

    if cost.usd is None:
        assert cost.unpriced in REASONS
        assert cost.source is None
    else:
        assert type(cost.usd) is Decimal
        assert cost.usd >= 0
        assert cost.usd.is_finite()
        assert cost.unpriced is None
        assert cost.source


@given(
    st.sampled_from(["gpt-4o", "o3", "gpt-4o-mini", "gpt-5"]),
    st.lists(st.tuples(SMALL, SMALL, SMALL), min_size=1, max_size=4),
)
def test_costs_add_up(model: str, calls: list[tuple[int, int, int]]) -> None:
    """Where the size of the input does not matter, calls cost together what their tokens cost in one."""

    def cost_of(fresh: int, cached: int, output: int) -> Decimal:
        return BOOK.cost(PricedCall("openai", model, None, None, 0, fresh + cached, output, cached)).usd or Decimal(0)

    together = cost_of(*(sum(kind) for kind in zip(*calls, strict=True)))
    assert sum(cost_of(*one) for one in calls) == together


@given(st.tuples(SMALL, SMALL, SMALL, SMALL, SMALL).filter(lambda counts: counts[0] > 0), st.integers(1, 1_000))
def test_more_tokens_never_cost_less(counts: tuple[int, ...], more: int) -> None:
    """Another token of input or output, in a model with dearer long contexts too, never makes a call cheaper."""
    fresh, read, write, output, reasoning = counts

    def cost_of(fresh: int, output: int) -> Decimal:
        call = PricedCall(
            "openai", "gpt-6.1-terra", None, None, 0, fresh + read + write, output + reasoning, read, write
        )
        return BOOK.cost(call._replace(reasoning=reasoning)).usd or Decimal(-1)

    assert cost_of(fresh + more, output) > cost_of(fresh, output) >= 0
    assert cost_of(fresh, output + more) > cost_of(fresh, output)
