"""Spans whose own process derives their conversations: kept and counted, and left out of everything else."""

from __future__ import annotations

import logging
import secrets
from collections import Counter
from typing import TYPE_CHECKING, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.from_span import decode
from otel_agent_analytics.storage.codec import pack_events

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from otel_agent_analytics.conversations.events import Event, LogRecord, Service, SpanRecord
    from otel_agent_analytics.outputs.totals import Totals
    from otel_agent_analytics.storage.rows import Row

logger = logging.getLogger("otel_agent_analytics")

_TOLD: Final = (
    "%s derives its conversations itself, so its spans are left out here: for conversations of all its processes "
    "together, call instrument(conversation_metrics=False) there"
)
_SEQUENCE_BITS: Final = 62


class DerivedElsewhere:
    """Takes them out of each batch. For one transaction at a time.

    Bounded by the number of services, each of which is told of once.

    Args:
        totals: count them.
    """

    def __init__(self, totals: Totals) -> None:
        self._totals = totals
        self._told: set[Service] = set()
        self.begin(0)

    def begin(self, now_ns: int) -> None:
        """Begin another transaction, at a time of arrival, UTC nanoseconds."""
        self._now_ns = now_ns
        self._events: dict[str, list[Event]] = {}

    def facts_after(self, floor_ns: Callable[[str], int]) -> list[Row]:
        """Return rows of facts of what was left out, but of what happened before a conversation was deleted."""
        rows: list[Row] = []
        for conversation_id, events in self._events.items():
            floor = floor_ns(conversation_id)
            found = [event for event in events if event.time_ns > floor]
            if found:
                sequence = -1 - secrets.randbits(_SEQUENCE_BITS)
                rows.append((conversation_id, sequence, self._now_ns, pack_events(found)))
        return rows

    def without(self, sources: Sequence[SpanRecord | LogRecord]) -> Sequence[SpanRecord | LogRecord]:
        """Return what is to be derived here; count and keep the rest, and tell of it once for each service."""
        elsewhere = [source for source in sources if source.attributes.get(v.DERIVED) is True]
        if not elsewhere:
            return sources
        for service, count in Counter(source.service for source in elsewhere).items():
            self._totals.noted(v.PIPELINE_DERIVED_ELSEWHERE, service, count)
            if service not in self._told:
                self._told.add(service)
                logger.warning(_TOLD, service.name)
        self._keep(elsewhere)
        return [source for source in sources if source.attributes.get(v.DERIVED) is not True]

    def _keep(self, sources: Sequence[SpanRecord | LogRecord]) -> None:
        for source in sources:
            for conversation_id, event in decode(source):
                self._events.setdefault(conversation_id, []).append(event)
