"""A finished span, or a log record, as plain data → the events that it tells of. One small function per operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import (
    AgentResponse,
    ApprovalRequested,
    Event,
    FeedbackReceived,
    GuardrailChecked,
    HandoffRequested,
    LogRecord,
    LoopFound,
    MessageHeard,
    ModelCalled,
    RunFailed,
    SpanRecord,
    ToolCalled,
    UserMessage,
)
from otel_agent_analytics.conversations.from_record import TOO_LONG, decode_record, is_unread, rating_of, statement_of
from otel_agent_analytics.conversations.identity import (
    SIGN_FLAGS,
    context_of,
    conversation_of,
    flag,
    share,
    signs_of,
    text,
    wants_in,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


def decode(source: SpanRecord | LogRecord) -> list[tuple[str, Event]]:
    """Return ``(conversation id, event)`` for all that a span or record tells; nothing when it has no conversation."""
    conversation_id = conversation_of(source.attributes)
    if conversation_id is None:
        return []
    return [(conversation_id, event) for event in events_of(source)]


def events_of(source: SpanRecord | LogRecord) -> Iterable[Event]:
    """Return all that a span or record tells, whatever its conversation."""
    if isinstance(source, LogRecord):
        return decode_record(source)
    decoder = _DECODERS.get(operation_of(source.attributes) or "")
    return decoder(source) if decoder is not None else ()


def bad_values(source: SpanRecord | LogRecord) -> int:
    """Return how many counts and flags of a span or record are none: of another type, negative, absurd."""
    said = source.attributes
    if isinstance(source, LogRecord):
        wrong, expected = int(is_unread(source)), _EXPECTED_OF_EVENTS.get(source.event_name, ())
    else:
        wrong, expected = int(source.end_ns < source.start_ns), _EXPECTED.get(operation_of(said) or "", ())
    for key, sound in expected:
        value = said.get(key)
        if value is not None and sound(value) is None:
            wrong += 1
    return wrong


def operation_of(attributes: Mapping[str, Any]) -> str | None:
    """Return what a span does: our own word for it, else the conventions'; None for spans that are not an agent's."""
    named = attributes.get(v.OPERATION) or attributes.get(v.GEN_AI_OPERATION_NAME)
    return named if isinstance(named, str) else None


def _head(span: SpanRecord) -> tuple[str, int, int, Any, str, str | None]:
    trace_id, span_id, start_ns, end_ns, said, _, service, *_rest = span
    agent = said.get(v.GEN_AI_AGENT_NAME)
    return (
        span_id, start_ns, max(start_ns, end_ns), service, trace_id,
        None if agent is None else text(agent),
    )  # fmt: skip


def _error_type(span: SpanRecord) -> str | None:
    named = span.attributes.get(v.ERROR_TYPE) or (v.CUT_OFF_ERROR if span.attributes.get(v.CUT_OFF) else None)
    return text(named or None) or (v.OTHER_ERROR if span.failed else None)


def _turn(span: SpanRecord) -> Iterator[Event]:
    """One run: the user's message, and how it ended: an answer, an error, or neither.

    A run that goes on after a human's approval has no message of its own: it ends what an earlier one began.
    """
    said = span.attributes
    span_id, start, end, service, trace_id, first_agent = _head(span)
    agent = text(said.get(v.ANSWERING_AGENT)) or first_agent
    resumed = said.get(v.TURN_RESUMED) is True
    answers, response_ns = (None, None) if resumed else (span_id, end - start)
    if not resumed:
        yield UserMessage(
            span_id, start, end, service, trace_id, agent,
            whole(said.get(v.USER_MESSAGE_LENGTH)), signs_of(said), context_of(said, span.version),
        )  # fmt: skip
    error_type = text(said.get(v.TURN_ERROR_TYPE)) or _error_type(span)
    if error_type is not None:
        yield RunFailed(f"{span_id}:error", end, end, service, trace_id, agent, answers, error_type)
    elif said.get(v.TURN_ANSWERED, True):
        yield AgentResponse(
            f"{span_id}:answer", end, end, service, trace_id, agent, answers,
            whole(said.get(v.AGENT_MESSAGE_LENGTH)), flag(said.get(v.AGENT_MESSAGE_QUESTION)), response_ns,
            flag(said.get(v.AGENT_MESSAGE_REFUSAL)), statement_of(said),
        )  # fmt: skip
    loops = whole(said.get(v.TURN_LOOPS))
    if loops:
        yield LoopFound(f"{span_id}:loops", end, end, service, trace_id, agent, loops)
    if said.get(v.TURN_WAITS_FOR_APPROVAL) is True:
        yield ApprovalRequested(f"{span_id}:approval", end, end, service, trace_id, agent)
    yield from _rating(span)


def _rating(span: SpanRecord) -> Iterator[Event]:
    """A rating that came as metadata of the run."""
    rated = rating_of(span.attributes.get(v.METADATA_FEEDBACK))
    if rated is not None:
        span_id, _, end, service, trace_id, agent = _head(span)
        yield FeedbackReceived(f"{span_id}:feedback", end, end, service, trace_id, agent, *rated, v.DEFAULT_RATER)


def _tool(span: SpanRecord) -> tuple[Event, ...]:
    failed = _error_type(span) or (v.TOOL_ERROR_RESULT if span.attributes.get(v.TOOL_RESULT_FAILED) else None)
    return (ToolCalled(*_head(span), text(span.attributes.get(v.GEN_AI_TOOL_NAME)) or v.UNKNOWN, failed),)


def _handoff(span: SpanRecord) -> tuple[Event, ...]:
    said = span.attributes
    span_id, start, end, service, trace_id, agent = _head(span)
    target = said.get(v.HANDOFF_TO_AGENT)
    requested = HandoffRequested(
        span_id, start, end, service, trace_id, text(said.get(v.HANDOFF_FROM_AGENT)) or agent,
        text(target) or v.UNKNOWN, target is None,
    )  # fmt: skip
    return (requested,)


def _model(span: SpanRecord) -> tuple[Event, ...]:
    said = span.attributes
    if said.get(v.INNER):  # the span around it tells of the same call
        return ()
    answered_by = text(said.get(v.GEN_AI_RESPONSE_MODEL))
    model = text(said.get(v.GEN_AI_REQUEST_MODEL)) or answered_by or v.UNKNOWN
    read, written, cache_read, cache_write, reasoning = [whole(said.get(key)) for key in _TOKEN_ATTRIBUTES]
    called = ModelCalled(
        *_head(span), model, read, written, cache_read, cache_write, reasoning, _error_type(span),
        text(said.get(v.GEN_AI_PROVIDER_NAME)), answered_by, text(said.get(v.OPENAI_RESPONSE_SERVICE_TIER)),
        _nanoseconds(said.get(v.TIME_TO_FIRST_TOKEN)), None,
    )  # fmt: skip
    if v.USER_MESSAGE_CONTENT_WORDS not in said:
        return (called,)
    return called, _heard(span)


def _heard(span: SpanRecord) -> MessageHeard:
    start = span.start_ns
    return MessageHeard(
        heard_id(span.span_id), start, start, span.service, span.trace_id, None, *wants_in(span.attributes)
    )


MODEL_OPERATIONS = frozenset({v.OPERATION_CHAT, v.OPERATION_TEXT_COMPLETION, v.OPERATION_GENERATE_CONTENT})
"""What a span does that is a call of a model."""


def heard_id(span_id: str) -> str:
    """Return the id of the event by which the span of a model call tells of the user's message."""
    return f"{span_id}:heard"


