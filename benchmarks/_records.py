"""The conversations that ``engine.py`` feeds: turns of 5 spans, decoded beforehand to plain records."""

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
    v.GEN_AI_REQUEST_MODEL: "gpt-4.1",
    v.GEN_AI_USAGE_INPUT_TOKENS: 120,
    v.GEN_AI_USAGE_OUTPUT_TOKENS: 30,
}
_WHOLE_TURN: Final[dict[str, Any]] = {
    v.OPERATION: v.OPERATION_TURN,
    v.ANSWERING_AGENT: "Support",
    v.USER_MESSAGE_LENGTH: 80,
    v.USER_MESSAGE_CLOSING: False,
    v.TURN_ANSWERED: True,
    v.AGENT_MESSAGE_LENGTH: 240,
    v.AGENT_MESSAGE_QUESTION: False,
}
# Attributes, and from when to when in the turn, in seconds.
_TURN: Final[tuple[tuple[dict[str, Any], int, int], ...]] = (
    ({v.OPERATION: v.OPERATION_GUARDRAIL, v.GUARDRAIL_NAME: "polite", v.GUARDRAIL_TRIGGERED: False}, 0, 1),
    (_MODEL_CALL, 1, 3),
    ({v.GEN_AI_OPERATION_NAME: v.OPERATION_EXECUTE_TOOL, v.GEN_AI_TOOL_NAME: "lookup_order"}, 3, 4),
    (_MODEL_CALL, 4, 6),
    (_WHOLE_TURN, 0, 7),
)


def records_of(number: int, turns: int, begins_ns: int | None = None) -> Iterator[SpanRecord]:
    """Yield the spans of a conversation in the order in which they end.

    It begins a second after the one before, unless told when.
    """
    begins_ns = BEGIN_NS + number * SECOND_NS if begins_ns is None else begins_ns
    for turn in range(turns):
        said = {v.GEN_AI_CONVERSATION_ID: f"conversation-{number}", v.GEN_AI_AGENT_NAME: "Support", v.DERIVED: True}
        trace_id, start_ns = f"{number * turns + turn + 1:032x}", begins_ns + turn * TURN_NS
        for place, (attributes, from_s, to_s) in enumerate(_TURN):
            span_id = f"{(number * turns + turn) * _SPANS_OF_TURN + place + 1:016x}"
            times = start_ns + from_s * SECOND_NS, start_ns + to_s * SECOND_NS
            yield SpanRecord(trace_id, span_id, *times, {**said, **attributes}, failed=False, service=_SERVICE)
