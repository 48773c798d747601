"""When a streamed answer begins: first piece, first token; and streams that nobody reads to their end."""

from __future__ import annotations

import asyncio
import gc
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from agents import (
    Agent,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    RawResponsesStreamEvent,
    RunConfig,
    Runner,
    function_tool,
)
from openai import AsyncOpenAI
from openai.types.responses import ResponseCompletedEvent, ResponseCreatedEvent, ResponseOutputMessage
from opentelemetry import trace as otel
from opentelemetry.context import get_current
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from otel_agent_analytics import instrument, uninstrument
from tests.helpers.scripted_model import Call, ScriptedModel, _delta, _response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from agents import Model, RunResultStreaming
    from opentelemetry.sdk.trace import ReadableSpan

    from tests.agents_sdk.conftest import Bench

STREAM = "gen_ai.request.stream"
FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"
FIRST_TOKEN = "agent_analytics.time_to_first_token"
PAUSE = 0.03
"""Seconds; clocks and sleeps are exact to a small part of it."""
ALMOST = 0.9
"""A sleep may end a little early by the other clock."""


class PacedModel(ScriptedModel):
    """Streams as a service does: says that it begins, then the text piece by piece, and pauses as told.

    Args:
        answers: what each call gives back.
        before: seconds before it says that it begins.
        thinking: seconds from there to the first piece of text.
        writing: seconds from there to the end.
        pieces: how many pieces of text there are.
    """

    def __init__(
        self, *answers: Any, before: float = 0, thinking: float = 0, writing: float = 0, pieces: int = 2, **more: Any
    ) -> None:
        super().__init__(*answers, delay=before, **more)
        self._thinking, self._writing, self._pieces = thinking, writing, pieces
        self.closed = asyncio.Event()
        """Set when a stream of it is over, read to the end or not."""

    async def stream_response(
        self, system_instructions: str | None, input: Any, model_settings: Any, tools: Any,  # noqa: A002
        output_schema: Any, handoffs: Any, tracing: Any, **_: Any,
    ) -> AsyncIterator[Any]:  # fmt: skip
        try:
            with self._span(tracing) as span:
                response = await self._answer(span, input, tracing, failure="Error streaming response")
                begun = _response([], response.id)
                yield ResponseCreatedEvent(type="response.created", response=begun, sequence_number=0)
                await asyncio.sleep(self._thinking)
                for item in response.output:
                    if isinstance(item, ResponseOutputMessage):
                        for number in range(self._pieces):
                            yield _delta(item, number)
                            await asyncio.sleep(self._writing / self._pieces)
                yield ResponseCompletedEvent(type="response.completed", response=response, sequence_number=9)
        finally:
            self.closed.set()


def solo(model: Model, name: str = "Solo", **more: Any) -> Agent:
    """Return an agent with that model."""
    return Agent(name=name, model=model, **more)


async def read(result: RunResultStreaming) -> list[Any]:
    """Read a stream to its end; return what the run made of it."""
    return [event async for event in result.stream_events()]


def calls(bench: Bench) -> list[ReadableSpan]:
    """Return the spans of the model calls, in the order in which they ended."""
    return [one for one in bench.spans if one.name.startswith("chat")]


def duration(span: ReadableSpan) -> float:
    """Return how long a call took, in seconds."""
    return ((span.end_time or 0) - (span.start_time or 0)) / 1e9


def pieces(span: ReadableSpan) -> tuple[float, float, float]:
    """Return when the first piece and the first token came, and how long the call took, in seconds."""
    said = span.attributes or {}
    first_chunk, first_token = said[FIRST_CHUNK], said[FIRST_TOKEN]
    assert isinstance(first_chunk, float)
    assert isinstance(first_token, float)
    return first_chunk, first_token, duration(span)


# --- times ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sensitive", [True, False])
@pytest.mark.parametrize("chat", [False, True])
async def test_first_pieces(bench: Bench, *, chat: bool, sensitive: bool) -> None:
    """A streamed call tells when its first piece and its first token came, and that it was streamed."""
    model = PacedModel("Hello.", before=PAUSE, thinking=2 * PAUSE, writing=PAUSE, chat=chat)
    config = RunConfig(trace_include_sensitive_data=sensitive)
    result = Runner.run_streamed(solo(model), "hi", run_config=config)
    await read(result)

    (call,) = calls(bench)
    first_chunk, first_token, took = pieces(call)
    assert result.final_output == "Hello."
    assert (call.attributes or {})[STREAM] is True
    assert PAUSE * ALMOST <= first_chunk
    assert first_chunk + 2 * PAUSE * ALMOST <= first_token
    assert first_token + PAUSE * ALMOST <= took


