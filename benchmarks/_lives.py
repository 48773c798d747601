"""What ``leak.py`` repeats: runs, traces and spans, and the ways in which their lives end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from agents import Agent, RunConfig, Runner
from agents.items import ModelResponse
from agents.models.interface import Model
from agents.tracing import function_span, response_span, trace
from agents.usage import Usage

from benchmarks._spans import USAGE, message, response_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from agents.models.interface import ModelTracing


class _OneAnswer(Model):
    """Always gives the same answer, and traces as the SDK's own model does."""

    def __init__(self) -> None:
        self._response = response_of(message("Your order shipped on Monday."))

    async def get_response(
        self, system_instructions: str | None, input: Any, model_settings: Any, tools: Any,  # noqa: A002
        output_schema: Any, handoffs: Any, tracing: ModelTracing, **_: Any,
    ) -> ModelResponse:  # fmt: skip
        with response_span(disabled=tracing.is_disabled()) as span:
            await self.before_answer()
            span.span_data.input, span.span_data.response = input, self._response
            span.span_data.usage = USAGE
        usage = Usage(requests=1, input_tokens=120, output_tokens=30, total_tokens=150)
        return ModelResponse(output=self._response.output, usage=usage, response_id=self._response.id)

    def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        raise NotImplementedError

    async def before_answer(self) -> None:
        """Do nothing."""


class _CutOff(_OneAnswer):
    """Never answers: the run that calls it is cancelled."""

    run: asyncio.Task[Any] | None = None

    async def before_answer(self) -> None:
        """Cancel the run and wait for that."""
        if self.run is not None:
            self.run.cancel()
        await asyncio.sleep(60)


_cut_off = _CutOff()
_HELPER: Final = Agent[None](name="Helper", model=_OneAnswer())
_WAITING: Final = Agent[None](name="Waiting", model=_cut_off)


async def finished(number: int) -> None:
    """Run an agent to its end."""
    await _run(_HELPER, number)


async def cancelled(number: int) -> None:
    """Cancel a run in its model call."""
    _cut_off.run = asyncio.create_task(_run(_WAITING, number))
    with suppress(asyncio.CancelledError):
        await _cut_off.run
        raise RuntimeError("the run was not cancelled")


async def unfinished(number: int) -> None:
    """Start a trace and a span that nobody finishes, every second time as the current ones of a task."""
    await asyncio.create_task(_left_open(number))


async def outliving(number: int) -> None:
    """Start a span that is open when its trace ends; every second one is finished later, the others never."""
    with trace("short", group_id=_conversation(number)):
        late = function_span("late")
        late.start()
    if number % 2:
        with function_span("within", parent=late):
            pass
        late.finish()


LIVES: Final[dict[str, Callable[[int], Awaitable[None]]]] = {
    "finished": finished,
    "cancelled": cancelled,
    "unfinished": unfinished,
    "outliving": outliving,
}


async def _run(agent: Agent[None], number: int) -> None:
    await Runner.run(agent, "Where is my order?", run_config=RunConfig(group_id=_conversation(number)))


async def _left_open(number: int) -> None:
    left, current = trace("left", group_id=_conversation(number)), bool(number % 2)
    left.start(mark_as_current=current)
    function_span("left", parent=left).start(mark_as_current=current)


def _conversation(number: int) -> str:
    return f"conversation-{number}"