def _nanoseconds(seconds: Any) -> int | None:
    return round(seconds * 1e9) if type(seconds) in {float, int} and 0 <= seconds < TOO_LONG else None


def _guardrail(span: SpanRecord) -> tuple[Event, ...]:
    said = span.attributes
    name = text(said.get(v.GUARDRAIL_NAME)) or v.UNKNOWN
    return (GuardrailChecked(*_head(span), name, said.get(v.GUARDRAIL_TRIGGERED) is True),)


# In the order of the fields of ModelCalled.
_TOKEN_ATTRIBUTES = (
    v.GEN_AI_USAGE_INPUT_TOKENS,
    v.GEN_AI_USAGE_OUTPUT_TOKENS,
    v.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
    v.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
    v.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
)

_Expected: TypeAlias = "tuple[tuple[str, Callable[[Any], Any]], ...]"
_OF_USER_MESSAGE: _Expected = (
    (v.USER_MESSAGE_LENGTH, whole),
    (v.USER_MESSAGE_SENTIMENT, lambda value: share(value, -1.0)),
    (v.USER_MESSAGE_OVERLAP, lambda value: share(value, 0.0)),
    (v.USER_MESSAGE_INTENT_CONFIDENCE, lambda value: share(value, 0.0)),
    (v.USER_MESSAGE_CONTENT_WORDS, whole),
    *((key, flag) for key in SIGN_FLAGS),
)
_OF_AGENT_MESSAGE: _Expected = (
    (v.AGENT_MESSAGE_LENGTH, whole),
    (v.AGENT_MESSAGE_QUESTION, flag),
    (v.AGENT_MESSAGE_REFUSAL, flag),
    (v.AGENT_MESSAGE_STATEMENT, lambda value: value if value in v.STATEMENTS else None),
)
_OF_DURATION: _Expected = ((v.DURATION_SECONDS, _nanoseconds),)
_OF_RATING: _Expected = ((v.METADATA_FEEDBACK, rating_of),)
_OF_END: _Expected = ((v.OUTCOME, lambda value: value if value in v.OUTCOMES else None),)
_EXPECTED_OF_MODELS = (*((key, whole) for key in _TOKEN_ATTRIBUTES), (v.TIME_TO_FIRST_TOKEN, _nanoseconds))
# By event: which attributes of a record must be counts, flags, shares or one of a few words.
_EXPECTED_OF_EVENTS: dict[str, _Expected] = {
    v.EVENT_STARTED: _OF_RATING,
    v.EVENT_USER_MESSAGE: _OF_USER_MESSAGE,
    v.EVENT_AGENT_RESPONSE: (*_OF_AGENT_MESSAGE, *_OF_DURATION),
    v.EVENT_TOOL_CALLED: _OF_DURATION,
    v.EVENT_COMPLETED: _OF_END,
    v.EVENT_ABANDONED: _OF_END,
    v.EVENT_ENDED: _OF_END,
}
# By operation: which attributes must be counts, or flags.
_EXPECTED: dict[str, tuple[tuple[str, Callable[[Any], Any]], ...]] = {
    v.OPERATION_TURN: (
        *_OF_USER_MESSAGE,
        *_OF_AGENT_MESSAGE,
        *_OF_RATING,
        (v.TURN_ANSWERED, flag),
        (v.TURN_RESUMED, flag),
        (v.TURN_WAITS_FOR_APPROVAL, flag),
        (v.TURN_LOOPS, whole),
    ),
    v.OPERATION_GUARDRAIL: ((v.GUARDRAIL_TRIGGERED, flag),),
    v.OPERATION_EXECUTE_TOOL: ((v.TOOL_RESULT_FAILED, flag),),
    v.OPERATION_HANDOFF: (),
    **dict.fromkeys(MODEL_OPERATIONS, _EXPECTED_OF_MODELS),
    v.OPERATION_INVOKE_AGENT: (),
    v.OPERATION_INVOKE_WORKFLOW: (),
}

_DECODERS: dict[str, Callable[[SpanRecord], Iterable[Event]]] = {
    v.OPERATION_TURN: _turn,
    **dict.fromkeys(MODEL_OPERATIONS, _model),
    v.OPERATION_EXECUTE_TOOL: _tool,
    v.OPERATION_HANDOFF: _handoff,
    v.OPERATION_GUARDRAIL: _guardrail,
}
