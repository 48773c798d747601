"""Counts of ended episodes → the rates of the definitions, each share with its uncertainty. Pure.

Every count is a net one: what the ends of episodes added, less what was taken back again. In a window more can be taken
back than was added, since what is taken back may have been added before the window; a share is then 0.
"""

from __future__ import annotations

from decimal import Decimal
from math import sqrt
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Mapping

Z95: Final = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""
ENOUGH_COVERAGE: Final = 0.5
"""The resolution rate says little of a service where fewer of the episodes than this share have a known status."""


class Rate(NamedTuple):
    """A share of a whole, with its Wilson 95 % interval."""

    part: int
    whole: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share, 0 to 1."""
        return self.part / self.whole


class DropOff(NamedTuple):
    """How many of those who reached a turn gave up in it."""

    turn: str
    """1 to 20, or 21+ for all later turns together."""
    hazard: Rate
    """Abandoned in this turn ÷ reached."""
    survival: float | None
    """Probability, 0 to 1, that nobody gives up up to this turn and in it, if nothing else ends the conversation; None
    for 21+, which is many turns, and after a turn that nobody reached."""


class Csat(NamedTuple):
    """What users said of their conversations; inferred satisfaction is no part of it."""

    satisfied: Rate | None
    """Positive ÷ rated episodes; None when nobody rated."""
    response: Rate | None
    """Rated ÷ ended engaged episodes; None when none ended."""
    average: Decimal | None
    """Mean of the ratings from 1 to 5; None when there are none (thumbs have no number)."""


class Resolution(NamedTuple):
    """*The* resolution rate, and how much of the traffic it speaks for."""

    resolved: Rate | None
    """Resolved ÷ episodes with a known status; None when none is known."""
    coverage: Rate | None
    """Episodes with a known status ÷ all; None when none ended."""

    @property
    def enough(self) -> bool:
        """Whether enough is known to judge a service by the rate."""
        return self.coverage is not None and self.coverage.value >= ENOUGH_COVERAGE


class Priced(NamedTuple):
    """Some ended episodes in which every model call has a price."""

    episodes: int
    cost: Decimal
    """USD, of all of them together."""


def rate(part: int, whole: int) -> Rate | None:
    """Return ``part / whole`` with its interval (Wilson 1927, score interval); None when there is no whole.

    A part below 0 counts as 0, one above the whole as the whole: net counts of a window can be so.
    """
    if whole <= 0:
        return None
    part = min(max(part, 0), whole)
    share, square = part / whole, Z95 * Z95
    center = (share + square / (2 * whole)) / (1 + square / whole)
    spread = Z95 / (1 + square / whole) * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    # At 0 and at 1 one end is the share itself, which rounding would miss by a little.
    return Rate(part, whole, max(0.0, min(share, center - spread)), min(1.0, max(share, center + spread)))


def drop_off(reached: Mapping[str, int], abandoned: Mapping[str, int]) -> list[DropOff]:
    """Return the hazard of every turn that was reached, in the order of turns, and the survival up to it.

    hazard(n) = abandoned in n ÷ reached n. All who were decided in turn n are in the denominator, whatever became of
    them: abandoned, another outcome, or a next turn. A turn counts as reached when it is decided, so the turn that an
    open episode is in counts nowhere. Survival is the product of 1 - hazard over the turns so far (Kaplan and Meier
    1958, product-limit estimator); other outcomes are censored in it.

    Args:
        reached: decided turns by the label of the turn.
        abandoned: net abandoned episodes by the label of their last turn; a label that is absent is 0.
    """
    found: list[DropOff] = []
    survival: float | None = 1.0
    for turn in v.TURNS:
        hazard = rate(abandoned.get(turn, 0), reached.get(turn, 0))
        survival = None if hazard is None or survival is None or turn == v.TURNS[-1] else survival * (1 - hazard.value)
        if hazard is not None:
            found.append(DropOff(turn, hazard, survival))
    return found


def outcome_rate(outcomes: Mapping[str, int], outcome: str) -> Rate | None:
    """Return the share of an outcome (completion, abandonment, failure) among ended engaged episodes by outcome."""
    return rate(outcomes.get(outcome, 0), sum(outcomes.values()))


def escalation_rate(escalated: int, ended: int) -> Rate | None:
    """Return the share of ended engaged episodes in which a human was asked for, whatever their outcome."""
    return rate(escalated, ended)


def negative_rate(sentiments: Mapping[str, int]) -> Rate | None:
    """Return (negative + frustrated) ÷ known, of ended engaged episodes by sentiment."""
    return rate(sentiments.get(v.NEGATIVE, 0) + sentiments.get(v.FRUSTRATED, 0), _known(sentiments))


def csat(rated: Mapping[str, int], ended: int, score_sum: Decimal = Decimal(0), scores: int = 0) -> Csat:
    """Return CSAT = positive ÷ rated, the response rate = rated ÷ ended, and the average of the ratings from 1 to 5.

    Args:
        rated: rated engaged episodes by positive, neutral and negative.
        ended: ended engaged episodes.
        score_sum: sum of the ratings from 1 to 5.
        scores: how many ratings that is.
    """
    total = sum(rated.values())
    return Csat(rate(rated.get(v.POSITIVE, 0), total), rate(total, ended), score_sum / scores if scores > 0 else None)


def resolution(statuses: Mapping[str, int]) -> Resolution:
    """Return resolved ÷ known and known ÷ all, of ended engaged episodes by resolution status."""
    known = _known(statuses)
    return Resolution(rate(statuses.get(v.RESOLVED, 0), known), rate(known, sum(statuses.values())))


def cost_per_resolved(cost: Decimal, resolved: int) -> Decimal | None:
    """Return the cost of all ended episodes ÷ episodes whose status is resolved, in USD; None when there are none."""
    return cost / resolved if resolved > 0 else None


def savings(verified: Priced, escalated: Priced, human_cost: Decimal) -> Decimal:
    """Return what the agent saved, in USD: Σ (H - c) over verified resolved episodes - Σ c over escalated ones.

    Args:
        verified: those that are verified as resolved.
        escalated: those in which a human was asked for, who then cost H beside what the agent had cost already.
        human_cost: H, what a conversation costs that a human handles, in USD.
    """
    return human_cost * verified.episodes - verified.cost - escalated.cost


def _known(by_class: Mapping[str, int]) -> int:
    return sum(count for name, count in by_class.items() if name != v.UNKNOWN)
