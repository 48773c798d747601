"""What an application tells itself → the attributes of its log record: the same from ``record_event`` and from JSON."""

from __future__ import annotations

from typing import Any, Final

from otel_agent_analytics import vocabulary as v

_LOWEST_SCORE: Final = 1
_HIGHEST_SCORE: Final = 5
_NEUTRAL_SCORE: Final = 3


def event_attributes(
    *, agent: str | None, tool: str | None, to_agent: str | None, error_type: str | None, duration_seconds: float | None
) -> dict[str, Any]:
    """Return what is said of a lifecycle event beside its text and its context; None where nothing is."""
    return {
        v.GEN_AI_AGENT_NAME: agent,
        v.GEN_AI_TOOL_NAME: tool,
        v.HANDOFF_FROM_AGENT: agent if to_agent is not None else None,
        v.HANDOFF_TO_AGENT: to_agent,
        v.ERROR_TYPE: error_type,
        v.DURATION_SECONDS: duration_seconds,
    }


def rating_attributes(rating: Any, comment: str | None, rater: str) -> dict[str, Any]:
    """Return what is said of a rating.

    Raises:
        ValueError: it is none.
    """
    label, score = _rating(rating)
    return {
        v.GEN_AI_EVALUATION_NAME: v.EVALUATION_USER_FEEDBACK,
        v.GEN_AI_EVALUATION_SCORE_LABEL: label,
        v.GEN_AI_EVALUATION_SCORE_VALUE: score,
        v.GEN_AI_EVALUATION_EXPLANATION: comment,
        v.RATER: rater,
    }


def _rating(rating: Any) -> tuple[str, float | None]:
    if rating in (v.POSITIVE, v.NEGATIVE):
        return str(rating), None
    if isinstance(rating, (int, float)) and not isinstance(rating, bool) and _LOWEST_SCORE <= rating <= _HIGHEST_SCORE:
        side = v.POSITIVE if rating > _NEUTRAL_SCORE else v.NEGATIVE if rating < _NEUTRAL_SCORE else v.NEUTRAL
        return side, float(rating)
    message = f"rating: {rating!r} is not allowed; allowed is 'positive', 'negative' or a number from 1 to 5"
    raise ValueError(message)
