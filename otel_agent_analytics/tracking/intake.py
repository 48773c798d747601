"""A batch of spans and records → the events of each conversation, and what is to be said of the batch itself."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import ModelCalled
from otel_agent_analytics.conversations.from_span import bad_values, events_of
from otel_agent_analytics.conversations.identity import bad_id, conversation_of
from otel_agent_analytics.errors import guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from otel_agent_analytics.conversations.events import Event, LogRecord, Service, SpanRecord

_NEVER: Final = 1 << 62
_DECODED: Final = guard("tracker.decode")


class Intake(NamedTuple):
    """What a batch tells."""

    events: dict[str, list[Event]]
    """By conversation, in the order in which they came."""
    notes: Counter[tuple[str, Service]]
    """What is to be counted of the pipeline, by service."""


def take_in(
    sources: Iterable[SpanRecord | LogRecord],
    price: Callable[[ModelCalled], ModelCalled],
    horizon_ns: int | None = None,
) -> Intake:
    """Decode a batch. What ends after ``horizon_ns`` (UTC nanoseconds) is from the future, and is left out."""
    events: dict[str, list[Event]] = {}
    notes: Counter[tuple[str, Service]] = Counter()
    latest_ns = _NEVER if horizon_ns is None else horizon_ns
    for source in sources:
        service = source.service
        notes[v.PIPELINE_RECEIVED, service] += 1
        with _DECODED:  # what cannot be read must not take the rest of its batch with it
            conversation_id = conversation_of(source.attributes)
            if conversation_id is None:
                unusable = bad_id(source.attributes)
                notes[v.PIPELINE_BAD_ID if unusable else v.PIPELINE_WITHOUT_CONVERSATION, service] += 1
                continue
            wrong = bad_values(source)
            if wrong:
                notes[v.PIPELINE_BAD_VALUE, service] += wrong
            for event in events_of(source):
                if event.time_ns <= 0 or event.until_ns > latest_ns:
                    notes[v.PIPELINE_FUTURE if event.time_ns > 0 else v.PIPELINE_BAD_TIME, service] += 1
                    break
                priced = price(event) if type(event) is ModelCalled else event
                events.setdefault(conversation_id, []).append(priced)
    return Intake(events, notes)
