"""Events and records → what they add to which metric. Pure; the counterpart of the catalogue."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import (
    AgentResponse,
    Event,
    GuardrailChecked,
    HandoffRequested,
    LoopFound,
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
    value: int | Decimal = 1
    """In the metric's unit; exact, so that sums do not depend on the order of what is added."""
    trace_id: str = ""
    """An example to look at; empty without one."""


def of_event(event: Event) -> Iterator[Amount]:
    """Yield what a new event adds by itself, whatever order events come in."""
    measure = _OF_EVENT.get(type(event))
    if measure is not None:
        yield from measure(event)


def of_record(record: ConversationRecord) -> Iterator[Amount]:
    """Yield what an ended episode adds to counters; all of it can be taken back."""
    yield from _ratings(record)
    if record.outcome is None:
        yield Amount(c.VISITS, ())
        return
    trace_id = record.trace_id
    yield Amount(c.ENDED, (record.outcome, record.agent), trace_id=trace_id)
    if record.outcome == v.ABANDONED:
        yield Amount(c.TURN_ABANDONED, (turn_label(record.user_turns),), trace_id=trace_id)
    if record.escalation_agent is not None:
        yield Amount(c.ESCALATED, (record.escalation_agent,), trace_id=trace_id)
    if record.without_signals:
        yield Amount(c.WITHOUT_SIGNALS, ())
    for resolution in record.resolutions:
        yield Amount(c.RESOLUTIONS, (resolution,))
    for metric, value in ((metric, getattr(record, field)) for metric, field in _SHARES):
        yield Amount(metric, (v.UNKNOWN if value is None else str(value),), trace_id=trace_id)
    if record.rating is not None:
        yield Amount(c.RATED_RESOLUTION, (record.resolution_status or v.UNKNOWN, record.rating))
        yield Amount(c.RATED_SENTIMENT, (record.sentiment or v.UNKNOWN, record.rating))
    for metric, count in ((metric, getattr(record, field)) for metric, field in _COUNTS):
        if count:
            yield Amount(metric, (), count)
    yield from _wants(record)
    yield from _money(record)
    yield from _audience(record)


_SHARES = (
    (c.BY_STATUS, "resolution_status"),
    (c.BY_SENTIMENT, "sentiment"),
    (c.BY_TRAJECTORY, "trajectory"),
)
_COUNTS = (
    (c.REPHRASES, "rephrases"),
    (c.REPEATS, "repeats"),
    (c.DISSATISFIED_TURNS, "dissatisfied_turns"),
    (c.JUDGED_TURNS, "judged_turns"),
)


def _ratings(record: ConversationRecord) -> Iterator[Amount]:
    for _, rating, score in record.ratings:
        yield Amount(c.FEEDBACK, (rating,))
        if score is not None:
            yield Amount(c.SCORES, (), Decimal(str(score)))
            yield Amount(c.SCORED, ())
    if record.rating is not None and record.engaged:
        yield Amount(c.RATED, (record.rating,))


def _wants(record: ConversationRecord) -> Iterator[Amount]:
    intent, topic = record.intent or v.UNKNOWN, record.topic or v.UNKNOWN
    yield Amount(c.BY_INTENT, (intent,), trace_id=record.trace_id)
    yield Amount(c.BY_TOPIC, (topic,), trace_id=record.trace_id)
    if record.unresolved:
        yield Amount(c.UNRESOLVED_BY_INTENT, (intent,), trace_id=record.trace_id)
        yield Amount(c.UNRESOLVED_BY_TOPIC, (topic,), trace_id=record.trace_id)


def _money(record: ConversationRecord) -> Iterator[Amount]:
    if record.cost is not None:
        yield Amount(c.ENDED_COST, (str(record.outcome),), record.cost)
    sides = [v.VERIFIED] if v.VERIFIED in record.resolutions else []
    for side in (*sides, *([v.ESCALATED] if record.escalated else [])):
        if record.unpriced_calls:
            yield Amount(c.SAVINGS_UNPRICED, (side,))
        else:
            yield Amount(c.SAVINGS_CONVERSATIONS, (side,))
            yield Amount(c.SAVINGS_COST, (side,), record.cost or 0)


def _audience(record: ConversationRecord) -> Iterator[Amount]:
    context = record.context
    yield Amount(c.BY_COUNTRY, (context.country or v.UNKNOWN,))
    yield Amount(c.BY_DEVICE, (device_label(context.device),))
    yield Amount(c.BY_LANGUAGE, (context.language or v.UNKNOWN,))
    yield Amount(c.BY_CHANNEL, (context.channel or v.UNKNOWN,))
    if record.effort is not None:
        yield Amount(c.BY_EFFORT, (str(record.effort),))


def device_label(device: str | None) -> str:
    """Return the device as one of the few that the label may show."""
    return v.UNKNOWN if device is None else device if device in c.DEVICES else v.OTHER_LABEL


