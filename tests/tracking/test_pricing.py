"""A model call gets its cost where a price is known, at the price of its time; else it has none, and never 0."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics.conversations.events import ModelCalled
from otel_agent_analytics.errors import SettingError
from otel_agent_analytics.tracking.pricing import pricing
from tests.helpers.script import SERVICE

if TYPE_CHECKING:
    from pathlib import Path

AT_NS = round(datetime(2026, 1, 5, tzinfo=UTC).timestamp()) * 10**9


def call(model: str = "gpt-5-mini", **more: Any) -> ModelCalled:
    """Return a call of 1,000 tokens in and 100 out, or of what is said."""
    said = {"input": 1000, "output": 100, "cache_read": None, "cache_write": None, "reasoning": None, "tier": None,
            "provider": "openai", "answered_by": None, "error_type": None} | more  # fmt: skip
    return ModelCalled(
        "m", AT_NS, AT_NS, SERVICE, "", None, model, said["input"], said["output"], said["cache_read"],
        said["cache_write"], said["reasoning"], said["error_type"], said["provider"], said["answered_by"],
        said["tier"], None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "usd"),
    [
        # 0.25 USD in, 0.025 from the cache and 2 out, a million
        (call(), "0.00045"),
        (call(cache_read=600), "0.000315"),
        (call(reasoning=64), "0.00045"),
        (call(output=0), "0.00025"),
        # 1.25 in and 10 out
        (call("gpt-5"), "0.00225"),
        (call("gpt-5-mini", answered_by="gpt-5"), "0.00225"),
        # what is not known costs nobody knows what
        (call("northwind-local-1"), None),
        (call(input=None), None),
        (call(input=None, output=None), None),
    ],
)
def test_cost(said: ModelCalled, usd: str | None) -> None:
    """Tokens times the price, to the last digit; the rest of the call stays as it is."""
    priced = pricing()(said)

    assert priced == said._replace(cost=None if usd is None else Decimal(usd))
    assert priced.unpriced is (usd is None)


def test_call_that_failed_without_usage_cost_nothing() -> None:
    """It is not counted as unpriced either; one that failed after it had used something is."""
    price = pricing()

    assert not price(call(input=None, output=None, error_type="Timeout")).unpriced
    assert price(call("northwind-local-1", error_type="Timeout")).unpriced


def test_prices_of_the_user_go_first(tmp_path: Path) -> None:
    """A file of one's own prices a model that nobody knows, and one that everybody knows."""
    file = tmp_path / "prices.json"
    own = [
        {"model": "northwind-*", "input_per_million_usd": 1, "output_per_million_usd": 2},
        {"model": "gpt-5-mini", "input_per_million_usd": 10, "output_per_million_usd": 10},
    ]
    file.write_text(json.dumps(own), encoding="utf-8")
    price = pricing(str(file))

    assert price(call("northwind-local-1")).cost == Decimal("0.0012")
    assert price(call()).cost == Decimal("0.011")
    assert price(call("gpt-5")).cost == Decimal("0.00225")


def test_wrong_file_is_said_at_once(tmp_path: Path) -> None:
    """Not at the first call, on a thread where nobody sees it."""
    with pytest.raises(SettingError):
        pricing(str(tmp_path / "nowhere.json"))
