"""A model call as far as its price needs it, and the answer: what it cost, or why nobody can say."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

UNKNOWN_MODEL: Final = "unknown_model"
"""No price per token is known: of the model, at its provider, or of these tokens of it."""
UNKNOWN_TIER: Final = "unknown_tier"
"""The model's price is known, but not in this service tier, or not at that time."""
NO_USAGE: Final = "no_usage"
"""The call does not say how many tokens went in, or came out of a model that charges for those."""
BAD_USAGE: Final = "bad_usage"
"""A count is no whole number from 0 to a trillion."""
REASONS: Final = (UNKNOWN_MODEL, UNKNOWN_TIER, NO_USAGE, BAD_USAGE)


class PricedCall(NamedTuple):
    """One model call. Counts are in tokens; None where nobody gave one."""

    provider: str | None
    """Who sold it, in the words of the conventions or of an older instrumentation; None when unknown."""
    model: str
    """The model that was asked for."""
    answered_by: str | None
    """The model that the answer names; it goes before the one asked for. None when it names none."""
    tier: str | None
    """Service tier that the answer names; None for none."""
    time_ns: int
    """When the call began, UTC nanoseconds since 1970: the price is that of this moment."""
    input: int | None
    """All tokens that went in, cached ones included."""
    output: int | None
    """All tokens that came out, reasoning ones included."""
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None


class Cost(NamedTuple):
    """What a call cost. Exactly one of ``usd`` and ``unpriced`` is not None."""

    usd: Decimal | None
    """USD, exact, never below 0."""
    unpriced: str | None = None
    """Why there is no price: one of REASONS."""
    source: str | None = None
    """Where the price stands: ``file``, or ``genai-prices`` and its version. None without a price."""
