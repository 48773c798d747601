"""The counts of a call → what each price applies to. Pure.

The conventions count cached tokens as part of the input and reasoning ones as part of the output. Some dialects count
them beside it. Where a part is larger than its whole, only the second reading is possible, and it is taken; where both
are possible, the conventions hold.

No call goes without input. A usage of nothing but zeros is what the SDKs write where the provider gave none, so it is
read as none: a price of 0 would hide that the true one is unknown.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from otel_agent_analytics.prices.call import BAD_USAGE, NO_USAGE, PricedCall

MOST_TOKENS: Final = 10**12
"""No call is as large."""


class Tokens(NamedTuple):
    """How many tokens of each kind; no token stands in two of them."""

    fresh: int
    """Input that was neither read from a cache nor written to one."""
    cache_read: int
    cache_write: int
    output: int | None
    """Output without the reasoning; None when the call does not say."""
    reasoning: int
    context: int
    """All of the input, which decides between prices for short and long contexts."""


def tokens_of(call: PricedCall) -> Tokens | str:
    """Return the tokens of a call by kind, or the reason why they cannot be priced."""
    given, output, read, written, reasoning = call.input, call.output, call.cache_read, call.cache_write, call.reasoning
    for count in (given, output, read, written, reasoning):
        if count is not None and (type(count) is not int or not 0 <= count <= MOST_TOKENS):
            return BAD_USAGE
    read, written, reasoning = read or 0, written or 0, reasoning or 0
    if given is None or not (given or output or read or written or reasoning):
        return NO_USAGE
    fresh = given - read - written
    if output is not None and reasoning <= output:
        output -= reasoning
    if fresh < 0:
        fresh, given = given, given + read + written
    return Tokens(fresh, read, written, output, reasoning, given)
