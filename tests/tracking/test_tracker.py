"""The tracker: a fault in the fold must not keep the agent's process busy."""

from __future__ import annotations

import pytest

from otel_agent_analytics.conversations.record import ConversationRecord
from otel_agent_analytics.conversations.rules import Rules
from otel_agent_analytics.conversations.state import State, end
from otel_agent_analytics.errors import fault_counts
from otel_agent_analytics.tracking import tracker as module
from tests.helpers.script import BEGIN_NS, host, write


def test_conversation_that_never_gets_past_its_end_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A state that is due again and again is let go and counted as a fault; the other conversations go on."""
    monkeypatch.setenv("AGENT_ANALYTICS_HIDE_FAULTS", "1")

    def stuck(state: State, rules: Rules) -> tuple[State, ConversationRecord | None]:
        after, record = end(state, rules)
        return (state, record) if state.conversation_id == "stuck" else (after, record)

    monkeypatch.setattr(module, "end", stuck)
    tracker, _, ledger = host()
    before = fault_counts().get("tracker.stuck", 0)
    for conversation_id in ("stuck", "sound"):
        for source in write("user a | agent x", conversation_id):
            tracker.take(source)
    tracker.advance_to(BEGIN_NS + 10**15)

    assert fault_counts()["tracker.stuck"] == before + 1
    assert "sound" in {record.conversation_id for record in ledger.records()}
    assert set(tracker.active().values()) == {0}
