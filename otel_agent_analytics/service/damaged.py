"""What comes of conversations that are stored and cannot be read: it is counted, and left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.identity import conversation_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from otel_agent_analytics.conversations.events import LogRecord, SpanRecord
    from otel_agent_analytics.outputs.totals import Totals


def readable(
    sources: Sequence[SpanRecord | LogRecord], damaged: Collection[str], totals: Totals
) -> Sequence[SpanRecord | LogRecord]:
    """Return what belongs to conversations that can be read; count what does not, as it cannot be folded."""
    if not damaged:
        return sources
    found: list[SpanRecord | LogRecord] = []
    for source in sources:
        if conversation_of(source.attributes) in damaged:
            totals.noted(v.PIPELINE_CONVERSATION_DAMAGED, source.service, 1)
        else:
            found.append(source)
    return found
