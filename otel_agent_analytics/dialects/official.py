"""The GenAI conventions: spans of OpenTelemetry's own instrumentations, by the newest names and by those before."""

from __future__ import annotations

from typing import Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.dialects import names
from otel_agent_analytics.dialects.reading import (
    Attributes,
    Dialect,
    Field,
    Flat,
    Role,
    Source,
    Whole,
    count,
    name,
    quoted,
    reasons,
    seconds,
)

ROLE_OF_OPERATION: Final = {
    v.OPERATION_CHAT: Role.MODEL,
    v.OPERATION_TEXT_COMPLETION: Role.MODEL,
    v.OPERATION_GENERATE_CONTENT: Role.MODEL,
    v.OPERATION_INVOKE_AGENT: Role.AGENT,
    v.OPERATION_INVOKE_WORKFLOW: Role.WORKFLOW,
    v.OPERATION_TURN: Role.WORKFLOW,
    v.OPERATION_EXECUTE_TOOL: Role.TOOL,
    names.OPERATION_HANDOFF: Role.HANDOFF,
    names.OPERATION_PLAN: Role.STEP,
    names.OPERATION_TASK: Role.STEP,
}
# Traceloop's older spans, and whatever names a system and a model without an operation.
_ROLE_OF_REQUEST: Final = {"chat": Role.MODEL, "completion": Role.MODEL}

ERROR_TYPE: Final = Field(v.ERROR_TYPE, (v.ERROR_TYPE,), name)
MODEL_FIELDS: Final = (
    Field(v.GEN_AI_REQUEST_MODEL, (v.GEN_AI_REQUEST_MODEL,), name),
    Field(v.GEN_AI_RESPONSE_MODEL, (v.GEN_AI_RESPONSE_MODEL,), name),
    Field(v.GEN_AI_PROVIDER_NAME, (v.GEN_AI_PROVIDER_NAME, names.GEN_AI_SYSTEM), name),
    Field(v.GEN_AI_USAGE_INPUT_TOKENS, (v.GEN_AI_USAGE_INPUT_TOKENS, names.GEN_AI_PROMPT_TOKENS), count),
    Field(v.GEN_AI_USAGE_OUTPUT_TOKENS, (v.GEN_AI_USAGE_OUTPUT_TOKENS, names.GEN_AI_COMPLETION_TOKENS), count),
    Field(
        v.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
        (v.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS, names.GEN_AI_CACHE_READ_FLAT),
        count,
    ),
    Field(
        v.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
        (v.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS, names.GEN_AI_CACHE_CREATION, names.GEN_AI_CACHE_CREATION_FLAT),
        count,
    ),
    Field(
        v.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
        (v.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS, names.GEN_AI_REASONING_TOKENS, names.LLM_USAGE_REASONING_TOKENS),
        count,
    ),
    Field(
        v.GEN_AI_RESPONSE_FINISH_REASONS,
        (
            v.GEN_AI_RESPONSE_FINISH_REASONS,
            names.GEN_AI_COMPLETION_FINISH_REASON,
            names.GEN_AI_FINISH_REASON,
            names.GEN_AI_STOP_REASON,
            names.LLM_RESPONSE_FINISH_REASON,
            names.LLM_RESPONSE_STOP_REASON,
        ),
        reasons,
    ),
    Field(
        v.OPENAI_RESPONSE_SERVICE_TIER,
        (v.OPENAI_RESPONSE_SERVICE_TIER, names.GEN_AI_OPENAI_SERVICE_TIER, names.GEN_AI_SERVICE_TIER),
        name,
    ),
    Field(v.TIME_TO_FIRST_TOKEN, (v.GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,), seconds),
    ERROR_TYPE,
)
TOOL_FIELDS: Final = (Field(v.GEN_AI_TOOL_NAME, (v.GEN_AI_TOOL_NAME, names.TRACELOOP_ENTITY_NAME), name), ERROR_TYPE)
HANDOFF_FIELDS: Final = (
    Field(v.HANDOFF_FROM_AGENT, (names.HANDOFF_FROM_AGENT,), name),
    Field(v.HANDOFF_TO_AGENT, (names.HANDOFF_TO_AGENT,), name),
    ERROR_TYPE,
)
FIELDS: Final = {
    Role.MODEL: MODEL_FIELDS,
    Role.AGENT: MODEL_FIELDS,  # an agent elsewhere, of whose model calls nothing else is told
    Role.TOOL: TOOL_FIELDS,
    Role.HANDOFF: HANDOFF_FIELDS,
}
ASKED: Final[tuple[Source, ...]] = (
    Whole(v.GEN_AI_INPUT_MESSAGES),
    Flat(names.GEN_AI_PROMPTS, names.ROLE, names.CONTENT),
    Whole(names.GEN_AI_PROMPT),
)
ANSWERED: Final[tuple[Source, ...]] = (
    Whole(v.GEN_AI_OUTPUT_MESSAGES),
    Flat(names.GEN_AI_COMPLETIONS, names.ROLE, names.CONTENT, role_else="assistant"),
    Whole(names.GEN_AI_COMPLETION),
)
LANGCHAIN_AGENT: Final = quoted(names.LANGCHAIN_AGENT_NAME)


def role_of(attributes: Attributes) -> Role:
    """Return what a span plays by its operation, or by what it asked for where it names none."""
    operation = attributes.get(v.GEN_AI_OPERATION_NAME)
    if isinstance(operation, str):
        return ROLE_OF_OPERATION.get(operation, Role.OTHER)
    request = attributes.get(names.LLM_REQUEST_TYPE)
    if isinstance(request, str):
        return _ROLE_OF_REQUEST.get(request, Role.OTHER)
    return Role.MODEL if v.GEN_AI_REQUEST_MODEL in attributes else Role.STEP


OFFICIAL: Final = Dialect(
    name="official",
    role=role_of,
    fields=FIELDS,
    agent=(Field(v.GEN_AI_AGENT_NAME, (v.GEN_AI_AGENT_NAME,), name),),
    asked=ASKED,
    answered=ANSWERED,
    arguments=(v.GEN_AI_TOOL_CALL_ARGUMENTS,),
    result=(v.GEN_AI_TOOL_CALL_RESULT,),
)
