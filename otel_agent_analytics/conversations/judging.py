"""Events of an ended episode → its record."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.escalation import means_human, target_means_human
from otel_agent_analytics.conversations.events import (
    NO_CONTEXT,
    AgentResponse,
    Context,
    EndRequested,
    Event,
    FeedbackReceived,
    GuardrailChecked,
    HandoffRequested,
    LoopFound,
    ModelCalled,
    ResolutionJudged,
    RunFailed,
    Started,
    ToolCalled,
    UserMessage,
)
from otel_agent_analytics.conversations.metadata import merged
from otel_agent_analytics.conversations.outcome import Evidence, Verdict, judge
from otel_agent_analytics.conversations.quality import Quality, quality_of
from otel_agent_analytics.conversations.record import ConversationRecord
from otel_agent_analytics.conversations.turns import Turn, turns_of
from otel_agent_analytics.conversations.wanted import wants_of_turns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from otel_agent_analytics.conversations.rules import Rules


class Closing(NamedTuple):
    """From when to when an episode ran, and why it ended."""

    started_ns: int
    ended_ns: int
    reason: str


class _Said(NamedTuple):
    """The events of an episode by kind, each in their order."""

    models: list[ModelCalled]
    tools: list[ToolCalled]
    failures: list[RunFailed]
    ratings: list[FeedbackReceived]
    judged: list[ResolutionJudged]
    answers: int
    handoffs: int
    loops: int
    trips: int


def build_record(
    conversation_id: str, episode: int, events: Sequence[Event], closing: Closing, rules: Rules
) -> ConversationRecord:
    """Return the record of an episode from its events, which must be in their order and not empty."""
    turns = turns_of(events)
    said = _said(events)
    escalation = _escalation(events, rules)
    quality, wants = quality_of(turns), wants_of_turns(turns)
    requested = _requested(events, turns)
    verdict = _verdict(turns, requested, quality, escalated=escalation is not None)
    costs = [model.cost for model in said.models if model.cost is not None]
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
        requested_outcome=requested.outcome if requested is not None else None,
        without_signals=verdict is not None and verdict.without_signals,
        agent=_agent(turns, verdict, escalation),
        escalation_agent=None if escalation is None else escalation.agent or v.UNKNOWN,
        user_turns=len(turns) - 1,
        agent_messages=said.answers,
        model_calls=len(said.models),
        tool_calls=len(said.tools),
        tool_errors=sum(tool.error_type is not None for tool in said.tools),
        handoffs=said.handoffs,
        failed_turns=sum(bool(turn.failures) for turn in turns),
        loops=said.loops,
        guardrail_trips=said.trips,
        input_tokens=_sum(model.input for model in said.models),
        output_tokens=_sum(model.output for model in said.models),
        cached_tokens=_sum(model.cache_read for model in said.models),
        reasoning_tokens=_sum(model.reasoning for model in said.models),
        cost=sum(costs, Decimal(0)) if costs else None,
        unpriced_calls=sum(model.unpriced for model in said.models),
        first_response_ns=next(iter(_first_responses(turns)), None),
        first_responses_ns=_first_responses(turns),
        agents=tuple(sorted({event.agent for event in events if event.agent is not None})),
        models=tuple(sorted({model.model for model in said.models})),
        tools=tuple(sorted({tool.tool for tool in said.tools})),
        error_types=_error_types(said),
        ratings=_ratings(said.ratings),
        last_rating=said.ratings[-1].rating if said.ratings else None,
        trace_id=next((event.trace_id for event in reversed(events) if event.trace_id), ""),
        satisfaction=quality.satisfaction,
        dissatisfied_turns=quality.dissatisfied_turns,
        judged_turns=quality.judged_turns,
        rephrases=quality.rephrases,
        repeats=quality.repeats,
        sentiment=quality.sentiment,
        trajectory=quality.trajectory,
        outcome_statement=quality.statement,
        resolution_status=_resolution_status(verdict, quality, escalated=escalation is not None),
        judged_resolved=said.judged[-1].resolved if said.judged else None,
        effort_points=_effort_points(said, quality, escalated=escalation is not None),
        intents=tuple(wanted.name for wanted in wants.intents),
        topic=wants.topic.name if wants.topic is not None else None,
    )


def _said(events: Iterable[Event]) -> _Said:
    by_type: dict[type, list[Event]] = {}
    for event in events:
        by_type.setdefault(type(event), []).append(event)

    def of(kind: type) -> list[Any]:
        return by_type.get(kind, [])

    return _Said(
        models=of(ModelCalled),
        tools=of(ToolCalled),
        failures=of(RunFailed),
        ratings=of(FeedbackReceived),
        judged=of(ResolutionJudged),
        answers=len(of(AgentResponse)),
        handoffs=len(of(HandoffRequested)),
        loops=sum(found.loops for found in of(LoopFound)),
        trips=sum(checked.triggered for checked in of(GuardrailChecked)),
    )


def _requested(events: Iterable[Event], turns: list[Turn]) -> EndRequested | None:
    """Return the explicit end, if the user said nothing after it."""
    last = turns[-1].message
    if last is None:
        return None
    found = [event for event in events if isinstance(event, EndRequested) and event.time_ns >= last.time_ns]
    return found[-1] if found else None


def _verdict(turns: list[Turn], requested: EndRequested | None, quality: Quality, *, escalated: bool) -> Verdict | None:
    if turns[-1].message is None:
        return None
    answers = [answer for turn in turns for answer in turn.answers]
    last_answer = answers[-1] if answers else None
    return judge(Evidence(requested, escalated, turns[-1], last_answer, quality.statement, quality.last_dissatisfied))


def _resolution_status(verdict: Verdict | None, quality: Quality, *, escalated: bool) -> str | None:
    """Return the first of the definition's lines that holds; None for a visit and where nothing tells."""
    if verdict is None:
        return None
    lines = (
        (v.ESCALATED, escalated),
        (v.PARTIALLY_RESOLVED, quality.mixed),
        (v.UNRESOLVED, quality.statement == v.STATEMENT_FAILURE or verdict.outcome in (v.FAILED, v.ABANDONED)),
        (v.RESOLVED, quality.statement == v.STATEMENT_SUCCESS or verdict.outcome == v.COMPLETED),
    )
    return next((status for status, holds in lines if holds), None)


