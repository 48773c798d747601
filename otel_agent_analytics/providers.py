"""What ``install`` does to the providers of the process: set up, add to, take away from. Nothing else calls this."""

from __future__ import annotations

import importlib.metadata
import logging
import os
from typing import TYPE_CHECKING, Any, Final

from agents.tracing import get_trace_provider
from opentelemetry import trace as otel
from opentelemetry.trace import ProxyTracerProvider

from otel_agent_analytics.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.tracing import TracingProcessor
    from opentelemetry.sdk._logs import LogRecordProcessor
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import TracerProvider
    from prometheus_client import CollectorRegistry

    from otel_agent_analytics.settings import Settings

logger = logging.getLogger("otel_agent_analytics")

_OTLP: Final = {"grpc": "otlp_proto_grpc", "http/protobuf": "otlp_proto_http"}
_SIGNALS: Final = {"traces": "trace_exporter_names", "logs": "log_exporter_names"}


def global_tracer_provider() -> TracerProvider:
    """Return the global tracer provider; where the API has only its placeholder, set up an SDK and say so.

    The standard ``OTEL_`` variables say how, as under ``opentelemetry-instrument``; where they name no exporter of
    traces or logs, it is OTLP.
    """
    provider = otel.get_tracer_provider()
    if not isinstance(provider, ProxyTracerProvider):
        return provider
    exporters = {argument: _default_exporter(signal) for signal, argument in _SIGNALS.items()}
    _configurator()().configure(**exporters)
    named = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    logger.warning(
        "no OpenTelemetry SDK was set up, so one was, from the OTEL_ variables (traces to %s)%s",
        os.environ.get("OTEL_TRACES_EXPORTER", "otlp"),
        "" if named else "; OTEL_SERVICE_NAME is not set, so the service is 'unknown_service'",
    )
    return otel.get_tracer_provider()


def add_span_processor(provider: TracerProvider, processor: SpanProcessor) -> None:
    """Add a span processor; a provider that takes none is said."""
    add: Any = getattr(provider, "add_span_processor", None)
    if add is None:
        name = type(provider).__name__
        logger.warning("the tracer provider %s takes no span processors: no conversation metrics", name)
        return
    add(processor)


def remove_span_processor(provider: TracerProvider, processor: SpanProcessor) -> None:
    """Take a span processor away; OpenTelemetry has no call for this, its processors are a tuple."""
    active: Any = getattr(provider, "_active_span_processor", None)
    there = getattr(active, "_span_processors", None)
    if isinstance(there, tuple):
        active._span_processors = tuple(other for other in there if other is not processor)  # noqa: SLF001


def remove_log_processor(provider: Any, processor: LogRecordProcessor) -> None:
    """Take a log record processor away, as ``remove_span_processor`` does."""
    active: Any = getattr(provider, "_multi_log_record_processor", None)
    there = getattr(active, "_log_record_processors", None)
    if isinstance(there, tuple):
        active._log_record_processors = tuple(other for other in there if other is not processor)  # noqa: SLF001


def remove_trace_processor(processor: TracingProcessor) -> None:
    """Take a trace processor away; the SDK has no call for this, so its list is set again without ours."""
    provider = get_trace_provider()
    there = getattr(getattr(provider, "_multi_processor", None), "_processors", None)
    if there is not None:
        provider.set_processors([other for other in there if other is not processor])


def in_multiprocess_mode() -> bool:
    """Return whether prometheus_client keeps its values in files, for several processes at once."""
    return bool(os.environ.get("PROMETHEUS_MULTIPROC_DIR") or os.environ.get("prometheus_multiproc_dir"))  # noqa: SIM112


def serve_metrics(settings: Settings, registry: CollectorRegistry | None, *, wanted: bool) -> Callable[[], None]:
    """Serve ``/metrics`` where the settings name a port; return what ends it.

    Raises:
        SettingError: the port is not free.
    """
    if not wanted or settings.metrics_port is None:
        return lambda: None
    from prometheus_client import REGISTRY, start_http_server

    try:
        server, _ = start_http_server(settings.metrics_port, addr="127.0.0.1", registry=registry or REGISTRY)
    except OSError as problem:
        message = f"AGENT_ANALYTICS_METRICS_PORT: cannot listen on 127.0.0.1:{settings.metrics_port}: {problem}"
        raise SettingError(message) from problem

    def end() -> None:
        server.shutdown()
        server.server_close()

    return end


def _configurator() -> Any:
    """Return what sets an SDK up: that of an installed distro, else the SDK's own, of which those are made."""
    for found in importlib.metadata.entry_points(group="opentelemetry_configurator", name="configurator"):
        return found.load()
    from opentelemetry.sdk._configuration import _OTelSDKConfigurator

    return _OTelSDKConfigurator


def _default_exporter(signal: str) -> list[str]:
    if os.environ.get(f"OTEL_{signal.upper()}_EXPORTER"):
        return []  # the environment says it itself
    protocol = os.environ.get(f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL")
    return [_OTLP.get(protocol or os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), "otlp_proto_grpc")]
