"""Putting it in place and taking it away: once, whole or not at all, and with plain words when it cannot be."""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, RunConfig, Runner
from agents.tracing import custom_span, get_trace_provider, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracerProvider
from opentelemetry.trace import TracerProvider as AnyTracerProvider
from prometheus_client import CollectorRegistry, Counter

from otel_agent_analytics import AgentAnalyticsInstrumentor, Settings, instrument, uninstrument
from otel_agent_analytics.agents_sdk.processor import AgentTraceProcessor
from otel_agent_analytics.errors import AgentAnalyticsError, SettingError, UsageError
from otel_agent_analytics.install import Installation, installed, replace_installation
from otel_agent_analytics.settings import unknown_variables
from tests.helpers.scripted_model import ScriptedModel, own_trace_provider

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from opentelemetry.sdk.trace import ReadableSpan


class Place:
    """Providers of its own to install into."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.registry = CollectorRegistry()

    def given(self, **more: Any) -> dict[str, Any]:
        """Return arguments for `instrument`."""
        return {"tracer_provider": self.provider, "metrics_registry": self.registry, **more}

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """Every finished span."""
        return self.exporter.get_finished_spans()

    def families(self) -> set[str]:
        """Return the names of the metric families in the registry."""
        return {family.name for family in self.registry.collect()}


@pytest.fixture
def place() -> Iterator[Place]:
    """Return providers of its own; what a test installs into them is taken away afterwards."""
    with own_trace_provider():
        yield Place()
        uninstrument()
        AgentAnalyticsInstrumentor()._is_instrumented_by_opentelemetry = False


def serve() -> None:
    """Serve one message of a user in conversation c1."""
    agent = Agent(name="Helper", model=ScriptedModel("Hello."))
    asyncio.run(Runner.run(agent, "hi", run_config=RunConfig(group_id="c1")))


def bridges() -> int:
    """Return how many bridges the Agents SDK has."""
    there = get_trace_provider()._multi_processor._processors  # type: ignore[attr-defined]
    return sum(isinstance(one, AgentTraceProcessor) for one in there)


# --- instrument -------------------------------------------------------------------------------------------------------


def test_signature() -> None:
    """`instrument` takes these arguments, by name alone, with these defaults; so does the instrumentor."""
    parameters = inspect.signature(instrument).parameters

    assert {name: one.default for name, one in parameters.items()} == {
        "tracer_provider": None,
        "meter_provider": None,
        "logger_provider": None,
        "conversation_metrics": True,
        "signals": True,
        "metrics_registry": None,
        "settings": None,
    }
    assert {one.kind for one in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert inspect.signature(uninstrument).parameters == {}


def test_second_call_changes_nothing(place: Place) -> None:
    """A second call returns what the first one put in place, and each run is one trace still."""
    handle = instrument(**place.given())
    again = instrument(**Place().given(conversation_metrics=False))
    serve()

    assert again is handle
    assert installed() is handle
    assert bridges() == 1
    assert len(place.spans) == 4
    assert (
        place.registry.get_sample_value("agent_analytics_messages_total", {"service_name": "shop", "role": "user"}) == 1
    )


def test_uninstrument_twice_and_without_an_installation(place: Place) -> None:
    """Taking away what is not there does nothing."""
    uninstrument()
    instrument(**place.given())
    uninstrument()
    uninstrument()

    assert installed() is None
    assert bridges() == 0
    assert place.families() == set()


def test_install_again(place: Place) -> None:
    """After it was taken away it can be put in place again, into the same registry too."""
    for _ in range(3):
        instrument(**place.given())
        uninstrument()
    instrument(**place.given())
    serve()

    assert len(place.spans) == 4
    assert bridges() == 1


def test_handle_shuts_down(place: Place) -> None:
    """The handle's `shutdown()` takes everything away, once and again, and makes room for a new installation."""
    handle = instrument(**place.given())
    serve()
    handle.shutdown()
    handle.shutdown()
    assert installed() is None
    assert bridges() == 0
    assert "agent-analytics" not in {thread.name for thread in threading.enumerate()}

    assert instrument(**place.given()) is not handle
    serve()
    assert len(place.spans) == 8


