"""Spans that an instrumentation of the model's client makes: they get the conversation, and take the place of ours."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk.trace import SpanProcessor

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.otel_spans import opened_in
from otel_agent_analytics.agents_sdk.run import OpenSpan
from otel_agent_analytics.agents_sdk.spans import Role
from otel_agent_analytics.errors import guard

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import Span
    from opentelemetry.trace import Tracer

# Instrumentations whose spans of model calls follow the GenAI conventions, so that ours can be left to them.
_INSTRUMENTORS: Final = (
    ("opentelemetry.instrumentation.genai.openai", "OpenAIInstrumentor"),
    ("opentelemetry.instrumentation.openai_v2", "OpenAIInstrumentor"),
)
_MODEL_OPERATIONS: Final = frozenset({v.OPERATION_CHAT, v.OPERATION_TEXT_COMPLETION, v.OPERATION_GENERATE_CONTENT})


def client_is_instrumented() -> bool:
    """Return whether such an instrumentation is at work in this process."""
    for module, name in _INSTRUMENTORS:
        instrumentor: Any = getattr(sys.modules.get(module), name, None)
        if instrumentor is not None and getattr(instrumentor(), "is_instrumented_by_opentelemetry", False):
            return True
    return False


class ClientSpans(SpanProcessor):
    """Puts the conversation and the agent on other instrumentations' GenAI spans inside a run of ours.

    Args:
        tracer: ours, whose spans have both already.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._ours = getattr(tracer, "_instrumentation_scope", None)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Complete a span that began inside a run; any other costs one look."""
        if span.instrumentation_scope is not self._ours:
            self._complete(span, parent_context)

    @guard("client_spans.on_start")
    def _complete(self, span: Span, parent_context: Context | None) -> None:
        operation = (span.attributes or {}).get(v.GEN_AI_OPERATION_NAME)
        opened = opened_in(parent_context) if operation is not None else None
        if opened is None:
            return
        span.set_attributes({v.OPERATION: operation, **opened.said.every})
        if isinstance(opened, OpenSpan):
            if opened.agent is not None and opened.agent.name is not None:
                span.set_attribute(v.GEN_AI_AGENT_NAME, opened.agent.name)
            if opened.row.role is Role.MODEL_CALL and operation in _MODEL_OPERATIONS:
                opened.client_seen = True
                if opened.own:  # ours is there as well, and tells of this call already
                    span.set_attribute(v.INNER, True)
