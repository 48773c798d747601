"""Traceloop's OpenLLMetry: the GenAI conventions, older names of theirs, and entities of its own around them."""

from __future__ import annotations

from typing import Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.dialects import names, official
from otel_agent_analytics.dialects.reading import Attributes, Dialect, Field, Role, Whole, name

_ROLE_OF_KIND: Final = {
    "workflow": Role.WORKFLOW,
    "agent": Role.AGENT,
    "task": Role.STEP,
    "tool": Role.TOOL,
    "handoff": Role.HANDOFF,
}


def role_of(attributes: Attributes) -> Role:
    """Return what a span plays by its kind; model calls have none, but an operation."""
    kind = attributes.get(names.TRACELOOP_KIND)
    return _ROLE_OF_KIND.get(kind, Role.OTHER) if isinstance(kind, str) else official.role_of(attributes)


TRACELOOP: Final = Dialect(
    name="traceloop",
    role=role_of,
    fields=official.FIELDS,
    agent=(
        Field(v.GEN_AI_AGENT_NAME, (v.GEN_AI_AGENT_NAME,), name),
        Field(v.GEN_AI_AGENT_NAME, (names.TRACELOOP_PROPERTIES + names.LANGCHAIN_AGENT_NAME,), name),
    ),
    asked=(*official.ASKED, Whole(names.TRACELOOP_ENTITY_INPUT, json=True)),
    answered=(*official.ANSWERED, Whole(names.TRACELOOP_ENTITY_OUTPUT, json=True)),
    arguments=(v.GEN_AI_TOOL_CALL_ARGUMENTS, names.TRACELOOP_ENTITY_INPUT),
    result=(v.GEN_AI_TOOL_CALL_RESULT, names.TRACELOOP_ENTITY_OUTPUT),
)
