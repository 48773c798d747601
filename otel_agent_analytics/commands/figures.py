"""Records of ended episodes → the figures that the commands print. Pure."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from statistics import fmean
from typing import TYPE_CHECKING, Any

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.rates import Csat, Priced, cost_per_resolved, csat, savings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from otel_agent_analytics.conversations.record import ConversationRecord


def summary(
    records: Sequence[ConversationRecord], *, skipped_lines: int = 0, human_cost_usd: float | None = None
) -> dict[str, Any]:
    """Return the totals over all records: engaged episodes are conversations, the others visits.

    Args:
        records: of ended episodes.
        skipped_lines: lines of the input that could not be read.
        human_cost_usd: what a conversation costs that a human handles; None: no savings are reckoned.

    Returns:
        By name; None for what is not known. Costs are in USD, satisfaction from 0 to 1, the average rating from 1 to 5.
    """
    engaged = [record for record in records if record.engaged]
    return {
        "conversations": len(engaged),
        "visits": len(records) - len(engaged),
        "outcomes": _by(v.OUTCOMES, (record.outcome for record in engaged)),
        "user_messages": sum(record.user_turns for record in records),
        "agent_messages": sum(record.agent_messages for record in records),
        "tool_calls": sum(record.tool_calls for record in records),
        "tool_errors": sum(record.tool_errors for record in records),
        "escalated": sum(record.escalated for record in engaged),
        "skipped_lines": skipped_lines,
        **_work(records),
        **_quality(engaged),
        **_ratings(records, engaged),
        **_money(engaged, human_cost_usd),
        "users": len({record.context.user for record in engaged} - {None}) or None,
    }


def one_by_one(records: Sequence[ConversationRecord]) -> list[dict[str, Any]]:
    """Return a row per episode; what is not known of it is None."""
    return [_row(record) for record in records]


def satisfaction_said(records: Sequence[ConversationRecord]) -> Csat:
    """Return what users said of their conversations, over engaged episodes."""
    scores = [Decimal(str(score)) for record in records for _, _, score in record.ratings if score is not None]
    rated = Counter(record.rating for record in records if record.rating is not None)
    return csat(rated, len(records), sum(scores, Decimal(0)), len(scores))


def _work(records: Sequence[ConversationRecord]) -> dict[str, Any]:
    return {
        "handoffs": sum(record.handoffs for record in records),
        "model_calls": sum(record.model_calls for record in records),
        "loops": sum(record.loops for record in records),
    }


def _quality(engaged: Sequence[ConversationRecord]) -> dict[str, Any]:
    known = [record.satisfaction for record in engaged if record.satisfaction is not None]
    return {
        "resolution_statuses": _by(v.RESOLUTION_STATUSES, (record.resolution_status for record in engaged)),
        "resolutions": _by(v.RESOLUTIONS, (kind for record in engaged for kind in record.resolutions)),
        "sentiments": _by(v.SENTIMENTS, (record.sentiment for record in engaged)),
        "satisfaction": fmean(known) if known else None,
        "judged_turns": sum(record.judged_turns for record in engaged),
        "dissatisfied_turns": _sum(record.dissatisfied_turns for record in engaged),
        "rephrases": _sum(record.rephrases for record in engaged),
        "repeats": _sum(record.repeats for record in engaged),
    }


def _ratings(records: Sequence[ConversationRecord], engaged: Sequence[ConversationRecord]) -> dict[str, Any]:
    average = satisfaction_said(engaged).average
    return {
        "ratings": sum(len(record.ratings) for record in records),
        "rated_conversations": _by(v.RATINGS, (record.rating for record in engaged if record.rating is not None)),
        "average_rating": None if average is None else float(average),
    }


def _money(engaged: Sequence[ConversationRecord], human_cost_usd: float | None) -> dict[str, Any]:
    costs = [record.cost for record in engaged if record.cost is not None]
    whole = [record.cost for record in engaged if record.cost is not None and not record.unpriced_calls]
    total = sum(costs, Decimal(0)) if costs else None
    resolved = sum(record.resolution_status == v.RESOLVED for record in engaged)
    per_resolved = None if total is None else cost_per_resolved(total, resolved)
    saved = None
    if total is not None and human_cost_usd is not None:
        verified = _priced(record for record in engaged if v.VERIFIED in record.resolutions)
        escalated = _priced(record for record in engaged if record.escalated)
        saved = savings(verified, escalated, Decimal(str(human_cost_usd)))
    return {
        "cost_usd": _number(total),
        "cost_per_conversation_usd": _number(sum(whole, Decimal(0)) / len(whole) if whole else None),
        "cost_per_resolved_usd": _number(per_resolved),
        "savings_usd": _number(saved),
        "unpriced_calls": sum(record.unpriced_calls for record in engaged),
    }


def _priced(records: Iterable[ConversationRecord]) -> Priced:
    costs = [record.cost or Decimal(0) for record in records if not record.unpriced_calls]
    return Priced(len(costs), sum(costs, Decimal(0)))


def _by(names: Sequence[str], values: Iterable[str | None]) -> dict[str, int]:
    counted = Counter(v.UNKNOWN if value is None else value for value in values)
    return {name: counted[name] for name in names}


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _row(record: ConversationRecord) -> dict[str, Any]:
    return {
        "id": record.conversation_id,
        "episode": record.episode,
        "outcome": record.outcome,
        "outcome_reason": record.outcome_reason,
        "user_turns": record.user_turns,
        "agent_messages": record.agent_messages,
        "tool_calls": record.tool_calls,
        "tool_errors": record.tool_errors,
        "escalated": record.escalated,
        "duration_seconds": round(record.duration_seconds, 6),
        "satisfaction": record.satisfaction,
        "dissatisfied_turns": record.dissatisfied_turns,
        "rephrases": record.rephrases,
        "repeats": record.repeats,
        "sentiment": record.sentiment,
        "trajectory": record.trajectory,
        "effort": record.effort,
        "outcome_statement": record.outcome_statement,
        "resolution_status": record.resolution_status,
        "resolutions": list(record.resolutions),
        "rating": record.rating,
        "cost_usd": _number(record.cost),
        "unpriced_calls": record.unpriced_calls,
    }
