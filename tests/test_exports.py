"""The front door: what can be imported, and what an import costs."""

from __future__ import annotations

import importlib.metadata
import inspect
import subprocess
import sys

import pytest
from packaging.version import Version

import otel_agent_analytics

PUBLIC = {
    "AgentAnalyticsInstrumentor", "Settings", "conversation", "end_conversation", "feedback", "instrument",
    "record_event", "start_conversation", "uninstrument",
}  # fmt: skip


def test_public_names() -> None:
    """The public names are these, and each can be imported."""
    assert set(otel_agent_analytics.__all__) == PUBLIC
    assert list(otel_agent_analytics.__all__) == sorted(otel_agent_analytics.__all__)
    assert all(inspect.getdoc(getattr(otel_agent_analytics, name)) for name in PUBLIC)


def test_unknown_name_is_said() -> None:
    """A name that is not there is an AttributeError that says the name."""
    with pytest.raises(AttributeError, match="'no_such_name'"):
        otel_agent_analytics.no_such_name  # noqa: B018


def test_public_names_survive_loading_the_parts() -> None:
    """`conversation` stays the function, whatever parts of the package have been loaded."""
    program = (
        "import otel_agent_analytics.conversations.state, otel_agent_analytics.settings\n"
        "from otel_agent_analytics import conversation, instrument\n"
        "assert callable(conversation) and callable(instrument)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_plain_import_is_light() -> None:
    """Importing the package loads neither the Agents SDK, nor prometheus_client, nor anything for the terminal."""
    program = "import sys, otel_agent_analytics; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()

    assert not {"agents", "openai", "opentelemetry", "prometheus_client", "rich", "pydantic"} & set(loaded)


@pytest.mark.parametrize(
    ("package", "lowest"),
    [
        ("openai-agents", "0.24"),
        ("opentelemetry-sdk", "1.45.1"),
        ("opentelemetry-exporter-otlp", "1.45.1"),
        ("opentelemetry-instrumentation", "0.66b1"),
        ("opentelemetry-distro", "0.66b1"),
        ("opentelemetry-semantic-conventions", "0.66b1"),
        ("prometheus-client", "0.26"),
    ],
)
def test_resolved_versions(package: str, lowest: str) -> None:
    """What was installed is new enough; left alone, pip picks an instrumentation package from years ago."""
    assert Version(importlib.metadata.version(package)) >= Version(lowest)


def test_entry_points() -> None:
    """The package is found as an OpenTelemetry instrumentation and as a command."""
    points = importlib.metadata.entry_points()
    instrumentors = {point.name: point for point in points.select(group="opentelemetry_instrumentor")}
    commands = {point.name: point for point in points.select(group="console_scripts")}

    assert instrumentors["otel_agent_analytics"].load() is otel_agent_analytics.AgentAnalyticsInstrumentor
    assert callable(commands["otel-agent-analytics"].load())
