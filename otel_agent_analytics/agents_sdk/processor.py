"""The bridge: opens an OpenTelemetry span when the SDK opens one, and closes it when the SDK closes it. Nothing else.

The SDK calls these methods on whichever task or thread starts or ends a span, before it changes its own context. What a
span is called and carries is said in ``spans``; what is remembered meanwhile, in ``run``.
"""

from __future__ import annotations

import weakref
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from agents.tracing import TracingProcessor, get_current_span, get_current_trace
from agents.tracing.util import time_iso
from opentelemetry import trace as otel
from opentelemetry.context import _RUNTIME_CONTEXT, attach, get_current
from opentelemetry.trace import SpanKind, Status, StatusCode

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk import identity, measure
from otel_agent_analytics.agents_sdk.error_types import error_type, exception_in_flight
from otel_agent_analytics.agents_sdk.marked import is_marked
from otel_agent_analytics.agents_sdk.run import OpenSpan, OpenTrace, Turn, take_call_id
from otel_agent_analytics.agents_sdk.spans import attributes, span_name, span_type
from otel_agent_analytics.agents_sdk.trace_ids import otel_trace_id, sdk_trace_ids
from otel_agent_analytics.errors import guard

if TYPE_CHECKING:
    from agents.tracing import Span, Trace
    from opentelemetry.trace import Tracer

    from otel_agent_analytics.settings import Settings

_OPEN: Final = "_agent_analytics_open"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MODEL_CALLS: Final = frozenset({"response", "generation"})
# An error on one of these ended the run, whatever became of the exception.
_SPAN_OF_RUN: Final = frozenset({"agent", "turn"})


