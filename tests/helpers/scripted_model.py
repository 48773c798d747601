"""The Agents SDK without a network: a model that answers from a script, and a trace provider that uploads nothing.

    agent = Agent(name="Helper", model=ScriptedModel(Call("track", order=7), "On its way."), tools=[track])

Each answer is what one model call gives back: a text, a ``Call``, a list of these, or an exception, which is raised.
The model opens the span and fills it as the SDK's own models do: Responses API, or chat completions with ``chat=True``.
Every call reports the same usage, ``USAGE``.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from agents.items import ModelResponse
from agents.models.interface import Model
from agents.tracing import SpanError, generation_span, response_span, set_trace_provider
from agents.tracing import setup as sdk_setup
from agents.tracing.provider import DefaultTraceProvider
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
    from collections.abc import AsyncIterator, Iterator, Sequence

    from agents.models.interface import ModelTracing
    from agents.tracing import GenerationSpanData, ResponseSpanData, Span

MODEL_NAME = "gpt-5-mini"
USAGE: dict[str, Any] = {
    "requests": 1,
    "input_tokens": 100,
    "output_tokens": 20,
    "total_tokens": 120,
    "input_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 10},
    "output_tokens_details": {"reasoning_tokens": 8},
}


class Call:
    """A tool call of the model."""

    def __init__(self, tool: str, /, *, call_id: str = "call_1", **arguments: Any) -> None:
        self.tool = tool
        self.call_id = call_id
        self.arguments = json.dumps(arguments)


class ScriptedModel(Model):
    """Answers from a script, one answer a call.

    Args:
        answers: what each call gives back.
        chat: trace as the SDK's chat completions model does, instead of as its Responses model.
        delay: seconds that each call takes.
    """

    def __init__(self, *answers: Any, chat: bool = False, delay: float = 0) -> None:
        self.model = MODEL_NAME
        """Its name, where the SDK's own models have it."""
        self._answers = list(answers)
        self._chat = chat
        self._delay = delay
        self._calls = 0
        self.called = asyncio.Event()
        """Set when the first call has begun."""

    async def get_response(
        self, system_instructions: str | None, input: Any, model_settings: Any, tools: Any,  # noqa: A002
        output_schema: Any, handoffs: Any, tracing: ModelTracing, **_: Any,
    ) -> ModelResponse:  # fmt: skip
        with self._span(tracing) as span:
            response = await self._answer(span, input, tracing, failure="Error getting response")
        return ModelResponse(output=response.output, usage=_usage(), response_id=response.id)

    async def stream_response(
        self, system_instructions: str | None, input: Any, model_settings: Any, tools: Any,  # noqa: A002
        output_schema: Any, handoffs: Any, tracing: ModelTracing, **_: Any,
    ) -> AsyncIterator[Any]:  # fmt: skip
        with self._span(tracing) as span:
            response = await self._answer(span, input, tracing, failure="Error streaming response")
            for number, item in enumerate(response.output):
                if isinstance(item, ResponseOutputMessage):
                    yield _delta(item, number)
            yield ResponseCompletedEvent(
                type="response.completed", response=response, sequence_number=len(response.output)
            )

    def _span(self, tracing: ModelTracing) -> Span[ResponseSpanData] | Span[GenerationSpanData]:
        if self._chat:
            return generation_span(model=MODEL_NAME, model_config={}, disabled=tracing.is_disabled())
        return response_span(disabled=tracing.is_disabled())

    async def _answer(self, span: Span[Any], given: Any, tracing: ModelTracing, *, failure: str) -> Response:
        self.called.set()
        await asyncio.sleep(self._delay)
        answer = self._answers[self._calls]
        self._calls += 1
        if isinstance(answer, Exception):
            told = str(answer) if tracing.include_data() else "Error details are redacted."
            span.set_error(SpanError(message=failure, data={"error": told}))
            raise answer
        response = _response(answer if isinstance(answer, list) else [answer], f"resp_{self._calls}")
        span.span_data.usage = dict(USAGE)
        if tracing.include_data() and self._chat:
            span.span_data.input = [{"role": "user", "content": given}] if isinstance(given, str) else given
            span.span_data.output = [_chat_message(response)]
        elif tracing.include_data():
            span.span_data.input = given
            span.span_data.response = response
        return response


@contextmanager
def own_trace_provider() -> Iterator[DefaultTraceProvider]:
    """Give the Agents SDK a trace provider with no processor, so that nothing is uploaded; put the old one back."""
    before = sdk_setup.GLOBAL_TRACE_PROVIDER
    provider = DefaultTraceProvider()
    set_trace_provider(provider)
    try:
        yield provider
    finally:
        sdk_setup.GLOBAL_TRACE_PROVIDER = before


def _response(answers: Sequence[str | Call], response_id: str) -> Response:
    return Response(
        id=response_id,
        object="response",
        created_at=1_700_000_000,
        model=MODEL_NAME,
        output=[_call(one) if isinstance(one, Call) else _message(one) for one in answers],
        tools=[],
        tool_choice="auto",
        parallel_tool_calls=True,
        usage=ResponseUsage(
            input_tokens=USAGE["input_tokens"],
            output_tokens=USAGE["output_tokens"],
            total_tokens=USAGE["total_tokens"],
            input_tokens_details=InputTokensDetails(**USAGE["input_tokens_details"]),
            output_tokens_details=OutputTokensDetails(**USAGE["output_tokens_details"]),
        ),
    )


def _message(text: str) -> ResponseOutputMessage:
    part = ResponseOutputText(type="output_text", text=text, annotations=[])
    return ResponseOutputMessage(id="msg_1", type="message", role="assistant", status="completed", content=[part])


def _call(call: Call) -> ResponseFunctionToolCall:
    return ResponseFunctionToolCall(
        type="function_call", call_id=call.call_id, name=call.tool, arguments=call.arguments, status="completed"
    )


def _delta(message: ResponseOutputMessage, number: int) -> ResponseTextDeltaEvent:
    (part,) = message.content
    return ResponseTextDeltaEvent(
        type="response.output_text.delta", item_id=message.id, output_index=number, content_index=0,
        delta=part.text if isinstance(part, ResponseOutputText) else "", logprobs=[], sequence_number=number,
    )  # fmt: skip


def _chat_message(response: Response) -> dict[str, Any]:
    """Return what the SDK's chat completions model puts into its span: the message, as the API gave it."""
    texts = [item.content[0].text for item in response.output if isinstance(item, ResponseOutputMessage)
             if isinstance(item.content[0], ResponseOutputText)]  # fmt: skip
    calls = [
        {"id": item.call_id, "type": "function", "function": {"name": item.name, "arguments": item.arguments}}
        for item in response.output
        if isinstance(item, ResponseFunctionToolCall)
    ]
    return {"role": "assistant", "content": "\n".join(texts) or None, "refusal": None, "tool_calls": calls or None}


def _usage() -> Usage:
    return Usage(
        requests=1,
        input_tokens=USAGE["input_tokens"],
        output_tokens=USAGE["output_tokens"],
        total_tokens=USAGE["total_tokens"],
    )