def _error_types(said: _Said) -> tuple[str, ...]:
    found = {failure.error_type for failure in said.failures}
    return tuple(sorted(found.union(tool.error_type for tool in said.tools if tool.error_type is not None)))


def _effort_points(said: _Said, quality: Quality, *, escalated: bool) -> int:
    return bool(quality.rephrases) + any(tool.error_type is not None for tool in said.tools) + escalated


def _first_responses(turns: list[Turn]) -> tuple[int, ...]:
    """Return how long the user of each answered turn waited for the first of the answer.

    Where the last model call of the turn was streamed, that is its first token; else it is the whole answer.
    """
    found = []
    for turn in turns:
        if turn.message is not None and turn.answers:
            first_ns = turn.answers[0].until_ns
            last = turn.calls[-1] if turn.calls else None
            if last is not None and last.first_token_ns is not None:
                first_ns = min(first_ns, last.time_ns + last.first_token_ns)
            found.append(max(0, first_ns - turn.message.time_ns))
    return tuple(found)


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
    """Return, field by field, the first thing that the application said; of each fact in its metadata the last."""
    said = [event.context for event in events if isinstance(event, (Started, UserMessage))]
    said = [context for context in said if context is not NO_CONTEXT]
    if not said:
        return NO_CONTEXT
    found = Context(
        *(next((value for value in values if value is not None), None) for values in zip(*said, strict=True))
    )
    if found.metadata is None:
        return found
    return found._replace(metadata=merged(context.metadata for context in said))


def _ratings(ratings: Iterable[FeedbackReceived]) -> tuple[tuple[str, str, float | None], ...]:
    last = {rating.rater: (rating.rater, rating.rating, rating.score) for rating in ratings}
    return tuple(last[rater] for rater in sorted(last))


def _sum(counts: Iterable[int | None]) -> int | None:
    told = [count for count in counts if count is not None]
    return sum(told) if told else None
