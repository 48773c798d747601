"""Who is whose parent: finds, for a span that opens, what is remembered of the spans and the trace above it."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Final

from agents.tracing import get_current_span, get_current_trace
from opentelemetry import trace as otel
from opentelemetry.context import get_current

from otel_agent_analytics.agents_sdk import identity
from otel_agent_analytics.agents_sdk.error_types import exception_in_flight
from otel_agent_analytics.agents_sdk.run import OpenSpan, OpenTrace
from otel_agent_analytics.agents_sdk.trace_ids import otel_trace_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agents.tracing import Span, Trace

_OPEN: Final = "_agent_analytics_open"
_SPAN_ID_MASK: Final = 2**64 - 1


class Family:
    """What is open. It hangs on the SDK's own objects; the two dictionaries hold these weakly.

    So they shrink by themselves when the SDK lets go, also of a span that nobody finishes.
    """

    def __init__(self, *, derived: bool) -> None:
        self._derived = derived
        self._spans: weakref.WeakValueDictionary[str, Span[Any]] = weakref.WeakValueDictionary()
        self._traces: weakref.WeakValueDictionary[str, Trace] = weakref.WeakValueDictionary()

    def add_span(self, span: Span[Any], opened: OpenSpan) -> None:
        """Remember an open span."""
        setattr(span, _OPEN, opened)
        self._spans[span.span_id] = span

    def add_trace(self, trace: Trace, opened: OpenTrace) -> None:
        """Remember an open trace."""
        setattr(trace, _OPEN, opened)
        self._traces[trace.trace_id] = trace

    def take(self, thing: Span[Any] | Trace) -> Any:
        """Return what was remembered of a span or trace, once; None for one that was not seen to open."""
        return thing.__dict__.pop(_OPEN, None)

    def take_all(self) -> list[OpenSpan | OpenTrace]:
        """Return everything that is open, the inner ones first, and forget it."""
        there = [*reversed(list(self._spans.values())), *self._traces.values()]
        return [opened for opened in map(self.take, there) if opened is not None]

    def parent(self, span: Span[Any]) -> OpenSpan | None:
        """Return what is remembered of the span's parent; None for the first span of a trace."""
        if span.parent_id is None:
            return None
        current = get_current_span()
        same = current is not None and current.span_id == span.parent_id
        return getattr(current if same else self._spans.get(span.parent_id), _OPEN, None)

    def trace(self, span: Span[Any]) -> OpenTrace:
        """Return what is remembered of the span's trace; a trace that a run goes on with is taken up here."""
        current = get_current_trace()
        same = current is not None and current.trace_id == span.trace_id
        trace = current if same else self._traces.get(span.trace_id)
        opened: OpenTrace | None = getattr(trace, _OPEN, None)
        if opened is None:
            opened = self._resumed(trace, span)
            if trace is not None:
                self.add_trace(trace, opened)
        return opened

    def opened_trace(self, trace: Trace | None, metadata: Mapping[str, Any] | None = None) -> OpenTrace:
        """Return what is remembered of a trace that opens here, or is taken up here; without a root yet."""
        group_id, metadata = getattr(trace, "group_id", None), getattr(trace, "metadata", metadata)
        said = identity.said(group_id, metadata, self._derived)
        return OpenTrace(None, get_current(), group_id, metadata, said, exception_in_flight())

    def said_now(self, opened: OpenTrace) -> identity.Said:
        """Return what the spans of a run that begins now carry: the application may have named a conversation since."""
        return identity.said(opened.group_id, opened.metadata, self._derived)

    def _resumed(self, trace: Trace | None, span: Span[Any]) -> OpenTrace:
        """Take up a trace whose root has ended: the spans of a resumed run join the same OpenTelemetry trace."""
        opened, trace_id = self.opened_trace(trace, span.trace_metadata), otel_trace_id(span.trace_id)
        if trace_id is not None and not otel.get_current_span(opened.context).get_span_context().is_valid:
            flags = otel.TraceFlags(otel.TraceFlags.SAMPLED)
            root = otel.SpanContext(trace_id, trace_id & _SPAN_ID_MASK or 1, is_remote=True, trace_flags=flags)
            opened.context = otel.set_span_in_context(otel.NonRecordingSpan(root), opened.context)
        return opened


def remembered(span: Span[Any] | None) -> OpenSpan | None:
    """Return what is remembered of an open span."""
    opened: OpenSpan | None = getattr(span, _OPEN, None)
    return opened
