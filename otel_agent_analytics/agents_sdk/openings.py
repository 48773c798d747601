"""What a span begins with: its parent, its name, what is known of it already, and what those above it hand on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from opentelemetry import trace as otel

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.family import sdk_id
from otel_agent_analytics.agents_sdk.models import facts_of
from otel_agent_analytics.agents_sdk.otel_spans import context_with, nanoseconds
from otel_agent_analytics.agents_sdk.run import AgentRun, OpenSpan, OpenTrace, Turn
from otel_agent_analytics.agents_sdk.runner import given_now
from otel_agent_analytics.agents_sdk.spans import GENERIC, NESTED_RUN, SPAN_TYPES, Role, SpanType, span_name
from otel_agent_analytics.errors import known_place, note_fault
from otel_agent_analytics.values import UNSOUND, known_name, note_unsound, sound, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.tracing import Span

    from otel_agent_analytics.agents_sdk.family import Family
    from otel_agent_analytics.agents_sdk.span_maker import SpanMaker
    from otel_agent_analytics.settings import Settings


Attributes = dict[str, Any]
_PLACE: Final = known_place("agents_sdk.span_data")
_MOST_BEGUN: Final = 1000
# An enumeration looks its members up at a tenth of a microsecond, which is a hundredth of what a span costs.
_RUN: Final = Role.RUN
_MODEL_CALL: Final = Role.MODEL_CALL


class _Beginning(NamedTuple):
    """What a span begins with."""

    subject: str | None
    name: str
    known: Attributes
    """Sound attributes."""


class Openings:
    """Opens spans."""

    def __init__(self, maker: SpanMaker, family: Family, settings: Settings) -> None:
        self._maker = maker
        self._family = family
        self._model_turn_spans = settings.model_turn_spans
        self._proposed_name = settings.semconv == "next"
        self._alike: dict[tuple[Any, ...], _Beginning] = {}
        """What spans began with, by all that it depends on; at most 1,000."""
        self._by_role: dict[Role, Callable[[OpenSpan, Any, OpenSpan | None], None]] = {
            Role.RUN: self._run_begins,
            Role.AGENT: self._agent_begins,
            Role.MODEL_TURN: self._model_turn_begins,
            Role.MODEL_CALL: self._model_call_begins,
        }

    def open(self, span: Span[Any]) -> OpenSpan:
        """Open a span under that of the SDK's parent, and return what must be remembered of it."""
        parent_id, data = span.parent_id, span.span_data
        parent: OpenSpan | None = None
        if parent_id is not None:
            parent = self._family.spans.get(parent_id if type(parent_id) is str else sdk_id(parent_id))
        try:
            row = SPAN_TYPES.get(getattr(data, "type", None), GENERIC)  # type: ignore[arg-type]  # None is just not there
        except Exception as fault:  # noqa: BLE001 - span data is any object at all; the span must not be lost for it
            row = unread(fault, GENERIC)
        if parent is None:
            opened = _at_the_top(row, self._family.trace(span))
        else:
            opened = OpenSpan(
                parent.span, parent.context, parent.trace, row, parent.said, parent.turn, parent.agent,
                parent.model_turn, parent.nested, sys.exception(),
            )  # fmt: skip
        opened.start_ns = nanoseconds(span.started_at)
        begins = self._by_role.get(row.role)
        if begins is not None:
            begins(opened, data, parent)
        if opened.own:
            self.make(opened, data)
        return opened

    def make(self, opened: OpenSpan, data: Any) -> None:
        """Start the OpenTelemetry span."""
        row, said = opened.row, opened.said.every
        subject, known = _read(opened, data)
        if known is None:
            # What spans that begin alike begin with is put together and cleaned once.
            facts = opened.agent.facts if opened.agent is not None else None
            key = (row.start, row.operation, subject, opened.model_turn, facts)
            opened.subject, name, alike = self._alike.get(key) or self._begin_alike(opened, subject, key)
            known = {**alike, **said}
        else:
            known.update(said)
            opened.subject, name, known = self._begin(opened, subject, known)
        under = opened.span if opened.trace.span is not None else None  # else the root is elsewhere
        opened.span = span = self._maker.start(name, row.kind, known, opened.context, opened.start_ns, None, under)
        opened.context = context_with(span, opened, opened.context)

    def _begin_alike(self, opened: OpenSpan, subject: Any, key: tuple[Any, ...]) -> _Beginning:
        """Return what a span begins with, and remember it for all that begin alike."""
        if len(self._alike) >= _MOST_BEGUN:
            self._alike.clear()
        found = self._alike[key] = self._begin(opened, subject, opened.row.start(None, subject))
        return found

    def _begin(self, opened: OpenSpan, subject: Any, known: Attributes) -> _Beginning:
        """Return what a span begins with, beside what its conversation says."""
        row, agent = opened.row, opened.agent
        if row.role is _RUN:
            subject = self._add_run(opened, known)
        elif agent is not None:
            known[v.GEN_AI_AGENT_NAME] = agent.name
        if row.role is _MODEL_CALL:
            _add_asked(known, subject, agent)
        if opened.model_turn is not None:
            known[v.MODEL_TURN] = opened.model_turn
        return _Beginning(subject if type(subject) is str else None, span_name(row, subject), sound(known))

    def _add_run(self, opened: OpenSpan, known: Attributes) -> Any:
        """Add what the span of a run says; return the agent that it begins with."""
        agent = opened.turn.first_agent if opened.turn is not None else None
        known[v.GEN_AI_AGENT_NAME] = agent
        if not opened.nested:
            known.update(opened.said.turn)
            if self._proposed_name:
                known[v.GEN_AI_OPERATION_NAME] = v.OPERATION_TURN
        return agent

    def _run_begins(self, opened: OpenSpan, data: Any, parent: OpenSpan | None) -> None:
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

    def _model_turn_begins(self, opened: OpenSpan, data: Any, parent: OpenSpan | None) -> None:
        opened.model_turn = _number(data)
        opened.own = self._model_turn_spans

    def _model_call_begins(self, opened: OpenSpan, data: Any, parent: OpenSpan | None) -> None:
        if parent is not None:
            parent.call = opened
        if opened.trace.left_to_client:
            opened.own, opened.deferred = False, True
            opened.context = context_with(opened.span, opened, opened.context)

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


def root_attributes(opened: OpenTrace) -> Attributes:
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


def _read(opened: OpenSpan, data: Any) -> tuple[Any, Attributes | None]:
    """Return the subject of a span and what it begins with; None for the latter where the subject says it all."""
    row, agent = opened.row, opened.agent
    try:
        subject = None if row.named_late else row.subject(data)
        if subject is UNSOUND:
            note_unsound("name", subject)
            subject = None
        if subject is None and agent is not None and row.role is _MODEL_CALL:
            subject = agent.model
        return subject, None if row.alike else row.start(data, subject)
    except Exception as fault:  # noqa: BLE001 - as above
        return None, unread(fault, {})


def _at_the_top(row: SpanType, trace: OpenTrace) -> OpenSpan:
    """Return what a span right below a trace has from it, before it gets a span of its own."""
    above = trace.span if trace.span is not None else otel.INVALID_SPAN
    return OpenSpan(above, trace.context, trace, row, trace.said, trace.turn, None, None, False, sys.exception())


def _add_asked(known: Attributes, model: Any, agent: AgentRun | None) -> None:
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
