"""The conversations that ``engine.py`` feeds: turns of 5 spans as the bridge sends them, decoded to plain records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service, SpanRecord
from otel_agent_analytics.conversations.rules import SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPANS_OF_TURN: Final = 5
TURN_NS: Final = 60 * SECOND_NS
"""From the begin of one turn to that of the next."""
_SERVICE: Final = Service("benchmark")
BEGIN_NS: Final = 1_767_571_200 * SECOND_NS
"""When the first conversation begins."""
EVENTS_OF_TURN: Final = 6
"""The turn's own span tells of two: the user's message and the answer."""

_MODEL_CALL: Final[dict[str, Any]] = {
    v.GEN_AI_OPERATION_NAME: v.OPERATION_CHAT,
    v.OPENAI_API_TYPE: v.API_RESPONSES,
    v.GEN_AI_PROVIDER_NAME: v.PROVIDER_OPENAI,
    v.GEN_AI_REQUEST_MODEL: "gpt-4.1",
    v.GEN_AI_RESPONSE_MODEL: "gpt-4.1-2025-04-14",
    v.GEN_AI_RESPONSE_ID: "resp_1",
    v.GEN_AI_RESPONSE_FINISH_REASONS: ("stop",),
    v.GEN_AI_USAGE_INPUT_TOKENS: 120,
    v.GEN_AI_USAGE_OUTPUT_TOKENS: 30,
    v.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS: 64,
    v.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS: 12,
    v.MODEL_TURN: 1,
}
_TOOL_CALL: Final[dict[str, Any]] = {
    v.GEN_AI_OPERATION_NAME: v.OPERATION_EXECUTE_TOOL,
    v.GEN_AI_TOOL_NAME: "lookup_order",
    v.GEN_AI_TOOL_TYPE: v.TOOL_TYPE_FUNCTION,
    v.GEN_AI_TOOL_CALL_ID: "call_1",
    v.MODEL_TURN: 1,
}
_GUARDRAIL: Final[dict[str, Any]] = {
    v.OPERATION: v.OPERATION_GUARDRAIL,
    v.GUARDRAIL_NAME: "polite",
    v.GUARDRAIL_TRIGGERED: False,
}
_WHOLE_TURN: Final[dict[str, Any]] = {
    v.OPERATION: v.OPERATION_TURN,
    v.CHANNEL: "web",
    v.DEVICE: "mobile",
    v.LANGUAGE: "en",
    v.COUNTRY: "GB",
    v.ANSWERING_AGENT: "Support",
    v.USER_MESSAGE_LENGTH: 80,
    v.USER_MESSAGE_LANGUAGE: "en",
    v.USER_MESSAGE_SENTIMENT: 0.1,
    v.USER_MESSAGE_CLOSING: False,
    v.USER_MESSAGE_THANKS: False,
    v.USER_MESSAGE_NEGATION: False,
    v.USER_MESSAGE_QUESTION: True,
    v.USER_MESSAGE_SAYS_NO: False,
    v.USER_MESSAGE_COMPLAINT: False,
    v.USER_MESSAGE_HUMAN_REQUEST: False,
    v.USER_MESSAGE_OVERLAP: 0.125,
    v.USER_MESSAGE_REPHRASE: False,
    v.USER_MESSAGE_REPEAT: False,
    v.TURN_ANSWERED: True,
    v.AGENT_MESSAGE_LENGTH: 240,
    v.AGENT_MESSAGE_QUESTION: False,
    v.AGENT_MESSAGE_REFUSAL: False,
    v.AGENT_MESSAGE_STATEMENT: v.STATEMENT_NONE,
}
# Attributes, and from when to when in the turn, in seconds.
_TURN: Final[tuple[tuple[dict[str, Any], int, int], ...]] = (
    (_GUARDRAIL, 0, 1),
    (_MODEL_CALL, 1, 3),
    (_TOOL_CALL, 3, 4),
    (_MODEL_CALL, 4, 6),
    (_WHOLE_TURN, 0, 7),
)


def records_of(number: int, turns: int, begins_ns: int | None = None) -> Iterator[SpanRecord]:
    """Yield the spans of a conversation in the order in which they end.

    It begins a second after the one before, unless told when. Every conversation has a user of its own.
    """
    begins_ns = BEGIN_NS + number * SECOND_NS if begins_ns is None else begins_ns
    for turn in range(turns):
        said = {v.GEN_AI_CONVERSATION_ID: f"conversation-{number}", v.GEN_AI_AGENT_NAME: "Support", v.DERIVED: True}
        who = {v.USER_HASH: f"{number * 7919:064x}", v.SESSION_ID: f"session-{number}"}
        trace_id, start_ns = f"{number * turns + turn + 1:032x}", begins_ns + turn * TURN_NS
        for place, (attributes, from_s, to_s) in enumerate(_TURN):
            span_id = f"{(number * turns + turn) * _SPANS_OF_TURN + place + 1:016x}"
            times = start_ns + from_s * SECOND_NS, start_ns + to_s * SECOND_NS
            all_said = {**said, **attributes, **(who if attributes is _WHOLE_TURN else {})}
            yield SpanRecord(trace_id, span_id, *times, all_said, failed=False, service=_SERVICE)