def test_shutdown_of_an_old_handle(place: Place) -> None:
    """An old handle that is shut down once more leaves the new installation in place."""
    old = instrument(**place.given())
    old.shutdown()
    new = instrument(**place.given())
    old.shutdown()
    serve()

    assert installed() is new
    assert len(place.spans) == 4


def test_one_installation_takes_the_place_of_another(place: Place) -> None:
    """When one installation takes the place of another, spans are still told apart as current and not."""
    instrument(**Place().given())
    replace_installation(Installation(place.provider, Settings(), metrics_registry=place.registry))
    with trace("work"):
        custom_span("aside", {}).start()
        place.provider.get_tracer("app").start_span("of the application").end()

    parents = {span.context.span_id: span.name for span in place.spans}
    (inner,) = (span for span in place.spans if span.name == "of the application")
    assert inner.parent is not None
    assert parents.get(inner.parent.span_id) == "invoke_workflow work"


@pytest.mark.parametrize("conversation_metrics", [True, False])
def test_who_derives(place: Place, *, conversation_metrics: bool) -> None:
    """With conversation metrics every span is marked as derived here; without, none is, and there are no metrics."""
    instrument(**place.given(conversation_metrics=conversation_metrics))
    serve()

    marks = [(span.attributes or {}).get("agent_analytics.derived") for span in place.spans]
    assert marks == ([True] * 4 if conversation_metrics else [None] * 4)
    assert ("agent_analytics_messages" in place.families()) is conversation_metrics
    assert ("agent-analytics" in {thread.name for thread in threading.enumerate()}) is conversation_metrics