def distributions_of_record(record: ConversationRecord) -> Iterator[Amount]:
    """Yield what an ended episode adds to histograms, which cannot be taken back."""
    if not record.engaged:
        return
    trace_id = record.trace_id
    yield Amount(c.DURATION, (), record.duration_ns, trace_id)
    yield Amount(c.CONVERSATION_TURNS, (), record.user_turns, trace_id)
    if record.resolution_status == v.RESOLVED:
        yield Amount(c.RESOLUTION_TIME, (record.agent,), record.duration_ns, trace_id)
    for waited_ns in record.first_responses_ns:
        yield Amount(c.FIRST_RESPONSE_TIME, (), waited_ns, trace_id)
    if record.cost is not None and not record.unpriced_calls:
        yield Amount(c.CONVERSATION_COST, (), record.cost, trace_id)
    if record.input_tokens is not None or record.output_tokens is not None:
        yield Amount(c.CONVERSATION_TOKENS, (), (record.input_tokens or 0) + (record.output_tokens or 0), trace_id)
    if record.satisfaction is not None:
        yield Amount(c.SATISFACTION, (), Decimal(str(round(record.satisfaction, 6))), trace_id)


def turn_label(turn: int) -> str:
    """Return the label of a turn, counted from 1: its number, or ``21+``."""
    return v.TURNS[min(turn, len(v.TURNS)) - 1]


def of_progress(before: State, after: State) -> Iterator[Amount]:
    """Yield what two states of an episode tell: that the user began to speak, and which turns have been decided."""
    if after.started and not before.started:
        yield Amount(c.STARTED, (after.cut.channel or v.UNKNOWN,))
    for turn in range(before.reached + 1, after.reached + 1):
        if turn not in before.ahead:
            yield Amount(c.TURN_REACHED, (turn_label(turn),))


def _user_message(_: UserMessage) -> Iterator[Amount]:
    yield Amount(c.MESSAGES, (v.ROLE_USER,))


def _agent_response(event: AgentResponse) -> Iterator[Amount]:
    yield Amount(c.MESSAGES, (v.ROLE_AGENT,))
    if event.response_ns is not None:
        yield Amount(c.RESPONSE_TIME, (event.agent or v.UNKNOWN,), event.response_ns, event.trace_id)


def _run_failed(event: RunFailed) -> Iterator[Amount]:
    yield Amount(c.ERRORS, (v.SOURCE_RUN, event.error_type), trace_id=event.trace_id)


def _tool_called(event: ToolCalled) -> Iterator[Amount]:
    yield Amount(c.TOOL_CALLS, (event.tool,))
    yield Amount(c.TOOL_DURATION, (event.tool,), event.until_ns - event.time_ns, event.trace_id)
    if event.error_type is not None:
        yield Amount(c.TOOL_ERRORS, (event.tool,), trace_id=event.trace_id)
        yield Amount(c.ERRORS, (v.SOURCE_TOOL, event.error_type), trace_id=event.trace_id)


def _handoff(event: HandoffRequested) -> Iterator[Amount]:
    yield Amount(c.HANDOFFS, (event.agent or v.UNKNOWN, event.to_agent), trace_id=event.trace_id)


def _model_called(event: ModelCalled) -> Iterator[Amount]:
    model, trace_id = event.model, event.trace_id
    yield Amount(c.MODEL_CALLS, (model,))
    yield Amount(c.MODEL_DURATION, (model,), event.until_ns - event.time_ns, trace_id)
    if event.first_token_ns is not None:
        yield Amount(c.TIME_TO_FIRST_TOKEN, (model,), event.first_token_ns, trace_id)
    if event.error_type is not None:
        yield Amount(c.MODEL_ERRORS, (model,), trace_id=trace_id)
        yield Amount(c.ERRORS, (v.SOURCE_MODEL, event.error_type), trace_id=trace_id)
    if event.cost is not None:
        yield Amount(c.COST, (event.agent or v.UNKNOWN, model), event.cost)
    elif event.unpriced:
        yield Amount(c.UNPRICED, (model,))
    counts = (event.input, event.output, event.cache_read, event.cache_write, event.reasoning)
    for kind, count in zip(v.TOKEN_TYPES, counts, strict=True):
        if count:
            yield Amount(c.TOKENS, (model, kind), count)


def _loop_found(event: LoopFound) -> Iterator[Amount]:
    yield Amount(c.LOOPS, (), event.loops, event.trace_id)


def _guardrail_checked(event: GuardrailChecked) -> Iterator[Amount]:
    yield Amount(c.GUARDRAIL_CHECKS, (event.guardrail,))
    if event.triggered:
        yield Amount(c.GUARDRAIL_TRIPS, (event.guardrail,), trace_id=event.trace_id)


_OF_EVENT: dict[type, Callable[..., Iterator[Amount]]] = {
    UserMessage: _user_message,
    AgentResponse: _agent_response,
    RunFailed: _run_failed,
    ToolCalled: _tool_called,
    HandoffRequested: _handoff,
    ModelCalled: _model_called,
    LoopFound: _loop_found,
    GuardrailChecked: _guardrail_checked,
}
