"""The bridge: opens an OpenTelemetry span when the SDK opens one, and closes it when the SDK closes it. Nothing else.

The SDK calls these methods on whichever task or thread starts or ends a span, before it changes its own context. What a
span is called and carries is said in ``spans``; what a run does to it, in ``openings`` and ``endings``; what is
remembered meanwhile, in ``run``; who is whose parent, in ``family``.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from agents.tracing import TracingProcessor, get_current_span
from agents.tracing.util import time_iso
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.endings import Endings, fail
from otel_agent_analytics.agents_sdk.family import Family, Handle, remembered
from otel_agent_analytics.agents_sdk.marked import is_marked
from otel_agent_analytics.agents_sdk.openings import Openings, root_attributes, root_name
from otel_agent_analytics.agents_sdk.otel_spans import attach, context_with, detach, nanoseconds
from otel_agent_analytics.agents_sdk.run import OpenSpan, OpenTrace
from otel_agent_analytics.agents_sdk.span_maker import span_maker
from otel_agent_analytics.errors import guard
from otel_agent_analytics.values import known_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.tracing import Span, Trace
    from opentelemetry.trace import Tracer

    from otel_agent_analytics.agents_sdk.observer import Observer
    from otel_agent_analytics.measuring import Wants
    from otel_agent_analytics.recent_messages import RecentMessages
    from otel_agent_analytics.settings import Settings

_NOWHERE: Final = Context()
_LOST_SPANS: Final = 16
_LOST_NS: Final = 30 * 10**9
# Not as decorators, which take any arguments at all: these two callbacks are called for every span.
_SPAN_START: Final = guard("agents_sdk.on_span_start")
_SPAN_END: Final = guard("agents_sdk.on_span_end")


class AgentTraceProcessor(TracingProcessor):
    """Turns the Agents SDK's traces into OpenTelemetry spans.

    Args:
        tracer: makes the spans.
        settings: what gets a span of its own, and how a tool says that it failed.
        observer: is told of finished spans: content and standard metrics.
        derived: whether conversations are derived in this process; said on every span.
        recent: what users said last.
        wants: tells what messages want; None: nobody does.
    """

    def __init__(
        self,
        tracer: Tracer,
        settings: Settings,
        observer: Observer,
        *,
        derived: bool,
        recent: RecentMessages,
        wants: Wants | None = None,
    ) -> None:
        self._maker = span_maker(tracer)
        self._observer = observer
        self._current: set[Any] | None = None
        """Once it is closed: what may still be current somewhere."""
        self._done: Callable[[], None] = lambda: None
        self._family = Family(tracer, derived=derived, model_spans=settings.model_spans)
        self._openings = Openings(self._maker, self._family, settings)
        self._endings = Endings(self._maker, self._openings, settings, observer, recent, wants)

    @guard("agents_sdk.on_trace_start")
    def on_trace_start(self, trace: Trace) -> None:
        """Open the root span of a run."""
        if self._current is not None:
            return
        if self._family.lost:
            self._end_lost()
        opened = self._family.opened_trace(trace)
        above, trace_id = self._family.root(trace, opened.context)
        opened.workflow = known_name(v.GEN_AI_WORKFLOW_NAME, trace.name)
        opened.start_ns = nanoseconds(time_iso())
        opened.span = self._maker.start(
            root_name(opened), SpanKind.INTERNAL, root_attributes(opened), above, opened.start_ns, trace_id
        )
        opened.context = context_with(opened.span, opened, above)
        handle = self._family.add_trace(trace, opened)
        if is_marked(trace):
            handle.token = attach(opened.context)

    @guard("agents_sdk.on_trace_end")
    def on_trace_end(self, trace: Trace) -> None:
        """Close the root span; ERROR when the run in it failed or was cut off."""
        handle = self._family.take(trace)
        if handle is None:
            return
        opened: OpenTrace | None = handle.take()
        try:
            if opened is not None and opened.span is not None:
                self._end_root(opened, nanoseconds(time_iso()))
        finally:
            if handle.token is not None:
                detach(handle.token)
            if self._current is not None:
                self._left(handle)

    def on_span_start(self, span: Span[Any]) -> None:
        """Open a span under that of the SDK's parent; one without a span of its own hands its parent's on."""
        try:
            if self._current is not None:
                return
            opened = self._openings.open(span)
            handle = self._family.add_span(span, opened)
            if (opened.own or opened.deferred) and is_marked(span):
                handle.token = attach(opened.context)
        except Exception:
            with _SPAN_START:
                raise

    def on_span_end(self, span: Span[Any]) -> None:
        """Close a span with what is known at its end."""
        try:
            handle = self._family.take(span)
            if handle is None:
                return
            opened: OpenSpan | None = handle.take()
            try:
                if opened is not None:
                    self._end(span, opened, nanoseconds(span.ended_at))
            finally:
                if handle.token is not None:
                    detach(handle.token)
                if self._current is not None:
                    self._left(handle)
        except Exception:
            with _SPAN_END:
                raise

    @guard("agents_sdk.force_flush")
    def force_flush(self) -> None:
        """Hand over the metrics that wait for the end of a run. What is finished is gone; what is open stays open."""
        self._observer.flush()

    @guard("agents_sdk.shutdown")
    def shutdown(self) -> None:
        """End what is open, and mark it as cut off."""
        self._end_lost(all_of_them=True)
        for opened in self._family.take_all():
            _cut_off(opened, time.time_ns())
        self._observer.flush()

    def close(self, done: Callable[[], None]) -> None:
        """End what is open and open nothing more; call ``done`` when nothing of ours is current any more.

        Only the task that made a span current can undo that, and it does when it ends the span.
        """
        self._current, self._done = self._family.keys(), done
        self.shutdown()
        self._left(None)

    def _left(self, handle: Handle | None) -> None:
        """Note, once it is closed, that something is not current any more."""
        if self._current is not None:
            self._current.discard(handle.key if handle is not None else None)
            if not self._current:
                self._done()

    def _end(self, span: Span[Any], opened: OpenSpan, end_ns: int | None) -> None:
        try:
            self._endings.finish(span, opened, end_ns)
        finally:
            if opened.own:
                opened.span.end(end_ns)
            opened.context = _NOWHERE  # it refers to what refers to it

    def _end_root(self, opened: OpenTrace, end_ns: int | None) -> None:
        try:
            self._endings.finish_root(opened, end_ns)
        finally:
            if opened.span is not None:
                opened.span.end(end_ns)
            opened.context = _NOWHERE  # as above

    def _end_lost(self, *, all_of_them: bool = False) -> None:
        """End what nobody will finish: the SDK has let go of it.

        In lots, and not where it was found out, since that is in the midst of a garbage collection.
        """
        lost = self._family.lost
        while lost and (all_of_them or len(lost) > _LOST_SPANS or time.time_ns() - lost[0][1] > _LOST_NS):
            _cut_off(*lost.popleft())


def hide_tool_output() -> None:
    """Say, from inside a run that ends on a tool, that the user is not shown what the tool gave back."""
    opened = remembered(get_current_span())
    if opened is not None and opened.turn is not None:
        opened.turn.tool_output_hidden = True


def _cut_off(opened: OpenSpan | OpenTrace, end_ns: int) -> None:
    opened.context = _NOWHERE
    if opened.span is None or (isinstance(opened, OpenSpan) and not opened.own):
        return
    opened.span.set_attribute(v.CUT_OFF, True)
    if isinstance(opened, OpenTrace):
        fail(opened.span, v.CUT_OFF_ERROR, None)
    opened.span.end(end_ns)
