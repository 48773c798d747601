"""A log record as plain data → the event that it tells of. One small function per event name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import (
    AgentResponse,
    EndRequested,
    Event,
    FeedbackReceived,
    HandoffRequested,
    LogRecord,
    Started,
    ToolCalled,
    UserMessage,
)
from otel_agent_analytics.conversations.identity import context_of, flag, text, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_TOO_LONG = 1e9
"""Seconds, 30 years: no duration is that long, and a larger one would not fit into a time."""


def decode_record(record: LogRecord) -> Iterator[Event]:
    """Yield the events that a log record tells of; nothing for records that are not ours."""
    decoder = _DECODERS.get(record.event_name)
    return decoder(record) if decoder is not None else iter(())


def _head(record: LogRecord, *, begun_ns: int | None = None) -> tuple[str, int, int, Any, str, str | None]:
    said, at = record.attributes, record.time_ns
    # A record without an id of its own is the same record when it says the same at the same time.
    event_id = text(said.get(v.EVENT_ID)) or f"{record.event_name}@{at}"
    return event_id, at if begun_ns is None else begun_ns, at, record.service, record.trace_id, _agent(record)


def _agent(record: LogRecord) -> str | None:
    return text(record.attributes.get(v.GEN_AI_AGENT_NAME))


def _duration_ns(record: LogRecord) -> int | None:
    seconds = record.attributes.get(v.DURATION_SECONDS)
    if isinstance(seconds, (int, float)) and 0 <= seconds < _TOO_LONG:  # refuses NaN too
        return round(seconds * 1e9)
    return None


def _started(record: LogRecord) -> Iterator[Event]:
    yield Started(*_head(record), context_of(record.attributes))


def _user_message(record: LogRecord) -> Iterator[Event]:
    said = record.attributes
    length, closing = whole(said.get(v.USER_MESSAGE_LENGTH)), flag(said.get(v.USER_MESSAGE_CLOSING))
    yield UserMessage(*_head(record), length, closing, context_of(said))


def _agent_response(record: LogRecord) -> Iterator[Event]:
    said = record.attributes
    length, question = whole(said.get(v.AGENT_MESSAGE_LENGTH)), flag(said.get(v.AGENT_MESSAGE_QUESTION))
    yield AgentResponse(*_head(record), None, length, question, _duration_ns(record))


def _tool_called(record: LogRecord) -> Iterator[Event]:
    said = record.attributes
    head = _head(record, begun_ns=record.time_ns - (_duration_ns(record) or 0))
    yield ToolCalled(*head, text(said.get(v.GEN_AI_TOOL_NAME)) or v.UNKNOWN, text(said.get(v.ERROR_TYPE)))


def _handoff_requested(record: LogRecord) -> Iterator[Event]:
    target = text(record.attributes.get(v.HANDOFF_TO_AGENT))
    event_id, begun, over, service, trace_id, agent = _head(record)
    agent = text(record.attributes.get(v.HANDOFF_FROM_AGENT)) or agent
    yield HandoffRequested(event_id, begun, over, service, trace_id, agent, target or v.UNKNOWN, target is None)


def _feedback(record: LogRecord) -> Iterator[Event]:
    said = record.attributes
    label, score = said.get(v.GEN_AI_EVALUATION_SCORE_LABEL), said.get(v.GEN_AI_EVALUATION_SCORE_VALUE)
    if said.get(v.GEN_AI_EVALUATION_NAME) == v.EVALUATION_USER_FEEDBACK and label in v.RATINGS:
        number = float(score) if isinstance(score, (int, float)) else None
        yield FeedbackReceived(*_head(record), str(label), number, text(said.get(v.RATER)) or v.DEFAULT_RATER)


def _end(outcome: str | None) -> Callable[[LogRecord], Iterator[Event]]:
    def decoder(record: LogRecord) -> Iterator[Event]:
        said = record.attributes.get(v.OUTCOME, outcome)
        yield EndRequested(*_head(record), said if said in v.OUTCOMES else None)

    return decoder


_DECODERS: dict[str, Callable[[LogRecord], Iterator[Event]]] = {
    v.EVENT_STARTED: _started,
    v.EVENT_USER_MESSAGE: _user_message,
    v.EVENT_AGENT_RESPONSE: _agent_response,
    v.EVENT_TOOL_CALLED: _tool_called,
    v.EVENT_HANDOFF_REQUESTED: _handoff_requested,
    v.EVENT_EVALUATION_RESULT: _feedback,
    v.EVENT_FEEDBACK_RECEIVED: _feedback,
    v.EVENT_COMPLETED: _end(v.COMPLETED),
    v.EVENT_ABANDONED: _end(v.ABANDONED),
    v.EVENT_ENDED: _end(None),
}