async def test_first_piece_that_is_a_token(bench: Bench) -> None:
    """Where the first piece is text already, both times are the same."""
    await read(Runner.run_streamed(solo(ScriptedModel("Hello.", delay=PAUSE)), "hi"))

    first_chunk, first_token, took = pieces(calls(bench)[0])
    assert PAUSE * ALMOST <= first_chunk == first_token <= took


async def test_each_call_of_a_run(bench: Bench) -> None:
    """Each call of a run has times of its own; one that gives no text has a first piece and no first token."""

    @function_tool
    async def slow() -> str:
        await asyncio.sleep(2 * PAUSE)
        return "done"

    model = PacedModel(Call("slow"), "Hello.", thinking=PAUSE)
    await read(Runner.run_streamed(solo(model, tools=[slow]), "hi"))

    asked, answered = calls(bench)
    said = asked.attributes or {}
    assert said[STREAM] is True
    assert said[FIRST_CHUNK] + PAUSE * ALMOST <= duration(asked)  # type: ignore[operator]
    assert FIRST_TOKEN not in said
    first_chunk, first_token, took = pieces(answered)
    assert first_chunk + PAUSE * ALMOST <= first_token <= took  # of this call, not of the run


@pytest.mark.parametrize("entry", ["run", "run_sync"])
def test_runs_that_are_not_streamed(bench: Bench, entry: str) -> None:
    """A call that is not streamed tells nothing of this."""
    if entry == "run":
        asyncio.run(Runner.run(solo(ScriptedModel("Hello.")), "hi"))
    else:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        Runner.run_sync(solo(ScriptedModel("Hello.")), "hi")
        loop.close()
        asyncio.set_event_loop(None)

    (call,) = calls(bench)
    assert not {STREAM, FIRST_CHUNK, FIRST_TOKEN} & (call.attributes or {}).keys()


async def test_only_model_calls_have_them(bench: Bench) -> None:
    """No other span of a streamed run carries these times."""
    await read(Runner.run_streamed(solo(PacedModel("Hello.")), "hi"))

    carrying = [one.name for one in bench.spans if {STREAM, FIRST_CHUNK, FIRST_TOKEN} & (one.attributes or {}).keys()]
    assert carrying == ["chat gpt-5-mini"]


async def test_stream_that_fails_before_its_first_piece(bench: Bench) -> None:
    """A streamed call that fails at once has no first piece; it has failed, and says nothing false."""
    with pytest.raises(ConnectionError):
        await read(Runner.run_streamed(solo(PacedModel(ConnectionError("down"))), "hi"))

    (call,) = calls(bench)
    assert call.status.status_code.name == "ERROR"
    assert not {FIRST_CHUNK, FIRST_TOKEN} & (call.attributes or {}).keys()


async def test_call_with_a_time_limit(bench: Bench) -> None:
    """A model call that the SDK gives a time limit, for which it may use another task, tells its times too."""
    agent = solo(PacedModel("Hello.", thinking=PAUSE), model_settings=ModelSettings(timeout=30))
    await read(Runner.run_streamed(agent, "hi"))

    first_chunk, first_token, took = pieces(calls(bench)[0])
    assert first_chunk + PAUSE * ALMOST <= first_token <= took


async def test_metric_of_the_first_piece(bare_bench: Bench) -> None:
    """The conventions' metric of the first piece counts streamed calls, and only these."""
    reader = InMemoryMetricReader()
    meters = MeterProvider([reader], shutdown_on_exit=False)
    instrument(tracer_provider=bare_bench.provider, meter_provider=meters, metrics_registry=bare_bench.registry)
    await Runner.run(solo(ScriptedModel("Hello.")), "hi")
    await read(Runner.run_streamed(solo(PacedModel("Hello.", before=PAUSE)), "hi"))

    data = reader.get_metrics_data()
    assert data is not None
    points = [
        point
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "gen_ai.client.inference.time_to_first_chunk"
        for point in metric.data.data_points
    ]
    ((count, total),) = [(point.count, point.sum) for point in points]  # type: ignore[union-attr]
    streamed = next(one for one in calls(bare_bench) if STREAM in (one.attributes or {}))
    assert count == 1
    assert total == pieces(streamed)[0]
    meters.shutdown()


# --- several at once --------------------------------------------------------------------------------------------------


