"""Which spans can be folded as they come, and which must wait until their trace is whole. Pure.

Spans that this package made are read as they are. So is all that a service has in a trace in which it says itself where
a turn begins, by the name of an operation, in whatever language. Any other span of an agent, a model or a tool is told
of by the rest of its trace: whether a turn begins with it, whose it is, and whether somebody in the same trace has told
of the same call already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord, Service, SpanRecord
from otel_agent_analytics.conversations.from_span import operation_of
from otel_agent_analytics.dialects.detect import is_genai

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

Speaker: TypeAlias = "tuple[str, Service]"
"""A trace, and a service in it that says itself where turns begin: all that it has in that trace is taken as it is."""


class Routed(NamedTuple):
    """A batch, divided."""

    plain: list[SpanRecord | LogRecord]
    """To be folded now."""
    waiting: dict[str, list[SpanRecord]]
    """By trace: to be kept until the trace is whole; an empty list where only its root has come."""
    ended: set[str]
    """Traces whose root is in the batch."""
    speakers: dict[Speaker, SpanRecord]
    """Those that were found, each with a turn of theirs."""


def routed(
    sources: Sequence[SpanRecord | LogRecord], speakers: Collection[Speaker], waiting: Collection[str]
) -> Routed:
    """Divide a batch.

    Args:
        sources: spans and records, in any order; spans of something else only show that a trace is whole.
        speakers: known before.
        waiting: traces of which something waits already.
    """
    found = Routed([], {}, set(), {})
    rest: list[SpanRecord] = []
    for source in sources:
        if isinstance(source, LogRecord) or v.DERIVED in source.attributes:
            found.plain.append(source)
            continue
        if not source.parent_id:
            found.ended.add(source.trace_id)
        if operation_of(source.attributes) == v.OPERATION_TURN:
            found.plain.append(source)
            found.speakers[source.trace_id, source.service] = source
        elif is_genai(source.attributes):
            rest.append(source)
    for span in rest:
        speaker = span.trace_id, span.service
        if speaker in found.speakers or speaker in speakers:
            found.plain.append(span)
        else:
            found.waiting.setdefault(span.trace_id, []).append(span)
    for trace_id in found.ended:
        if trace_id in waiting:
            found.waiting.setdefault(trace_id, [])
    return found


def is_wanted(attributes: Mapping[str, Any], parent_id: str | bytes) -> bool:
    """Return whether a span is an agent's, or may be the root of a trace that has some of an agent."""
    return not parent_id or is_genai(attributes)
