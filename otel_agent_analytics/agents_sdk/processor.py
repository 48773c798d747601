"""The bridge: opens an OpenTelemetry span when the SDK opens one, and closes it when the SDK closes it. Nothing else.

The SDK calls these methods on whichever task or thread starts or ends a span, before it changes its own context. What a
span is called and carries is said in ``spans``; what is remembered meanwhile, in ``run``; who is whose parent, in
``family``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from agents.tracing import TracingProcessor, get_current_span
from agents.tracing.util import time_iso
from opentelemetry import trace as otel
from opentelemetry.trace import SpanKind

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk import measure
from otel_agent_analytics.agents_sdk.error_types import error_type, exception_in_flight
from otel_agent_analytics.agents_sdk.family import Family, remembered
from otel_agent_analytics.agents_sdk.marked import is_marked
from otel_agent_analytics.agents_sdk.otel_spans import attach, detach, fail, nanoseconds
from otel_agent_analytics.agents_sdk.run import OpenSpan, OpenTrace, Turn, take_call_id
from otel_agent_analytics.agents_sdk.spans import attributes, span_name, span_type
from otel_agent_analytics.agents_sdk.trace_ids import sdk_trace_ids
from otel_agent_analytics.errors import guard

if TYPE_CHECKING:
    from agents.tracing import Span, Trace
    from opentelemetry.trace import Tracer

    from otel_agent_analytics.settings import Settings

_MODEL_CALLS: Final = frozenset({"response", "generation"})
# The SDK knows what these are done to, the model and the target, only when they are over.
_NAMED_AT_THE_END: Final = frozenset({"response", "handoff"})
# An error on one of these ended the run, whatever became of the exception.
_SPANS_OF_RUN: Final = frozenset({"agent", "turn"})


class AgentTraceProcessor(TracingProcessor):
    """Turns the Agents SDK's traces into OpenTelemetry spans.

    Args:
        tracer: makes the spans.
        settings: the tool error pattern, and whether model turns get spans of their own.
        derived: whether conversations are derived in this process; said on every span.
    """

    def __init__(self, tracer: Tracer, settings: Settings, *, derived: bool) -> None:
        self._tracer = tracer
        self._settings = settings
        self._ids = sdk_trace_ids(tracer)
        self._family = Family(derived=derived)

    @guard("agents_sdk.on_trace_start")
    def on_trace_start(self, trace: Trace) -> None:
        """Open the root span of a run."""
        opened = self._family.opened_trace(trace)
        if self._ids is not None:
            self._ids.use(trace.trace_id)
        named = {v.GEN_AI_OPERATION_NAME: v.OPERATION_INVOKE_WORKFLOW, v.GEN_AI_WORKFLOW_NAME: trace.name}
        opened.span = self._tracer.start_span(
            f"{v.OPERATION_INVOKE_WORKFLOW} {trace.name}",
            kind=SpanKind.INTERNAL,
            attributes={**named, **opened.said.every, **opened.said.turn},
            start_time=nanoseconds(time_iso()),
        )
        opened.context = otel.set_span_in_context(opened.span, opened.context)
        self._family.add_trace(trace, opened)
        if is_marked(trace):
            attach(opened)

    @guard("agents_sdk.on_trace_end")
    def on_trace_end(self, trace: Trace) -> None:
        """Close the root span; ERROR when the run in it failed or was cut off."""
        opened: OpenTrace | None = self._family.take(trace)
        if opened is None or opened.span is None:
            return
        try:
            if opened.runs == 0 and opened.turn is not None:
                # The SDK was told to leave task spans out: the root is then the turn.
                opened.span.set_attribute(v.OPERATION, v.OPERATION_TURN)
                opened.span.set_attributes(attributes(measure.turn_attributes(opened.turn)))
            failure = opened.error_type or error_type(None, _new_exception(opened.exception))
            if failure is not None:
                fail(opened.span, failure, None)
        finally:
            opened.span.end(nanoseconds(time_iso()))
            detach(opened)

    @guard("agents_sdk.on_span_start")
    def on_span_start(self, span: Span[Any]) -> None:
        """Open a span under that of the SDK's parent; a folded one only hands its parent's on."""
        parent = self._family.parent(span)
        opened = _inherited(span, parent, parent.trace if parent is not None else self._family.trace(span))
        kind = _kind(span)
        if kind == "task" and not opened.nested:
            opened.said = self._family.said_now(opened.trace)
            if opened.trace.span is not None and v.GEN_AI_CONVERSATION_ID not in opened.trace.said.every:
                # The first run in it that names a conversation names it for the trace.
                opened.trace.said = opened.said
                opened.trace.span.set_attributes(opened.said.every)
        if kind == "agent" and opened.turn is not None:
            opened.turn.agent = opened.agent
            opened.turn.first_agent = opened.turn.first_agent or opened.agent
        # Not a span of its own: a model turn, unless asked for; a run inside a run, which is no turn of the user.
        opened.folded = (kind == "turn" and not self._settings.model_turn_spans) or (kind == "task" and opened.nested)
        if not opened.folded:
            self._open(span, opened)
        self._family.add_span(span, opened)

    @guard("agents_sdk.on_span_end")
    def on_span_end(self, span: Span[Any]) -> None:
        """Close a span with what is known at its end."""
        opened: OpenSpan | None = self._family.take(span)
        if opened is None:
            return
        try:
            self._finish(span, opened)
        finally:
            if not opened.folded:
                opened.span.end(nanoseconds(span.ended_at))
            detach(opened)

    def force_flush(self) -> None:
        """Do nothing: what is finished has been handed over, and what is open must stay open."""

    @guard("agents_sdk.shutdown")
    def shutdown(self) -> None:
        """End what is open, and mark it as cut off."""
        for opened in self._family.take_all():
            folded = isinstance(opened, OpenSpan) and opened.folded
            if opened.span is not None and not folded:
                opened.span.set_attribute(v.CUT_OFF, True)
                opened.span.end()

    def _open(self, span: Span[Any], opened: OpenSpan) -> None:
        data, row, kind = span.span_data, span_type(span.span_data), _kind(span)
        started = {**attributes(row.start(data)), **opened.said.every}
        if kind == "task":
            opened.trace.runs += 1
            started.update(opened.said.turn)
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
            start_time=nanoseconds(span.started_at),
        )
        opened.context = otel.set_span_in_context(opened.span, opened.context)
        if is_marked(span):
            attach(opened)

    def _finish(self, span: Span[Any], opened: OpenSpan) -> None:
        """Set what is known at the end, and the failure, if it is one."""
        data, turn, kind = span.span_data, opened.turn, _kind(span)
        if not opened.folded:
            row = span_type(data)
            known = attributes(row.end(data))
            if known:
                opened.span.set_attributes(known)
            if kind in _NAMED_AT_THE_END:
                opened.span.update_name(span_name(row, row.subject(data)))
        if kind in _MODEL_CALLS and turn is not None:
            measure.note_model_call(turn, data, opened.said.turn.get(v.LANGUAGE))
        elif kind == "function":
            self._tool_finished(data, opened)
        failure = self._failure(span, opened)
        # The error of a folded model turn is its agent's, and the agent's span is what the turn was folded into.
        if failure is not None and (not opened.folded or kind == "turn"):
            error: Any = span.error or {}
            fail(opened.span, failure, error.get("message"))

    def _failure(self, span: Span[Any], opened: OpenSpan) -> str | None:
        turn, kind = opened.turn, _kind(span)
        if kind == "task" and turn is not None and not opened.nested:
            return _run_finished(turn, opened, _new_exception(opened.exception))
        if span.error is None:
            return None
        failure = error_type(span.error, _new_exception(opened.exception))
        if failure is not None and turn is not None and kind in _SPANS_OF_RUN:
            turn.error_type = failure
        return failure

    def _tool_finished(self, data: Any, opened: OpenSpan) -> None:
        if measure.tool_failed(data.output, self._settings.tool_error_pattern):
            opened.span.set_attribute(v.TOOL_RESULT_FAILED, True)
        if opened.turn is not None:
            measure.note_tool_output(opened.turn, data.output)


def hide_tool_output() -> None:
    """Say, from inside a run that ends on a tool, that the user is not shown what the tool gave back."""
    opened = remembered(get_current_span())
    if opened is not None and opened.turn is not None:
        opened.turn.tool_output_hidden = True


def _run_finished(turn: Turn, opened: OpenSpan, exception: BaseException | None) -> str | None:
    """Say on the turn's span how its run went. The SDK puts no error on it, so what is in flight must tell."""
    opened.trace.error_type = error_type(None, exception) or turn.error_type
    opened.span.set_attributes(attributes(measure.turn_attributes(turn)))
    opened.span.update_name(" ".join(filter(None, (v.OPERATION_TURN, turn.first_agent))))
    return opened.trace.error_type


