"""A model that answers what the transcript says, and traces as the SDK's own models do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents.items import ModelResponse
from agents.models.interface import Model
from agents.tracing import SpanError, response_span
from agents.usage import Usage
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseTextDeltaEvent,
    ResponseUsage,
)
from openai.types.responses.response_usage import InputTokensDetails, OutputTokensDetails

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from agents.models.interface import ModelTracing
    from agents.tracing import ResponseSpanData, Span

    from otel_agent_analytics.transcripts.event_clock import EventClock
    from otel_agent_analytics.transcripts.script import Move
    from otel_agent_analytics.transcripts.transcript import Call


class RecordedModelError(Exception):
    """The model call failed in the recording."""


class TranscriptModel(Model):
    """Answers the moves that were loaded, one a call.

    Args:
        clock: moved on to the time of each answer.
    """

    def __init__(self, clock: EventClock) -> None:
        self._clock = clock
        self._moves: tuple[Move, ...] = ()
        self._place = 0
        self.model: str | None = None
        """Its name, where the SDK's own models have theirs: a call that fails is one of this model too."""
        self._prefix = ""
        self._calls: dict[str, Call] = {}

    def load(self, moves: tuple[Move, ...], *, name: str | None, prefix: str) -> None:
        """Take the moves of the next run.

        Args:
            moves: what to answer.
            name: the model's name; None where the recording has none.
            prefix: makes the ids of this run's responses and calls its own.
        """
        self._moves, self._place, self.model, self._prefix, self._calls = moves, 0, name, prefix, {}

    @property
    def exhausted(self) -> bool:
        """Whether the recording has nothing more for this run."""
        return self._place >= len(self._moves)

    def call(self, call_id: str) -> Call:
        """Return the recorded call behind the id under which it was played."""
        return self._calls[call_id]

    async def get_response(
        self, system_instructions: str | None, input: Any, model_settings: Any, tools: Any,  # noqa: A002
        output_schema: Any, handoffs: Any, tracing: ModelTracing, **_: Any,
    ) -> ModelResponse:  # fmt: skip
        """Return the next move."""
        with response_span(disabled=tracing.is_disabled()) as span:
            response = self._answer(span, input, tracing, failure="Error getting response")
        return ModelResponse(output=response.output, usage=_usage_of(response), response_id=response.id)

    async def stream_response(
        self, system_instructions: str | None, input: Any, model_settings: Any, tools: Any,  # noqa: A002
        output_schema: Any, handoffs: Any, tracing: ModelTracing, **_: Any,
    ) -> AsyncIterator[Any]:  # fmt: skip
        """Yield the next move: its text, then the whole response."""
        with response_span(disabled=tracing.is_disabled()) as span:
            response = self._answer(span, input, tracing, failure="Error streaming response")
            for number, item in enumerate(response.output):
                if isinstance(item, ResponseOutputMessage):
                    yield _delta(item, number)
            yield ResponseCompletedEvent.model_construct(
                type="response.completed", response=response, sequence_number=len(response.output)
            )

    def _answer(self, span: Span[ResponseSpanData], given: Any, tracing: ModelTracing, *, failure: str) -> Response:
        move = self._moves[self._place]
        self._place += 1
        self._clock.reach(move.at_ns)
        if move.error is not None:
            told = move.error if tracing.include_data() else "Error details are redacted."
            span.set_error(SpanError(message=failure, data={"error": told}))
            raise RecordedModelError(move.error)
        response = self._response(move)
        if move.usage is not None:
            span.span_data.usage = _usage_data(move.usage)
        if tracing.include_data():
            span.span_data.response = response
            span.span_data.input = given
        return response

    def _response(self, move: Move) -> Response:
        output: list[Any] = [self._message(text, number) for number, text in enumerate(move.texts) if text]
        output += [self._call(call.name, call.arguments, call) for call in move.calls]
        if move.handoff_to is not None:
            output.append(self._call(handoff_tool(move.handoff_to), "{}", None))
        if not output:
            output.append(self._message("", 0))
        return Response.model_construct(
            id=f"resp_{self._prefix}_{self._place}",
            object="response",
            created_at=self._clock.now_ns / 1e9,
            model=self.model,
            output=output,
            usage=_response_usage(move.usage),
            status="completed",
        )

    def _message(self, text: str, number: int) -> ResponseOutputMessage:
        part = ResponseOutputText.model_construct(type="output_text", text=text, annotations=[], logprobs=[])
        message_id = f"msg_{self._prefix}_{self._place}_{number}"
        return ResponseOutputMessage.model_construct(
            id=message_id, type="message", role="assistant", status="completed", content=[part]
        )

    def _call(self, name: str, arguments: str, call: Call | None) -> ResponseFunctionToolCall:
        # Ids recur in recordings; the SDK takes a call with a known id for done, so each gets one of its own.
        call_id = f"call_{self._prefix}_{self._place}_{len(self._calls)}"
        if call is not None:
            self._calls[call_id] = call
        return ResponseFunctionToolCall.model_construct(
            id=f"fc_{call_id}",
            type="function_call",
            call_id=call_id,
            name=name,
            arguments=arguments,
            status="completed",
        )


def handoff_tool(agent: str) -> str:
    """Return the name of the tool by which the player's agents hand over to ``agent``."""
    return f"player_handoff_{''.join(c if c.isascii() and c.isalnum() else f'_{ord(c):x}_' for c in agent)}"


def _delta(message: ResponseOutputMessage, number: int) -> ResponseTextDeltaEvent:
    text = message.content[0].text if isinstance(message.content[0], ResponseOutputText) else ""
    return ResponseTextDeltaEvent.model_construct(
        type="response.output_text.delta", item_id=message.id, output_index=number, content_index=0, delta=text,
        logprobs=[], sequence_number=number,
    )  # fmt: skip


def _usage_data(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return recorded usage in the form in which the SDK's span data have it; chat completions use other names."""
    names = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
    return {names.get(key, key): value for key, value in given.items() if value is not None}


def _response_usage(given: Mapping[str, Any] | None) -> ResponseUsage | None:
    if given is None:
        return None
    told = _usage_data(given)
    read, written = _whole(told.get("input_tokens")), _whole(told.get("output_tokens"))
    details_in, details_out = (_details(told.get(f"{side}_tokens_details")) for side in ("input", "output"))
    return ResponseUsage.model_construct(
        input_tokens=read,
        output_tokens=written,
        total_tokens=read + written,
        input_tokens_details=InputTokensDetails.model_construct(
            cached_tokens=_whole(details_in.get("cached_tokens")), cache_write_tokens=0
        ),
        output_tokens_details=OutputTokensDetails.model_construct(
            reasoning_tokens=_whole(details_out.get("reasoning_tokens"))
        ),
    )


def _details(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _usage_of(response: Response) -> Usage:
    told = response.usage
    if told is None:
        return Usage()
    return Usage(
        requests=1, input_tokens=told.input_tokens, output_tokens=told.output_tokens, total_tokens=told.total_tokens
    )