class AgentTraceProcessor(TracingProcessor):
    """Turns the Agents SDK's traces into OpenTelemetry spans.

    Args:
        tracer: makes the spans.
        settings: the tool error pattern, and whether model turns get spans of their own.
        derived: whether conversations are derived in this process; said on every span of one.

    ``_live`` and ``_traces`` hold weak references to the SDK's own open objects: they shrink by themselves when the SDK
    lets go, also of a span that nobody finishes.
    """

    def __init__(self, tracer: Tracer, settings: Settings, *, derived: bool) -> None:
        self._tracer = tracer
        self._settings = settings
        self._derived = derived
        self._ids = sdk_trace_ids(tracer)
        self._live: weakref.WeakValueDictionary[str, Span[Any]] = weakref.WeakValueDictionary()
        self._traces: weakref.WeakValueDictionary[str, Trace] = weakref.WeakValueDictionary()

    # --- the SDK's callbacks ----------------------------------------------------------------------------------------

    @guard("agents_sdk.on_trace_start")
    def on_trace_start(self, trace: Trace) -> None:
        """Open the root span of a run."""
        said = self._said_of(trace)
        if self._ids is not None:
            self._ids.use(trace.trace_id)
        named = {v.GEN_AI_OPERATION_NAME: v.OPERATION_INVOKE_WORKFLOW, v.GEN_AI_WORKFLOW_NAME: trace.name}
        every = {**said.every, **said.turn}
        span = self._tracer.start_span(
            f"{v.OPERATION_INVOKE_WORKFLOW} {trace.name}",
            kind=SpanKind.INTERNAL,
            attributes={**named, **every},
            start_time=_nanoseconds(time_iso()),
        )
        opened = OpenTrace(span, otel.set_span_in_context(span), said.every, said.turn, exception_in_flight())
        opened.token = attach(opened.context) if is_marked(trace) else None
        setattr(trace, _OPEN, opened)
        self._traces[trace.trace_id] = trace

    @guard("agents_sdk.on_trace_end")
    def on_trace_end(self, trace: Trace) -> None:
        """Close the root span; ERROR when the run in it failed or was cut off."""
        opened: OpenTrace | None = trace.__dict__.pop(_OPEN, None)
        if opened is None or opened.span is None:
            return
        if opened.runs == 0 and opened.turn is not None:
            # The SDK was told to leave task spans out: the root is then the turn.
            opened.span.set_attribute(v.OPERATION, v.OPERATION_TURN)
            opened.span.set_attributes(attributes(measure.turn_attributes(opened.turn)))
        failure = opened.error_type or error_type(None, _new_exception(opened.exception))
        if failure is not None:
            _fail(opened.span, failure, None)
        opened.span.end(_nanoseconds(time_iso()))
        _detach(opened)

    @guard("agents_sdk.on_span_start")
    def on_span_start(self, span: Span[Any]) -> None:
        """Open a span under that of the SDK's parent."""
        parent = self._parent(span)
        trace = parent.trace if parent is not None else self._trace(span)
        data, kind = span.span_data, getattr(span.span_data, "type", "")
        nested = parent is not None and (parent.nested or (kind == "task" and parent.turn is not None))
        folded = (kind == "turn" and not self._settings.model_turn_spans) or (kind == "task" and nested)
        opened = OpenSpan(
            span=_no_span(parent, trace),
            context=parent.context if parent is not None else trace.context,
            trace=trace,
            turn=_turn(kind, parent, trace),
            agent=data.name if kind == "agent" else parent.agent if parent is not None else None,
            model_turn=data.turn if kind == "turn" else parent.model_turn if parent is not None else None,
            folded=folded,
            nested=nested,
            exception=exception_in_flight(),
        )
        if kind == "agent" and opened.turn is not None:
            opened.turn.agent = data.name
            opened.turn.first_agent = opened.turn.first_agent or data.name
        if not folded:
            self._open(span, kind, opened)
        setattr(span, _OPEN, opened)
        self._live[span.span_id] = span

    @guard("agents_sdk.on_span_end")
    def on_span_end(self, span: Span[Any]) -> None:
        """Close a span with what is known at its end."""
        opened: OpenSpan | None = span.__dict__.pop(_OPEN, None)
        if opened is None:
            return
        try:
            failure = self._finished(span, opened)
            if failure is not None and not opened.folded:
                _fail(opened.span, failure, (span.error or {}).get("message"))
        finally:
            if not opened.folded:
                opened.span.end(_nanoseconds(span.ended_at))
            _detach(opened)

    def force_flush(self) -> None:
        """Do nothing: what is finished has been handed over, and what is open must stay open."""

    @guard("agents_sdk.shutdown")
    def shutdown(self) -> None:
        """End what is open, and mark it as cut off."""
        for thing in [*self._live.values(), *self._traces.values()]:
            opened = thing.__dict__.pop(_OPEN, None)
            if opened is not None and opened.span is not None and not getattr(opened, "folded", False):
                opened.span.set_attribute(v.CUT_OFF, True)
                opened.span.end()

    # --- opening ----------------------------------------------------------------------------------------------------

    def _open(self, span: Span[Any], kind: str, opened: OpenSpan) -> None:
        data, row = span.span_data, span_type(span.span_data)
        started = {**attributes(row.start(data)), **opened.trace.attributes}
        if kind == "task":
            opened.trace.runs += 1
            started.update(opened.trace.turn_attributes)
        elif opened.agent is not None:
            started[v.GEN_AI_AGENT_NAME] = opened.agent
        if opened.model_turn is not None:
            started[v.MODEL_TURN] = opened.model_turn
        if kind == "function" and (call_id := take_call_id(opened.turn, data.name)):
            started[v.GEN_AI_TOOL_CALL_ID] = call_id
        opened.span = self._tracer.start_span(
            span_name(row, row.subject(data)),
            context=opened.context,
            kind=row.kind,
            attributes=started,
            start_time=_nanoseconds(span.started_at),
        )
        opened.context = otel.set_span_in_context(opened.span, opened.context)
        opened.token = attach(opened.context) if is_marked(span) else None

    def _parent(self, span: Span[Any]) -> OpenSpan | None:
        if span.parent_id is None:
            return None
        current = get_current_span()
        parent = current if current is not None and current.span_id == span.parent_id else self._live.get(span.parent_id)
        return getattr(parent, _OPEN, None)

    def _trace(self, span: Span[Any]) -> OpenTrace:
        current = get_current_trace()
        same = current is not None and current.trace_id == span.trace_id
        trace = current if same else self._traces.get(span.trace_id)
        opened: OpenTrace | None = getattr(trace, _OPEN, None)
        if opened is None:
            opened = self._resume(trace, span)
            if trace is not None:
                setattr(trace, _OPEN, opened)
        return opened

    def _resume(self, trace: Trace | None, span: Span[Any]) -> OpenTrace:
        """A resumed run goes on with a trace whose root has ended: its spans join the same OpenTelemetry trace."""
        said = self._said_of(trace) if trace is not None else identity.said(None, span.trace_metadata, self._derived)
        trace_id = otel_trace_id(span.trace_id)
        context = get_current()
        if trace_id is not None and not otel.get_current_span(context).get_span_context().is_valid:
            root = otel.SpanContext(trace_id, trace_id & (2**64 - 1) or 1, is_remote=True, trace_flags=otel.TraceFlags(1))
            context = otel.set_span_in_context(otel.NonRecordingSpan(root), context)
        return OpenTrace(None, context, said.every, said.turn, exception_in_flight())

    def _said_of(self, trace: Trace) -> identity.Said:
        group_id, metadata = getattr(trace, "group_id", None), getattr(trace, "metadata", None)
        return identity.said(group_id, metadata, self._derived)

    # --- closing ----------------------------------------------------------------------------------------------------

    def _finished(self, span: Span[Any], opened: OpenSpan) -> str | None:
        """Set what is known at the end, and return the class of the failure, if it is one."""
        data, turn, kind = span.span_data, opened.turn, getattr(span.span_data, "type", "")
        if not opened.folded:
            row = span_type(data)
            opened.span.set_attributes(attributes(row.end(data)))
            opened.span.update_name(span_name(row, row.subject(data)))
        if kind in _MODEL_CALLS and turn is not None:
            measure.note_model_call(turn, data)
        elif kind == "function":
            self._tool_finished(data, opened)
        elif kind == "task" and turn is not None and not opened.nested:
            return _run_finished(turn, opened)
        failure = error_type(span.error, _new_exception(opened.exception)) if span.error is not None else None
        if failure is not None and turn is not None and kind in _SPAN_OF_RUN:
            turn.error_type = failure
        return failure

    def _tool_finished(self, data: Any, opened: OpenSpan) -> None:
        if measure.tool_failed(data.output, self._settings.tool_error_pattern):
            opened.span.set_attribute(v.TOOL_RESULT_FAILED, True)
        if opened.turn is not None:
            measure.note_tool_output(opened.turn, data.output)


