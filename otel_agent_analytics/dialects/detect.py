"""Which dialect a span speaks, told by single attributes: one table, and a quick look for spans that speak none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.dialects import names
from otel_agent_analytics.dialects.langfuse import LANGFUSE
from otel_agent_analytics.dialects.langsmith import LANGSMITH
from otel_agent_analytics.dialects.official import OFFICIAL
from otel_agent_analytics.dialects.openinference import OPENINFERENCE
from otel_agent_analytics.dialects.traceloop import TRACELOOP

if TYPE_CHECKING:
    from otel_agent_analytics.dialects.reading import Attributes, Dialect

OURS: Final = "ours"

# What only the spans of this project carry. (What an application may set itself, such as the channel, does not count.)
_OURS: Final = (v.OPERATION, v.MODEL_TURN, v.SDK_SPAN_TYPE)
# In the order in which they are tried: a span of one family may carry the GenAI conventions' names beside its own.
_MARKS: Final = (
    *((mark, OURS) for mark in _OURS),
    (names.OPENINFERENCE_KIND, OPENINFERENCE.name),
    (names.LANGSMITH_KIND, LANGSMITH.name),
    (names.LANGFUSE_KIND, LANGFUSE.name),
    (names.TRACELOOP_KIND, TRACELOOP.name),
)
# These tell the family of a span that follows the conventions; they stand on spans of no model and no agent, too.
_TRACELOOP: Final = frozenset({names.TRACELOOP_WORKFLOW_NAME, names.TRACELOOP_ENTITY_PATH, names.LLM_REQUEST_TYPE})
_CONVENTIONS: Final = frozenset({v.GEN_AI_OPERATION_NAME, names.GEN_AI_SYSTEM, names.LLM_REQUEST_TYPE})
ALL_MARKS: Final = frozenset({mark for mark, _ in _MARKS} | _CONVENTIONS)
"""Attributes of which a span of an agent, a model or a tool has one at least."""

DIALECTS: Final[dict[str, Dialect]] = {
    dialect.name: dialect for dialect in (OPENINFERENCE, TRACELOOP, OFFICIAL, LANGSMITH, LANGFUSE)
}


def is_genai(attributes: Attributes) -> bool:
    """Return whether a span tells of an agent, a model or a tool, in whatever dialect, ours too. One pass, no copy."""
    return not ALL_MARKS.isdisjoint(attributes)


def dialect_of(attributes: Attributes, scope: str = "") -> str | None:
    """Return the dialect of a span.

    Args:
        attributes: the span's.
        scope: name of its instrumentation scope, where it is known.

    Returns:
        ``ours`` (a turn that the name of its operation calls one, too), ``openinference``, ``langsmith``,
        ``langfuse``, ``traceloop`` or ``official``; None for a span of something else.
    """
    if scope == v.SCOPE_NAME:
        return OURS
    if ALL_MARKS.isdisjoint(attributes):
        return None
    if attributes.get(v.GEN_AI_OPERATION_NAME) == v.OPERATION_TURN:  # whoever says so himself
        return OURS
    for mark, dialect in _MARKS:
        if mark in attributes:
            return dialect
    return TRACELOOP.name if not _TRACELOOP.isdisjoint(attributes) else OFFICIAL.name