async def test_parallel_streams(bench: Bench) -> None:
    """Streams at the same time do not mix: each call has the times of its own pieces."""
    waits = [number * PAUSE for number in range(5)]
    models = [PacedModel("Hello.", thinking=wait, writing=PAUSE) for wait in waits]
    results = [Runner.run_streamed(solo(model, f"a{number}"), "hi") for number, model in enumerate(models)]
    await asyncio.gather(*(read(result) for result in results))

    by_agent = {str((one.attributes or {})["gen_ai.agent.name"]): pieces(one) for one in calls(bench)}
    assert len(by_agent) == 5
    for number, wait in enumerate(waits):
        first_chunk, first_token, took = by_agent[f"a{number}"]
        assert wait * ALMOST <= first_token - first_chunk
        assert first_token + PAUSE * ALMOST <= took


async def test_streams_in_one_task(bench: Bench) -> None:
    """Two streams that one task reads in turns do not mix either."""
    slow = Runner.run_streamed(solo(PacedModel("Hello.", thinking=3 * PAUSE), "slow"), "hi")
    fast = Runner.run_streamed(solo(PacedModel("Hello.", thinking=PAUSE, writing=4 * PAUSE), "fast"), "hi")
    reading = [slow.stream_events(), fast.stream_events()]
    while reading:
        for events in list(reading):
            if await anext(events, None) is None:
                reading.remove(events)

    by_agent = {str((call.attributes or {})["gen_ai.agent.name"]): pieces(call) for call in calls(bench)}
    assert 3 * PAUSE * ALMOST <= by_agent["slow"][1]
    assert PAUSE * ALMOST <= by_agent["fast"][1] <= by_agent["fast"][2] - 4 * PAUSE * ALMOST


async def test_nested_stream(bench: Bench) -> None:
    """A streamed run inside a tool of a streamed run: each call has times of its own."""
    inner = solo(PacedModel("found it", thinking=2 * PAUSE), "Inner")
    seen: list[Any] = []
    research = inner.as_tool("research", "Research a thing.", on_stream=seen.append)
    boss = solo(PacedModel(Call("research", input="x"), "Done.", thinking=PAUSE), "Boss", tools=[research])
    await read(Runner.run_streamed(boss, "hi"))

    asked, nested, answered = calls(bench)
    assert [(one.attributes or {})["gen_ai.agent.name"] for one in (asked, nested, answered)] == [
        "Boss", "Inner", "Boss",
    ]  # fmt: skip
    assert len(seen) > 0
    assert FIRST_TOKEN not in (asked.attributes or {})
    for one, thought in ((nested, 2 * PAUSE), (answered, PAUSE)):
        first_chunk, first_token, took = pieces(one)
        assert thought * ALMOST <= first_token - first_chunk
        assert first_token <= took


async def test_plain_run_inside_a_stream(bench: Bench) -> None:
    """A run that is not streamed, in a tool of one that is, tells nothing of streams."""
    inner = solo(ScriptedModel("found it"), "Inner")
    research = inner.as_tool("research", "Research a thing.")
    boss = solo(PacedModel(Call("research", input="x"), "Done."), "Boss", tools=[research])
    await read(Runner.run_streamed(boss, "hi"))

    streamed = [((one.attributes or {})["gen_ai.agent.name"], STREAM in (one.attributes or {})) for one in calls(bench)]
    assert streamed == [("Boss", True), ("Inner", False), ("Boss", True)]


# --- events of others -------------------------------------------------------------------------------------------------


async def test_events_of_the_application(bench: Bench) -> None:
    """An application that makes such events itself, outside of a model call, gets them, and no span is touched."""
    made: list[Any] = []

    @function_tool
    async def make() -> str:
        made.append(RawResponsesStreamEvent("piece"))  # type: ignore[arg-type]
        made.append(RawResponsesStreamEvent(data=None))  # type: ignore[arg-type]
        return "made"

    RawResponsesStreamEvent(data="before any run")  # type: ignore[arg-type]
    await Runner.run(solo(ScriptedModel(Call("make"), "Done."), tools=[make]), "hi")

    assert [one.data for one in made] == ["piece", None]
    assert [one.type for one in made] == ["raw_response_event"] * 2
    assert not [one.name for one in bench.spans if STREAM in (one.attributes or {})]


def test_uninstrument_puts_the_events_back(bare_bench: Bench) -> None:
    """Uninstrumenting puts the making of stream events back as it was, the very same."""
    before = RawResponsesStreamEvent.__dict__["__init__"]
    bare_bench.instrument()
    wrapped = RawResponsesStreamEvent.__dict__["__init__"]
    uninstrument()
    after = RawResponsesStreamEvent.__dict__["__init__"]
    uninstrument()

    assert wrapped is not before
    assert after is before
    assert RawResponsesStreamEvent.__dict__["__init__"] is before


