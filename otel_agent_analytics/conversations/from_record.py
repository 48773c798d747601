"""A log record as plain data → the event that it tells of. One small function per event name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import (
    AgentResponse,
    EndRequested,
    Event,
    FeedbackReceived,
    HandoffRequested,
    LogRecord,
    ResolutionJudged,
    Started,
    ToolCalled,
    UserMessage,
)
from otel_agent_analytics.conversations.identity import context_of, flag, signs_of, text, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


TOO_LONG: Final = 1e9
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
    if isinstance(seconds, (int, float)) and 0 <= seconds < TOO_LONG:  # refuses NaN too
        return round(seconds * 1e9)
    return None


def _started(record: LogRecord) -> Iterator[Event]:
    yield Started(*_head(record), context_of(record.attributes, record.version))
    rated = rating_of(record.attributes.get(v.METADATA_FEEDBACK))
    if rated is not None:
        event_id, begun, over, service, trace_id, agent = _head(record)
        yield FeedbackReceived(f"{event_id}:feedback", begun, over, service, trace_id, agent, *rated, v.DEFAULT_RATER)


def _user_message(record: LogRecord) -> Iterator[Event]:
    said = record.attributes
    length = whole(said.get(v.USER_MESSAGE_LENGTH))
    yield UserMessage(*_head(record), length, signs_of(said), context_of(said, record.version))


def _agent_response(record: LogRecord) -> Iterator[Event]:
    said = record.attributes
    length, question = whole(said.get(v.AGENT_MESSAGE_LENGTH)), flag(said.get(v.AGENT_MESSAGE_QUESTION))
    refusal = flag(said.get(v.AGENT_MESSAGE_REFUSAL))
    yield AgentResponse(*_head(record), None, length, question, _duration_ns(record), refusal, statement_of(said))


def _tool_called(record: LogRecord) -> Iterator[Event]:
    said = record.attributes
    head = _head(record, begun_ns=record.time_ns - (_duration_ns(record) or 0))
    yield ToolCalled(*head, text(said.get(v.GEN_AI_TOOL_NAME)) or v.UNKNOWN, text(said.get(v.ERROR_TYPE)))


def _handoff_requested(record: LogRecord) -> Iterator[Event]:
    target = text(record.attributes.get(v.HANDOFF_TO_AGENT))
    event_id, begun, over, service, trace_id, agent = _head(record)
    agent = text(record.attributes.get(v.HANDOFF_FROM_AGENT)) or agent
    yield HandoffRequested(event_id, begun, over, service, trace_id, agent, target or v.UNKNOWN, target is None)


def _evaluation(record: LogRecord) -> Iterator[Event]:
    """What somebody judged: a user's rating, or whether the conversation was resolved; nothing of other evaluations."""
    judge = _EVALUATIONS.get(str(record.attributes.get(v.GEN_AI_EVALUATION_NAME)))
    return judge(record) if judge is not None else iter(())


def is_unread(record: LogRecord) -> bool:
    """Return whether a record is a judgement of a kind that we know, and cannot be read all the same."""
    name = record.attributes.get(v.GEN_AI_EVALUATION_NAME)
    if record.event_name != v.EVENT_EVALUATION_RESULT or str(name) not in _EVALUATIONS:
        return False
    return next(_evaluation(record), None) is None


def _feedback(record: LogRecord) -> Iterator[Event]:
    said = record.attributes
    label, score = said.get(v.GEN_AI_EVALUATION_SCORE_LABEL), _score(said.get(v.GEN_AI_EVALUATION_SCORE_VALUE))
    rated = (str(label), score) if label in v.RATINGS else rating_of(score)
    if rated is not None:
        yield FeedbackReceived(*_head(record), *rated, text(said.get(v.RATER)) or v.DEFAULT_RATER)


def _resolution(record: LogRecord) -> Iterator[Event]:
    said = record.attributes
    label, score = str(said.get(v.GEN_AI_EVALUATION_SCORE_LABEL)).lower(), said.get(v.GEN_AI_EVALUATION_SCORE_VALUE)
    if label in v.RESOLVED_LABELS or label in v.UNRESOLVED_LABELS:
        yield ResolutionJudged(*_head(record), label in v.RESOLVED_LABELS)
    elif isinstance(score, (int, float)) and 0 <= score <= 1:
        yield ResolutionJudged(*_head(record), score >= _HALF)


def rating_of(said: Any) -> tuple[str, float | None] | None:
    """Return a rating as ``(positive | neutral | negative, score 1 to 5 or None)``; None for what is no rating.

    A rating is one of the three words (``up`` and ``down`` stand for two of them) or a number from 1 to 5.
    """
    if isinstance(said, str):
        word = _WORDS.get(said.strip().lower(), said.strip().lower())
        if word in v.RATINGS:
            return word, None
        said = _WORDS_AS_SCORES.get(word)
    score = _score(said)
    if score is None:
        return None
    return (v.POSITIVE if score > _NEUTRAL else v.NEGATIVE if score < _NEUTRAL else v.NEUTRAL), score


def _score(said: Any) -> float | None:
    return float(said) if type(said) in {int, float} and _LOWEST <= said <= _HIGHEST else None


_LOWEST: Final = 1
_NEUTRAL: Final = 3
_HIGHEST: Final = 5
_HALF: Final = 0.5
_WORDS: Final = {"up": v.POSITIVE, "down": v.NEGATIVE, "thumbs_up": v.POSITIVE, "thumbs_down": v.NEGATIVE}
_WORDS_AS_SCORES: Final = {str(score): score for score in range(_LOWEST, _HIGHEST + 1)}


def statement_of(said: Mapping[str, Any]) -> str | None:
    """Return what an agent's message says of the result; None where that was not measured."""
    statement = said.get(v.AGENT_MESSAGE_STATEMENT)
    return statement if statement in v.STATEMENTS else None


def _end(outcome: str | None) -> Callable[[LogRecord], Iterator[Event]]:
    def decoder(record: LogRecord) -> Iterator[Event]:
        said = record.attributes.get(v.OUTCOME, outcome)
        yield EndRequested(*_head(record), said if said in v.OUTCOMES else None)

    return decoder


_EVALUATIONS: dict[str, Callable[[LogRecord], Iterator[Event]]] = {
    v.EVALUATION_USER_FEEDBACK: _feedback,
    v.EVALUATION_RESOLUTION: _resolution,
}

_DECODERS: dict[str, Callable[[LogRecord], Iterator[Event]]] = {
    v.EVENT_STARTED: _started,
    v.EVENT_USER_MESSAGE: _user_message,
    v.EVENT_AGENT_RESPONSE: _agent_response,
    v.EVENT_TOOL_CALLED: _tool_called,
    v.EVENT_HANDOFF_REQUESTED: _handoff_requested,
    v.EVENT_EVALUATION_RESULT: _evaluation,
    v.EVENT_FEEDBACK_RECEIVED: _feedback,
    v.EVENT_COMPLETED: _end(v.COMPLETED),
    v.EVENT_ABANDONED: _end(v.ABANDONED),
    v.EVENT_ENDED: _end(None),
}

EVENT_NAMES: Final = frozenset(_DECODERS)
"""The log records that tell of a conversation, by their event names."""