def _inherited(span: Span[Any], parent: OpenSpan | None, trace: OpenTrace) -> OpenSpan:
    """Return what a span has from those above it, before it gets a span of its own."""
    data, kind = span.span_data, _kind(span)
    above = parent.span if parent is not None else trace.span
    return OpenSpan(
        span=above if above is not None else otel.INVALID_SPAN,
        context=parent.context if parent is not None else trace.context,
        trace=trace,
        said=parent.said if parent is not None else trace.said,
        turn=_turn(kind, parent, trace),
        agent=data.name if kind == "agent" else parent.agent if parent is not None else None,
        model_turn=data.turn if kind == "turn" else parent.model_turn if parent is not None else None,
        folded=False,
        nested=parent is not None and (parent.nested or (kind == "task" and parent.turn is not None)),
        exception=exception_in_flight(),
    )


def _turn(kind: str, parent: OpenSpan | None, trace: OpenTrace) -> Turn | None:
    """Return the turn that a span belongs to. A run inside a run keeps its tool calls apart from the outer one's."""
    if kind == "task":
        return Turn()
    if parent is not None:
        return parent.turn
    if kind == "agent":
        trace.turn = trace.turn or Turn()
    return trace.turn


def _kind(span: Span[Any]) -> str:
    return str(getattr(span.span_data, "type", ""))


def _new_exception(before: BaseException | None) -> BaseException | None:
    """Return the exception in flight unless it was there when the span began: then it is not this span's."""
    now = exception_in_flight()
    return None if now is before else now
