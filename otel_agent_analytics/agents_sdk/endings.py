"""What a span ends with: what is known of it by now, how it failed, and what its agent and its turn learn from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from opentelemetry.trace import Status, StatusCode

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk import measure
from otel_agent_analytics.agents_sdk.error_types import (
    SDK_MESSAGES,
    end_run,
    error_message,
    error_type,
    exception_since,
)
from otel_agent_analytics.agents_sdk.openings import Openings, unread
from otel_agent_analytics.agents_sdk.otel_spans import nanoseconds
from otel_agent_analytics.agents_sdk.run import AgentRun, OpenSpan, OpenTrace, Turn, take_call_id
from otel_agent_analytics.agents_sdk.spans import Role, span_name
from otel_agent_analytics.measuring import Speaker
from otel_agent_analytics.values import field_of, name, sound, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.tracing import Span
    from opentelemetry.trace import Span as OtelSpan

    from otel_agent_analytics.agents_sdk.identity import Said
    from otel_agent_analytics.agents_sdk.observer import Observer
    from otel_agent_analytics.agents_sdk.span_maker import SpanMaker
    from otel_agent_analytics.measuring import Wants
    from otel_agent_analytics.recent_messages import RecentMessages
    from otel_agent_analytics.settings import Settings

Attributes = dict[str, Any]
_STEP: Final = Role.STEP
"""An enumeration takes a tenth of a microsecond to look a member up."""


class Endings:
    """Completes spans that end."""

    def __init__(
        self,
        maker: SpanMaker,
        openings: Openings,
        settings: Settings,
        observer: Observer,
        recent: RecentMessages,
        wants: Wants | None = None,
    ) -> None:
        self._maker = maker
        self._openings = openings
        self._observer = observer
        self._recent = recent
        self._wants = wants
        self._measures_signals = settings.signals
        self._tool_error_pattern = settings.tool_error_pattern
        self._client_makes_all = settings.model_spans == "client"
        self._by_role: dict[Role, Callable[[OpenSpan, Any, Attributes, str | None], None]] = {
            Role.RUN: self._run,
            Role.MODEL_TURN: self._model_turn,
            Role.AGENT: self._agent,
            Role.MODEL_CALL: self._model_call,
            Role.TOOL: self._tool,
            Role.VOICE: self._voice,
            Role.HANDOFF: self._handoff,
        }

    def finish(self, span: Span[Any], opened: OpenSpan, end_ns: int | None) -> None:
        """Write on a span what is known at its end."""
        data, row, error = span.span_data, opened.row, span.error
        if opened.deferred and not opened.client_seen and not self._client_makes_all:
            self._openings.make(opened, data)
            opened.own = True
        failure = error_type(error, exception_since(opened)) if error is not None else None
        known: Attributes = {}
        try:
            known = row.end(data)
            learn = self._by_role.get(row.role)
            if learn is not None:
                learn(opened, data, known, failure)
        except Exception as fault:  # noqa: BLE001 - span data is any object at all; the span must not be lost for it
            unread(fault, None)
        if not opened.own:
            return
        if failure is not None:
            self._maker.write(opened.span, {**sound(known), v.ERROR_TYPE: failure})
            opened.span.set_status(Status(StatusCode.ERROR, self._shown(error)))
        elif known:
            self._maker.write(opened.span, sound(known))
        if row.role is not _STEP:
            self._observer.ended(opened, known, end_ns, failure)

    def finish_root(self, opened: OpenTrace, end_ns: int | None) -> None:
        """Write on a root what is known at its end; ERROR when the run in it failed or was cut off."""
        span, turn = opened.span, opened.turn
        if span is None:
            return
        exception = exception_since(opened)
        if opened.runs == 0 and turn is not None:
            # The SDK was told to leave out task spans: the root is then the turn.
            opened.error_type = end_run(turn, exception)
            self._maker.write(span, sound({v.OPERATION: v.OPERATION_TURN, **self._measured(turn, opened.said)}))
        failure = opened.error_type or error_type(None, exception)
        if failure is not None:
            fail(span, failure, None)
        self._observer.workflow_ended(opened, end_ns, failure)

    def _run(self, opened: OpenSpan, data: Any, known: Attributes, failure: str | None) -> None:
        turn = opened.turn
        if turn is None or opened.nested:
            return
        opened.trace.error_type = end_run(turn, exception_since(opened))
        if turn.given is None or turn.given.agent is None:  # who begins was not known
            self._maker.rename(opened.span, span_name(opened.row, turn.first_agent))
        if turn.given is not None and turn.given.resumed:
            known[v.TURN_RESUMED] = True
        known.update(self._measured(turn, opened.said))

    def _measured(self, turn: Turn, said: Said) -> Attributes:
        speaker = Speaker(said.every.get(v.GEN_AI_CONVERSATION_ID), said.turn.get(v.USER_HASH))
        return measure.turn_attributes(
            turn,
            speaker,
            said.turn.get(v.LANGUAGE),
            self._recent,
            signals=self._measures_signals,
            wants=self._wants,
        )

    def _model_turn(self, opened: OpenSpan, data: Any, known: Attributes, failure: str | None) -> None:
        _note_error(opened, failure)
        if failure is not None and opened.agent is not None and not opened.own:
            opened.agent.model_turn_error = failure

    def _agent(self, opened: OpenSpan, data: Any, known: Attributes, failure: str | None) -> None:
        _note_error(opened, failure)
        agent = opened.agent
        if agent is not None:
            if agent.model is not None:
                known[v.GEN_AI_REQUEST_MODEL] = agent.model
            if agent.input_tokens is not None:
                known[v.GEN_AI_USAGE_INPUT_TOKENS] = whole(agent.input_tokens)
            if agent.output_tokens is not None:
                known[v.GEN_AI_USAGE_OUTPUT_TOKENS] = whole(agent.output_tokens)
            if agent.finish_reason:
                known[v.GEN_AI_RESPONSE_FINISH_REASONS] = (agent.finish_reason,)
            if agent.model_turn_error is not None:
                known[v.MODEL_TURN_ERROR_TYPE] = agent.model_turn_error

    def _model_call(self, opened: OpenSpan, data: Any, known: Attributes, failure: str | None) -> None:
        turn, agent = opened.turn, opened.agent
        if agent is not None:
            _add_usage(agent, known)
        if opened.streamed:
            _add_first_pieces(opened, known)
        if opened.own:
            if agent is None or agent.model is None:
                self._name_model(opened, data, known)
            if self._observer.wants_content:
                known.update(self._observer.model_call(opened, data))
        if turn is not None:
            answer = measure.note_model_call(turn, data)
            if answer.finish_reason is not None:
                known[v.GEN_AI_RESPONSE_FINISH_REASONS] = (answer.finish_reason,)
            if agent is not None:
                agent.calls = answer.tool_calls
                agent.finish_reason = answer.finish_reason

    def _name_model(self, opened: OpenSpan, data: Any, known: Attributes) -> None:
        """Name the model that answered, where nothing said which one was asked."""
        if opened.subject is None:
            model = opened.row.subject(data)
            if model is not None:
                known[v.GEN_AI_REQUEST_MODEL] = model
            self._maker.rename(opened.span, span_name(opened.row, model))

    def _tool(self, opened: OpenSpan, data: Any, known: Attributes, failure: str | None) -> None:
        turn, agent, output = opened.turn, opened.agent, field_of(data, "output")
        if agent is not None:
            agent.tool_calls += 1
        if self._observer.wants_content:
            known.update(self._observer.tool_call(data))
        arguments = field_of(data, "input")
        call_id = name(take_call_id(agent, opened.subject, arguments))
        if call_id is not None:
            known[v.GEN_AI_TOOL_CALL_ID] = call_id
        if measure.tool_failed(output, self._tool_error_pattern):
            known[v.TOOL_RESULT_FAILED] = True
        if turn is not None:
            measure.note_tool_call(turn, opened.subject, arguments, output, failed=failure is not None)

    def _voice(self, opened: OpenSpan, data: Any, known: Attributes, failure: str | None) -> None:
        if self._observer.wants_content:
            known.update(self._observer.voice(data))
        first_ns = nanoseconds(field_of(data, "first_content_at"))
        if first_ns is not None and opened.start_ns is not None:
            known[v.VOICE_TIME_TO_FIRST_AUDIO] = (first_ns - opened.start_ns) / 1e9

    def _handoff(self, opened: OpenSpan, data: Any, known: Attributes, failure: str | None) -> None:
        self._maker.rename(opened.span, span_name(opened.row, known.get(v.HANDOFF_TO_AGENT)))

    def _shown(self, error: Any) -> str | None:
        """Return the text of an error, if it says nothing that somebody said."""
        message = error_message(error)
        return message if message in SDK_MESSAGES else self._observer.error_text(message)


def fail(span: OtelSpan, failure: str, message: str | None) -> None:
    """Mark a span as failed, with the class of the error."""
    span.set_attribute(v.ERROR_TYPE, failure)
    span.set_status(Status(StatusCode.ERROR, message))


def _note_error(opened: OpenSpan, failure: str | None) -> None:
    """Note the error of an agent or a model turn: it ended the run, whatever became of the exception."""
    if failure is not None and opened.turn is not None:
        opened.turn.error_type = failure


def _add_usage(agent: AgentRun, known: Attributes) -> None:
    agent.inference_calls += 1
    written, taken = known.get(v.GEN_AI_USAGE_INPUT_TOKENS), known.get(v.GEN_AI_USAGE_OUTPUT_TOKENS)
    if type(written) is int:
        agent.input_tokens = (agent.input_tokens or 0) + written
    if type(taken) is int:
        agent.output_tokens = (agent.output_tokens or 0) + taken


def _add_first_pieces(opened: OpenSpan, known: Attributes) -> None:
    """Add how long a streamed answer took to begin, in seconds."""
    known[v.GEN_AI_REQUEST_STREAM] = True
    if opened.start_ns is not None and opened.first_chunk_ns is not None:
        known[v.GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK] = (opened.first_chunk_ns - opened.start_ns) / 1e9
        if opened.first_token_ns is not None:
            known[v.TIME_TO_FIRST_TOKEN] = (opened.first_token_ns - opened.start_ns) / 1e9
