"""What a span begins with: its parent, its name, what is known of it already, and what those above it hand on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace as otel

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.family import sdk_id
from otel_agent_analytics.agents_sdk.models import facts_of
from otel_agent_analytics.agents_sdk.otel_spans import context_with, nanoseconds
from otel_agent_analytics.agents_sdk.run import AgentRun, OpenSpan, OpenTrace, Turn
from otel_agent_analytics.agents_sdk.runner import given_now
from otel_agent_analytics.agents_sdk.spans import GENERIC, NESTED_RUN, Role, SpanType, span_name, span_type
from otel_agent_analytics.errors import known_place, note_fault
from otel_agent_analytics.values import UNSOUND, known_name, note_unsound, sound, whole

if TYPE_CHECKING:
    from agents.tracing import Span

    from otel_agent_analytics.agents_sdk.family import Family
    from otel_agent_analytics.agents_sdk.span_maker import SpanMaker
    from otel_agent_analytics.settings import Settings


_PLACE: Final = known_place("agents_sdk.span_data")


class Openings:
    """Opens spans."""

    def __init__(self, maker: SpanMaker, family: Family, settings: Settings) -> None:
        self._maker = maker
        self._family = family
        self._model_turn_spans = settings.model_turn_spans
        self._proposed_name = settings.semconv == "next"

    def open(self, span: Span[Any]) -> OpenSpan:
        """Open a span under that of the SDK's parent, and return what must be remembered of it."""
        parent = self._family.spans.get(sdk_id(span.parent_id)) if span.parent_id is not None else None
        data = span.span_data
        try:
            row = span_type(data)
        except Exception as fault:  # noqa: BLE001 - span data is any object at all; the span must not be lost for it
            row = unread(fault, GENERIC)
        opened = _inherited(row, parent, parent.trace if parent is not None else self._family.trace(span))
        opened.start_ns = nanoseconds(span.started_at)
        self._place(opened, data, parent)
        if opened.own:
            self.make(opened, data)
        return opened

    def _place(self, opened: OpenSpan, data: Any, parent: OpenSpan | None) -> None:
        """Say what a span is in its run."""
        role = opened.row.role
        if role is Role.RUN:
            self._run_begins(opened, parent)
        elif role is Role.AGENT:
            self._agent_begins(opened, data, parent)
        elif role is Role.MODEL_TURN:
            opened.model_turn = _number(data)
            opened.own = self._model_turn_spans
        elif role is Role.MODEL_CALL:
            if parent is not None:
                parent.call = opened
            if opened.trace.left_to_client:
                opened.own, opened.deferred = False, True
                opened.context = context_with(opened.span, opened, opened.context)

    def make(self, opened: OpenSpan, data: Any) -> None:
        """Start the OpenTelemetry span."""
        row, agent, role = opened.row, opened.agent, opened.row.role
        try:
            subject = None if row.named_late else row.subject(data)
            if subject is UNSOUND:
                note_unsound("name", subject)
                subject = None
            if role is Role.MODEL_CALL and agent is not None and subject is None:
                subject = agent.model
            known = row.start(data, subject)
        except Exception as fault:  # noqa: BLE001 - as above
            known, subject = unread(fault, {}), None
        known.update(opened.said.every)
        if role is Role.RUN:
            subject = self._add_run(opened, known)
        elif agent is not None:
            known[v.GEN_AI_AGENT_NAME] = agent.name
        if role is Role.MODEL_CALL:
            _add_asked(known, subject, agent)
        if opened.model_turn is not None:
            known[v.MODEL_TURN] = opened.model_turn
        opened.subject = subject if type(subject) is str else None
        under = opened.span if opened.trace.span is not None else None  # else the root is elsewhere
        opened.span = span = self._maker.start(
            span_name(row, subject), row.kind, sound(known), opened.context, opened.start_ns, None, under
        )
        opened.context = context_with(span, opened, opened.context)

    def _add_run(self, opened: OpenSpan, known: dict[str, Any]) -> Any:
        """Add what the span of a run says; return the agent that it begins with."""
        agent = opened.turn.first_agent if opened.turn is not None else None
        known[v.GEN_AI_AGENT_NAME] = agent
        if not opened.nested:
            known.update(opened.said.turn)
            if self._proposed_name:
                known[v.GEN_AI_OPERATION_NAME] = v.OPERATION_TURN
        return agent

    def _run_begins(self, opened: OpenSpan, parent: OpenSpan | None) -> None:
        given = given_now()
        opened.nested = parent is not None and (parent.nested or parent.turn is not None)
        first = getattr(given.agent, "name", None) if given is not None else None
        opened.turn = Turn(given, first_agent=known_name(v.GEN_AI_AGENT_NAME, first))
        if opened.nested:
            opened.row = NESTED_RUN
        else:
            opened.trace.runs += 1
            self._names_conversation(opened)

    def _agent_begins(self, opened: OpenSpan, data: Any, parent: OpenSpan | None) -> None:
        if opened.turn is None:
            # The SDK was told to leave task spans out: the trace is then the turn.
            opened.turn = opened.trace.turn = opened.trace.turn or Turn(given_now())
        if parent is None:
            self._names_conversation(opened)
        agent = agent_name(data)
        model, provider, address, port = facts_of(given_now(), agent)
        opened.agent = AgentRun(agent, model, provider, address, port)
        opened.turn.agent = agent
        opened.turn.working = opened.agent
        opened.turn.first_agent = opened.turn.first_agent or agent

    def _names_conversation(self, opened: OpenSpan) -> None:
        """Let a run say which conversation it belongs to; the first in a trace that does names it for the root too."""
        trace = opened.trace
        opened.said = self._family.said_now(trace)
        if opened.said is not trace.said and v.GEN_AI_CONVERSATION_ID not in trace.said.every:
            trace.said = opened.said
            if trace.span is not None:
                self._maker.write(trace.span, opened.said.every)


