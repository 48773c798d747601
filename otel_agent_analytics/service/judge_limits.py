"""How much a judge may do, when a call is made again, and what a failed one means. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.service.verdicts import Failure
from otel_agent_analytics.storage.insight_jobs import DAY_NS

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.insights.extractor import JudgeError, Used
    from otel_agent_analytics.storage.insight_jobs import Job

SECOND_NS: Final = 1_000_000_000
_LONGEST_REST_SECONDS: Final = 3600.0
_GROWS: Final = 4
_MOST_GROWTHS: Final = 20
"""After so many a rest is the longest one, whatever the first one was."""
_JITTER: Final = 0.5
"""A rest is up to this share longer than it must be, so that what failed together is not tried together."""
_NOT_ALLOWED_SECONDS: Final = 300.0
"""Rest where the endpoint takes no request of ours: a setting is to be put right first."""
_SPREAD_NS: Final = 300 * SECOND_NS
"""After midnight, over which what waited for the next budget is tried."""


class Limits(NamedTuple):
    """How much a judge may do."""

    budget_usd: Decimal = Decimal(1)
    """On a UTC day."""
    concurrency: int = 4
    """Calls at once."""
    attempts: int = 5
    """How often a conversation is tried."""
    backoff_seconds: float = 2.0
    """Rest after a first failure."""


def rest_seconds(attempts: int, limits: Limits) -> float:
    """Return how long to rest after so many attempts: four times as long after each, an hour at most."""
    growths = min(attempts - 1, _MOST_GROWTHS)
    return min(limits.backoff_seconds * float(_GROWS**growths), _LONGEST_REST_SECONDS)


def next_day_ns(now_ns: int, chance: float) -> int:
    """Return when something is tried that the budget does not pay for, UTC nanoseconds: soon after midnight.

    ``chance``, 0 to 1, says when in the first minutes.
    """
    return (now_ns // DAY_NS + 1) * DAY_NS + round(chance * _SPREAD_NS)


def left_usd(limits: Limits, spent_usd: Decimal) -> Decimal:
    """Return what is left of the budget of a day, USD, at least 0."""
    return max(Decimal(0), limits.budget_usd - spent_usd)


def failure_of(
    job: Job, problem: JudgeError, price: Callable[[Used], Decimal | None], limits: Limits, now_ns: int, chance: float
) -> Failure:
    """Return what a failed call means: whether and when it is made again, and what it cost.

    Args:
        job: for which it was made.
        problem: why it failed.
        price: returns what tokens cost, USD; None where there is no price.
        limits: how often it may be made, and how long the first rest is.
        now_ns: the time now, UTC nanoseconds.
        chance: 0 to 1, how much longer than it must be the rest is.
    """
    not_allowed = problem.failure == v.JUDGE_NOT_ALLOWED
    rest = max(problem.rest_seconds, _NOT_ALLOWED_SECONDS if not_allowed else rest_seconds(job.attempts, limits))
    due_ns = now_ns + round(rest * (1 + chance * _JITTER) * SECOND_NS)
    # What was refused would be refused again.
    last = not not_allowed and (problem.failure == v.JUDGE_REFUSED or job.attempts >= limits.attempts)
    return Failure(job, problem.failure, due_ns, _cost(problem, price), counts=not not_allowed, last=last)


def _cost(problem: JudgeError, price: Callable[[Used], Decimal | None]) -> Decimal | None:
    if problem.free:
        return Decimal(0)
    return None if problem.used is None else price(problem.used)
