"""Events and records → rows of the tables that queries read. Pure."""

from __future__ import annotations

import json
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import (
    AgentResponse,
    Event,
    GuardrailChecked,
    HandoffRequested,
    ModelCalled,
    ToolCalled,
    UserMessage,
)
from otel_agent_analytics.storage.tables import CONVERSATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from otel_agent_analytics.conversations.record import ConversationRecord

Row: TypeAlias = "tuple[Any, ...]"
"""Values in the order of the table's columns."""

TOOL: Final = "tool"
MODEL: Final = "model"
HANDOFF: Final = "handoff"
GUARDRAIL: Final = "guardrail"
_NO_TOKENS: Final = (None,) * 7


def names(values: Iterable[str]) -> str:
    """Return texts as one, as a column of names holds them."""
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))


def call_row(conversation_id: str, event: Event) -> Row | None:
    """Return the row of a call, without the time of writing; None for an event that is none."""
    said = _SAID_OF_CALLS.get(type(event))
    if said is None:
        return None
    kind, name, error_type, triggered, tokens = said(event)
    return (
        conversation_id, *event.service, event.time_ns, event.until_ns - event.time_ns, kind, name, event.agent,
        error_type, event.trace_id, triggered, *tokens,
    )  # fmt: skip


def message_row(conversation_id: str, event: Event) -> Row | None:
    """Return the row of a message, without the time of writing; None for an event that is none."""
    if type(event) is UserMessage:
        said = event.time_ns, v.ROLE_USER, event.agent, event.context.user
        return (conversation_id, *event.service, *said)
    if type(event) is AgentResponse:
        return (conversation_id, *event.service, event.time_ns, v.ROLE_AGENT, event.agent, None)
    return None


def conversation_row(record: ConversationRecord) -> Row:
    """Return the row of an ended episode, without the time of writing."""
    said = {**record._asdict(), **record.service._asdict(), **record.context._asdict()}
    scores = [score for _, _, score in record.ratings if score is not None]
    said |= {
        "service_name": record.service.name,
        "service_namespace": record.service.namespace,
        "deployment_environment_name": record.service.environment,
        "user_hash": record.context.user,
        "cost_usd": record.cost,
        "intent": record.intent,
        "rating": record.rating,
        "score": fmean(scores) if scores else None,
        "ratings": len(record.ratings),
        "score_sum": sum(scores) if scores else None,
        "scored": len(scores),
        **{kind: kind in record.resolutions for kind in v.RESOLUTIONS},
        **{field: names(said[field]) for field in ("agents", "models", "tools", "error_types", "intents")},
    }
    return tuple(said[name] for name in CONVERSATIONS.names[:-1])  # the last says when it was written


def _tool(event: ToolCalled) -> Row:
    return TOOL, event.tool, event.error_type, None, _NO_TOKENS


def _model(event: ModelCalled) -> Row:
    tokens = event.input, event.output, event.cache_read, event.cache_write, event.reasoning
    return MODEL, event.model, event.error_type, None, (*tokens, event.first_token_ns, event.cost)


def _handoff(event: HandoffRequested) -> Row:
    return HANDOFF, event.to_agent, v.OTHER_ERROR if event.failed else None, None, _NO_TOKENS


def _guardrail(event: GuardrailChecked) -> Row:
    return GUARDRAIL, event.guardrail, None, event.triggered, _NO_TOKENS


_SAID_OF_CALLS: Final[dict[type, Callable[..., Row]]] = {
    ToolCalled: _tool,
    ModelCalled: _model,
    HandoffRequested: _handoff,
    GuardrailChecked: _guardrail,
}
