"""The catalogue: one list of metrics, each sound by Prometheus' rules."""

from __future__ import annotations

import re

from otel_agent_analytics.outputs import catalogue as c


def test_names_are_unique_and_well_formed() -> None:
    """Every family and twin has a name of its own, in snake_case, with our prefix."""
    names = [name for metric in c.CATALOGUE for name in (metric.name, metric.twin) if name]

    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"agent_analytics_[a-z][a-z_]*[a-z]", name) for name in names)


def test_units_are_base_units_and_counters_end_in_total() -> None:
    """Counters and their twins end in _total; times are in seconds; nothing is a ratio."""
    for metric in c.CATALOGUE:
        assert (metric.kind == c.COUNTER) == metric.name.endswith("_total")
        assert not metric.twin or metric.twin.endswith("_retracted_total")
        assert not re.search(r"_(ms|milliseconds|minutes|ratio|rate|percent)(_|$)", metric.name)


def test_no_label_is_an_id() -> None:
    """Every label is closed, or open with a cap; none is the id of anything."""
    for metric in c.CATALOGUE:
        for label in metric.labels:
            special = {"place", "label", "version"}
            assert label in c.CLOSED_LABELS or label in c.OPEN_LABELS or label in special
            assert not label.endswith("_id")


def test_names_that_others_rely_on() -> None:
    """The names of the design that this version has are these, with these labels."""
    expected = {
        "agent_analytics_conversations_started_total": ("channel",),
        "agent_analytics_conversations_ended_total": ("outcome", "agent"),
        "agent_analytics_conversations_reopened_total": (),
        "agent_analytics_conversations_active": (),
        "agent_analytics_visits_total": (),
        "agent_analytics_messages_total": ("role",),
        "agent_analytics_turn_reached_total": ("turn",),
        "agent_analytics_turn_abandoned_total": ("turn",),
        "agent_analytics_conversations_escalated_total": ("agent",),
        "agent_analytics_handoffs_total": ("from_agent", "to_agent"),
        "agent_analytics_feedback_total": ("rating",),
        "agent_analytics_resolutions_total": ("kind",),
        "agent_analytics_rephrases_total": (),
        "agent_analytics_dissatisfied_turns_total": (),
        "agent_analytics_conversations_by_sentiment_total": ("sentiment",),
        "agent_analytics_conversations_by_resolution_status_total": ("status",),
        "agent_analytics_conversations_without_signals_total": (),
        "agent_analytics_cost_usd_total": ("agent", "model"),
        "agent_analytics_ended_cost_usd_total": ("outcome",),
        "agent_analytics_human_cost_usd": (),
        "agent_analytics_unpriced_calls_total": ("model",),
        "agent_analytics_conversation_cost_usd": (),
        "agent_analytics_time_to_first_token_seconds": ("model",),
        "agent_analytics_unique_users": ("window",),
        "agent_analytics_conversation_duration_seconds": (),
        "agent_analytics_conversation_turns": (),
        "agent_analytics_response_time_seconds": ("agent",),
        "agent_analytics_tool_duration_seconds": ("tool",),
        "agent_analytics_tool_errors_total": ("tool",),
        "agent_analytics_spans_received_total": (),
        "agent_analytics_spans_duplicate_total": (),
        "agent_analytics_spans_late_total": (),
        "agent_analytics_spans_dropped_total": ("reason",),
        "agent_analytics_spans_without_conversation_total": (),
        "agent_analytics_labels_folded_total": ("label",),
        "agent_analytics_internal_faults_total": ("place",),
        "agent_analytics_build_info": ("version",),
    }
    labels = {metric.name: metric.labels for metric in c.CATALOGUE}

    assert {name: labels.get(name) for name in expected} == expected
    twins = {metric.name: metric.twin for metric in c.CATALOGUE}
    assert twins["agent_analytics_conversations_ended_total"] == "agent_analytics_conversations_retracted_total"
    for family in (
        "turn_abandoned", "resolutions", "conversations_escalated", "feedback", "rephrases", "dissatisfied_turns",
        "conversations_by_sentiment", "conversations_by_resolution_status", "conversations_without_signals",
        "ended_cost_usd",
    ):  # fmt: skip
        assert twins[f"agent_analytics_{family}_total"] == f"agent_analytics_{family}_retracted_total"
    assert not twins["agent_analytics_turn_reached_total"]
    assert not twins["agent_analytics_cost_usd_total"]


def test_every_metric_has_its_place() -> None:
    """Each is in one group of the page, and its open labels have a cap, each closed one its values."""
    grouped = [metric for group in c.GROUPS.values() for metric in group]

    assert len(grouped) == len(set(grouped)) == len(c.CATALOGUE)
    assert {value for name, value in vars(c).items() if isinstance(value, c.Metric)} == set(grouped)
    assert all(values for values in c.CLOSED_LABELS.values())
    assert not set(c.CLOSED_LABELS) & set(c.OPEN_LABELS)
