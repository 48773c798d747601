"""Prices as whole numbers, and what tokens cost at them. Exact whatever decimal context the thread has. Pure."""

from __future__ import annotations

from bisect import bisect_left
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.prices.call import NO_USAGE, UNKNOWN_MODEL

if TYPE_CHECKING:
    from otel_agent_analytics.prices.tokens import Tokens

_MILLION: Final = 6
_THOUSAND: Final = 3
# A context of our own, since the thread's may round. No product here has a hundred digits.
_EXACT: Final = Context(
    prec=100, rounding=ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999, traps=[InvalidOperation, DivisionByZero, Overflow]
)


class Rates(NamedTuple):
    """What a token of each kind costs, as whole multiples of 10 to the power of ``exponent`` USD."""

    exponent: int
    fresh: int
    cache_read: int
    cache_write: int
    output: int | None
    """None for a model that puts out no tokens, as embeddings do."""
    reasoning: int
    call: int
    """What the call itself costs, however many tokens it has."""


class Prices(NamedTuple):
    """The rates of a model at one time, by the size of the input; the size decides on the rate of all tokens."""

    source: str
    contexts: tuple[int, ...]
    """Sizes of the input, in tokens, above which the next rates apply."""
    rates: tuple[Rates, ...]
    """One more than contexts."""

    def charge(self, tokens: Tokens) -> Decimal | str:
        """Return what tokens cost in USD, or the reason why they have no price."""
        return _charge(self.rates[bisect_left(self.contexts, tokens.context)], tokens)


def rates_of(
    *,
    fresh: Decimal,
    output: Decimal | None = None,
    cache_read: Decimal | None = None,
    cache_write: Decimal | None = None,
    reasoning: Decimal | None = None,
    calls: Decimal | None = None,
) -> Rates:
    """Return the rates for prices in USD per million tokens, and for ``calls`` in USD per thousand calls.

    Cached tokens without a price of their own are priced as input, reasoning ones as output.
    """
    read = fresh if cache_read is None else cache_read
    write = fresh if cache_write is None else cache_write
    thought = (output or Decimal(0)) if reasoning is None else reasoning
    call = calls or Decimal(0)
    of_tokens = (fresh, read, write, thought, output or Decimal(0))
    exponent = min(_exponent(call) - _THOUSAND, *(_exponent(price) - _MILLION for price in of_tokens))
    return Rates(
        exponent=exponent,
        fresh=_whole(fresh, exponent + _MILLION),
        cache_read=_whole(read, exponent + _MILLION),
        cache_write=_whole(write, exponent + _MILLION),
        output=None if output is None else _whole(output, exponent + _MILLION),
        reasoning=_whole(thought, exponent + _MILLION),
        call=_whole(call, exponent + _THOUSAND),
    )


def _charge(rates: Rates, tokens: Tokens) -> Decimal | str:
    amount = rates.call
    if rates.output is None:
        if tokens.output or tokens.reasoning:
            return UNKNOWN_MODEL
    elif tokens.output is None:
        return NO_USAGE
    else:
        amount += tokens.output * rates.output + tokens.reasoning * rates.reasoning
    amount += tokens.fresh * rates.fresh + tokens.cache_read * rates.cache_read + tokens.cache_write * rates.cache_write
    return _EXACT.scaleb(Decimal(amount), rates.exponent)


def _exponent(price: Decimal) -> int:
    exponent = price.as_tuple().exponent
    if not isinstance(exponent, int):
        raise TypeError(f"{price} is no price")
    return exponent


def _whole(price: Decimal, exponent: int) -> int:
    return int(_EXACT.scaleb(price, -exponent))
