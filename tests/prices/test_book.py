"""The price book: what it remembers, when prices change, and that nothing from outside upsets it."""

from __future__ import annotations

import threading
from decimal import Decimal, Inexact, getcontext, localcontext
from typing import Any

import pytest

from otel_agent_analytics.prices.book import LONGEST_NAME, MOST_REMEMBERED, PriceBook
from otel_agent_analytics.prices.call import BAD_USAGE, UNKNOWN_MODEL, Cost, PricedCall

SECOND_NS = 10**9
DAY_NS = 86_400 * SECOND_NS
JULY_2025 = 20_270 * DAY_NS
"""2025-07-01, 00:00 UTC."""


def call(
    model: str, given: Any = 1_000_000, output: Any = 0, *, provider: str | None = "openai", **more: Any
) -> PricedCall:
    """Return a call of July 2025, unless ``time_ns`` says otherwise."""
    time_ns = more.pop("time_ns", JULY_2025)
    return PricedCall(provider, model, None, None, time_ns, given, output, **more)


@pytest.fixture(scope="module")
def book() -> PriceBook:
    """Return a book without prices of our own."""
    return PriceBook()


def test_price_is_that_of_the_moment_not_of_the_first_call() -> None:
    """One book gives each call its own time's price, in whatever order they come."""
    book = PriceBook()
    moments = {
        "00:29:59.999999999": "0.135", "00:30": "0.27", "16:29:59.999999999": "0.27", "16:30": "0.135",
        "23:59:59.999999999": "0.135",
    }  # fmt: skip
    for day in (JULY_2025, JULY_2025 + 200 * DAY_NS, JULY_2025 - DAY_NS):
        for clock, price in reversed(moments.items()):
            hour, minute, second = (*clock.split(":"), "0")[:3]
            whole, _, nano = second.partition(".")
            time_ns = day + (int(hour) * 3_600 + int(minute) * 60 + int(whole)) * SECOND_NS + int(nano or "0")
            cost = book.cost(call("deepseek-chat", provider="deepseek", time_ns=time_ns))
            assert cost.usd == Decimal(price), clock


@pytest.mark.parametrize("time_ns", [-(10**30), -1, 0, 10**30])
def test_any_time_has_a_price(book: PriceBook, time_ns: int) -> None:
    """Clocks may be wrong by any amount: before all dates the first price holds, after all the last."""
    expected = "10" if time_ns < JULY_2025 else "2"

    assert book.cost(call("o3", time_ns=time_ns)).usd == Decimal(expected)


@pytest.mark.parametrize(
    "count", [-1, True, False, 10**12 + 1, 1.0, float("nan"), "7", b"7", [], Decimal(7), 10**4_000]
)
@pytest.mark.parametrize("field", ["input", "output", "cache_read", "cache_write", "reasoning"])
def test_absurd_count_is_bad_usage(book: PriceBook, field: str, count: Any) -> None:
    """A count that is none makes the call unpriced, not wrong and not an exception."""
    assert book.cost(call("gpt-4o", 10, 10)._replace(**{field: count})) == Cost(None, BAD_USAGE)


def test_largest_counts_are_exact(book: PriceBook) -> None:
    """A trillion tokens of each kind, and one, cost what they cost to the last digit."""
    most = 10**12
    cost = book.cost(call("gpt-4o", most, most, cache_read=1))

    assert cost.usd == (Decimal(most - 1) * Decimal("2.50") + Decimal("1.25") + Decimal(most) * 10) / 1_000_000


def test_decimal_context_of_the_thread_does_not_matter() -> None:
    """An application that rounds its decimals to one digit gets exact prices, and its context back as it was."""
    with localcontext() as context:
        context.prec = 1
        context.traps[Inexact] = True
        context.clear_flags()
        cost = PriceBook().cost(call("gpt-4o", 123_457, 891))
        sonar = PriceBook().cost(call("sonar", 1, 1, provider="perplexity"))
        assert not any(getcontext().flags.values())

    assert cost.usd == Decimal("0.3175525")
    assert sonar.usd == Decimal("0.012002")


def test_memory_is_bounded() -> None:
    """Millions of model names, known ones and unknown ones, are not kept; known ones stay right."""
    book = PriceBook()
    for number in range(MOST_REMEMBERED + 100):
        assert book.cost(call(f"model-{number}", provider="groq")).unpriced == UNKNOWN_MODEL
    for number in range(100):
        assert book.cost(call(f"gpt-5-nano-{number}")).usd == Decimal("0.05")

    assert len(book._timelines) == 200
    assert book.cost(call("gpt-4o")).usd == Decimal("2.5")


def test_long_names_are_not_kept() -> None:
    """A name of a megabyte is no model, and no memory."""
    book = PriceBook()
    long, plain = "gpt-4o" * 200_000, call("gpt-4o")
    calls = (plain._replace(provider=long), plain._replace(model=long), plain._replace(answered_by=long))
    for one in (*calls, plain._replace(tier=long)):
        assert book.cost(one) == Cost(None, UNKNOWN_MODEL)
    assert book.cost(call("gpt-4o")._replace(tier="x" * LONGEST_NAME)).usd is None

    assert len(book._timelines) == 1


def test_threads_share_a_book() -> None:
    """Threads that meet a full memory at once all get the right price."""
    book = PriceBook()
    book.load()
    found: list[Cost] = []

    def ask(first: int) -> None:
        for number in range(400):
            book.cost(call(f"model-{first}-{number}", provider="cohere"))
            found.append(book.cost(call("gpt-4o")))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 1_600
    assert {cost.usd for cost in found} == {Decimal("2.5")}
