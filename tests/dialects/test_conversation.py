"""The same conversation as spans of each dialect gives the same events as our own spans, but for what it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics.conversations.events import (
    NO_SIGNS,
    AgentResponse,
    HandoffRequested,
    ModelCalled,
    RunFailed,
    ToolCalled,
    UserMessage,
)
from otel_agent_analytics.conversations.from_span import decode
from otel_agent_analytics.dialects.options import Options
from otel_agent_analytics.dialects.turns import translate
from tests.dialects import conversation
from tests.dialects.conversation import ANSWERED_BY, ID, MODEL, Spans
from tests.helpers.script import feed

if TYPE_CHECKING:
    from collections.abc import Callable

OPTIONS = Options(tool_error_pattern="^Error")
FAILED_CALL = conversation.span_id(22)
REFUND = conversation.span_id(6)


def events(traces: list[Spans]) -> list[Any]:
    """Return the events of the conversation, in the order in which the records come."""
    told = [told for spans in traces for record in translate(spans, OPTIONS) for told in decode(record)]
    assert {conversation_id for conversation_id, _ in told} == {ID}
    return [event for _, event in told]


def changed(told: list[Any], kind: type, where: Callable[[Any], bool] = lambda _: True, **fields: Any) -> list[Any]:
    """Return the events with other fields on those of a kind; there is one at least."""
    chosen = [isinstance(event, kind) and where(event) for event in told]
    assert any(chosen)
    return [event._replace(**fields) if one else event for event, one in zip(told, chosen, strict=True)]


def in_second(event: Any) -> bool:
    """Return whether an event is of the second turn."""
    return bool(event.trace_id == conversation.TRACES[1])


def without_input_of_failed_call(told: list[Any]) -> list[Any]:
    """Return the events without what only the input of the failed call says: its model, and the user's message."""
    told = changed(told, UserMessage, in_second, length=None, signs=NO_SIGNS)
    told = changed(told, ModelCalled, in_second, model="unknown", error_type="_OTHER")
    return changed(told, RunFailed, error_type="_OTHER")


def test_ours_stay_as_they_are() -> None:
    """Our own spans come back untouched: the same objects."""
    for spans in conversation.ours():
        assert all(one is other for one, other in zip(translate(spans), spans, strict=True))


def test_openinference() -> None:
    """OpenInference lacks the class of errors, and of a failed call everything but that it failed."""
    expected = changed(events(conversation.ours()), ToolCalled, lambda event: event.id == REFUND, error_type="_OTHER")

    assert events(conversation.openinference()) == without_input_of_failed_call(expected)


def test_traceloop() -> None:
    """Traceloop also lacks the model that was asked for, cache writes and the service tier; its handoffs lack a target.

    The target is the agent that begins to work next.
    """
    expected = changed(events(conversation.ours()), ToolCalled, lambda event: event.id == REFUND, error_type="_OTHER")
    expected = changed(expected, ModelCalled, model=ANSWERED_BY, cache_write=None, tier=None)

    assert events(conversation.traceloop()) == without_input_of_failed_call(expected)


def test_official() -> None:
    """The official instrumentations lack handoffs, and name errors of tools ``_OTHER``, those of models in full."""
    expected = [event for event in events(conversation.ours()) if not isinstance(event, HandoffRequested)]
    expected = changed(expected, ToolCalled, lambda event: event.id == REFUND, error_type="_OTHER")
    expected = changed(expected, ModelCalled, in_second, error_type="openai.InternalServerError")
    expected = changed(expected, RunFailed, error_type="openai.InternalServerError")

    assert events(conversation.official()) == expected


def test_older_names() -> None:
    """Flattened messages, prompt tokens and entities with JSON in them tell the same, but for what they do not have."""
    missing = (conversation.span_id(3), conversation.span_id(4), REFUND)
    expected = [event for event in events(conversation.ours()) if event.id not in missing]
    in_first = [not in_second(event) for event in expected]
    agents = [
        event._replace(agent="Support" if first else None) for event, first in zip(expected, in_first, strict=True)
    ]
    expected = changed(agents, ModelCalled, cache_read=None, cache_write=None, reasoning=None, tier=None)
    expected = changed(expected, ModelCalled, provider="OpenAI")

    assert events(conversation.older()) == expected


@pytest.mark.parametrize("dialect", ["openinference", "traceloop", "official"])
def test_same_record(dialect: str) -> None:
    """The episode ends the same, with the same counts, whichever dialect told of it."""
    ours = feed([span for spans in conversation.ours() for span in spans]).record
    traces: list[Spans] = getattr(conversation, dialect)()
    theirs = feed([record for spans in traces for record in translate(spans, OPTIONS)]).record

    same = (
        "conversation_id", "episode", "started_ns", "ended_ns", "outcome", "outcome_reason", "user_turns",
        "agent_messages", "tool_calls", "tool_errors", "escalated",
    )  # fmt: skip
    assert {name: getattr(theirs, name) for name in same} == {name: getattr(ours, name) for name in same}
    assert ours.tool_errors == 2
    assert ours.user_turns == 2


def test_expected_events_by_hand() -> None:
    """What all of the above is compared with: the first turn, written out."""
    first = [event for event in events(conversation.ours()) if not in_second(event)]

    asked, answered, triage, handoff, orders, track, refund, last = first
    assert isinstance(asked, UserMessage)
    assert (asked.time_ns, asked.until_ns, asked.agent, asked.length) == (
        conversation.ns(0), conversation.ns(10), "Orders", 20,
    )  # fmt: skip
    assert isinstance(answered, AgentResponse)
    assert (answered.length, answered.question, answered.refusal, answered.statement, answered.response_ns) == (
        48, True, True, "failure", 10_000_000_000,
    )  # fmt: skip
    calls = [(call.agent, call.model, call.input) for call in (triage, orders, last) if isinstance(call, ModelCalled)]
    assert calls == [("Triage", MODEL, 100), ("Orders", MODEL, 200), ("Orders", MODEL, 300)]
    assert isinstance(handoff, HandoffRequested)
    assert (handoff.agent, handoff.to_agent, handoff.failed) == ("Triage", "Orders", False)
    tools = [(tool.tool, tool.error_type) for tool in (track, refund) if isinstance(tool, ToolCalled)]
    assert tools == [("track", "error_result"), ("refund", "LookupError")]
