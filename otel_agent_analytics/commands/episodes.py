"""What the printed figures are made of: ended episodes, as this process has them or as an analyzer answers. Pure."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Mapping

    from otel_agent_analytics.conversations.record import ConversationRecord

_SECOND_NS: Final = 1_000_000_000
_SCORE_DIGITS: Final = 6


class Episode(NamedTuple):
    """One ended episode. None means unknown, never 0."""

    conversation_id: str
    episode: int
    """1 for the first episode of the id."""
    started_ns: int
    """Time of its first event, UTC nanoseconds."""
    ended_ns: int
    """Time of its end, UTC nanoseconds."""
    agent: str
    """The one agent that it counts for."""
    outcome: str | None
    """One of the five outcomes; None for a visit."""
    outcome_reason: str | None
    user_turns: int
    agent_messages: int
    model_calls: int
    tool_calls: int
    tool_errors: int
    handoffs: int
    loops: int
    escalated: bool
    """Whether a human was asked for, whatever the outcome."""
    satisfaction: float | None
    """An estimate, 0 to 1."""
    dissatisfied_turns: int | None
    judged_turns: int
    rephrases: int | None
    repeats: int | None
    sentiment: str | None
    trajectory: str | None
    effort: int | None
    """1 (easy) to 5."""
    outcome_statement: str | None
    resolution_status: str | None
    resolutions: tuple[str, ...]
    """Which of the four resolutions hold."""
    rating: str | None
    """The side of the mean of all raters; None when nobody rated."""
    ratings: int
    """Raters who rated."""
    scores: int
    """Of these, who gave a number from 1 to 5."""
    score_sum: Decimal
    """The sum of these numbers."""
    cost: Decimal | None
    """USD, over the model calls that have a price; None when none has one."""
    unpriced_calls: int
    user: str | None
    """Keyed hash of the user id."""
    returned: bool | None
    """Whether the user was back within a day; None until that is over."""

    @property
    def engaged(self) -> bool:
        """Whether the user said anything: else it was a visit."""
        return self.user_turns > 0

    @property
    def duration_seconds(self) -> float:
        """Seconds from the first event to the end."""
        return (self.ended_ns - self.started_ns) / _SECOND_NS


def of_record(record: ConversationRecord) -> Episode:
    """Return an episode that ended in this process."""
    scores = [Decimal(str(score)) for _, _, score in record.ratings if score is not None]
    said = {
        **record._asdict(),
        "escalated": record.escalated,
        "resolutions": record.resolutions,
        "rating": record.rating,
        "ratings": len(record.ratings),
        "scores": len(scores),
        "score_sum": sum(scores, Decimal(0)),
        "user": record.context.user,
    }
    return Episode(*(said[name] for name in Episode._fields))


def of_answer(said: Mapping[str, Any]) -> Episode:
    """Return an episode as an analyzer answers it, with decimal numbers as ``Decimal``."""
    scores = said["scores"] or 0
    # The mean of numbers with few digits: times their count, that is their sum again.
    score_sum = round((said["score"] or Decimal(0)) * scores, _SCORE_DIGITS)
    known = {
        **said,
        "started_ns": nanoseconds(said["started"]),
        "ended_ns": nanoseconds(said["ended"]),
        "escalated": said["escalation_agent"] is not None,
        "satisfaction": None if said["satisfaction"] is None else float(said["satisfaction"]),
        "resolutions": tuple(kind for kind in v.RESOLUTIONS if said[kind]),
        "ratings": said["ratings"] or 0,
        "scores": scores,
        "score_sum": Decimal(score_sum),
        "cost": None if said["cost_usd"] is None else Decimal(said["cost_usd"]),
        "user": said["user_hash"],
    }
    return Episode(*(known[name] for name in Episode._fields))


def nanoseconds(instant: str) -> int:
    """Return a time of ISO 8601 with a point and nine digits behind it as UTC nanoseconds."""
    whole, _, rest = instant.removesuffix("Z").partition(".")
    return round(datetime.fromisoformat(f"{whole}+00:00").timestamp()) * _SECOND_NS + int(rest)
