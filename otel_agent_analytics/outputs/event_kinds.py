"""What a log record says of each kind of event: one table, which documentation and tests read too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import (
    AgentResponse,
    Event,
    FeedbackReceived,
    GuardrailChecked,
    HandoffRequested,
    ModelCalled,
    RunFailed,
    ToolCalled,
    UserMessage,
)
from otel_agent_analytics.outputs import wide_names as w

if TYPE_CHECKING:
    from collections.abc import Callable


class Kind(NamedTuple):
    """What is said of one kind of event."""

    event_name: str
    attributes: tuple[str, ...]
    """Beside those of every event; the first names what it is about."""
    values: Callable[[Any], tuple[Any, ...]]
    """Returns the values of these attributes; None for what is not known."""


# In the order of the fields of Signs and Context.
_SIGNS: Final = (
    v.USER_MESSAGE_LANGUAGE,
    v.USER_MESSAGE_SENTIMENT,
    v.USER_MESSAGE_CLOSING,
    v.USER_MESSAGE_THANKS,
    v.USER_MESSAGE_NEGATION,
    v.USER_MESSAGE_QUESTION,
    v.USER_MESSAGE_SAYS_NO,
    v.USER_MESSAGE_COMPLAINT,
    v.USER_MESSAGE_HUMAN_REQUEST,
    v.USER_MESSAGE_OVERLAP,
    v.USER_MESSAGE_REPHRASE,
    v.USER_MESSAGE_REPEAT,
    v.USER_MESSAGE_INTENT,
    v.USER_MESSAGE_INTENT_CONFIDENCE,
    v.USER_MESSAGE_CONTENT_WORDS,
    v.USER_MESSAGE_TOPIC,
)
_CONTEXT: Final = (v.CHANNEL, v.DEVICE, v.LANGUAGE, v.COUNTRY, v.USER_HASH, v.SESSION_ID)


def _seconds(event: Event) -> float:
    return (event.until_ns - event.time_ns) / 1e9


def _response_seconds(event: AgentResponse) -> float | None:
    return None if event.response_ns is None else event.response_ns / 1e9


def _handoff(event: HandoffRequested) -> tuple[Any, ...]:
    return None if event.failed else event.to_agent, event.agent, v.OTHER_ERROR if event.failed else None


def _model(event: ModelCalled) -> tuple[Any, ...]:
    return (
        event.model, event.answered_by, event.provider, event.input, event.output, event.cache_read, event.cache_write,
        event.reasoning, None if event.cost is None else float(event.cost), _seconds(event),
        None if event.first_token_ns is None else event.first_token_ns / 1e9, event.error_type,
    )  # fmt: skip


KINDS: Final[dict[type, Kind]] = {
    UserMessage: Kind(
        v.EVENT_USER_MESSAGE,
        (v.USER_MESSAGE_LENGTH, *_SIGNS, *_CONTEXT),
        lambda event: (event.length, *event.signs, *event.context[: len(_CONTEXT)]),
    ),
    AgentResponse: Kind(
        v.EVENT_AGENT_RESPONSE,
        (
            v.AGENT_MESSAGE_LENGTH, v.AGENT_MESSAGE_QUESTION, v.AGENT_MESSAGE_REFUSAL, v.AGENT_MESSAGE_STATEMENT,
            v.DURATION_SECONDS,
        ),
        lambda event: (event.length, event.question, event.refusal, event.statement, _response_seconds(event)),
    ),
    RunFailed: Kind(w.EVENT_ERROR, (v.ERROR_TYPE,), lambda event: (event.error_type,)),
    ToolCalled: Kind(
        v.EVENT_TOOL_CALLED,
        (v.GEN_AI_TOOL_NAME, v.DURATION_SECONDS, v.ERROR_TYPE),
        lambda event: (event.tool, _seconds(event), event.error_type),
    ),
    HandoffRequested: Kind(
        v.EVENT_HANDOFF_REQUESTED, (v.HANDOFF_TO_AGENT, v.HANDOFF_FROM_AGENT, v.ERROR_TYPE), _handoff
    ),
    ModelCalled: Kind(
        w.EVENT_MODEL_CALLED,
        (
            v.GEN_AI_REQUEST_MODEL, v.GEN_AI_RESPONSE_MODEL, v.GEN_AI_PROVIDER_NAME, v.GEN_AI_USAGE_INPUT_TOKENS,
            v.GEN_AI_USAGE_OUTPUT_TOKENS, v.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
            v.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS, v.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS, w.COST_USD,
            v.DURATION_SECONDS, v.TIME_TO_FIRST_TOKEN, v.ERROR_TYPE,
        ),
        _model,
    ),
    GuardrailChecked: Kind(
        w.EVENT_GUARDRAIL_CHECKED,
        (v.GUARDRAIL_NAME, v.GUARDRAIL_TRIGGERED, v.DURATION_SECONDS),
        lambda event: (event.guardrail, event.triggered, _seconds(event)),
    ),
    FeedbackReceived: Kind(
        v.EVENT_FEEDBACK_RECEIVED,
        (v.GEN_AI_EVALUATION_SCORE_LABEL, v.GEN_AI_EVALUATION_SCORE_VALUE, v.RATER),
        lambda event: (event.rating, event.score, event.rater),
    ),
}  # fmt: skip
"""What is not listed (a loop, a wait for approval) shows in the wide record, or has a log record of its own."""

OF_EVERY_EVENT: Final = (
    w.EVENT_NAME, v.EVENT_ID, v.GEN_AI_CONVERSATION_ID, w.EPISODE, v.GEN_AI_AGENT_NAME, v.CHANNEL, v.USER_HASH,
    v.SESSION_ID, v.DERIVED,
)  # fmt: skip
"""What every record of an event carries, where it is known."""
WITH_TURN: Final = (UserMessage, AgentResponse, RunFailed)
"""Events that tell their turn. What happens in a run ends before it, when its message is not known yet."""
