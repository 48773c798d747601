"""The log records of a service's last day, as an analyzer sends them by OTLP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import requests
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.judging import judging_of
from otel_agent_analytics.outputs.logs import ConversationLog
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker
from tests.servers.pool import end_ns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.servers.pool import Source

_LOOK_NS: Final = 60 * 10**9
"""How often it is looked whether a conversation has ended."""


def send_records(address: str, sources: Iterable[Source], until_ns: int) -> None:
    """Derive the conversations of one service, and send the wide record of each that has ended by then.

    Args:
        address: where logs are taken by OTLP over HTTP.
        sources: spans and records of one service.
        until_ns: the time now, UTC nanoseconds.
    """
    ordered = sorted(sources, key=end_ns)
    provider = LoggerProvider(Resource({v.SERVICE_NAME: ordered[0].service.name}), shutdown_on_exit=False)
    session = requests.Session()
    session.trust_env = False
    provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(address, session=session)))
    now_ns = end_ns(ordered[0])
    log = ConversationLog(provider.get_logger(v.DERIVED_SCOPE_NAME), every_event=False, clock=lambda: now_ns)
    judging = judging_of(Settings())
    tracker = Tracker(MemoryStore(), (log,), judging.rules, judging.price)
    waiting = iter([source for source in ordered if end_ns(source) <= until_ns])
    following = next(waiting, None)
    while now_ns <= until_ns:
        while following is not None and end_ns(following) <= now_ns:
            tracker.take(following)
            following = next(waiting, None)
        tracker.advance_to(now_ns)
        now_ns += _LOOK_NS
    provider.shutdown()
