"""What ``ingest.py`` sends: requests of OTLP with conversations of 5 turns, each of which is a trace of 12 spans.

A new conversation begins every two seconds, so that about 53 of them are under way at a time; spans come in the order
in which they end. Attributes are those that the bridge writes (``own``), or those of an agent of another framework that
follows the GenAI conventions (``other``), whose traces are read once they are whole. With content each model call has
messages of 1 to 3 kB on both sides.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SPANS_OF_TURN: Final = 12
TURNS: Final = 5
_TURN_SECONDS: Final = 25.0
_EVERY_SECONDS: Final = 2.0
_REPEATED: Final = 0.02
"""Share of requests that come twice, as after an answer that was lost."""
_FIELDS: Final = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value"}
_WORDS: Final = [
    "where",
    "is",
    "my",
    "order",
    "it",
    "was",
    "to",
    "come",
    "on",
    "Monday",
    "and",
    "the",
    "parcel",
    "has",
    "not",
    "been",
    "seen",
    "since",
    "please",
    "look",
]


class Request(NamedTuple):
    """One request."""

    spans: int
    body: bytes


class _Part(NamedTuple):
    """One span of a turn."""

    operation: str
    subject: str
    """The agent, model, tool or guardrail."""
    parent: int | None
    """Place of its parent in the turn."""
    begin: float
    """Seconds after the begin of the turn."""
    end: float


_TURN: Final = (
    _Part(v.OPERATION_INVOKE_WORKFLOW, "support", None, 0.0, 6.0),
    _Part(v.OPERATION_TURN, "triage", 0, 0.01, 5.99),
    _Part(v.OPERATION_INVOKE_AGENT, "triage", 1, 0.02, 2.4),
    _Part(v.OPERATION_GUARDRAIL, "polite", 2, 0.03, 0.2),
    _Part(v.OPERATION_CHAT, "gpt-4.1-mini", 2, 0.21, 1.5),
    _Part(v.OPERATION_EXECUTE_TOOL, "find_customer", 2, 1.51, 2.1),
    _Part(v.OPERATION_HANDOFF, "orders", 2, 2.11, 2.12),
    _Part(v.OPERATION_INVOKE_AGENT, "orders", 1, 2.41, 5.98),
    _Part(v.OPERATION_CHAT, "gpt-4.1", 7, 2.42, 3.6),
    _Part(v.OPERATION_EXECUTE_TOOL, "track_parcel", 7, 3.61, 4.3),
    _Part(v.OPERATION_CHAT, "gpt-4.1", 7, 4.31, 5.7),
    _Part(v.OPERATION_GUARDRAIL, "no_secrets", 7, 5.71, 5.97),
)
_OURS: Final = frozenset({v.OPERATION_TURN, v.OPERATION_HANDOFF, v.OPERATION_GUARDRAIL})
"""Operations that only the bridge has a name for; other frameworks send neither."""


def requests(seed: int, spans: int, size: int, end_ns: int, *, content: bool, other: bool) -> list[Request]:
    """Return requests in the order of sending.

    Args:
        seed: of all ids, times and texts.
        spans: how many altogether, about.
        size: spans of one request.
        end_ns: when the last of them ends, UTC nanoseconds.
        content: whether model calls have messages.
        other: whether they are of another framework.
    """
    dice = random.Random(seed)
    number = -(-spans // (TURNS * SPANS_OF_TURN))
    begin = end_ns / 1e9 - number * _EVERY_SECONDS - TURNS * _TURN_SECONDS
    made = [each for at in range(number) for each in _conversation(dice, begin + at * _EVERY_SECONDS, content, other)]
    ordered = [span for _, span in sorted(made, key=lambda each: each[0])][:spans]
    found = [_request(ordered[at : at + size], other) for at in range(0, len(ordered), size)]
    for at in sorted(dice.sample(range(len(found)), round(len(found) * _REPEATED)), reverse=True):
        found.insert(min(len(found), at + dice.randint(1, 20)), found[at])
    return found


def _request(spans: list[Span], other: bool) -> Request:
    made = ExportTraceServiceRequest()
    group = made.resource_spans.add()
    resource = {
        v.SERVICE_NAME: "shop", v.SERVICE_VERSION: "1.4.2", v.DEPLOYMENT_ENVIRONMENT_NAME: "production",
        "telemetry.sdk.language": "python", "telemetry.sdk.name": "opentelemetry",
    }  # fmt: skip
    group.resource.attributes.extend(_pairs(resource))
    of_scope = group.scope_spans.add()
    of_scope.scope.name = "some.framework" if other else v.SCOPE_NAME
    of_scope.spans.extend(spans)
    return Request(len(spans), made.SerializeToString())


def _conversation(dice: random.Random, begin: float, content: bool, other: bool) -> Iterator[tuple[float, Span]]:
    """Yield when each span ends, in seconds, and the span."""
    conversation_id, user = f"conv_{dice.getrandbits(128):032x}", f"{dice.getrandbits(256):064x}"
    for turn in range(TURNS):
        trace_id, ids = dice.randbytes(16), [dice.randbytes(8) for _ in _TURN]
        for part, span_id in zip(_TURN, ids, strict=True):
            if other and part.operation in _OURS:
                continue
            zero = begin + turn * _TURN_SECONDS + dice.random() / 100
            parent = _TURN[part.parent].parent if other and part.parent == 1 else part.parent
            span = Span(
                trace_id=trace_id, span_id=span_id, parent_span_id=b"" if parent is None else ids[parent],
                name=f"{part.operation} {part.subject}", flags=1,
                kind=Span.SPAN_KIND_CLIENT if part.operation == v.OPERATION_CHAT else Span.SPAN_KIND_INTERNAL,
                start_time_unix_nano=int((zero + part.begin) * 1e9), end_time_unix_nano=int((zero + part.end) * 1e9),
            )  # fmt: skip
            said = _said(dice, part)
            if content and part.operation == v.OPERATION_CHAT:
                said |= {
                    v.GEN_AI_INPUT_MESSAGES: _text(dice, "user"),
                    v.GEN_AI_OUTPUT_MESSAGES: _text(dice, "assistant"),
                }
            if part.operation == v.OPERATION_TURN:
                said |= {v.USER_HASH: user}
            if part.operation == v.OPERATION_EXECUTE_TOOL and dice.random() < 0.03:
                span.status.code = Status.STATUS_CODE_ERROR
                said[v.ERROR_TYPE] = "TimeoutError"
            span.attributes.extend(_pairs({v.GEN_AI_CONVERSATION_ID: conversation_id, **said}))
            yield zero + part.end, span


def _said(dice: random.Random, part: _Part) -> dict[str, Any]:
    """Return the attributes of a span but for its conversation: about 12."""
    named = v.OPERATION if part.operation in _OURS else v.GEN_AI_OPERATION_NAME
    said: dict[str, Any] = {
        named: part.operation, "thread.name": "MainThread", "thread.id": 1, "app.tenant": f"t{dice.randint(1, 3)}",
        "code.function.name": "answer", "app.release": "2026-11-21", "app.region": "eu-west-1",
    }  # fmt: skip
    return said | _OF_OPERATION[part.operation](dice, part.subject)


def _of_model(dice: random.Random, model: str) -> dict[str, Any]:
    return {
        v.GEN_AI_PROVIDER_NAME: v.PROVIDER_OPENAI, v.GEN_AI_REQUEST_MODEL: model,
        v.GEN_AI_RESPONSE_MODEL: f"{model}-2025-04-14", v.GEN_AI_RESPONSE_ID: f"resp_{dice.getrandbits(96):x}",
        v.GEN_AI_RESPONSE_FINISH_REASONS: ["stop"], v.GEN_AI_AGENT_NAME: "orders",
        v.GEN_AI_USAGE_INPUT_TOKENS: dice.randint(200, 4000), v.GEN_AI_USAGE_OUTPUT_TOKENS: dice.randint(10, 400),
    }  # fmt: skip


def _of_tool(dice: random.Random, tool: str) -> dict[str, Any]:
    return {
        v.GEN_AI_TOOL_NAME: tool, v.GEN_AI_TOOL_TYPE: v.TOOL_TYPE_FUNCTION, v.GEN_AI_AGENT_NAME: "orders",
        v.GEN_AI_TOOL_CALL_ID: f"call_{dice.getrandbits(96):x}",
    }  # fmt: skip


def _of_turn(dice: random.Random, agent: str) -> dict[str, Any]:
    return {
        v.GEN_AI_AGENT_NAME: agent, v.ANSWERING_AGENT: "orders", v.CHANNEL: "web", v.DEVICE: "mobile", v.COUNTRY: "GB",
        v.USER_MESSAGE_LENGTH: dice.randint(10, 300), v.USER_MESSAGE_LANGUAGE: "en", v.USER_MESSAGE_CLOSING: False,
        v.USER_MESSAGE_SENTIMENT: dice.randint(-9, 9) / 10, v.USER_MESSAGE_QUESTION: True,
        v.USER_MESSAGE_COMPLAINT: dice.random() < 0.1, v.USER_MESSAGE_REPHRASE: dice.random() < 0.1,
        v.AGENT_MESSAGE_LENGTH: dice.randint(10, 900), v.AGENT_MESSAGE_QUESTION: dice.random() < 0.2,
        v.TURN_ANSWERED: True,
    }  # fmt: skip


_OF_OPERATION: Final[dict[str, Callable[[random.Random, str], dict[str, Any]]]] = {
    v.OPERATION_INVOKE_WORKFLOW: lambda _, name: {v.GEN_AI_WORKFLOW_NAME: name, "app.channel": "web"},
    v.OPERATION_TURN: _of_turn,
    v.OPERATION_INVOKE_AGENT: lambda _, agent: {v.GEN_AI_AGENT_NAME: agent, "app.version": "7"},
    v.OPERATION_GUARDRAIL: lambda _, name: {v.GUARDRAIL_NAME: name, v.GUARDRAIL_TRIGGERED: False},
    v.OPERATION_CHAT: _of_model,
    v.OPERATION_EXECUTE_TOOL: _of_tool,
    v.OPERATION_HANDOFF: lambda _, to: {v.HANDOFF_FROM_AGENT: "triage", v.HANDOFF_TO_AGENT: to},
}


def _text(dice: random.Random, role: str) -> str:
    said = " ".join(dice.choices(_WORDS, k=dice.randint(180, 520)))
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": said}]}])


def _pairs(said: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(value)) for key, value in said.items()]


def _value(value: Any) -> AnyValue:
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[_value(item) for item in value]))
    return AnyValue(**{_FIELDS[type(value)]: value})
