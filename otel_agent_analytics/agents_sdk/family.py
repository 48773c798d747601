"""Who is whose parent: finds, for a span that opens, what is remembered of the spans and the trace above it.

What is open stands in two dictionaries by the SDK's ids. A handle on the SDK's own object takes an entry out again when
the object goes, so that they hold no more than the SDK itself does, also of spans that nobody finishes.
"""

from __future__ import annotations

import os
import time
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from agents.tracing import get_current_trace
from opentelemetry import trace as otel
from opentelemetry.context import get_current

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk import identity
from otel_agent_analytics.agents_sdk.client_spans import client_is_instrumented
from otel_agent_analytics.agents_sdk.error_types import exception_in_flight
from otel_agent_analytics.agents_sdk.run import OpenSpan, OpenTrace
from otel_agent_analytics.agents_sdk.runner import given_now
from otel_agent_analytics.agents_sdk.sampling import would_sample
from otel_agent_analytics.agents_sdk.trace_ids import SPAN_ID_MASK, otel_trace_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextvars import Token

    from agents.tracing import Span, Trace
    from opentelemetry.context import Context
    from opentelemetry.trace import Tracer

_OPEN: Final = "_agent_analytics_open"


def sdk_id(given: Any) -> Any:
    """Return an id of the SDK as a key; one that is no text, which may be no key either, is known as that object."""
    return given if type(given) is str else ("odd", id(given))


class Handle:
    """Hangs on an SDK span or trace, and goes with it.

    The token stands here and not with what is open: it refers to the task's context, which refers to the SDK's span,
    and would keep that alive from the dictionaries.
    """

    __slots__ = ("_kept", "_lost", "key", "opened", "token")

    def __init__(self, opened: Any, key: Any, kept: dict[Any, Any], lost: deque[tuple[Any, int]]) -> None:
        self.opened = opened
        self.token: Token[Context] | None = None
        """Set while the context of the span is attached."""
        if type(key) is not str:
            key = sdk_id(key)
        self.key, self._kept, self._lost = key, kept, lost
        kept[key] = opened

    def take(self) -> Any:
        """Return what was remembered, once."""
        opened, self.opened = self.opened, None
        if self._kept.get(self.key) is opened:
            del self._kept[self.key]
        return None if opened is None or opened.over else opened

    def __del__(self) -> None:
        # This runs wherever the garbage collector does, so it takes no lock and ends no span: that comes later.
        opened = self.take() if self.opened is not None else None
        if opened is not None:
            self._lost.append((opened, time.time_ns()))


