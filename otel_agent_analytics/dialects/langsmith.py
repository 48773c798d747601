"""LangSmith's own OpenTelemetry export: runs of LangChain, LangGraph and of ``@traceable`` functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.dialects import names, official
from otel_agent_analytics.dialects.reading import Attributes, Dialect, Field, Reader, Role, count, name, parsed

_ROLE_OF_KIND: Final = {"llm": Role.MODEL, "tool": Role.TOOL, "chain": Role.STEP, "parser": Role.STEP}
_INPUT_DETAILS: Final = "input_token_details"
_OUTPUT_DETAILS: Final = "output_token_details"


def role_of(attributes: Attributes) -> Role:
    """Return what a run plays by its type; the operation that is said beside it calls prompts chats too."""
    kind = attributes.get(names.LANGSMITH_KIND)
    return _ROLE_OF_KIND.get(kind, Role.OTHER) if isinstance(kind, str) else Role.OTHER


def _detail(group: str, what: str) -> Reader:
    """Return a reader of LangChain's usage: a detail, whichever service tier it is of (``flex_cache_read``)."""

    def reader(value: Any) -> int | None:
        usage = parsed(value)
        details = usage.get(group) if isinstance(usage, Mapping) else None
        if not isinstance(details, Mapping):
            return None
        found = [amount for key, amount in details.items() if isinstance(key, str) and key.endswith(what)]
        counted = [count(amount) for amount in found if amount is not None]
        return sum(counted) if counted and min(counted) >= 0 else None

    return reader


LANGSMITH: Final = Dialect(
    name="langsmith",
    role=role_of,
    fields={
        **official.FIELDS,
        Role.MODEL: (
            *official.MODEL_FIELDS,
            Field(
                v.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS, (names.LANGSMITH_USAGE,), _detail(_INPUT_DETAILS, "cache_read")
            ),
            Field(
                v.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
                (names.LANGSMITH_USAGE,),
                _detail(_INPUT_DETAILS, "cache_creation"),
            ),
            Field(
                v.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS, (names.LANGSMITH_USAGE,), _detail(_OUTPUT_DETAILS, "reasoning")
            ),
        ),
    },
    agent=(
        Field(v.GEN_AI_AGENT_NAME, (v.GEN_AI_AGENT_NAME,), name),
        Field(v.GEN_AI_AGENT_NAME, (names.LANGSMITH_METADATA + names.LANGCHAIN_AGENT_NAME,), name),
    ),
    asked=official.ASKED,
    answered=official.ANSWERED,
    arguments=(names.GEN_AI_PROMPT,),
    result=(names.GEN_AI_COMPLETION,),
)