def test_settings_of_the_call_go_before_the_environment(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings given in code are used as they are; without, the environment is read when `instrument` is called."""
    monkeypatch.setenv("AGENT_ANALYTICS_IDLE_SECONDS", "60")
    assert instrument(**place.given()).settings.idle_seconds == 60
    uninstrument()

    assert instrument(**place.given(settings=Settings(queue_size=7))).settings.idle_seconds == 1800


def test_metrics_that_are_taken(place: Place) -> None:
    """Where somebody else has a metric of our name, nothing is put in place."""
    Counter("agent_analytics_messages", "of somebody else", registry=place.registry)
    with pytest.raises(ValueError, match="agent_analytics_messages"):
        instrument(**place.given())

    assert installed() is None
    assert bridges() == 0
    assert len(place.provider._active_span_processor._span_processors) == 1


@pytest.mark.parametrize("provider", [NoOpTracerProvider()])
def test_provider_without_span_processors(
    place: Place, provider: AnyTracerProvider, caplog: pytest.LogCaptureFixture
) -> None:
    """A tracer provider that takes no span processors is said, and the agent runs."""
    with caplog.at_level(logging.WARNING, logger="otel_agent_analytics"):
        instrument(**place.given(tracer_provider=provider))
    serve()

    (record,) = caplog.records
    assert "NoOpTracerProvider takes no span processors" in record.getMessage()


# --- the instrumentor -------------------------------------------------------------------------------------------------


def test_instrumentor(place: Place) -> None:
    """`AgentAnalyticsInstrumentor` puts the same in place, by the same arguments, and takes it away."""
    instrumentor = AgentAnalyticsInstrumentor()
    instrumentor.instrument(**place.given(conversation_metrics=False))
    serve()
    instrumentor.uninstrument()
    serve()

    assert len(place.spans) == 4
    assert place.families() == set()
    assert installed() is None
    assert list(instrumentor.instrumentation_dependencies()) == ["openai-agents >= 0.24"]


def test_configuration_has_every_setting() -> None:
    """OpenTelemetry's configuration file can say whatever `instrument` and the settings can."""
    said = {item.name for item in fields(AgentAnalyticsInstrumentor.configuration)}

    assert said == {"conversation_metrics", "signals"} | {item.name for item in fields(Settings)}


def test_instrumentor_takes_settings_by_name(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings go by their names, as in a configuration file, and before the environment, which says the rest."""
    monkeypatch.setenv("AGENT_ANALYTICS_IDLE_SECONDS", "60")
    monkeypatch.setenv("AGENT_ANALYTICS_QUEUE_SIZE", "7")
    instrumentor = AgentAnalyticsInstrumentor()
    by_channel, names = {"email": 259200.0, "phone": 300.0}, ["callback"]
    instrumentor.instrument(
        **place.given(), idle_seconds=600, idle_seconds_by_channel=by_channel, escalation_names=names, user_key="secret"
    )
    installation = installed()
    assert installation is not None
    settings = installation.settings
    instrumentor.uninstrument()

    assert (settings.idle_seconds, settings.queue_size) == (600, 7)
    assert (settings.escalation_names, settings.user_key) == (("callback",), b"secret")
    assert settings.idle_seconds_by_channel == (("email", 259200.0), ("phone", 300.0))


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir"])
def test_multiprocess_mode_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    """prometheus_client's multiprocess mode, which cannot show these metrics, is refused, with what to do instead."""
    monkeypatch.setenv(variable, str(tmp_path))
    with pytest.raises(UsageError, match=r"PROMETHEUS_MULTIPROC_DIR.*conversation_metrics=False"):
        instrument(tracer_provider=place.provider)

    assert installed() is None
    assert bridges() == 0
    assert len(place.provider._active_span_processor._span_processors) == 1


def test_multiprocess_mode_without_conversation_metrics(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In multiprocess mode spans alone are possible."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    instrument(tracer_provider=place.provider, conversation_metrics=False)
    serve()

    assert len(place.spans) == 4


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def test_metrics_port(place: Place) -> None:
    """With a port in the settings `/metrics` is served there, and shows what has happened."""
    port = free_port()
    instrument(**place.given(settings=Settings(metrics_port=port)))
    serve()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()

    assert 'agent_analytics_messages_total{role="user",service_name="shop"} 1.0' in text


def test_busy_metrics_port(place: Place) -> None:
    """A port that somebody else has is said, and nothing stays in place."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SettingError, match=rf"AGENT_ANALYTICS_METRICS_PORT: cannot listen on 127\.0\.0\.1:{port}"):
            instrument(**place.given(settings=Settings(metrics_port=port)))

    assert installed() is None
    assert bridges() == 0
    assert place.families() == set()


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("IDLE_SECONDS", "0", "a number of seconds, "),
        ("IDLE_SECONDS", "soon", "a number of seconds, "),
        ("IDLE_SECONDS", "nan", "a number of seconds, "),
        ("IDLE_SECONDS", "inf", "a number of seconds, "),
        ("REOPEN_SECONDS", "-1", "a number of seconds, "),
        ("MAX_AGE_SECONDS", "0.5", "a number of seconds, "),
        ("LATENESS_SECONDS", "-0.1", "a number of seconds, "),
        ("MAX_ENDED_CONVERSATIONS", "1.5", "a whole number, 0 to 100000000"),
        ("MAX_EVENTS_PER_CONVERSATION", "9", "a whole number, 10 to 10000000"),
        ("QUEUE_SIZE", "0", "a whole number, 1 to 100000000"),
        ("TOOL_ERROR_PATTERN", "(", "a regular expression"),
        ("MODEL_TURN_SPANS", "maybe", "true or false"),
        ("METRICS_PORT", "65536", "a port, 1 to 65535"),
        ("METRICS_PORT", "http", "a port, 1 to 65535"),
    ],
)
def test_setting_that_is_not_allowed(
    place: Place, monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str
) -> None:
    """A setting with a bad value is refused with its name, the value and what is allowed; nothing is put in place."""
    monkeypatch.setenv(f"AGENT_ANALYTICS_{name}", value)
    with pytest.raises(SettingError) as problem:
        instrument(**place.given())

    assert str(problem.value).startswith(f"AGENT_ANALYTICS_{name}: {value!r} is not allowed; allowed is {allowed}")
    assert isinstance(problem.value, ValueError)
    assert isinstance(problem.value, AgentAnalyticsError)
    assert installed() is None
    assert bridges() == 0


def test_setting_in_code_that_is_not_allowed() -> None:
    """A bad value in code is refused in the same words, under the name that the code uses."""
    with pytest.raises(SettingError, match="idle_seconds: '0' is not allowed; allowed is a number of seconds"):
        Settings(idle_seconds=0)


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("IDLE_SECONDS", "60", "idle_seconds", 60.0),
        ("QUEUE_SIZE", "10", "queue_size", 10),
        ("TOOL_ERROR_PATTERN", "^No", "tool_error_pattern", "^No"),
        ("ESCALATION_NAMES", "to_ann, to_bob,", "escalation_names", ("to_ann", "to_bob")),
        ("MODEL_TURN_SPANS", "On", "model_turn_spans", True),
        ("MODEL_TURN_SPANS", "no", "model_turn_spans", False),
        ("USER_KEY", "secret", "user_key", b"secret"),
        ("METRICS_PORT", "9464", "metrics_port", 9464),
        ("METRICS_PORT", "", "metrics_port", None),
    ],
)
def test_setting_from_the_environment(name: str, text: str, field: str, value: Any) -> None:
    """Each kind of setting is read from its variable; an empty variable is as good as none."""
    assert getattr(Settings.from_environment({f"AGENT_ANALYTICS_{name}": text}), field) == value


def test_setting_from_a_file(tmp_path: Path) -> None:
    """A variable that ends in `_FILE` names a file with the value, and goes before the plain one."""
    secret = tmp_path / "key"
    secret.write_text("from the file\n", encoding="utf-8")
    environ = {"AGENT_ANALYTICS_USER_KEY": "plain", "AGENT_ANALYTICS_USER_KEY_FILE": str(secret)}

    assert Settings.from_environment(environ).user_key == b"from the file"


def test_setting_from_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is not there, or holds nothing, is said by its variable, and a secret is never repeated."""
    missing, empty = tmp_path / "missing", tmp_path / "empty"
    empty.touch()
    with pytest.raises(SettingError, match=f"AGENT_ANALYTICS_USER_KEY_FILE: cannot read '{missing}'"):
        Settings.from_environment({"AGENT_ANALYTICS_USER_KEY_FILE": str(missing)})
    with pytest.raises(SettingError, match="AGENT_ANALYTICS_USER_KEY: the value is not allowed"):
        Settings.from_environment({"AGENT_ANALYTICS_USER_KEY_FILE": str(empty)})


def test_misspelled_variables() -> None:
    """Variables that no setting reads are found, those of settings and files are not."""
    environ = {
        "AGENT_ANALYTICS_IDLE_SECONDS": "60",
        "AGENT_ANALYTICS_USER_KEY_FILE": "/key",
        "AGENT_ANALYTICS_IDLE_SECOND": "60",
        "AGENT_ANALYTICS_USERKEY_FILE": "/key",
        "OTEL_SERVICE_NAME": "shop",
    }

    assert unknown_variables(environ) == ["AGENT_ANALYTICS_IDLE_SECOND", "AGENT_ANALYTICS_USERKEY_FILE"]


# --- providers of the process, each in a process of its own -----------------------------------------------------------

SAYS_WHAT_IS_SET_UP = """
import logging
from opentelemetry import trace
from {module} import {name}
logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
{call}
print(type(trace.get_tracer_provider()).__name__)
"""


def in_a_process(name: str, call: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a program that instruments and then prints the type of the global tracer provider."""
    program = SAYS_WHAT_IS_SET_UP.format(module="otel_agent_analytics", name=name, call=call)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "OPENAI_"))}
    exporters = {"OTEL_TRACES_EXPORTER": "console", "OTEL_LOGS_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}
    return subprocess.run(
        [sys.executable, "-c", program], env={**clean, **exporters, **environ},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip


def test_sdk_is_set_up_where_none_is() -> None:
    """Without a tracer provider `instrument` sets an SDK up, and says so in one line, a missing service name too."""
    done = in_a_process("instrument", "instrument()")

    (line,) = (line for line in done.stderr.splitlines() if line.startswith("otel_agent_analytics: "))
    assert done.stdout.strip() == "TracerProvider"
    assert "no OpenTelemetry SDK was set up, so one was" in line
    assert "traces to console" in line
    assert "OTEL_SERVICE_NAME is not set" in line


def test_service_name_that_is_set() -> None:
    """A service name that is set is not missed."""
    done = in_a_process("instrument", "instrument()", OTEL_SERVICE_NAME="shop")

    assert "no OpenTelemetry SDK was set up" in done.stderr
    assert "OTEL_SERVICE_NAME" not in done.stderr


def test_instrumentor_sets_up_no_sdk() -> None:
    """The instrumentor leaves the process without an SDK where there is none."""
    done = in_a_process("AgentAnalyticsInstrumentor", "AgentAnalyticsInstrumentor().instrument()")

    assert done.stdout.strip() == "ProxyTracerProvider"
    assert "no OpenTelemetry SDK was set up" not in done.stderr