class Family:
    """What is open, and what is lost: opened, let go of by the SDK, never finished."""

    def __init__(self, tracer: Tracer, *, derived: bool, model_spans: str) -> None:
        self._tracer = tracer
        self._derived = derived
        self._model_spans = model_spans
        self.spans: dict[Any, OpenSpan] = {}
        """By the SDK's id, as ``sdk_id`` has it."""
        self._traces: dict[Any, OpenTrace] = {}
        self.lost: deque[tuple[OpenSpan | OpenTrace, int]] = deque()
        """With the time at which each was let go, UTC nanoseconds. Emptied by the processor; at most a few."""
        if hasattr(os, "register_at_fork"):
            after_fork = weakref.WeakMethod(self._after_fork)
            os.register_at_fork(after_in_child=lambda: (method := after_fork()) and method())

    def add_span(self, span: Span[Any], opened: OpenSpan) -> Handle:
        """Remember an open span."""
        handle = span.__dict__[_OPEN] = Handle(opened, span.span_id, self.spans, self.lost)
        return handle

    def add_trace(self, trace: Trace, opened: OpenTrace) -> Handle:
        """Remember an open trace."""
        handle = trace.__dict__[_OPEN] = Handle(opened, trace.trace_id, self._traces, self.lost)
        return handle

    def take(self, thing: Span[Any] | Trace) -> Handle | None:
        """Return the handle of a span or trace, once; None for one that was not seen to open."""
        handle: Handle | None = thing.__dict__.pop(_OPEN, None)
        return handle

    def keys(self) -> set[Any]:
        """Return the keys of what is open."""
        return {*self.spans, *self._traces}

    def take_all(self) -> list[OpenSpan | OpenTrace]:
        """Return everything that is open, the inner ones first, and forget it."""
        there: list[OpenSpan | OpenTrace] = [*reversed(list(self.spans.values()))]
        there += reversed(list(self._traces.values()))
        self.spans.clear()
        self._traces.clear()
        for opened in there:
            opened.over = True
        return there

    def trace(self, span: Span[Any]) -> OpenTrace:
        """Return what is remembered of the span's trace; a trace that a run goes on with is taken up here."""
        opened = self._traces.get(sdk_id(span.trace_id))
        if opened is None:
            current = get_current_trace()
            trace = current if current is not None and current.trace_id == span.trace_id else None
            opened = self.opened_trace(trace, span.trace_metadata)
            opened.context = self._under_root(span.trace_id, opened.context)
            if trace is not None:
                self.add_trace(trace, opened)
        return opened

    def opened_trace(self, trace: Trace | None, metadata: Mapping[str, Any] | None = None) -> OpenTrace:
        """Return what is remembered of a trace that opens here, or is taken up here; without a root yet."""
        group_id, metadata = getattr(trace, "group_id", None), getattr(trace, "metadata", metadata)
        said = identity.said(group_id, metadata, derived=self._derived)
        context = _without_ended_run(get_current())
        return OpenTrace(None, context, group_id, metadata, said, exception_in_flight(), self._left_to_client())

    def root(self, trace: Trace, context: Context) -> tuple[Context, int | None]:
        """Return the context above a new root, and its trace id: a trace id that began elsewhere is gone on with."""
        given, open_one = given_now(), self._traces.get(sdk_id(trace.trace_id))
        if open_one is not None:
            return open_one.context, None
        if given is not None and given.resumed:
            return self._under_root(trace.trace_id, context), None
        return context, otel_trace_id(trace.trace_id)

    def said_now(self, opened: OpenTrace) -> identity.Said:
        """Return what the spans of a run that begins now carry: the application may have named a conversation since."""
        if identity.same_now(opened.said):
            return opened.said
        return identity.said(opened.group_id, opened.metadata, derived=self._derived)

    def _under_root(self, sdk_trace_id: Any, context: Context) -> Context:
        """Return a context in which new spans hang under the root of an SDK trace that is not open in this process."""
        trace_id = otel_trace_id(sdk_trace_id)
        if trace_id is None or otel.get_current_span(context).get_span_context().is_valid:
            return context
        sampled = would_sample(self._tracer, trace_id, v.OPERATION_INVOKE_WORKFLOW)
        flags = otel.TraceFlags(otel.TraceFlags.SAMPLED if sampled else otel.TraceFlags.DEFAULT)
        root = otel.SpanContext(trace_id, trace_id & SPAN_ID_MASK, is_remote=True, trace_flags=flags)
        return otel.set_span_in_context(otel.NonRecordingSpan(root), context)

    def _after_fork(self) -> None:
        self.take_all()  # what is open in the parent is the parent's to end
        self.lost.clear()

    def _left_to_client(self) -> bool:
        return self._model_spans == "client" or (self._model_spans == "auto" and client_is_instrumented())


def _without_ended_run(context: Context) -> Context:
    """Return the context without the span of a run that is over.

    Where two instrumentations of the Agents SDK attach their spans, each undoes what it did in the order in which they
    began, and so one leaves the other's ended root behind. Any other ended span is a parent like any: of a task that a
    server goes on with after it has answered.
    """
    span = otel.get_current_span(context)
    said = getattr(span, "attributes", None)
    if span.is_recording() or not said or said.get(v.GEN_AI_OPERATION_NAME) != v.OPERATION_INVOKE_WORKFLOW:
        return context
    return otel.set_span_in_context(otel.INVALID_SPAN, context)


def remembered(span: Span[Any] | None) -> OpenSpan | None:
    """Return what is remembered of an open span."""
    handle: Handle | None = getattr(span, _OPEN, None)
    return handle.opened if handle is not None else None
