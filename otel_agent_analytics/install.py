"""Where the parts meet: the only module that touches global providers and processors."""

from __future__ import annotations

import atexit
import threading
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from agents.tracing import add_trace_processor
from opentelemetry._logs import get_logger, get_logger_provider
from opentelemetry.metrics import get_meter
from opentelemetry.sdk.resources import Resource

import otel_agent_analytics
from otel_agent_analytics import measuring
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.capture import capture_of
from otel_agent_analytics.agents_sdk.client_metrics import client_metrics
from otel_agent_analytics.agents_sdk.client_spans import ClientSpans
from otel_agent_analytics.agents_sdk.marked import unwatch_marks, watch_marks
from otel_agent_analytics.agents_sdk.observer import Observer
from otel_agent_analytics.agents_sdk.processor import AgentTraceProcessor
from otel_agent_analytics.agents_sdk.runner import unwatch_runs, watch_runs
from otel_agent_analytics.agents_sdk.sampling import obey_sampler, record_dropped
from otel_agent_analytics.agents_sdk.stream import unwatch_streams, watch_streams
from otel_agent_analytics.errors import SettingError, guard
from otel_agent_analytics.providers import (
    add_span_processor,
    global_tracer_provider,
    remove_span_processor,
    remove_trace_processor,
    serve_metrics,
)
from otel_agent_analytics.recent_messages import RecentMessages
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.wanting import wants_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry._logs import LoggerProvider
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider
    from prometheus_client import CollectorRegistry

    from otel_agent_analytics.conversations.events import LogRecord
    from otel_agent_analytics.deriving import Deriving
    from otel_agent_analytics.tracking.sink import Sink
    from otel_agent_analytics.tracking.span_processor import ConversationSpanProcessor


