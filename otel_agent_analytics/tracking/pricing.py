"""A price book → the function that puts the cost on a model call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agent_analytics.prices.book import PriceBook
from otel_agent_analytics.prices.call import PricedCall
from otel_agent_analytics.prices.own import read_own_prices

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.conversations.events import ModelCalled


def pricing(prices_file: str | None = None) -> Callable[[ModelCalled], ModelCalled]:
    """Return what prices a model call at the price of its time; one without a price keeps None.

    Raises:
        SettingError: the user's file of prices is wrong.
    """
    book = PriceBook(read_own_prices(prices_file) if prices_file is not None else None)
    book.load()  # now, and not on the worker's thread: a process that forks in the midst of an import never ends it

    def priced(call: ModelCalled) -> ModelCalled:
        cost = book.cost(
            PricedCall(
                call.provider,
                call.model,
                call.answered_by,
                call.tier,
                call.time_ns,
                call.input,
                call.output,
                call.cache_read,
                call.cache_write,
                call.reasoning,
            )
        )
        return call if cost.usd is None else call._replace(cost=cost.usd)

    return priced