async def test_stream_across_uninstrument(bare_bench: Bench) -> None:
    """A stream that is on while everything is taken away goes on, whole."""
    bare_bench.instrument()
    result = Runner.run_streamed(solo(PacedModel("Hello.", thinking=PAUSE, writing=PAUSE)), "hi")
    kinds = []
    async for event in result.stream_events():
        kinds.append(event.type)
        uninstrument()

    assert result.final_output == "Hello."
    assert kinds.count("raw_response_event") == 4
    assert {(one.attributes or {}).get("agent_analytics.cut_off") for one in bare_bench.spans} == {True}


# --- streams that nobody reads to the end -----------------------------------------------------------------------------


@pytest.fixture
def whole(bench: Bench) -> Iterator[Bench]:
    """Return a bench after which every span that began has ended, once, and nothing is remembered."""
    yield bench
    assert len(bench.bridge._family.spans) == len(bench.bridge._family._traces) == 0
    assert len(bench.bridge._family.lost) == 0
    assert sorted(bench.names) == sorted(
        ["invoke_workflow Agent workflow", "handle_conversation_turn Solo", "invoke_agent Solo", "chat gpt-5-mini"]
    )
    ids = {one.context.span_id for one in bench.spans}
    assert all(one.parent is None or one.parent.span_id in ids for one in bench.spans)


async def ended(bench: Bench, roots: int = 1) -> None:
    """Wait until the roots have ended."""
    async with asyncio.timeout(10):
        while bench.names.count("invoke_workflow Agent workflow") < roots:
            await asyncio.sleep(0.005)
            gc.collect()


def nothing_current() -> bool:
    """Return whether no span is current here."""
    return not otel.get_current_span().get_span_context().is_valid


@pytest.mark.parametrize("after", [1, 3])
async def test_consumer_that_stops(whole: Bench, after: int) -> None:
    """A consumer that breaks off ends every span in time, and leaves no context."""
    before = get_current()
    model = PacedModel("Hello.", thinking=PAUSE, writing=PAUSE, pieces=20)
    result = Runner.run_streamed(solo(model), "hi")
    count = 0
    async for event in result.stream_events():
        count += event.type == "raw_response_event"
        if count == after:
            break
        assert nothing_current()
    result.cancel()
    await ended(whole)

    assert get_current() == before
    assert nothing_current()


@pytest.mark.parametrize("mode", ["immediate", "after_turn"])
async def test_cancelled_stream(whole: Bench, mode: Any) -> None:
    """A stream that is cancelled, at once or after its turn, ends every span, and leaves no context."""
    model = PacedModel("Hello.", thinking=PAUSE if mode == "after_turn" else 60)
    result = Runner.run_streamed(solo(model), "hi")
    async for event in result.stream_events():
        if event.type == "raw_response_event":
            result.cancel(mode=mode)
    await ended(whole)

    (call,) = calls(whole)
    assert (call.attributes or {})[STREAM] is True
    assert (FIRST_TOKEN in (call.attributes or {})) is (mode == "after_turn")
    assert nothing_current()


async def test_generator_that_is_dropped(whole: Bench) -> None:
    """A generator of events that is dropped half-read, as with a closed browser tab, ends every span."""
    result = Runner.run_streamed(solo(PacedModel("Hello.", thinking=PAUSE, writing=PAUSE)), "hi")
    events = result.stream_events()
    await anext(events)
    await anext(events)
    del events, result
    gc.collect()
    await ended(whole)

    assert nothing_current()


async def test_stream_that_nobody_reads(whole: Bench) -> None:
    """A stream that nobody reads at all runs to its end, and is a whole trace with its times."""
    result = Runner.run_streamed(solo(PacedModel("Hello.", thinking=PAUSE)), "hi")
    await ended(whole)

    first_chunk, first_token, _ = pieces(calls(whole)[0])
    assert PAUSE * ALMOST <= first_token - first_chunk
    await read(result)


async def test_task_of_the_consumer_is_cancelled(whole: Bench) -> None:
    """A consumer whose task is cancelled, as by a web server, ends every span."""
    model = PacedModel("Hello.", thinking=60)
    result = Runner.run_streamed(solo(model), "hi")
    begun = asyncio.Event()

    async def consume() -> None:
        async for event in result.stream_events():
            if event.type == "raw_response_event":
                begun.set()

    reading = asyncio.create_task(consume())
    await begun.wait()
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
    result.cancel()
    await ended(whole)

    (call,) = calls(whole)
    assert FIRST_CHUNK in (call.attributes or {})
    assert FIRST_TOKEN not in (call.attributes or {})
    assert model.closed.is_set()


