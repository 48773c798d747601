"""Records of ended episodes → the figures that the commands print. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.conversations.record import ConversationRecord


def summary(records: Sequence[ConversationRecord], *, skipped_lines: int = 0) -> dict[str, Any]:
    """Return the totals over all records: engaged episodes are conversations, the others visits."""
    engaged = [record for record in records if record.engaged]
    outcomes = Counter(record.outcome for record in engaged)
    return {
        "conversations": len(engaged),
        "visits": len(records) - len(engaged),
        "outcomes": {outcome: outcomes[outcome] for outcome in v.OUTCOMES},
        "user_messages": sum(record.user_turns for record in records),
        "agent_messages": sum(record.agent_messages for record in records),
        "tool_calls": sum(record.tool_calls for record in records),
        "tool_errors": sum(record.tool_errors for record in records),
        "escalated": sum(record.escalated for record in engaged),
        "skipped_lines": skipped_lines,
    }


def one_by_one(records: Sequence[ConversationRecord]) -> list[dict[str, Any]]:
    """Return a row per episode; a field whose part does not exist yet is None."""
    return [_row(record) for record in records]


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
        "outcome_statement": record.outcome_statement,
        "resolution_status": record.resolution_status,
    }
