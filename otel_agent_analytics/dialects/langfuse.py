"""Langfuse's own SDK: observations of ``@observe``, of its OpenAI wrapper and of its LangChain handler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.dialects import names, official
from otel_agent_analytics.dialects.reading import (
    BAD_COUNT,
    Attributes,
    Dialect,
    Field,
    Reader,
    Role,
    Whole,
    count,
    name,
    parsed,
    quoted,
)

_ROLE_OF_KIND: Final = {
    "generation": Role.MODEL,
    "agent": Role.AGENT,
    "tool": Role.TOOL,
    "chain": Role.STEP,
    "span": Role.STEP,
    "guardrail": Role.GUARDRAIL,
    "evaluator": Role.EVALUATOR,
}
_Usage = Mapping[str, Any]


def role_of(attributes: Attributes) -> Role:
    """Return what an observation plays by its type."""
    kind = attributes.get(names.LANGFUSE_KIND)
    return _ROLE_OF_KIND.get(kind, Role.OTHER) if isinstance(kind, str) else Role.OTHER


def _usage(amount: Callable[[_Usage], int | None]) -> Reader:
    """Return a reader of one count in the usage details."""

    def reader(value: Any) -> int | None:
        usage = parsed(value)
        return amount(usage) if isinstance(usage, Mapping) else None

    return reader


def _total(own: str, providers: tuple[str, ...]) -> Callable[[_Usage], int | None]:
    """Return how to count all input or output: the provider's total, else the sum of Langfuse's parts of it."""

    def amount(usage: _Usage) -> int | None:
        for key in providers:
            if usage.get(key) is not None:
                return count(usage[key])
        parts = [count(part) for key, part in usage.items() if str(key) == own or str(key).startswith(f"{own}_")]
        return (BAD_COUNT if min(parts) < 0 else sum(parts)) if parts else None

    return amount


def _part(own: tuple[str, ...], groups: tuple[str, ...], details: tuple[str, ...]) -> Callable[[_Usage], int | None]:
    """Return how to count a part: by Langfuse's key, else in the provider's details."""

    def amount(usage: _Usage) -> int | None:
        found = [usage.get(key) for key in own]
        inner = [group for group in map(usage.get, groups) if isinstance(group, Mapping)]
        found += [group.get(detail) for group in inner for detail in details]
        return next((count(one) for one in found if one is not None), None)

    return amount


_INPUT_DETAILS: Final = ("prompt_tokens_details", "input_tokens_details")
_OUTPUT_DETAILS: Final = ("completion_tokens_details", "output_tokens_details")
_COUNTS: Final = (
    (v.GEN_AI_USAGE_INPUT_TOKENS, _total("input", ("prompt_tokens", "input_tokens"))),
    (v.GEN_AI_USAGE_OUTPUT_TOKENS, _total("output", ("completion_tokens", "output_tokens"))),
    (
        v.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
        _part(
            ("input_cached_tokens", "input_cache_read", "cache_read_input_tokens"), _INPUT_DETAILS, ("cached_tokens",)
        ),
    ),
    (
        v.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
        _part(("input_cache_creation", "cache_creation_input_tokens"), _INPUT_DETAILS, ("cache_write_tokens",)),
    ),
    (
        v.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
        _part(("output_reasoning_tokens", "output_reasoning"), _OUTPUT_DETAILS, ("reasoning_tokens",)),
    ),
)
_MODEL_FIELDS: Final = (
    Field(v.GEN_AI_REQUEST_MODEL, (names.LANGFUSE_MODEL,), name),
    *(Field(ours, (names.LANGFUSE_USAGE,), _usage(amount)) for ours, amount in _COUNTS),
    Field(v.OPENAI_RESPONSE_SERVICE_TIER, (names.LANGFUSE_MODEL_PARAMETERS,), quoted("service_tier")),
    *official.MODEL_FIELDS,
)

LANGFUSE: Final = Dialect(
    name="langfuse",
    role=role_of,
    fields={**official.FIELDS, Role.MODEL: _MODEL_FIELDS},
    agent=(Field(v.GEN_AI_AGENT_NAME, (v.GEN_AI_AGENT_NAME,), name),),
    asked=(Whole(names.LANGFUSE_INPUT), Whole(names.LANGFUSE_TRACE_INPUT)),
    answered=(Whole(names.LANGFUSE_OUTPUT), Whole(names.LANGFUSE_TRACE_OUTPUT)),
    arguments=(names.LANGFUSE_INPUT,),
    result=(names.LANGFUSE_OUTPUT,),
    tool_is_span=True,
)
