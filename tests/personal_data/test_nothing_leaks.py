"""Planted personal data goes through an application, OTLP and an analyzer; then what is stored is searched."""

from __future__ import annotations

import asyncio
import http.client
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, RunConfig, Runner, UserError, function_tool
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry, generate_latest

from otel_agent_analytics import Settings, feedback, instrument, record_event, uninstrument
from otel_agent_analytics.personal_data.kinds import KINDS
from otel_agent_analytics.personal_data.redactor import PersonalData
from otel_agent_analytics.storage.duckdb import DuckDBDatabase
from tests.helpers.scripted_model import Call, ScriptedModel, own_trace_provider
from tests.helpers.searching import places
from tests.personal_data import corpus
from tests.service.test_serve import get, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.personal_data.corpus import Planted

KEY = b"a key of the operator"
EVERY = 211


@function_tool
def note(text: str) -> str:
    """Keep a note."""
    return f"kept: {text}"


@function_tool(failure_error_function=None)
def refuse(text: str) -> str:
    """Refuse a note."""
    raise RuntimeError(text)


class Application:
    """An application with content everywhere, whose spans and records are kept here and sent on."""

    def __init__(self, settings: Settings, port: int | None = None) -> None:
        self.spans, self.logs = InMemorySpanExporter(), InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        tracer_provider = TracerProvider(shutdown_on_exit=False)
        logger_provider = LoggerProvider(shutdown_on_exit=False)
        tracer_provider.add_span_processor(SimpleSpanProcessor(self.spans))
        logger_provider.add_log_record_processor(SimpleLogRecordProcessor(self.logs))
        if port is not None:
            there = f"http://127.0.0.1:{port}/v1"
            tracer_provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{there}/traces")))
            logger_provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(f"{there}/logs")))
        self._providers = tracer_provider, logger_provider
        instrument(
            conversation_metrics=port is None,
            tracer_provider=tracer_provider,
            logger_provider=logger_provider,
            metrics_registry=self.registry,
            settings=settings,
        )

    def serve(self, number: int, said: str) -> None:
        """Say a text everywhere: by the user, the model and a tool, in errors, in a comment."""
        for model in (
            ScriptedModel(Call("note", text=said), said),
            ScriptedModel(RuntimeError(said)),
            ScriptedModel(Call("refuse", text=said)),
        ):
            agent = Agent(name="Helper", instructions=f"You serve {said}", model=model, tools=[note, refuse])
            with suppress(RuntimeError, UserError):  # two of the three fail, as they must
                asyncio.run(Runner.run(agent, said, run_config=RunConfig(group_id=f"c{number}")))
        feedback(f"c{number}", 5, comment=said)
        record_event("user_message", f"c{number}", text=said)

    def told(self) -> str:
        """Return everything that left: spans, records and metrics."""
        for provider in self._providers:
            provider.shutdown()
        spans = [span.to_json(indent=None) for span in self.spans.get_finished_spans()]
        records = [
            json.dumps(dict(one.log_record.attributes or {}), default=str) for one in self.logs.get_finished_logs()
        ]
        decoded = [text.encode().decode("unicode_escape", "replace") for text in (*spans, *records)]
        return "\n".join([*spans, *records, *decoded, generate_latest(self.registry).decode()])


def settings(*, on: bool) -> Settings:
    """Return settings that let all content leave."""
    return Settings(user_key=KEY, capture_message_content="SPAN_AND_EVENT", events="all", redact_personal_data=on)


def some() -> list[Planted]:
    """Return some sentences of every type that have no line break, which JSON writes otherwise."""
    return [one for one in [*corpus.planted()][::EVERY] if "\n" not in one.text and one.value.isascii()]


def post(port: int, events: list[dict[str, Any]]) -> None:
    """Post events to the analyzer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/api/events", json.dumps({"events": events}), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    connection.close()


def test_only_what_the_redactor_misses_is_stored(tmp_path: Path) -> None:
    """Of what was planted only what the redactor does not know is found in the store, logs, spans and metrics."""
    planted, redactor = some(), PersonalData(KINDS, KEY)
    missed = {one.value for one in planted if one.value in redactor.redacted(one.text)}
    environ = {"KEEP_CONTENT": "true", "USER_KEY": KEY.decode(), "ADMIN_TOKENS": "boss", "LOG_LEVEL": "debug"}
    said = {f"AGENT_ANALYTICS_{name}": value for name, value in environ.items()}
    with serving(tmp_path, **said) as (port, _, process), own_trace_provider():
        application = Application(settings(on=True), port)
        for number, one in enumerate(planted):
            application.serve(number, one.text)
        uninstrument()
        told = application.told()
        post(port, [
            {"event": event, "conversation_id": f"p{number}", "event_id": event, "text": one.text, **more}
            for number, one in enumerate(planted)
            for event, more in (("user_message", {}), ("agent_response", {}), ("feedback_received", {"rating": 1}))
        ])  # fmt: skip
        # The page shows what these answer, and nothing else.
        asked = ["/metrics", "/", "/api/conversations?limit=500", *(f"/api/{one}" for one in ("topics", "top-intents"))]
        asked += [f"/api/conversations/{kind}{number}" for kind in "cp" for number in range(len(planted))]
        shown = "\n".join(get(port, path, Authorization="Bearer boss")[1] for path in asked)
        read = get(port, "/api/content/p3", Authorization="Bearer boss")[1]
        process.terminate()
        process.wait(20)
    outside = told + shown + (tmp_path / "log.txt").read_text()
    database = DuckDBDatabase(str(tmp_path / "x.duckdb"))
    leaked = {needle for _, _, needle in places(database, [one.value for one in planted])}
    kept = database.read("SELECT count(*), count(DISTINCT conversation_id) FROM content")
    database.close()

    assert len(missed) <= 0.05 * len(planted)
    assert leaked | {one.value for one in planted if one.value in outside} <= missed
    assert all(f"[{kind}:" in told for kind in KINDS.keys() - {"name"})
    assert redactor.redacted(planted[3].text) in str(json.loads(read)["items"][0]["content"])
    assert kept[0][0] >= 5 * len(planted)


def test_the_search_finds_what_is_there() -> None:
    """With the setting off every value leaves, and the same search finds it."""
    with own_trace_provider():
        application = Application(settings(on=False))
        for number, one in enumerate(some()[:10]):
            application.serve(number, one.text)
        uninstrument()
        told = application.told()

    assert [one.value for one in some()[:10] if one.value not in told] == []


@pytest.mark.parametrize("on", [True, False])
def test_signals_are_of_the_text_itself(on: bool) -> None:
    """What is measured of a message is the same with the setting on and off: its length is that of the original."""
    with own_trace_provider():
        application = Application(settings(on=on))
        record_event("user_message", "c", text="Mail me at jan@example.com, this is terrible!")
        record = application.logs.get_finished_logs()[0]
        uninstrument()

    said: dict[str, Any] = dict(record.log_record.attributes or {})
    assert said["agent_analytics.user_message.length"] == 45
    assert said["agent_analytics.user_message.sentiment"] < 0


def test_comments_are_redacted_whatever_is_said_of_content() -> None:
    """A comment of a rating leaves also where no other text does; personal data in it does not."""
    with own_trace_provider():
        application = Application(Settings(user_key=KEY))
        feedback("c", "negative", comment="write to jan@example.com")
        (record,) = application.logs.get_finished_logs()
        uninstrument()

    comment = (record.log_record.attributes or {})["gen_ai.evaluation.explanation"]
    assert comment == PersonalData(KINDS, KEY).redacted("write to jan@example.com") != "write to jan@example.com"
