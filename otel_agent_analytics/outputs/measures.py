"""Events and records → what they add to which metric. Pure; the counterpart of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import (
    AgentResponse,
    Event,
    HandoffRequested,
    ModelCalled,
    RunFailed,
    ToolCalled,
    UserMessage,
)
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.conversations.state import State


class Amount(NamedTuple):
    """An addition to a counter, or an observation of a histogram."""

    metric: c.Metric
    labels: tuple[str, ...]
    """Values in the order of the metric's labels."""
    value: float = 1
    trace_id: str = ""
    """An example to look at; empty without one."""


def of_event(event: Event) -> Iterator[Amount]:
    """Yield what a new event adds by itself, whatever order events come in."""
    measure = _OF_EVENT.get(type(event))
    if measure is not None:
        yield from measure(event)


def of_record(record: ConversationRecord) -> Iterator[Amount]:
    """Yield what an ended episode adds to counters; all of it can be taken back."""
    for _, rating, _score in record.ratings:
        yield Amount(c.FEEDBACK, (rating,))
    if record.outcome is None:
        yield Amount(c.VISITS, ())
        return
    yield Amount(c.ENDED, (record.outcome, record.agent), trace_id=record.trace_id)
    if record.outcome == v.ABANDONED:
        yield Amount(c.TURN_ABANDONED, (turn_label(record.user_turns),), trace_id=record.trace_id)
    if record.escalation_agent is not None:
        yield Amount(c.ESCALATED, (record.escalation_agent,), trace_id=record.trace_id)
    if record.without_signals:
        yield Amount(c.WITHOUT_SIGNALS, ())


def distributions_of_record(record: ConversationRecord) -> Iterator[Amount]:
    """Yield what an ended episode adds to histograms, which cannot be taken back."""
    if record.engaged:
        yield Amount(c.DURATION, (), record.duration_seconds, record.trace_id)
        yield Amount(c.CONVERSATION_TURNS, (), record.user_turns, record.trace_id)


def turn_label(turn: int) -> str:
    """Return the label of a turn, counted from 1: its number, or ``21+``."""
    return v.TURNS[min(turn, len(v.TURNS)) - 1]


def channel_of(state: State) -> str:
    """Return the channel that the application named for the conversation so far."""
    contexts = (getattr(event, "context", None) for event in state.events)
    return next((context.channel for context in contexts if context is not None and context.channel), v.UNKNOWN)


def of_progress(before: State, after: State) -> Iterator[Amount]:
    """Yield what two states of an episode tell: that the user began to speak, and which turns have been decided."""
    if after.started and not before.started:
        yield Amount(c.STARTED, (channel_of(after),))
    for turn in range(before.reached + 1, after.reached + 1):
        if turn not in before.ahead:
            yield Amount(c.TURN_REACHED, (turn_label(turn),))


def _seconds(event: ToolCalled | ModelCalled) -> float:
    return (event.until_ns - event.time_ns) / 1e9


def _user_message(_: UserMessage) -> Iterator[Amount]:
    yield Amount(c.MESSAGES, (v.ROLE_USER,))


def _agent_response(event: AgentResponse) -> Iterator[Amount]:
    yield Amount(c.MESSAGES, (v.ROLE_AGENT,))
    if event.response_ns is not None:
        yield Amount(c.RESPONSE_TIME, (event.agent or v.UNKNOWN,), event.response_ns / 1e9, event.trace_id)


def _run_failed(event: RunFailed) -> Iterator[Amount]:
    yield Amount(c.RUN_ERRORS, (event.error_type,), trace_id=event.trace_id)


def _tool_called(event: ToolCalled) -> Iterator[Amount]:
    yield Amount(c.TOOL_CALLS, (event.tool,))
    yield Amount(c.TOOL_DURATION, (event.tool,), _seconds(event), event.trace_id)
    if event.error_type is not None:
        yield Amount(c.TOOL_ERRORS, (event.tool,), trace_id=event.trace_id)


def _handoff(event: HandoffRequested) -> Iterator[Amount]:
    yield Amount(c.HANDOFFS, (event.agent or v.UNKNOWN, event.to_agent), trace_id=event.trace_id)


def _model_called(event: ModelCalled) -> Iterator[Amount]:
    yield Amount(c.MODEL_CALLS, (event.model,))
    yield Amount(c.MODEL_DURATION, (event.model,), _seconds(event), event.trace_id)
    if event.error_type is not None:
        yield Amount(c.MODEL_ERRORS, (event.model,), trace_id=event.trace_id)
    counts = (event.input, event.output, event.cache_read, event.cache_write, event.reasoning)
    for kind, count in zip(v.TOKEN_KINDS, counts, strict=True):
        if count:
            yield Amount(c.TOKENS, (event.model, kind), count)


_OF_EVENT: dict[type, Callable[..., Iterator[Amount]]] = {
    UserMessage: _user_message,
    AgentResponse: _agent_response,
    RunFailed: _run_failed,
    ToolCalled: _tool_called,
    HandoffRequested: _handoff,
    ModelCalled: _model_called,
}
