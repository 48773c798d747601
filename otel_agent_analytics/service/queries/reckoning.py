"""What episodes add up to → the figures of the definitions. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations import rates as r
from otel_agent_analytics.service.queries.figures import (
    Figures,
    Mean,
    Money,
    Outcomes,
    Rate,
    Resolutions,
    Sentiments,
    Trajectories,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from otel_agent_analytics.service.queries.tally import Tally


def shown(rate: r.Rate | None) -> Rate | None:
    """Return a rate as it is answered."""
    return None if rate is None else Rate(rate.value, rate.low, rate.high, rate.part, rate.whole)


def share(part: int, whole: int) -> Rate | None:
    """Return ``part / whole`` with its interval; None when there is no whole."""
    return shown(r.rate(part, whole))


def mean(total: float, count: int, unit: int = 1) -> Mean | None:
    """Return a mean in a unit; None of nothing."""
    return Mean(total / count / unit, count) if count else None


def figures(tally: Tally, human_cost_usd: Decimal | None) -> Figures:
    """Return the figures of a group."""
    all_, seconds = tally.episodes, 10**9
    outcomes = Outcomes(tally.completed, tally.escalated, tally.failed, tally.abandoned, tally.silent)
    feelings = sentiments(tally.episodes, tally.positive, tally.neutral, tally.negative, tally.frustrated)
    resolution = r.resolution(_statuses(tally))
    rated = {v.POSITIVE: tally.rated_positive, v.NEUTRAL: tally.rated_neutral, v.NEGATIVE: tally.rated_negative}
    csat = r.csat(rated, all_)
    return Figures(
        conversations=all_,
        outcomes=outcomes,
        completion_rate=share(tally.completed, all_),
        abandonment_rate=share(tally.abandoned, all_),
        failure_rate=share(tally.failed, all_),
        escalation_rate=shown(r.escalation_rate(tally.asked_for_human, all_)),
        resolution_rate=shown(resolution.resolved),
        resolution_coverage=shown(resolution.coverage),
        resolutions=Resolutions(
            share(tally.contained, all_),
            share(tally.assumed, tally.settled),
            share(tally.confirmed, all_),
            share(tally.verified, all_),
        ),
        sentiments=feelings,
        negative_rate=negative_rate(feelings),
        trajectories=_trajectories(tally),
        csat=shown(csat.satisfied),
        csat_response_rate=shown(csat.response),
        rating=mean(tally.score, tally.scored),
        satisfaction=mean(tally.satisfaction, tally.satisfaction_known),
        dissatisfied_turn_rate=share(tally.dissatisfied_turns, tally.judged_turns),
        turns=mean(tally.user_turns, all_),
        duration_seconds=mean(tally.duration_ns, all_, seconds),
        resolution_seconds=mean(tally.resolved_duration_ns, tally.status_resolved, seconds),
        first_response_seconds=mean(tally.first_response_ns, tally.answered, seconds),
        effort=mean(tally.effort, tally.effort_known),
        tokens=mean(tally.tokens, tally.tokens_known),
        tool_error_rate=share(tally.tool_errors, tally.tool_calls),
        rephrases=tally.rephrases,
        repeats=tally.repeats,
        loops=tally.loops,
        handoffs=tally.handoffs,
        guardrail_trips=tally.guardrail_trips,
        without_signals=tally.without_signals,
        money=money(tally, human_cost_usd),
    )


def sentiments(episodes: int, positive: int, neutral: int, negative: int, frustrated: int) -> Sentiments:
    """Return episodes by sentiment; what is left of all of them is unknown."""
    known = positive + neutral + negative + frustrated
    return Sentiments(positive, neutral, negative, frustrated, episodes - known)


def negative_rate(found: Sentiments) -> Rate | None:
    """Return (negative + frustrated) ÷ known."""
    by_class = {v.POSITIVE: found.positive, v.NEUTRAL: found.neutral, v.NEGATIVE: found.negative}
    return shown(r.negative_rate({**by_class, v.FRUSTRATED: found.frustrated}))


def money(tally: Tally, human_cost_usd: Decimal | None) -> Money:
    """Return what a group cost; nothing is known of the savings where no cost is, or not that of a human."""
    known = tally.cost_known > 0
    saved = None
    if known and human_cost_usd is not None:
        verified = r.Priced(tally.verified_priced, tally.verified_cost)
        saved = r.savings(verified, r.Priced(tally.escalated_priced, tally.escalated_cost), human_cost_usd)
    return Money(
        cost_usd=tally.cost if known else None,
        cost_per_conversation_usd=tally.priced_cost / tally.priced if tally.priced else None,
        priced_conversations=tally.priced,
        cost_per_resolved_usd=r.cost_per_resolved(tally.cost, tally.status_resolved) if known else None,
        resolved_conversations=tally.status_resolved,
        savings_usd=saved,
        savings_left_out=tally.left_out,
        unpriced_calls=tally.unpriced_calls,
    )


def _trajectories(tally: Tally) -> Trajectories:
    known = tally.improved, tally.stable, tally.declined
    return Trajectories(*known, tally.episodes - sum(known))


def _statuses(tally: Tally) -> dict[str, int]:
    known = {
        v.RESOLVED: tally.status_resolved,
        v.PARTIALLY_RESOLVED: tally.status_partially_resolved,
        v.UNRESOLVED: tally.status_unresolved,
        v.ESCALATED: tally.status_escalated,
    }
    return {**known, v.UNKNOWN: tally.episodes - sum(known.values())}
