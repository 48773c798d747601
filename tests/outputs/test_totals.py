"""The sums behind the series: siblings at 0, caps on labels, what is taken back."""

from __future__ import annotations

from typing import Any

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service, SpanRecord
from otel_agent_analytics.outputs import catalogue as c
from tests.helpers.script import BEGIN_NS, SERVICE, feed, host, play, write


def tool_span(number: int, tool: str, service: Service = SERVICE) -> SpanRecord:
    """Return the span of a tool call."""
    said = {v.GEN_AI_CONVERSATION_ID: "c", v.GEN_AI_OPERATION_NAME: v.OPERATION_EXECUTE_TOOL, v.GEN_AI_TOOL_NAME: tool}
    return SpanRecord("1" * 32, f"{number:016x}", BEGIN_NS + number, BEGIN_NS + number, said, False, service)


def test_siblings_are_there_from_the_start() -> None:
    """With the first word of an agent all its outcomes are shown at 0, so that increase() sees the first one."""
    played = feed(write("user a | agent x"))
    series = played.series()

    for outcome in v.OUTCOMES:
        assert ("agent_analytics_conversations_ended_total", (outcome, "helper")) in series
        assert ("agent_analytics_conversations_retracted_total", (outcome, "helper")) in series
    assert series["agent_analytics_turn_abandoned_total", ("10",)] == 0
    assert series["agent_analytics_messages_total", ("agent",)] == 1


def test_later_turns_are_there_once_somebody_reaches_them() -> None:
    """With the first who reaches a late turn, that nobody gave up in it is shown too."""
    series = feed(write(" | ".join(["user a | agent x"] * 12))).series()

    assert series["agent_analytics_turn_reached_total", ("12",)] == 1
    assert series["agent_analytics_turn_abandoned_retracted_total", ("12",)] == 0
    assert ("agent_analytics_turn_abandoned_total", ("13",)) not in series


def test_siblings_are_there_before_the_first_end() -> None:
    """The series of an outcome exists while the conversation still runs."""
    tracker, totals, _ = host()
    for source in write("user a | agent x"):
        tracker.take(source)

    assert totals.counters()[c.ENDED][SERVICE, ("abandoned", "helper")].value == 0


def test_label_values_are_capped_and_folds_are_counted() -> None:
    """The first 30 tools of a service are shown, the rest is `other`, and every fold is counted."""
    tracker, totals, _ = host()
    for number in range(1000):
        tracker.take(tool_span(number, f"tool_{number}"))
    calls = totals.counters()[c.TOOL_CALLS]

    assert len(calls) == 31
    assert calls[SERVICE, ("tool_29",)].value == 1
    assert calls[SERVICE, ("other",)].value == 970
    assert len(totals.histograms()[c.TOOL_DURATION]) == 31
    # Each call past the cap is folded once for the count and once for the duration.
    assert totals.counters()[c.LABELS_FOLDED][SERVICE, ("tool",)].value == 2 * 970


def test_caps_are_per_service() -> None:
    """One service with many tools takes no room from another."""
    tracker, totals, _ = host()
    for number in range(100):
        tracker.take(tool_span(number, f"tool_{number}"))
    tracker.take(tool_span(100, "refund", Service("other-shop", "eu", "test")))

    assert totals.counters()[c.TOOL_CALLS][Service("other-shop", "eu", "test"), ("refund",)].value == 1


def test_turns_past_twenty_share_a_label() -> None:
    """Turns 21 and up are counted together."""
    played = play(" | ".join(["user a | agent x"] * 23) + " | user b")

    assert played.count("turn_reached", "20") == 1
    assert played.count("turn_reached", "21+") == 4
    assert played.count("turn_abandoned", "21+") == 1


def test_turn_in_which_an_open_conversation_stands_is_not_decided() -> None:
    """While a conversation runs its last turn is not counted as reached: it is censored."""
    tracker, totals, _ = host()
    for source in write("user a | agent x | user b | agent y"):
        tracker.take(source)
    reached = totals.counters()[c.TURN_REACHED]

    assert (reached[SERVICE, ("1",)].value, reached[SERVICE, ("2",)].value) == (1, 0)


def test_active_counts_open_conversations() -> None:
    """The gauge counts engaged conversations that are open, and goes back to 0."""
    tracker, _, _ = host()
    for conversation_id in ("a", "b"):
        for source in write("user a | agent x", conversation_id):
            tracker.take(source)
    for source in write("open", "visit"):
        tracker.take(source)
    assert tracker.active() == {SERVICE: 2}
    tracker.advance_to(BEGIN_NS + 10**18)

    assert tracker.active() == {SERVICE: 0}


def test_tokens_by_kind_and_unknown_ones_are_not_zero() -> None:
    """Token counts are added by kind; a call without counts adds nothing."""
    tracker, totals, _ = host()
    call: dict[str, Any] = {v.GEN_AI_CONVERSATION_ID: "c", v.GEN_AI_OPERATION_NAME: "chat", v.GEN_AI_REQUEST_MODEL: "m"}
    counted = {**call, v.GEN_AI_USAGE_INPUT_TOKENS: 100, v.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS: 7}
    broken = {**call, v.GEN_AI_USAGE_INPUT_TOKENS: -5, v.GEN_AI_USAGE_OUTPUT_TOKENS: "many"}
    for number, said in enumerate((counted, call, broken)):
        tracker.take(SpanRecord("1" * 32, f"{number:016x}", BEGIN_NS, BEGIN_NS, said, False, SERVICE))
    tokens = {labels: total.value for (_, labels), total in totals.counters()[c.TOKENS].items()}

    assert tokens == {
        ("m", "input"): 100, ("m", "output"): 0, ("m", "cache_read"): 0, ("m", "cache_write"): 0, ("m", "reasoning"): 7,
    }  # fmt: skip


def test_pairs_of_agents_are_capped() -> None:
    """Fifty pairs of agents are shown; the next is other to other, and both its labels count as folded."""
    tracker, totals, _ = host()
    said = {v.GEN_AI_CONVERSATION_ID: "c", v.OPERATION: v.OPERATION_HANDOFF}
    for number in range(60):
        pair = {v.HANDOFF_FROM_AGENT: f"from {number % 10}", v.HANDOFF_TO_AGENT: f"to {number // 10}"}
        tracker.take(SpanRecord("1" * 32, f"{number:016x}", BEGIN_NS, BEGIN_NS, {**said, **pair}, False, SERVICE))
    handoffs = totals.counters()[c.HANDOFFS]

    assert len(handoffs) == 51
    assert handoffs[SERVICE, ("other", "other")].value == 10
    assert totals.counters()[c.LABELS_FOLDED][SERVICE, ("to_agent",)].value == 10