async def test_next_run_after_a_stream_that_was_left(bench: Bench) -> None:
    """A run after a stream that was left is a trace of its own, with times of its own."""
    left = Runner.run_streamed(solo(PacedModel("Hello.", thinking=60), "Left"), "hi")
    async for event in left.stream_events():
        if event.type == "raw_response_event":
            break
    result = Runner.run_streamed(solo(PacedModel("Hello.", thinking=PAUSE), "Next"), "hi")
    await read(result)
    left.cancel()
    await ended(bench, roots=2)

    following = next(one for one in calls(bench) if (one.attributes or {})["gen_ai.agent.name"] == "Next")
    first_chunk, first_token, _ = pieces(following)
    assert PAUSE * ALMOST <= first_token - first_chunk < 30
    turn = bench.span("handle_conversation_turn Next")
    roots = {one.context.span_id: one for one in bench.spans if one.parent is None}
    assert turn.parent is not None
    assert turn.parent.span_id in roots
    assert turn.context.trace_id != bench.span("handle_conversation_turn Left").context.trace_id


# --- the SDK's own models ---------------------------------------------------------------------------------------------


class Pieces(httpx2.AsyncByteStream):
    """A body that comes piece by piece, with a pause before each but the first."""

    def __init__(self, parts: list[str]) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for number, part in enumerate(self._parts):
            if number:
                await asyncio.sleep(PAUSE)
            yield part.encode()

    async def aclose(self) -> None: ...


def by_responses() -> list[str]:
    """Return the events of a streamed answer of the Responses API."""
    final = _response(["Hello."], "resp_1").model_dump(mode="json")
    begun = {**final, "status": "in_progress", "output": [], "usage": None}
    delta = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": "Hello.", "logprobs": []}
    events = [
        {"type": "response.created", "sequence_number": 0, "response": begun},
        {"type": "response.output_text.delta", "sequence_number": 1, **delta},
        {"type": "response.completed", "sequence_number": 2, "response": final},
    ]
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events]


def by_chat_completions() -> list[str]:
    """Return the chunks of a streamed chat completion."""
    chunk = {"id": "chat_1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "gpt-5-mini"}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    chunks = [
        {**chunk, "choices": [{"index": 0, "delta": {"role": "assistant"}}]},
        {**chunk, "choices": [{"index": 0, "delta": {"content": "Hello."}}]},
        {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage},
    ]
    return [*(f"data: {json.dumps(one)}\n\n" for one in chunks), "data: [DONE]\n\n"]


def over_a_network(kind: Any, parts: list[str]) -> Model:
    """Return one of the SDK's models, over a network that is none."""

    async def answer(_: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(PAUSE)
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=Pieces(parts))

    network = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    client = AsyncOpenAI(api_key="sk-made-up", base_url="https://api.openai.com/v1", max_retries=0, http_client=network)
    model: Model = kind(model="gpt-5-mini", openai_client=client)
    return model


KINDS = [(OpenAIResponsesModel, by_responses), (OpenAIChatCompletionsModel, by_chat_completions)]


@pytest.mark.parametrize("sensitive", [True, False])
@pytest.mark.parametrize(("kind", "parts"), KINDS)
async def test_models_of_the_sdk(bench: Bench, kind: Any, parts: Any, *, sensitive: bool) -> None:
    """The SDK's own models, streamed over HTTP, tell first piece and first token as they came."""
    config = RunConfig(trace_include_sensitive_data=sensitive)
    result = Runner.run_streamed(solo(over_a_network(kind, parts())), "hi", run_config=config)
    await read(result)

    (call,) = calls(bench)
    first_chunk, first_token, took = pieces(call)
    assert result.final_output == "Hello."
    assert (call.attributes or {})[STREAM] is True
    assert (call.attributes or {})["gen_ai.usage.input_tokens"] == 100
    assert PAUSE * ALMOST <= first_chunk
    assert 2 * PAUSE * ALMOST <= first_token
    assert first_token + PAUSE * ALMOST <= took


@pytest.mark.parametrize(("kind", "parts"), KINDS)
async def test_models_of_the_sdk_that_are_left(whole: Bench, kind: Any, parts: Any) -> None:
    """A stream over HTTP that is left after its first piece ends every span, and leaves no context."""
    result = Runner.run_streamed(solo(over_a_network(kind, parts())), "hi")
    async for event in result.stream_events():
        if event.type == "raw_response_event":
            break
    result.cancel()
    await ended(whole)

    assert FIRST_CHUNK in (calls(whole)[0].attributes or {})
    assert nothing_current()