def _run_finished(turn: Turn, opened: OpenSpan) -> str | None:
    """Say on the turn's span how its run went. The SDK puts no error on it, so what is in flight must tell."""
    opened.trace.error_type = error_type(None, _new_exception(opened.exception)) or turn.error_type
    opened.span.set_attributes(attributes(measure.turn_attributes(turn)))
    opened.span.update_name(" ".join(filter(None, (v.OPERATION_TURN, turn.first_agent))))
    return opened.trace.error_type


def hide_tool_output() -> None:
    """Say, from inside a run that ends on a tool, that the user is not shown what the tool gave back."""
    opened: OpenSpan | None = getattr(get_current_span(), _OPEN, None)
    if opened is not None and opened.turn is not None:
        opened.turn.tool_output_hidden = True


def _turn(kind: str, parent: OpenSpan | None, trace: OpenTrace) -> Turn | None:
    """A run is a turn; a run inside a run is none, but its own tool calls are kept apart from the outer one's."""
    if kind == "task":
        return Turn()
    if parent is not None:
        return parent.turn
    if kind == "agent":
        trace.turn = trace.turn or Turn()
    return trace.turn


def _no_span(parent: OpenSpan | None, trace: OpenTrace) -> otel.Span:
    inherited = parent.span if parent is not None else trace.span
    return inherited if inherited is not None else otel.INVALID_SPAN


def _new_exception(before: BaseException | None) -> BaseException | None:
    """Return the exception in flight unless it was there when the span began: then it is not this span's."""
    now = exception_in_flight()
    return None if now is before else now


def _fail(span: otel.Span, failure: str, message: str | None) -> None:
    span.set_attribute(v.ERROR_TYPE, failure)
    span.set_status(Status(StatusCode.ERROR, message))


def _detach(opened: OpenSpan | OpenTrace) -> None:
    if opened.token is not None:
        try:
            _RUNTIME_CONTEXT.detach(opened.token)
        except ValueError:
            # Ended on another task than it began on: that task's context is not ours to change, and goes with the task.
            pass
        opened.token = None


def _nanoseconds(iso_time: str | None) -> int | None:
    if iso_time is None:
        return None
    return (datetime.fromisoformat(iso_time) - _EPOCH) // _MICROSECOND * 1000
