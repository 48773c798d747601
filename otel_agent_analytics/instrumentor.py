"""The entry point for ``opentelemetry-instrument`` and for OpenTelemetry's configuration files."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Final

from opentelemetry.instrumentation.instrumentor import BaseInstrumentor

if TYPE_CHECKING:
    from collections.abc import Collection

_OBJECTS: Final = ("meter_provider", "logger_provider", "metrics_registry", "settings")


@dataclass(frozen=True, kw_only=True)
class AgentAnalyticsConfiguration:
    """What a configuration file may say below ``instrumentation/development: python: otel_agent_analytics:``.

    The names, units and ranges are those of ``Settings``; what is not said comes from the environment, else it is the
    default. Names divided by commas may be a list, and seconds by channel a mapping.
    """

    conversation_metrics: bool | None = None
    """Derive conversations in this process."""
    signals: bool | None = None
    """Measure sentiment and the like."""
    idle_seconds: float | None = None
    idle_seconds_by_channel: dict[str, float] | None = None
    reopen_seconds: float | None = None
    max_age_seconds: float | None = None
    lateness_seconds: float | None = None
    max_clock_skew_seconds: float | None = None
    max_ended_conversations: int | None = None
    max_events_per_conversation: int | None = None
    queue_size: int | None = None
    tool_error_pattern: str | None = None
    escalation_names: list[str] | None = None
    not_escalation_names: list[str] | None = None
    user_key: str | None = None
    model_turn_spans: bool | None = None
    model_spans: str | None = None
    semconv: str | None = None
    capture_message_content: str | None = None
    max_content_length: int | None = None
    redact: str | None = None
    """A function, as MODULE:NAME."""
    redact_personal_data: bool | list[str] | None = None
    """Whether personal data in texts gets placeholders, or which kinds of it."""
    events: str | None = None
    prices_file: str | None = None
    intents_file: str | None = None
    topics: bool | None = None
    human_cost_usd: float | None = None
    metrics_port: int | None = None


class AgentAnalyticsInstrumentor(BaseInstrumentor):  # type: ignore[misc]  # the base has no types
    """``AgentAnalyticsInstrumentor().instrument()`` takes the arguments of ``otel_agent_analytics.instrument``.

    Each setting may also be given by its own name, as in a configuration file. Unlike that function it never sets up an
    OpenTelemetry SDK: without one it does what the API's placeholder does.
    """

    configuration: ClassVar[type] = AgentAnalyticsConfiguration

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return the packages without which there is nothing to instrument."""
        return ("openai-agents >= 0.24",)

    def _instrument(self, **kwargs: Any) -> None:
        from opentelemetry import trace

        from otel_agent_analytics.install import instrument
        from otel_agent_analytics.settings import Settings

        allowed: dict[str, Any] = {name: kwargs[name] for name in _OBJECTS if name in kwargs}
        switches = ("conversation_metrics", "signals")
        allowed |= {name: kwargs[name] for name in switches if kwargs.get(name) is not None}
        given = {item.name: _plain(kwargs[item.name]) for item in fields(Settings) if kwargs.get(item.name) is not None}
        if given and allowed.get("settings") is None:
            allowed["settings"] = Settings.from_environment(**given)
        instrument(tracer_provider=kwargs.get("tracer_provider") or trace.get_tracer_provider(), **allowed)

    def _uninstrument(self, **_: Any) -> None:
        from otel_agent_analytics.install import uninstrument

        uninstrument()


def _plain(value: Any) -> Any:
    """Return a value of a configuration file as the settings have it."""
    if isinstance(value, dict):
        return tuple(value.items())
    return tuple(value) if isinstance(value, list) else value
