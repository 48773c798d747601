"""The record of an ended episode: the one value that everything downstream reads."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Context, Service


class ConversationRecord(NamedTuple):
    """One ended episode. None means unknown, never 0."""

    conversation_id: str
    episode: int
    """1 for the first episode of the id."""
    service: Service
    context: Context
    started_ns: int
    """Time of the first event that started it (a rating does not), UTC nanoseconds."""
    ended_ns: int
    """Time of the last event before the end, or of the explicit call, UTC nanoseconds."""
    end_reason: str
    """idle, requested or max_age."""
    outcome: str | None
    """One of the five outcomes; None for a visit."""
    outcome_reason: str | None
    """Which line of the definition decided; None for a visit."""
    requested_outcome: str | None
    """What the application said of the outcome; None when nothing."""
    without_signals: bool
    """Whether the outcome was decided with a signal unknown."""
    agent: str
    """The one agent that the episode counts for."""
    escalation_agent: str | None
    """The agent that asked for a human; None when nobody did."""
    user_turns: int
    agent_messages: int
    model_calls: int
    tool_calls: int
    tool_errors: int
    handoffs: int
    failed_turns: int
    loops: int
    """Tool calls that were made three times or more with the same arguments in one turn."""
    guardrail_trips: int
    input_tokens: int | None
    """Sum over the model calls that told; None when none did."""
    output_tokens: int | None
    cached_tokens: int | None
    """Input tokens that the provider had in its cache."""
    reasoning_tokens: int | None
    cost: Decimal | None
    """USD, over the model calls that have a price; None when none has one."""
    unpriced_calls: int
    """Model calls without a price: unknown model, or no usage told."""
    first_response_ns: int | None
    """Nanoseconds from the first user message that was answered to the first of its answer; None without one."""
    first_responses_ns: tuple[int, ...]
    """Of each answered turn: nanoseconds from the user message to the first token of its answer, or to the answer."""
    agents: tuple[str, ...]
    """Every agent that took part, sorted."""
    models: tuple[str, ...]
    tools: tuple[str, ...]
    error_types: tuple[str, ...]
    """Classes of the errors of runs and tools, sorted."""
    ratings: tuple[tuple[str, str, float | None], ...]
    """The last rating of each rater: (rater, positive | neutral | negative, score 1 to 5 or None)."""
    last_rating: str | None
    """The rating that came last, whoever gave it."""
    trace_id: str
    """The last trace, as an example to look at; empty without one."""
    satisfaction: float | None
    """1 - mean probability that the user was dissatisfied, 0 to 1; an estimate."""
    dissatisfied_turns: int | None
    judged_turns: int
    """Turns of which it is known whether the user was dissatisfied."""
    rephrases: int | None
    repeats: int | None
    sentiment: str | None
    """positive, neutral, negative or frustrated."""
    trajectory: str | None
    """improved, stable or declined."""
    outcome_statement: str | None
    """What the agent last said of the result: success or failure; None when nothing."""
    resolution_status: str | None
    """resolved, partially_resolved, unresolved or escalated."""
    judged_resolved: bool | None
    """What somebody who can know said of the result; None when nobody did."""
    effort_points: int
    """What made the conversation hard beside its length: rephrasing, a failed tool, an escalation; 0 to 3."""
    effort: int | None = None
    """1 (easy) to 5; None until it is compared with the usual length."""
    returned: bool | None = None
    """Whether the user was back, in any conversation, within 24 hours; None until these are over."""
    intents: tuple[str, ...] = ()
    """What the user wanted, in the order in which it was shown; empty where that is not known."""
    topic: str | None = None
    """What it is about: the topic that was discovered, else what the user came for; ``other`` for none of the known."""

    @property
    def engaged(self) -> bool:
        """Whether the user said anything: else it was a visit."""
        return self.user_turns > 0

    @property
    def escalated(self) -> bool:
        """Whether a human was asked for, whatever the outcome."""
        return self.escalation_agent is not None

    @property
    def intent(self) -> str | None:
        """What the user came for; None where that is not known."""
        return self.intents[0] if self.intents else None

    @property
    def unresolved(self) -> bool:
        """Whether it is known that something remained unresolved."""
        return self.resolution_status in (v.UNRESOLVED, v.PARTIALLY_RESOLVED)

    @property
    def duration_ns(self) -> int:
        """Nanoseconds from the first event to the end."""
        return self.ended_ns - self.started_ns

    @property
    def duration_seconds(self) -> float:
        """Seconds from the first event to the end."""
        return self.duration_ns / 1e9

    @property
    def rating(self) -> str | None:
        """The side of the mean of all raters: positive, neutral or negative; None when nobody rated."""
        if not self.ratings:
            return None
        total = sum(_SCORES[rating] if score is None else score for _, rating, score in self.ratings)
        neutral = _SCORES[v.NEUTRAL] * len(self.ratings)
        return v.POSITIVE if total > neutral else v.NEGATIVE if total < neutral else v.NEUTRAL

    @property
    def resolutions(self) -> tuple[str, ...]:
        """Return which of the four resolutions hold: contained, assumed, confirmed, verified."""
        return tuple(name for name, holds in _RESOLUTIONS.items() if self.engaged and holds(self))


_SCORES = {v.POSITIVE: 5, v.NEUTRAL: 3, v.NEGATIVE: 1}  # thumbs, beside ratings from 1 to 5


def _assumed(record: ConversationRecord) -> bool:
    return not record.escalated and record.outcome in (v.COMPLETED, v.SILENT) and record.returned is False


def _confirmed(record: ConversationRecord) -> bool:
    return record.requested_outcome == v.COMPLETED or record.last_rating == v.POSITIVE


def _verified(record: ConversationRecord) -> bool:
    if record.judged_resolved is not None:
        return record.judged_resolved
    return record.outcome_statement == v.STATEMENT_SUCCESS


_RESOLUTIONS = {
    v.CONTAINED: lambda record: not record.escalated,
    v.ASSUMED: _assumed,
    v.CONFIRMED: _confirmed,
    v.VERIFIED: _verified,
}
