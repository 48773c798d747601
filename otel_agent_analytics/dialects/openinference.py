"""OpenInference: spans of Arize's instrumentations, for Phoenix and others."""

from __future__ import annotations

from typing import Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.dialects import names, official
from otel_agent_analytics.dialects.reading import (
    Attributes,
    Dialect,
    Field,
    Flat,
    Role,
    Whole,
    count,
    name,
    quoted,
    reasons,
)

_ROLE_OF_KIND: Final = {
    "LLM": Role.MODEL,
    "AGENT": Role.AGENT,
    "CHAIN": Role.STEP,
    "UNKNOWN": Role.STEP,
    "TOOL": Role.TOOL,
    "GUARDRAIL": Role.GUARDRAIL,
    "EVALUATOR": Role.EVALUATOR,
}


def role_of(attributes: Attributes) -> Role:
    """Return what a span plays by its kind."""
    kind = attributes.get(names.OPENINFERENCE_KIND)
    return _ROLE_OF_KIND.get(kind.upper(), Role.OTHER) if isinstance(kind, str) else Role.OTHER


def is_handoff(attributes: Attributes, agent: str | None) -> bool:
    """Return whether what passes for a tool is a handoff of the OpenAI Agents SDK.

    It has no name of a tool, and for its input the name of the agent at work.
    """
    if not {names.TOOL_NAME, names.INPUT_MIME_TYPE, names.OUTPUT_MIME_TYPE}.isdisjoint(attributes):
        return False
    source = attributes.get(names.INPUT_VALUE)
    return isinstance(source, str) and source in {agent, names.OPENINFERENCE_REDACTED}


def _agent_named(value: object) -> str | None:
    return None if value == names.OPENINFERENCE_REDACTED else name(value)


_MODEL_FIELDS: Final = (
    Field(v.GEN_AI_REQUEST_MODEL, (names.LLM_REQUEST_MODEL_NAME,), name),
    Field(v.GEN_AI_REQUEST_MODEL, (names.LLM_INVOCATION_PARAMETERS,), quoted("model")),
    Field(v.GEN_AI_REQUEST_MODEL, (names.LLM_MODEL_NAME,), name),
    Field(v.GEN_AI_RESPONSE_MODEL, (names.LLM_RESPONSE_MODEL_NAME, names.LLM_MODEL_NAME), name),
    Field(v.GEN_AI_PROVIDER_NAME, (names.LLM_PROVIDER, names.LLM_SYSTEM), name),
    Field(v.GEN_AI_USAGE_INPUT_TOKENS, (names.LLM_TOKENS_PROMPT,), count),
    Field(v.GEN_AI_USAGE_OUTPUT_TOKENS, (names.LLM_TOKENS_COMPLETION,), count),
    Field(v.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS, (names.LLM_TOKENS_CACHE_READ,), count),
    Field(v.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS, (names.LLM_TOKENS_CACHE_WRITE,), count),
    Field(v.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS, (names.LLM_TOKENS_REASONING,), count),
    Field(v.GEN_AI_RESPONSE_FINISH_REASONS, (names.LLM_FINISH_REASON,), reasons),
    # Only the whole answer of the provider, as it came, says in which tier it was served.
    Field(v.OPENAI_RESPONSE_SERVICE_TIER, (names.OUTPUT_VALUE,), quoted("service_tier")),
    official.ERROR_TYPE,
)

OPENINFERENCE: Final = Dialect(
    name="openinference",
    role=role_of,
    fields={
        Role.MODEL: _MODEL_FIELDS,
        Role.TOOL: (Field(v.GEN_AI_TOOL_NAME, (names.TOOL_NAME,), name), official.ERROR_TYPE),
        Role.HANDOFF: (
            Field(v.HANDOFF_FROM_AGENT, (names.INPUT_VALUE,), _agent_named),
            Field(v.HANDOFF_TO_AGENT, (names.OUTPUT_VALUE,), _agent_named),
            official.ERROR_TYPE,
        ),
    },
    agent=(
        Field(v.GEN_AI_AGENT_NAME, (names.AGENT_NAME,), name),
        Field(v.GEN_AI_AGENT_NAME, (names.OPENINFERENCE_METADATA,), official.LANGCHAIN_AGENT),
    ),
    asked=(
        Flat(
            names.LLM_INPUT_MESSAGES,
            names.MESSAGE_ROLE,
            names.MESSAGE_CONTENT,
            names.MESSAGE_CONTENTS,
            names.MESSAGE_CONTENT_TEXT,
        ),
        Whole(names.INPUT_VALUE, names.INPUT_MIME_TYPE),
    ),
    answered=(
        Flat(
            names.LLM_OUTPUT_MESSAGES,
            names.MESSAGE_ROLE,
            names.MESSAGE_CONTENT,
            names.MESSAGE_CONTENTS,
            names.MESSAGE_CONTENT_TEXT,
        ),
        Whole(names.OUTPUT_VALUE, names.OUTPUT_MIME_TYPE),
    ),
    arguments=(names.INPUT_VALUE,),
    result=(names.OUTPUT_VALUE,),
    is_handoff=is_handoff,
)
