"""The record of an ended episode: the one value that everything downstream reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.escalation import means_human, target_means_human
from otel_agent_analytics.conversations.events import (
    NO_CONTEXT,
    AgentResponse,
    Context,
    EndRequested,
    Event,
    FeedbackReceived,
    HandoffRequested,
    ModelCalled,
    RunFailed,
    Service,
    Started,
    ToolCalled,
    UserMessage,
)
from otel_agent_analytics.conversations.outcome import Evidence, Verdict, judge
from otel_agent_analytics.conversations.turns import Turn, turns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from otel_agent_analytics.conversations.rules import Rules


class ConversationRecord(NamedTuple):
    """One ended episode. A field whose part does not exist yet is None, never 0."""

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
    input_tokens: int | None
    """Sum over the model calls that told; None when none did."""
    output_tokens: int | None
    agents: tuple[str, ...]
    """Every agent that took part, sorted."""
    models: tuple[str, ...]
    ratings: tuple[tuple[str, str, float | None], ...]
    """The last rating of each rater: (rater, positive | neutral | negative, score 1–5 or None)."""
    trace_id: str
    """The last trace, as an example to look at; empty without one."""
    satisfaction: float | None = None
    dissatisfied_turns: int | None = None
    rephrases: int | None = None
    outcome_statement: str | None = None
    resolution_status: str | None = None

    @property
    def engaged(self) -> bool:
        """Whether the user said anything: else it was a visit."""
        return self.user_turns > 0

    @property
    def escalated(self) -> bool:
        """Whether a human was asked for, whatever the outcome."""
        return self.escalation_agent is not None

    @property
    def duration_seconds(self) -> float:
        """Seconds from the first event to the end."""
        return (self.ended_ns - self.started_ns) / 1e9


class Closing(NamedTuple):
    """From when to when an episode ran, and why it ended."""

    started_ns: int
    ended_ns: int
    reason: str


def build_record(
    conversation_id: str, episode: int, events: Sequence[Event], closing: Closing, rules: Rules
) -> ConversationRecord:
    """Return the record of an episode from its events, which must be in their order and not empty."""
    turns = turns_of(events)
    escalation = _escalation(events, rules)
    verdict = _verdict(events, turns, escalated=escalation is not None)
    models = [event for event in events if isinstance(event, ModelCalled)]
    tools = [event for event in events if isinstance(event, ToolCalled)]
    return ConversationRecord(
        conversation_id=conversation_id,
        episode=episode,
        service=events[0].service,
        context=_context(events),
        started_ns=closing.started_ns,
        ended_ns=closing.ended_ns,
        end_reason=closing.reason,
        outcome=verdict.outcome if verdict is not None else None,
        outcome_reason=verdict.reason if verdict is not None else None,
        without_signals=verdict is not None and verdict.without_signals,
        agent=_agent(turns, verdict, escalation),
        escalation_agent=None if escalation is None else escalation.agent or v.UNKNOWN,
        user_turns=len(turns) - 1,
        agent_messages=sum(isinstance(event, AgentResponse) for event in events),
        model_calls=len(models),
        tool_calls=len(tools),
        tool_errors=sum(tool.error_type is not None for tool in tools),
        handoffs=sum(isinstance(event, HandoffRequested) for event in events),
        failed_turns=sum(bool(turn.failures) for turn in turns),
        input_tokens=_sum(model.input for model in models),
        output_tokens=_sum(model.output for model in models),
        agents=tuple(sorted({event.agent for event in events if event.agent is not None})),
        models=tuple(sorted({model.model for model in models})),
        ratings=_ratings(events),
        trace_id=next((event.trace_id for event in reversed(events) if event.trace_id), ""),
    )


def _verdict(events: Sequence[Event], turns: list[Turn], *, escalated: bool) -> Verdict | None:
    last = turns[-1].message
    if last is None:
        return None
    requested = [event for event in events if isinstance(event, EndRequested) and event.time_ns >= last.time_ns]
    return judge(Evidence(requested[-1] if requested else None, escalated, turns[-1]))


def _escalation(events: Iterable[Event], rules: Rules) -> ToolCalled | HandoffRequested | None:
    """Return the last call or handoff that asked for a human and did not fail."""
    found: ToolCalled | HandoffRequested | None = None
    for event in events:
        if isinstance(event, ToolCalled):
            if event.error_type is None and means_human(event.tool, rules):
                found = event
        elif isinstance(event, HandoffRequested) and not event.failed and target_means_human(event.to_agent, rules):
            found = event
    return found


def _agent(turns: list[Turn], verdict: Verdict | None, escalation: ToolCalled | HandoffRequested | None) -> str:
    """Return the agent of the episode: who escalated, whose run failed, else who answered last."""
    if verdict is not None and verdict.outcome == v.ESCALATED and escalation is not None:
        return escalation.agent or v.UNKNOWN
    if verdict is not None and verdict.outcome == v.FAILED and turns[-1].failures:
        return turns[-1].failures[-1].agent or v.UNKNOWN
    speakers: list[AgentResponse | RunFailed | UserMessage] = [answer for turn in turns for answer in turn.answers]
    speakers = speakers or [turn.message for turn in turns if turn.message is not None]
    return next((event.agent for event in reversed(speakers) if event.agent), v.UNKNOWN)


def _context(events: Iterable[Event]) -> Context:
    """Return, field by field, the first thing that the application said."""
    said = [event.context for event in events if isinstance(event, (Started, UserMessage))]
    said = [context for context in said if context is not NO_CONTEXT]
    if not said:
        return NO_CONTEXT
    return Context(
        *(next((value for value in values if value is not None), None) for values in zip(*said, strict=True))
    )


def _ratings(events: Iterable[Event]) -> tuple[tuple[str, str, float | None], ...]:
    last = {
        event.rater: (event.rater, event.rating, event.score) for event in events if isinstance(event, FeedbackReceived)
    }
    return tuple(last[rater] for rater in sorted(last))


def _sum(counts: Iterable[int | None]) -> int | None:
    told = [count for count in counts if count is not None]
    return sum(told) if told else None
