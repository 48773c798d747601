"""What derives conversations in this process: tracker, sinks and metrics, put together from the settings.

Imported only where conversations are derived, so that a process which only makes spans loads none of it.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry._logs import get_logger
from prometheus_client import REGISTRY

import otel_agent_analytics
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.context import context_attributes
from otel_agent_analytics.dialects.options import Options
from otel_agent_analytics.errors import UsageError, guard
from otel_agent_analytics.judging import Judging, judging_of
from otel_agent_analytics.outputs.audience import AudienceGauges
from otel_agent_analytics.outputs.exposition import ConversationCollector
from otel_agent_analytics.outputs.logs import ConversationLog
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.people.audience import available
from otel_agent_analytics.people.sketches import load
from otel_agent_analytics.providers import (
    add_span_processor,
    in_multiprocess_mode,
    remove_log_processor,
    remove_span_processor,
)
from otel_agent_analytics.settings import EVENTS_ALL, EVENTS_OFF
from otel_agent_analytics.tracking.foreign import ForeignTraces
from otel_agent_analytics.tracking.span_processor import ConversationSpanProcessor
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.trace import TracerProvider
    from prometheus_client import CollectorRegistry

    from otel_agent_analytics.measuring import Wants
    from otel_agent_analytics.recent_messages import RecentMessages
    from otel_agent_analytics.settings import Settings
    from otel_agent_analytics.tracking.sink import Sink


class Host(NamedTuple):
    """What a process lends."""

    settings: Settings
    tracer_provider: TracerProvider
    logger_provider: Any
    """Takes log records of conversations, and shows those of the application."""
    registry: CollectorRegistry | None
    """Shows the metrics; None for prometheus_client's default registry."""
    sinks: Sequence[Sink]
    """What takes events and records beside the metrics."""
    recent: RecentMessages
    clock: Callable[[], int]
    """Returns the event time in UTC nanoseconds."""
    follow_clock: bool
    """Whether conversations are ended as the clock goes on."""
    wants: Wants | None = None
    """Tells what messages want; None: nobody does."""


class Deriving:
    """Derives conversations from the spans and log records of this process, from now until ``end``.

    Raises:
        UsageError: prometheus_client's multiprocess mode is on, which cannot show these metrics.
        SettingError: the user's file of prices is wrong.
    """

    def __init__(self, host: Host) -> None:
        if host.registry is None and in_multiprocess_mode():
            message = (
                "prometheus_client's multiprocess mode (PROMETHEUS_MULTIPROC_DIR) cannot show conversation metrics; "
                "use conversation_metrics=False in the workers"
            )
            raise UsageError(message)
        settings, totals, audience = host.settings, Totals(), _audience(host)
        sinks: list[Sink] = [totals, *([audience] if audience is not None else []), *host.sinks, *_log(host)]
        store = MemoryStore(settings.max_ended_conversations)
        judging = judging_of(settings)
        tracker = Tracker(store, sinks, judging.rules, judging.price)
        self._host = host
        self.conversations = _processor(host, tracker, totals, judging)
        self._registry = host.registry if host.registry is not None else REGISTRY
        self._collector = ConversationCollector(
            totals,
            tracker.active,
            lambda: self.conversations.drain(1.0),
            audience=audience,
            human_cost_usd=settings.human_cost_usd,
        )
        self._registry.register(self._collector)  # first, since it refuses names that somebody else has taken
        add_span_processor(host.tracer_provider, self.conversations)
        self._stop_listening = _listen(host.logger_provider, self.conversations)

    def end(self) -> None:
        """Hand over what waits, for at most five seconds, and take everything away that was put in place."""
        self.conversations.shutdown()
        remove_span_processor(self._host.tracer_provider, self.conversations)
        self._stop_listening()
        self._registry.unregister(self._collector)


def _processor(host: Host, tracker: Tracker, totals: Totals, judging: Judging) -> ConversationSpanProcessor:
    settings = host.settings
    describe = functools.partial(context_attributes, user_key=settings.user_key)
    options = Options(settings.tool_error_pattern, settings.signals, describe, host.wants)
    return ConversationSpanProcessor(
        tracker,
        totals,
        queue_size=settings.queue_size,
        clock=(lambda: host.clock() - judging.lateness_ns) if host.follow_clock else None,
        foreign=ForeignTraces(options, host.recent),
        skew_ns=judging.skew_ns,
    )


def _listen(logger_provider: Any, conversations: ConversationSpanProcessor) -> Callable[[], None]:
    """Hear the log records of the application, where they go through OpenTelemetry's SDK; return what ends that."""
    if not hasattr(logger_provider, "add_log_record_processor"):
        return lambda: None
    # Only where the SDK of logs is loaded already: it makes a resource, in threads, when it is imported, and a tracer
    # provider that was made before that hangs in every child that the process forks.
    from otel_agent_analytics.tracking.log_processor import EventLogProcessor

    events = EventLogProcessor(conversations)
    logger_provider.add_log_record_processor(events)
    return lambda: remove_log_processor(logger_provider, events)


def _audience(host: Host) -> AudienceGauges | None:
    """Return what counts users; None without the library that can."""
    if not available():
        return None
    stable_key = host.settings.user_key is not None
    with guard("deriving.users"):
        load()  # now, as the prices are: see tracking/pricing
        return AudienceGauges(stable_key=stable_key, clock=host.clock if host.follow_clock else None)
    return None


def _log(host: Host) -> list[Sink]:
    """Return what sends log records of conversations, if they are wanted; a replay sends none."""
    if not host.follow_clock or host.settings.events == EVENTS_OFF:
        return []
    logger = get_logger(v.DERIVED_SCOPE_NAME, otel_agent_analytics.__version__, host.logger_provider, v.SCHEMA_URL)
    return [ConversationLog(logger, every_event=host.settings.events == EVENTS_ALL, clock=host.clock)]
