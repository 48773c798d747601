"""Which dialect a span speaks."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.dialects.detect import dialect_of, is_genai
from otel_agent_analytics.dialects.turns import is_topmost

SPANS: dict[str, tuple[dict[str, Any], str | None]] = {
    "our turn": ({"agent_analytics.operation": "handle_conversation_turn", "gen_ai.operation.name": "x"}, "ours"),
    "our model call": ({"gen_ai.operation.name": "chat", "agent_analytics.model_turn": 1}, "ours"),
    "OpenInference": ({"openinference.span.kind": "LLM", "session.id": "s"}, "openinference"),
    "OpenInference with GenAI names": ({"gen_ai.system": "x", "openinference.span.kind": "LLM"}, "openinference"),
    "Traceloop's entity": ({"traceloop.span.kind": "workflow"}, "traceloop"),
    "Traceloop's model call in a workflow": (
        {"gen_ai.operation.name": "chat", "traceloop.workflow.name": "w"}, "traceloop",
    ),
    "Traceloop's older model call": ({"llm.request.type": "chat", "gen_ai.system": "OpenAI"}, "traceloop"),
    "official": ({"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai"}, "official"),
    "older official": ({"gen_ai.system": "openai", "gen_ai.request.model": "m"}, "official"),
    "LangSmith": ({"langsmith.span.kind": "chain", "gen_ai.operation.name": "chain"}, "langsmith"),
    "Langfuse": ({"langfuse.observation.type": "span"}, "langfuse"),
    "with the channel, set by the application": (
        {"gen_ai.operation.name": "chat", "agent_analytics.channel": "web"}, "official",
    ),
    "HTTP": ({"http.request.method": "GET", "session.id": "browser", "user.id": "ann"}, None),
    "database of vectors": ({"db.system": "pinecone", "traceloop.workflow.name": "w"}, None),
    "nothing": ({}, None),
}  # fmt: skip


@pytest.mark.parametrize("span", SPANS)
def test_dialect(span: str) -> None:
    """Each family is told by its own mark; what carries none is of no dialect, whatever ids are on it."""
    attributes, dialect = SPANS[span]

    assert dialect_of(attributes) == dialect
    assert is_genai(attributes) == (dialect is not None)
    assert is_genai(MappingProxyType(attributes)) == (dialect is not None)


def test_our_scope() -> None:
    """Where the scope is known, it is enough to tell a span of ours."""
    assert dialect_of({"gen_ai.operation.name": "chat"}, v.SCOPE_NAME) == "ours"
    assert dialect_of({"gen_ai.operation.name": "chat"}, "opentelemetry.instrumentation.genai.openai") == "official"


def test_topmost_when_it_begins() -> None:
    """A span that begins is a topmost one when it is GenAI, not ours, and its parent is not."""
    model, agent = {"gen_ai.operation.name": "chat"}, {"openinference.span.kind": "AGENT"}
    http = {"http.request.method": "GET"}

    assert is_topmost(model, None)
    assert is_topmost(model, http)
    assert not is_topmost(model, agent)
    assert not is_topmost(http, None)
    assert not is_topmost({"agent_analytics.operation": "handle_conversation_turn"}, None)
    assert not is_topmost(model, {"agent_analytics.operation": "handle_conversation_turn"})
