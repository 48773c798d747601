"""One pair of pure functions per SDK span type, found through one table: what the span is called, and what it carries.

``start`` returns the name and the attributes that are known when the span begins (samplers see these), ``end`` what is
known when it is over. An unknown type gets a generic span under its own name; none is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from opentelemetry.trace import SpanKind

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Attributes = dict[str, Any]
_LONGEST_NAME: Final = 128
_LONGEST_VALUE: Final = 1024


class SpanType(NamedTuple):
    """How one type of SDK span becomes an OpenTelemetry span."""

    kind: SpanKind
    operation: str
    """First word of the name; empty where the subject alone is the name."""
    subject: Callable[[Any], str | None]
    """What the operation is done to: the second word of the name."""
    start: Callable[[Any], Iterator[tuple[str, Any]]]
    end: Callable[[Any], Iterator[tuple[str, Any]]]


def span_type(data: Any) -> SpanType:
    """Return the row of the table for the SDK's span data."""
    return SPAN_TYPES.get(getattr(data, "type", ""), _GENERIC)


def span_name(row: SpanType, subject: str | None) -> str:
    """Return ``operation subject``, or the operation alone."""
    return " ".join(word for word in (row.operation, subject) if word)[:_LONGEST_NAME]


def attributes(pairs: Iterator[tuple[str, Any]]) -> Attributes:
    """Collect pairs, without those whose value is not there."""
    return {key: value for key, value in pairs if value is not None}


def _nothing(_: Any) -> Iterator[tuple[str, Any]]:
    return iter(())


def _named(data: Any) -> str | None:
    name = getattr(data, "name", None)
    return name if isinstance(name, str) and name else None


def _task_start(_: Any) -> Iterator[tuple[str, Any]]:
    yield v.OPERATION, v.OPERATION_TURN


def _agent_start(data: Any) -> Iterator[tuple[str, Any]]:
    yield v.GEN_AI_OPERATION_NAME, v.OPERATION_INVOKE_AGENT
    yield v.GEN_AI_AGENT_NAME, _named(data)


def _response_model(data: Any) -> str | None:
    model = getattr(getattr(data, "response", None), "model", None)
    return model if isinstance(model, str) and model else None


def _model_start(data: Any) -> Iterator[tuple[str, Any]]:
    yield v.GEN_AI_OPERATION_NAME, v.OPERATION_CHAT
    yield v.GEN_AI_PROVIDER_NAME, v.PROVIDER_OPENAI
    yield v.GEN_AI_REQUEST_MODEL, getattr(data, "model", None)


def _response_end(data: Any) -> Iterator[tuple[str, Any]]:
    response, model = getattr(data, "response", None), _response_model(data)
    yield v.GEN_AI_REQUEST_MODEL, model
    yield v.GEN_AI_RESPONSE_MODEL, model
    yield v.GEN_AI_RESPONSE_ID, getattr(response, "id", None) or getattr(data, "_response_id", None)
    yield from _usage(getattr(data, "usage", None))


def _generation_end(data: Any) -> Iterator[tuple[str, Any]]:
    yield from _usage(getattr(data, "usage", None))


def _usage(usage: Any) -> Iterator[tuple[str, Any]]:
    """Token counts of a model call; they are there even where the SDK withholds the texts."""
    if not isinstance(usage, dict):
        return
    read, written = usage.get("input_tokens_details"), usage.get("output_tokens_details")
    yield v.GEN_AI_USAGE_INPUT_TOKENS, _count(usage, "input_tokens", "prompt_tokens")
    yield v.GEN_AI_USAGE_OUTPUT_TOKENS, _count(usage, "output_tokens", "completion_tokens")
    yield v.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS, _count(read, "cached_tokens")
    yield v.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS, _count(read, "cache_write_tokens")
    yield v.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS, _count(written, "reasoning_tokens")


def _count(counts: Any, *names: str) -> int | None:
    values = (counts.get(name) for name in names) if isinstance(counts, dict) else ()
    return next((value for value in values if isinstance(value, int) and value >= 0), None)


def _tool_start(data: Any) -> Iterator[tuple[str, Any]]:
    yield v.GEN_AI_OPERATION_NAME, v.OPERATION_EXECUTE_TOOL
    yield v.GEN_AI_TOOL_NAME, _named(data)
    yield v.GEN_AI_TOOL_TYPE, v.TOOL_TYPE_FUNCTION


def _handoff_start(data: Any) -> Iterator[tuple[str, Any]]:
    yield v.OPERATION, v.OPERATION_HANDOFF
    yield v.HANDOFF_FROM_AGENT, getattr(data, "from_agent", None)


def _handoff_end(data: Any) -> Iterator[tuple[str, Any]]:
    # The SDK knows the target only after the span has started.
    yield v.HANDOFF_TO_AGENT, getattr(data, "to_agent", None)


def _guardrail_start(data: Any) -> Iterator[tuple[str, Any]]:
    yield v.OPERATION, v.OPERATION_GUARDRAIL
    yield v.GUARDRAIL_NAME, _named(data)


def _guardrail_end(data: Any) -> Iterator[tuple[str, Any]]:
    yield v.GUARDRAIL_TRIGGERED, bool(getattr(data, "triggered", False))


def _turn_start(data: Any) -> Iterator[tuple[str, Any]]:
    yield v.OPERATION, v.OPERATION_MODEL_TURN
    yield v.MODEL_TURN, getattr(data, "turn", None)


def _generic_start(data: Any) -> Iterator[tuple[str, Any]]:
    yield v.OPERATION, v.OPERATION_GENERIC
    yield v.SDK_SPAN_TYPE, _type_of(data)


def _type_of(data: Any) -> str:
    return str(getattr(data, "type", type(data).__name__))


def _generic_end(data: Any) -> Iterator[tuple[str, Any]]:
    """The data of a custom span; text of other types stays here, since it may be what somebody said."""
    given: Mapping[str, Any] = data.data if isinstance(getattr(data, "data", None), dict) else {}
    for key, value in given.items():
        yield f"{v.DATA_PREFIX}{key}", value if isinstance(value, (bool, int, float)) else str(value)[:_LONGEST_VALUE]


_GENERIC: Final = SpanType(
    SpanKind.INTERNAL, "", lambda data: _named(data) or _type_of(data), _generic_start, _generic_end
)


SPAN_TYPES: Final[dict[str, SpanType]] = {
    "task": SpanType(SpanKind.INTERNAL, v.OPERATION_TURN, lambda _: None, _task_start, _nothing),
    "turn": SpanType(SpanKind.INTERNAL, v.OPERATION_MODEL_TURN, lambda _: None, _turn_start, _nothing),
    "agent": SpanType(SpanKind.INTERNAL, v.OPERATION_INVOKE_AGENT, _named, _agent_start, _nothing),
    "response": SpanType(SpanKind.CLIENT, v.OPERATION_CHAT, _response_model, _model_start, _response_end),
    "generation": SpanType(SpanKind.CLIENT, v.OPERATION_CHAT, lambda data: data.model, _model_start, _generation_end),
    "function": SpanType(SpanKind.INTERNAL, v.OPERATION_EXECUTE_TOOL, _named, _tool_start, _nothing),
    "handoff": SpanType(
        SpanKind.INTERNAL, v.OPERATION_HANDOFF, lambda data: data.to_agent, _handoff_start, _handoff_end
    ),
    "guardrail": SpanType(SpanKind.INTERNAL, v.OPERATION_GUARDRAIL, _named, _guardrail_start, _guardrail_end),
}
"""The types of which we know what they mean; custom, MCP and voice spans are generic for now."""
