"""The figures of the definitions as they are answered, each with what it is a share or a mean of."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of a whole, 0 to 1, with its Wilson 95 % interval."""

    value: float
    low: float
    high: float
    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean, and over how many it is one: those of which the value is known."""

    value: float
    count: int


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Ended, engaged episodes by outcome."""

    completed: int
    escalated: int
    failed: int
    abandoned: int
    silent: int


@dataclass(frozen=True, slots=True)
class Sentiments:
    """Ended, engaged episodes by sentiment."""

    positive: int
    neutral: int
    negative: int
    frustrated: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Trajectories:
    """Ended, engaged episodes by the way that satisfaction took."""

    improved: int
    stable: int
    declined: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Resolutions:
    """Four ways to say resolved, as shares of the ended, engaged episodes; assumed of those that are a day old."""

    contained: Rate | None
    assumed: Rate | None
    confirmed: Rate | None
    verified: Rate | None


@dataclass(frozen=True, slots=True)
class Money:
    """What ended, engaged episodes cost, USD."""

    cost_usd: Decimal | None
    cost_per_conversation_usd: Decimal | None
    """Mean over those in which every call has a price."""
    priced_conversations: int
    cost_per_resolved_usd: Decimal | None
    resolved_conversations: int
    savings_usd: Decimal | None
    savings_left_out: int
    """Episodes that savings cannot speak of, since a call of theirs has no price."""
    unpriced_calls: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a group of ended, engaged episodes."""

    conversations: int
    outcomes: Outcomes
    completion_rate: Rate | None
    abandonment_rate: Rate | None
    failure_rate: Rate | None
    escalation_rate: Rate | None
    resolution_rate: Rate | None
    resolution_coverage: Rate | None
    resolutions: Resolutions
    sentiments: Sentiments
    negative_rate: Rate | None
    trajectories: Trajectories
    csat: Rate | None
    csat_response_rate: Rate | None
    rating: Mean | None
    satisfaction: Mean | None
    dissatisfied_turn_rate: Rate | None
    turns: Mean | None
    duration_seconds: Mean | None
    resolution_seconds: Mean | None
    first_response_seconds: Mean | None
    effort: Mean | None
    tokens: Mean | None
    tool_error_rate: Rate | None
    rephrases: int
    repeats: int
    loops: int
    handoffs: int
    guardrail_trips: int
    without_signals: int
    money: Money
