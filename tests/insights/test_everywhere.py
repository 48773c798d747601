"""An intent is the same wherever the text of a message is, and travels without it."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, RunConfig, Runner
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from otel_agent_analytics import Settings, instrument, record_event, uninstrument
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service, SpanRecord
from otel_agent_analytics.dialects.options import Options
from otel_agent_analytics.dialects.turns import translate
from otel_agent_analytics.errors import SettingError
from otel_agent_analytics.service.care import care_of
from otel_agent_analytics.service.events import EventReader
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.wanting import wants_of
from tests.helpers.scripted_model import ScriptedModel, own_trace_provider

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "Please cancel my order, I ordered a zebra"
INTENT = {v.USER_MESSAGE_INTENT: "cancel an order", v.USER_MESSAGE_CONTENT_WORDS: 4}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings with two intents."""
    path = tmp_path / "intents.json"
    path.write_text(json.dumps({"cancel an order": ["cancel the order"], "move": ["I have a new address"]}))
    return Settings(intents_file=str(path))


def told(attributes: Any) -> dict[str, Any]:
    """Return what attributes tell of the intent, without how sure it is."""
    assert 0 < attributes[v.USER_MESSAGE_INTENT_CONFIDENCE] <= 1
    return {name: attributes[name] for name in INTENT}


def test_in_the_agents_process(settings: Settings) -> None:
    """With message content off, a run's span and an event carry the intent, no word of the text, and are counted."""
    spans, registry = InMemorySpanExporter(), CollectorRegistry()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    with own_trace_provider():
        handle = instrument(tracer_provider=provider, metrics_registry=registry, settings=settings)
        agent = Agent(name="Helper", model=ScriptedModel("It is cancelled."))
        asyncio.run(Runner.run(agent, TEXT, run_config=RunConfig(group_id="c1")))
        record_event("user_message", "c2", text="I have a new address, Main Street 5")
        handle.advance_to(time.time_ns() + 3600 * 10**9)
        counted = {
            sample.labels["intent"]: sample.value
            for family in registry.collect()
            for sample in family.samples
            if sample.name == "agent_analytics_conversations_by_intent_total"
        }
        uninstrument()

    (turn,) = (dict(one.attributes or {}) for one in spans.get_finished_spans() if "turn" in one.name)
    assert told(turn) == INTENT
    assert "zebra" not in "".join(one.to_json() for one in spans.get_finished_spans())
    assert counted["cancel an order"] == counted["move"] == 1


def test_in_the_analyzer(settings: Settings) -> None:
    """An event that is posted with its text, and a span of another framework that has it, get the same."""
    care = care_of(settings, ServiceSettings())
    reader = EventReader(time.time_ns, lambda: 1 << 62, wants=care.wants)
    event = {"event": "user_message", "conversation_id": "c", "event_id": "1", "text": TEXT}
    posted = reader.read(json.dumps({"service_name": "shop", "events": [event]}).encode(), 10).records
    asked = json.dumps([{"role": "user", "content": TEXT}])
    said = {v.GEN_AI_OPERATION_NAME: "chat", v.GEN_AI_CONVERSATION_ID: "c", v.GEN_AI_INPUT_MESSAGES: asked}
    foreign = SpanRecord("1" * 32, "1" * 16, 0, 1, said, False, Service("shop"))
    turn, *_ = translate([foreign], Options(wants=care.wants))

    assert told(posted[0].attributes) == told(turn.attributes) == INTENT


def test_where_nothing_is_wanted(settings: Settings) -> None:
    """Without a list, and where messages are not measured, nobody looks; a wrong list is told at once."""
    assert wants_of(Settings()) is None
    assert wants_of(Settings(intents_file=settings.intents_file, signals=False)) is None
    with pytest.raises(SettingError, match=r"nowhere\.json"):
        wants_of(Settings(intents_file="nowhere.json"))
