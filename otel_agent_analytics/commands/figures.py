"""Ended episodes → the figures that the commands print. Pure."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from statistics import fmean
from typing import TYPE_CHECKING, Any

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.rates import Csat, Priced, cost_per_resolved, csat, savings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from otel_agent_analytics.commands.episodes import Episode


def summary(
    episodes: Sequence[Episode], *, skipped_lines: int = 0, human_cost_usd: float | None = None
) -> dict[str, Any]:
    """Return the totals over all episodes: engaged episodes are conversations, the others visits.

    Args:
        episodes: those that ended.
        skipped_lines: lines of the input that could not be read.
        human_cost_usd: what a conversation costs that a human handles; None: no savings are reckoned.

    Returns:
        By name; None for what is not known. Costs are in USD, satisfaction from 0 to 1, the average rating from 1 to 5.
    """
    engaged = [episode for episode in episodes if episode.engaged]
    return {
        "conversations": len(engaged),
        "visits": len(episodes) - len(engaged),
        "outcomes": _by(v.OUTCOMES, (episode.outcome for episode in engaged)),
        "user_messages": sum(episode.user_turns for episode in episodes),
        "agent_messages": sum(episode.agent_messages for episode in episodes),
        "tool_calls": sum(episode.tool_calls for episode in episodes),
        "tool_errors": sum(episode.tool_errors for episode in episodes),
        "escalated": sum(episode.escalated for episode in engaged),
        "skipped_lines": skipped_lines,
        **_work(episodes),
        **_quality(engaged),
        **_ratings(episodes, engaged),
        **_money(engaged, human_cost_usd),
        "users": len({episode.user for episode in engaged} - {None}) or None,
    }


def one_by_one(episodes: Sequence[Episode]) -> list[dict[str, Any]]:
    """Return a row per episode; what is not known of it is None."""
    return [_row(episode) for episode in episodes]


def satisfaction_said(episodes: Sequence[Episode]) -> Csat:
    """Return what users said of their conversations, over engaged episodes."""
    rated = Counter(episode.rating for episode in episodes if episode.rating is not None)
    total = sum((episode.score_sum for episode in episodes), Decimal(0))
    return csat(rated, len(episodes), total, sum(episode.scores for episode in episodes))


def _work(episodes: Sequence[Episode]) -> dict[str, Any]:
    return {
        "handoffs": sum(episode.handoffs for episode in episodes),
        "model_calls": sum(episode.model_calls for episode in episodes),
        "loops": sum(episode.loops for episode in episodes),
    }


def _quality(engaged: Sequence[Episode]) -> dict[str, Any]:
    known = [episode.satisfaction for episode in engaged if episode.satisfaction is not None]
    return {
        "resolution_statuses": _by(v.RESOLUTION_STATUSES, (episode.resolution_status for episode in engaged)),
        "resolutions": _by(v.RESOLUTIONS, (kind for episode in engaged for kind in episode.resolutions)),
        "sentiments": _by(v.SENTIMENTS, (episode.sentiment for episode in engaged)),
        "satisfaction": fmean(known) if known else None,
        "judged_turns": sum(episode.judged_turns for episode in engaged),
        "dissatisfied_turns": _sum(episode.dissatisfied_turns for episode in engaged),
        "rephrases": _sum(episode.rephrases for episode in engaged),
        "repeats": _sum(episode.repeats for episode in engaged),
    }


def _ratings(episodes: Sequence[Episode], engaged: Sequence[Episode]) -> dict[str, Any]:
    average = satisfaction_said(engaged).average
    return {
        "ratings": sum(episode.ratings for episode in episodes),
        "rated_conversations": _by(v.RATINGS, (episode.rating for episode in engaged if episode.rating is not None)),
        "average_rating": None if average is None else float(average),
    }


def _money(engaged: Sequence[Episode], human_cost_usd: float | None) -> dict[str, Any]:
    costs = [episode.cost for episode in engaged if episode.cost is not None]
    whole = [episode.cost for episode in engaged if episode.cost is not None and not episode.unpriced_calls]
    total = sum(costs, Decimal(0)) if costs else None
    resolved = sum(episode.resolution_status == v.RESOLVED for episode in engaged)
    per_resolved = None if total is None else cost_per_resolved(total, resolved)
    saved = None
    if total is not None and human_cost_usd is not None:
        verified = _priced(episode for episode in engaged if v.VERIFIED in episode.resolutions)
        escalated = _priced(episode for episode in engaged if episode.escalated)
        saved = savings(verified, escalated, Decimal(str(human_cost_usd)))
    return {
        "cost_usd": _number(total),
        "cost_per_conversation_usd": _number(sum(whole, Decimal(0)) / len(whole) if whole else None),
        "cost_per_resolved_usd": _number(per_resolved),
        "savings_usd": _number(saved),
        "unpriced_calls": sum(episode.unpriced_calls for episode in engaged),
    }


def _priced(episodes: Iterable[Episode]) -> Priced:
    costs = [episode.cost or Decimal(0) for episode in episodes if not episode.unpriced_calls]
    return Priced(len(costs), sum(costs, Decimal(0)))


def _by(names: Sequence[str], values: Iterable[str | None]) -> dict[str, int]:
    counted = Counter(v.UNKNOWN if value is None else value for value in values)
    return {name: counted[name] for name in names}


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _row(episode: Episode) -> dict[str, Any]:
    return {
        "id": episode.conversation_id,
        "episode": episode.episode,
        "outcome": episode.outcome,
        "outcome_reason": episode.outcome_reason,
        "user_turns": episode.user_turns,
        "agent_messages": episode.agent_messages,
        "tool_calls": episode.tool_calls,
        "tool_errors": episode.tool_errors,
        "escalated": episode.escalated,
        "duration_seconds": round(episode.duration_seconds, 6),
        "satisfaction": episode.satisfaction,
        "dissatisfied_turns": episode.dissatisfied_turns,
        "rephrases": episode.rephrases,
        "repeats": episode.repeats,
        "sentiment": episode.sentiment,
        "trajectory": episode.trajectory,
        "effort": episode.effort,
        "outcome_statement": episode.outcome_statement,
        "resolution_status": episode.resolution_status,
        "resolutions": list(episode.resolutions),
        "rating": episode.rating,
        "cost_usd": _number(episode.cost),
        "unpriced_calls": episode.unpriced_calls,
    }