def root_name(opened: OpenTrace) -> str:
    """Return the name of the root span of a trace."""
    named = isinstance(opened.workflow, str)
    return f"{v.OPERATION_INVOKE_WORKFLOW} {opened.workflow}" if named else v.OPERATION_INVOKE_WORKFLOW


def root_attributes(opened: OpenTrace) -> dict[str, Any]:
    """Return what the root span of a trace begins with."""
    named = {v.GEN_AI_OPERATION_NAME: v.OPERATION_INVOKE_WORKFLOW, v.GEN_AI_WORKFLOW_NAME: opened.workflow}
    return sound({**named, **opened.said.every, **opened.said.turn})


def unread(fault: Exception, otherwise: Any) -> Any:
    """Count span data that cannot be read; the span goes on without it."""
    note_fault(_PLACE, fault)
    return otherwise


def agent_name(data: Any) -> str | None:
    """Return the name of the agent in the SDK's span data."""
    try:
        return known_name(v.GEN_AI_AGENT_NAME, data.name)
    except Exception as fault:  # noqa: BLE001 - as above
        unread(fault, None)
        return None


def _inherited(row: SpanType, parent: OpenSpan | None, trace: OpenTrace) -> OpenSpan:
    """Return what a span has from those above it, before it gets a span of its own."""
    exception = sys.exc_info()[1]
    if parent is None:
        above = trace.span if trace.span is not None else otel.INVALID_SPAN
        return OpenSpan(above, trace.context, trace, row, trace.said, trace.turn, None, None, False, exception)
    return OpenSpan(
        parent.span, parent.context, trace, row, parent.said, parent.turn, parent.agent, parent.model_turn,
        parent.nested, exception,
    )  # fmt: skip


def _add_asked(known: dict[str, Any], model: Any, agent: AgentRun | None) -> None:
    known[v.GEN_AI_REQUEST_MODEL] = model
    known[v.GEN_AI_PROVIDER_NAME] = agent.provider if agent is not None else v.PROVIDER_OPENAI
    if agent is not None and agent.address is not None:
        known[v.SERVER_ADDRESS], known[v.SERVER_PORT] = agent.address, agent.port


def _number(data: Any) -> int | None:
    try:
        number = whole(data.turn)
    except Exception as fault:  # noqa: BLE001 - as above
        number = unread(fault, None)
    if number is UNSOUND:
        note_unsound(v.MODEL_TURN, number)
    return number if type(number) is int else None
