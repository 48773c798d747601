"""What a scrape reads: both text formats, exemplars, help, and no clash with others."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs.exposition import ConversationCollector
from tests.helpers.script import Played, feed, play, write


def registry_of(played: Played) -> CollectorRegistry:
    """Return a registry that shows what was played."""
    registry = CollectorRegistry()
    registry.register(ConversationCollector(played.totals, played.tracker.active, lambda: None))
    return registry


SCRIPT = "user a | tool lookup failed | agent x? | idle 40m | user b | handoff Orders | agent y | rate positive"


def test_text_format_is_read_back() -> None:
    """prometheus_client's own parser reads every family of the catalogue back, with its kind and help."""
    families = {family.name: family for family in parse_text(generate_latest(registry_of(play(SCRIPT))).decode())}

    for metric in c.CATALOGUE:
        family = families[metric.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (metric.kind, metric.help)
        assert not metric.twin or metric.twin.removesuffix("_total") in families


def test_openmetrics_format_is_read_back_with_exemplars() -> None:
    """OpenMetrics shows on histograms and counters the trace in which a value was seen."""
    text = generate_openmetrics(registry_of(play(SCRIPT))).decode()  # type: ignore[no-untyped-call]
    samples = [sample for family in parse_openmetrics(text) for sample in family.samples]  # type: ignore[no-untyped-call]
    trace = {"trace_id": "0" * 31 + "1"}

    seen = {sample.name for sample in samples if sample.exemplar is not None and sample.exemplar.labels == trace}
    assert {
        "agent_analytics_response_time_seconds_bucket",
        "agent_analytics_tool_duration_seconds_bucket",
        "agent_analytics_conversation_duration_seconds_bucket",
        "agent_analytics_conversations_ended_total",
    } <= seen


def test_values_of_one_conversation() -> None:
    """One conversation that comes back once shows the counts that it should."""
    registry = registry_of(play(SCRIPT))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"agent_analytics_{name}", {"service_name": "shop", **labels})

    assert value("conversations_ended_total", outcome="abandoned", agent="helper") == 1
    assert value("conversations_retracted_total", outcome="abandoned", agent="helper") == 1
    assert value("conversations_ended_total", outcome="silent", agent="Orders") == 1
    assert value("handoffs_total", from_agent="helper", to_agent="Orders") == 1
    assert value("tool_errors_total", tool="lookup") == 1
    # A histogram cannot be taken back: the reopened episode is observed again at its next end.
    assert value("conversation_turns_count") == 2
    assert value("conversation_turns_sum") == 1 + 2
    assert value("conversation_turns_bucket", le="1.0") == 1
    assert value("conversation_turns_bucket", le="2.0") == 2
    assert value("conversations_active") == 0


def test_buckets_add_up() -> None:
    """Every histogram's buckets never fall, and the last is its count."""
    registry = registry_of(play(SCRIPT))
    for metric in (metric for metric in c.CATALOGUE if metric.kind == c.HISTOGRAM):
        family = next(family for family in registry.collect() if family.name == metric.name)
        buckets = [sample.value for sample in family.samples if sample.name.endswith("_bucket")]
        counts = [sample.value for sample in family.samples if sample.name.endswith("_count")]
        size = len(metric.buckets) + 1
        for number, count in enumerate(counts):
            own = buckets[number * size : (number + 1) * size]
            assert own == sorted(own)
            assert own[-1] == count


def test_clash_of_names_is_found_at_registration() -> None:
    """Another metric of the same name is refused when it is registered, not at the scrape."""
    registry = registry_of(play("user a"))
    with pytest.raises(ValueError, match="agent_analytics_messages"):
        Counter("agent_analytics_messages", "mine", registry=registry)


def test_namespace_and_environment_are_labels_when_set() -> None:
    """The service's namespace and environment are shown where the resource has them, and absent where not."""
    text = generate_latest(registry_of(play("user a"))).decode()

    assert 'service_name="shop"' in text
    assert "service_namespace" not in text
    elsewhere = [source._replace(service=Service("shop", "eu", "test")) for source in write("user a | tool lookup")]
    text = generate_latest(registry_of(feed(elsewhere))).decode()
    labels = 'deployment_environment_name="test",service_name="shop",service_namespace="eu"'
    assert f'agent_analytics_tool_calls_total{{{labels},tool="lookup"}} 1.0' in text
    assert f"agent_analytics_conversations_active{{{labels}}} 0.0" in text