class Installation:
    """What ``instrument`` has put in place; ``shutdown`` takes it away again.

    Args:
        tracer_provider: makes the spans.
        settings: everything that can be set.
        meter_provider: takes the standard GenAI metrics; None uses the global one.
        logger_provider: takes the log records of events that no span carries; None uses the global one.
        conversation_metrics: whether conversations are derived in this process.
        metrics_registry: where the metrics are shown; None uses prometheus_client's default registry.
        clock: returns the event time in UTC nanoseconds; by default that of the machine.
        follow_clock: whether conversations are ended as the clock goes on; else when ``advance_to`` is called.
        event_ids: returns the id of the next event that no span carries.
        sinks: what takes events and records beside the metrics.
    """

    def __init__(  # noqa: PLR0913 - each is one thing that a host decides
        self,
        tracer_provider: TracerProvider,
        settings: Settings,
        *,
        meter_provider: MeterProvider | None = None,
        logger_provider: LoggerProvider | None = None,
        conversation_metrics: bool = True,
        metrics_registry: CollectorRegistry | None = None,
        clock: Callable[[], int] = time.time_ns,
        follow_clock: bool = True,
        event_ids: Callable[[], str] = lambda: uuid.uuid4().hex,
        sinks: Sequence[Sink] = (),
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.event_ids = event_ids
        self.recent = RecentMessages()
        self.wants = wants_of(settings, topics=True)
        self.conversations: ConversationSpanProcessor | None = None
        self.end_serving: Callable[[], None] = lambda: None
        self._provider = tracer_provider
        self._resource: Resource = getattr(tracer_provider, "resource", Resource.get_empty())
        version, schema = otel_agent_analytics.__version__, v.SCHEMA_URL
        self._logger = get_logger(v.SCOPE_NAME, version, logger_provider, schema)
        self._deriving: Deriving | None = None
        if conversation_metrics:
            from otel_agent_analytics.deriving import Deriving, Host

            logs = logger_provider if logger_provider is not None else get_logger_provider()
            host = Host(
                settings, tracer_provider, logs, metrics_registry, sinks, self.recent, clock, follow_clock, self.wants
            )
            self._deriving = Deriving(host)
            self.conversations = self._deriving.conversations
        self._tracer = tracer_provider.get_tracer(v.SCOPE_NAME, version, schema)
        if self.conversations is not None:
            record_dropped(self._tracer)
        if settings.signals:
            with guard("install.signals"):  # loads the word lists, for the same reason as prices: see tracking/pricing
                measuring.load()
        meter = get_meter(v.SCOPE_NAME, version, meter_provider, schema)
        capture = capture_of(settings)
        self.redaction = capture.redaction
        observer = Observer(capture, client_metrics(meter), self._logger)
        derived = self.conversations is not None
        self._bridge = AgentTraceProcessor(
            self._tracer, settings, observer, derived=derived, recent=self.recent, wants=self.wants
        )
        self._client_spans = ClientSpans(self._tracer)
        if hasattr(tracer_provider, "add_span_processor"):
            add_span_processor(tracer_provider, self._client_spans)
        for watch in (watch_marks, watch_runs, watch_streams):
            watch(self)
        add_trace_processor(self._bridge)
        # The SDK shuts its processors down at exit too, but after the tracer provider, where that was made later.
        atexit.register(self._bridge.shutdown)

    def record(self, record: LogRecord) -> None:
        """Send an event that no span carries: as an OpenTelemetry log record, and straight to the tracker."""
        derived = {v.DERIVED: True} if self.conversations is not None else {}
        with guard("install.record"):
            self._logger.emit(
                timestamp=record.time_ns,
                event_name=record.event_name,
                body=record.event_name,  # some stores keep no event name
                attributes={**record.attributes, **derived},
            )
        if self.conversations is not None:
            with guard("install.record"):
                self.conversations.take_record(record, self._resource)

    @property
    def resource(self) -> Resource:
        """Who runs the agent."""
        return self._resource

    def advance_to(self, watermark_ns: int) -> None:
        """End every conversation that is due at this event time, UTC nanoseconds."""
        if self.conversations is not None:
            self.conversations.advance_to(watermark_ns)

    def shutdown(self) -> None:
        """Hand over what waits, within five seconds, and take everything away that was put in place."""
        _forget(self)
        self.end_serving()
        self.end_serving = lambda: None
        atexit.unregister(self._bridge.shutdown)
        self._bridge.close(lambda: remove_trace_processor(self._bridge))
        for unwatch in (unwatch_marks, unwatch_runs, unwatch_streams):
            unwatch(self)
        obey_sampler(self._tracer)
        remove_span_processor(self._provider, self._client_spans)
        if self._deriving is not None:
            self._deriving.end()
            self._deriving = None


_lock = threading.RLock()
_installed: Installation | None = None


def installed() -> Installation | None:
    """Return what is in place in this process; None before ``instrument`` and after ``uninstrument``."""
    return _installed


def instrument(
    *,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    logger_provider: LoggerProvider | None = None,
    conversation_metrics: bool = True,
    signals: bool = True,
    metrics_registry: CollectorRegistry | None = None,
    settings: Settings | None = None,
) -> Installation:
    """Make an OpenTelemetry trace of every Agents SDK run, and conversation metrics of those traces.

    Call it once, before the first run. A second call changes nothing and returns what the first one did.

    Args:
        tracer_provider: makes the spans. By default the global one; where none is set up yet, one is, from the standard
            ``OTEL_`` variables, with an OTLP exporter, and one log line says so.
        meter_provider: takes the standard GenAI metrics of runs, model calls and tools; by default the global one.
        logger_provider: takes the log records of events that no span carries; by default the global one.
        conversation_metrics: derive conversations in this process. Switch it off where an analyzer does it.
        signals: measure sentiment, rephrasing and the like where the texts are; False switches that off, whatever the
            settings say.
        metrics_registry: where the metrics are shown; by default prometheus_client's default registry.
        settings: by default read from the environment.

    Returns:
        A handle with ``shutdown()``.

    Raises:
        SettingError: a setting in the environment has a value that is not allowed.
        UsageError: prometheus_client's multiprocess mode is on, which cannot show these metrics.
    """
    global _installed  # noqa: PLW0603 - the one place that knows what is in place
    with _lock:
        if _installed is None:
            settings = settings if settings is not None else Settings.from_environment()
            settings = settings if signals else replace(settings, signals=False)
            provider = tracer_provider if tracer_provider is not None else global_tracer_provider()
            _installed = Installation(
                provider,
                settings,
                meter_provider=meter_provider,
                logger_provider=logger_provider,
                conversation_metrics=conversation_metrics,
                metrics_registry=metrics_registry,
            )
            try:
                _installed.end_serving = serve_metrics(settings, metrics_registry, wanted=conversation_metrics)
            except SettingError:
                _installed.shutdown()
                raise
        return _installed


def uninstrument() -> None:
    """Take away what ``instrument`` put in place; does nothing when nothing is."""
    replace_installation(None)


def replace_installation(installation: Installation | None) -> None:
    """Put an installation made by hand in place of the one that is; for replays and tests."""
    global _installed
    with _lock:
        before, _installed = _installed, installation
    if before is not None and before is not installation:
        before.shutdown()


def _forget(installation: Installation) -> None:
    """Let the next ``instrument`` put a new installation in place of one that was shut down."""
    global _installed  # noqa: PLW0603 - as above
    with _lock:
        if _installed is installation:
            _installed = None
