"""The entry point for ``opentelemetry-instrument``: nothing changes in the application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.instrumentation.instrumentor import BaseInstrumentor

if TYPE_CHECKING:
    from collections.abc import Collection


class AgentAnalyticsInstrumentor(BaseInstrumentor):  # type: ignore[misc]  # the base has no types
    """``AgentAnalyticsInstrumentor().instrument()`` takes the arguments of ``otel_agent_analytics.instrument``.

    Unlike that function it never sets up an OpenTelemetry SDK: without one it does what the API's placeholder does.
    """

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return the packages without which there is nothing to instrument."""
        return ("openai-agents >= 0.24",)

    def _instrument(self, **kwargs: Any) -> None:
        from opentelemetry import trace

        from otel_agent_analytics.install import instrument

        allowed = {
            name: kwargs[name]
            for name in (
                "meter_provider", "logger_provider", "conversation_metrics", "signals", "metrics_registry", "settings"
            )
            if name in kwargs
        }  # fmt: skip
        instrument(tracer_provider=kwargs.get("tracer_provider") or trace.get_tracer_provider(), **allowed)

    def _uninstrument(self, **_: Any) -> None:
        from otel_agent_analytics.install import uninstrument

        uninstrument()
