"""Beside an instrumentation of the OpenAI client: one span per model call, and everything counted once."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pytest
from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, RunConfig, Runner, function_tool
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from otel_agent_analytics import Settings, instrument, uninstrument
from tests.helpers.scripted_model import Call, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opentelemetry.sdk.trace import ReadableSpan

    from tests.agents_sdk.conftest import Bench

official = pytest.importorskip(
    "opentelemetry.instrumentation.genai.openai",
    reason="the official instrumentation of the OpenAI client is not installed",
)
CLIENT = "opentelemetry.instrumentation.genai.openai"
OURS = "otel_agent_analytics"
MODELS = {"responses": OpenAIResponsesModel, "chat": OpenAIChatCompletionsModel}
TOKENS = "gen_ai.client.inference.usage.input_tokens"
# What each model call costs, in the words of either API.
USAGE = {
    "input_tokens": 100, "output_tokens": 20, "total_tokens": 120,
    "input_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 8},
}  # fmt: skip
CHAT_USAGE = {
    "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
    "prompt_tokens_details": {"cached_tokens": 40}, "completion_tokens_details": {"reasoning_tokens": 8},
}  # fmt: skip


class Service:
    """The OpenAI API without a network: answers from a script, by either API, streamed or not."""

    def __init__(self, *answers: str | Call | int) -> None:
        self.answers = list(answers)
        """What each request is answered: a text, a tool call, or the status of an error."""
        self.meanwhile: Callable[[], None] = lambda: None
        """Is called while a request is served."""
        transport = httpx2.MockTransport(self._serve)
        self.client = openai.AsyncOpenAI(
            api_key="sk-test", max_retries=0, http_client=httpx2.AsyncClient(transport=transport)
        )

    def _serve(self, request: Any) -> Any:
        asked = json.loads(request.content)
        self.meanwhile()
        if request.url.path.endswith("/embeddings"):
            vector = {"object": "embedding", "index": 0, "embedding": [0.5]}
            usage = {"prompt_tokens": 3, "total_tokens": 3}
            return httpx2.Response(200, json={"object": "list", "data": [vector], "model": "small", "usage": usage})
        answer = self.answers.pop(0)
        if isinstance(answer, int):
            return httpx2.Response(answer, json={"error": {"message": "out of order"}})
        responses = request.url.path.endswith("/responses")
        streamed, whole = (_response_events, _response) if responses else (_chat_chunks, _completion)
        if not asked.get("stream"):
            return httpx2.Response(200, json=whole(answer))
        body = "".join(f"data: {json.dumps(event)}\n\n" for event in streamed(answer)) + "data: [DONE]\n\n"
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body.encode())


def _response(answer: str | Call) -> dict[str, Any]:
    said: dict[str, Any]
    if isinstance(answer, Call):
        said = {"type": "function_call", "call_id": answer.call_id, "name": answer.tool, "arguments": answer.arguments}
    else:
        part = {"type": "output_text", "text": answer, "annotations": []}
        said = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}
    return {
        "id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-5-mini", "status": "completed",
        "output": [said], "tools": [], "tool_choice": "auto", "parallel_tool_calls": True, "usage": USAGE,
    }  # fmt: skip


def _response_events(answer: str | Call) -> list[dict[str, Any]]:
    final = _response(answer)
    begun = {**final, "status": "in_progress", "output": [], "usage": None}
    place = {"content_index": 0, "output_index": 0, "item_id": "msg_1", "logprobs": []}
    return [
        {"type": "response.created", "sequence_number": 0, "response": begun},
        {"type": "response.output_text.delta", "sequence_number": 1, "delta": "He", **place},
        {"type": "response.completed", "sequence_number": 2, "response": final},
    ]


def _message(answer: str | Call) -> dict[str, Any]:
    if not isinstance(answer, Call):
        return {"role": "assistant", "content": answer}
    function = {"name": answer.tool, "arguments": answer.arguments}
    call = {"index": 0, "id": answer.call_id, "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def _completion(answer: str | Call) -> dict[str, Any]:
    reason = "tool_calls" if isinstance(answer, Call) else "stop"
    choice = {"index": 0, "finish_reason": reason, "message": _message(answer)}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-5-mini"}
    return {**head, "choices": [choice], "usage": CHAT_USAGE}


def _chat_chunks(answer: str | Call) -> list[dict[str, Any]]:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5-mini"}
    reason = "tool_calls" if isinstance(answer, Call) else "stop"
    return [
        {**head, "choices": [{"index": 0, "delta": _message(answer), "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
        {**head, "choices": [], "usage": CHAT_USAGE},
    ]


class Shop:
    """A bench with a meter, and a client that can be instrumented."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider([self.reader], shutdown_on_exit=False)
        self.client = official.OpenAIInstrumentor()

    def instrument(self, model_spans: str = "auto") -> None:
        """Put the package in place."""
        instrument(
            tracer_provider=self.bench.provider,
            meter_provider=self.meters,
            metrics_registry=self.bench.registry,
            settings=Settings(model_spans=model_spans),
        )

    def instrument_client(self, provider: Any = None) -> None:
        """Put the official instrumentation in place."""
        self.client.instrument(tracer_provider=provider or self.bench.provider, meter_provider=self.meters)

    def scopes(self) -> list[str]:
        """Return who made the spans of model calls, in the order in which they ended."""
        return [scope_of(span) for span in model_spans(self.bench)]

    def tokens_of_ours(self) -> int | None:
        """Return what our standard counter of input tokens has come to; None where it was never used."""
        data = self.reader.get_metrics_data()
        found = [
            point.value  # type: ignore[union-attr]  # a counter's points have one
            for resource in (data.resource_metrics if data is not None else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if scope.scope.name == OURS and metric.name == TOKENS
            for point in metric.data.data_points
        ]
        return int(sum(found)) if found else None


@pytest.fixture
def shop(bare_bench: Bench, complaints: list[str]) -> Iterator[Shop]:
    """Return a shop; what is instrumented in it is taken back, and nothing may have complained."""
    made = Shop(bare_bench)
    yield made
    if made.client.is_instrumented_by_opentelemetry:
        made.client.uninstrument()
    made.meters.shutdown()
    assert complaints == []


def scope_of(span: ReadableSpan) -> str:
    """Return who made a span."""
    assert span.instrumentation_scope is not None
    return span.instrumentation_scope.name


def model_spans(bench: Bench) -> list[ReadableSpan]:
    """Return the spans of model calls."""
    return [span for span in bench.spans if (span.attributes or {}).get("gen_ai.operation.name") == "chat"]


def parent_of(bench: Bench, span: ReadableSpan) -> str | None:
    """Return the name of a span's parent."""
    assert span.parent is not None
    return next((one.name for one in bench.spans if one.context.span_id == span.parent.span_id), None)


def clerk(model: Any) -> Agent:
    """Return an agent with one tool."""

    @function_tool
    async def fetch() -> str:
        return "there"

    return Agent(name="Clerk", model=model, tools=[fetch])


async def serve(
    api: str, *, streamed: bool = False, service: Service | None = None, agent: Agent | None = None
) -> None:
    """Serve one message of a user in conversation c1: two model calls with a tool between them."""
    made = service or Service(Call("fetch"), "Done.")
    agent = agent or clerk(MODELS[api](model="gpt-5-mini", openai_client=made.client))
    config = RunConfig(group_id="c1")
    if not streamed:
        await Runner.run(agent, "hi", run_config=config)
        return
    result = Runner.run_streamed(agent, "hi", run_config=config)
    async for _ in result.stream_events():
        pass


def assert_told_right(bench: Bench) -> None:
    """Check what the agent and the turn learn from the model calls, whoever makes the spans of these."""
    agent = bench.said("invoke_agent Clerk")
    assert (agent["gen_ai.usage.input_tokens"], agent["gen_ai.usage.output_tokens"]) == (200, 40)
    turn = bench.said("handle_conversation_turn Clerk")
    assert turn["agent_analytics.turn.answered"] is True
    assert turn["agent_analytics.agent_message.length"] == 5
    assert turn["agent_analytics.user_message.length"] == 2
    assert bench.said("execute_tool fetch")["gen_ai.tool.call.id"] == "call_1"
    assert bench.parent("execute_tool fetch") == "invoke_agent Clerk"


def assert_counted_once(bench: Bench) -> None:
    """Check that the conversation metrics have two model calls, and their tokens once."""
    assert bench.value("model_calls_total", model="gpt-5-mini") == 2
    counted = {
        kind: bench.value("tokens_total", model="gpt-5-mini", token_type=kind)
        for kind in ("input", "output", "cache_read", "reasoning")
    }
    assert counted == {"input": 200, "output": 40, "cache_read": 80, "reasoning": 16}


both_apis = pytest.mark.parametrize("api", MODELS)
streamed_or_not = pytest.mark.parametrize("streamed", [False, True])


# --- auto -------------------------------------------------------------------------------------------------------------


@both_apis
@streamed_or_not
async def test_one_span_per_call(api: str, shop: Shop, *, streamed: bool) -> None:
    """Each model call has the client's span alone, under its agent, with the conversation; tokens are counted once."""
    shop.instrument_client()
    shop.instrument()
    await serve(api, streamed=streamed)

    calls = model_spans(shop.bench)
    assert [scope_of(span) for span in calls] == [CLIENT, CLIENT]
    for span in calls:
        said = span.attributes or {}
        assert said["gen_ai.conversation.id"] == "c1"
        assert said["gen_ai.agent.name"] == "Clerk"
        assert said["gen_ai.usage.input_tokens"] == 100
        assert parent_of(shop.bench, span) == "invoke_agent Clerk"
        assert span.status.status_code.name == "UNSET"
    assert len(shop.bench.spans) == 6
    assert {span.context.trace_id for span in shop.bench.spans} == {calls[0].context.trace_id}
    assert_told_right(shop.bench)
    assert_counted_once(shop.bench)
    assert shop.tokens_of_ours() is None


@both_apis
async def test_finish_reason_of_the_agent(api: str, shop: Shop) -> None:
    """The agent's finish reason is that of its last model call, and not left over from the one before."""
    shop.instrument_client()
    shop.instrument()
    await serve(api)

    reasons = shop.bench.said("invoke_agent Clerk").get("gen_ai.response.finish_reasons")
    # The SDK's span of a chat completion says nothing of why the model stopped.
    assert reasons == ("stop",) or (api == "chat" and reasons is None)


@both_apis
@streamed_or_not
async def test_without_the_client(api: str, shop: Shop, *, streamed: bool) -> None:
    """Where the client is not instrumented the spans of its calls are ours."""
    shop.instrument()
    await serve(api, streamed=streamed)

    assert shop.scopes() == [OURS, OURS]
    assert_told_right(shop.bench)
    assert_counted_once(shop.bench)
    assert shop.tokens_of_ours() == 200


@streamed_or_not
async def test_model_that_is_no_client(shop: Shop, *, streamed: bool) -> None:
    """A model that does not use the instrumented client has our spans, with all that they carry and count."""
    shop.instrument_client()
    shop.instrument()
    await serve("responses", streamed=streamed, agent=clerk(ScriptedModel(Call("fetch"), "Done.")))

    calls = model_spans(shop.bench)
    assert [scope_of(span) for span in calls] == [OURS, OURS]
    for span in calls:
        said = span.attributes or {}
        assert (said["gen_ai.conversation.id"], said["gen_ai.agent.name"]) == ("c1", "Clerk")
        assert (said["gen_ai.request.model"], said["gen_ai.usage.output_tokens"]) == ("gpt-5-mini", 20)
        assert parent_of(shop.bench, span) == "invoke_agent Clerk"
        assert 0 < (span.start_time or 0) < (span.end_time or 0)
    assert_told_right(shop.bench)
    assert_counted_once(shop.bench)
    assert shop.tokens_of_ours() == 200


async def test_model_that_is_no_client_takes_its_time(shop: Shop) -> None:
    """A span of ours that was put off begins when its model call began."""
    shop.instrument_client()
    shop.instrument()
    await serve("responses", agent=Agent(name="Slow", model=ScriptedModel("Hello.", delay=0.05)))

    (call,) = model_spans(shop.bench)
    assert (call.end_time or 0) - (call.start_time or 0) >= 45_000_000


async def test_client_on_another_provider(shop: Shop) -> None:
    """Where the client's spans go to another provider, ours are made, and the client's say nothing of us."""
    from opentelemetry.sdk.trace import TracerProvider

    elsewhere = TracerProvider(shutdown_on_exit=False)
    shop.instrument_client(elsewhere)
    shop.instrument()
    await serve("responses")

    assert shop.scopes() == [OURS, OURS]
    assert_counted_once(shop.bench)


async def test_order_does_not_matter(shop: Shop) -> None:
    """The client may be instrumented after us, and even between two runs."""
    shop.instrument()
    shop.instrument_client()
    await serve("responses")
    assert shop.scopes() == [CLIENT, CLIENT]
    assert_told_right(shop.bench)
    assert_counted_once(shop.bench)

    uninstrument()
    shop.bench.exporter.clear()
    shop.client.uninstrument()
    shop.instrument()
    await serve("responses")
    assert shop.scopes() == [OURS, OURS]
    shop.instrument_client()
    await serve("responses")
    assert shop.scopes() == [OURS, OURS, CLIENT, CLIENT]


@both_apis
async def test_client_is_taken_away(api: str, shop: Shop) -> None:
    """When the client is no longer instrumented, the spans of its calls are ours again."""
    shop.instrument_client()
    shop.instrument()
    await serve(api)
    shop.client.uninstrument()
    await serve(api)

    assert shop.scopes() == [CLIENT, CLIENT, OURS, OURS]
    assert shop.bench.value("tokens_total", model="gpt-5-mini", token_type="input") == 400
    assert shop.tokens_of_ours() == 200


async def test_we_are_taken_away(shop: Shop) -> None:
    """After our `uninstrument()` the client's spans get nothing from us."""
    shop.instrument_client()
    shop.instrument()
    uninstrument()
    await serve("responses")

    assert shop.bench.spans
    for span in shop.bench.spans:
        assert scope_of(span) == CLIENT
        assert not {"gen_ai.agent.name", "agent_analytics.derived"} & set(span.attributes or {})


@both_apis
@streamed_or_not
@pytest.mark.parametrize("mode", ["auto", "client", "own"])
async def test_error_of_the_service(mode: str, api: str, shop: Shop, *, streamed: bool) -> None:
    """A model call that the service refuses marks one span of each who makes any, and is one error."""
    shop.instrument_client()
    shop.instrument(mode)
    with pytest.raises(openai.InternalServerError):
        await serve(api, streamed=streamed, service=Service(500))

    assert sorted(shop.scopes()) == ([CLIENT] if mode != "own" else [CLIENT, OURS])
    for call in model_spans(shop.bench):
        assert call.status.status_code.name == "ERROR"
        assert (call.attributes or {})["error.type"]
    assert shop.bench.span("invoke_workflow Agent workflow").status.status_code.name == "ERROR"
    if mode != "own":  # see test_ours_and_theirs_count_once
        assert shop.bench.value("model_errors_total", model="gpt-5-mini") == 1
    assert shop.bench.value("messages_total", role="user") == 1


async def test_runs_at_once(shop: Shop) -> None:
    """Runs at the same time, of clients and of other models, have one span per call each, under their own agents."""
    shop.instrument_client()
    shop.instrument()
    runs = []
    for number in range(6):
        client = MODELS["chat"](model="gpt-5-mini", openai_client=Service("Hello.").client)
        model: Any = client if number % 2 else ScriptedModel("Hello.", delay=0.002)
        config = RunConfig(group_id=f"c{number}")
        runs.append(Runner.run(Agent(name=f"a{number}", model=model), "hi", run_config=config))
    await asyncio.gather(*runs)

    found = {
        parent_of(shop.bench, span): (scope_of(span), (span.attributes or {})["gen_ai.conversation.id"])
        for span in model_spans(shop.bench)
    }
    assert len(model_spans(shop.bench)) == 6
    assert found == {f"invoke_agent a{number}": (CLIENT if number % 2 else OURS, f"c{number}") for number in range(6)}


# --- own and client ---------------------------------------------------------------------------------------------------


@both_apis
@streamed_or_not
async def test_ours_always(api: str, shop: Shop, *, streamed: bool) -> None:
    """With "own" our span is always there, the client's below it, and everything is counted once all the same."""
    shop.instrument_client()
    shop.instrument("own")
    await serve(api, streamed=streamed)

    calls = model_spans(shop.bench)
    ours = [span for span in calls if scope_of(span) == OURS]
    theirs = [span for span in calls if scope_of(span) == CLIENT]
    assert (len(ours), len(theirs)) == (2, 2)
    assert {parent_of(shop.bench, span) for span in ours} == {"invoke_agent Clerk"}
    assert [span.parent.span_id for span in theirs if span.parent is not None] == [s.context.span_id for s in ours]
    assert_told_right(shop.bench)
    assert shop.tokens_of_ours() == 200


@both_apis
async def test_ours_and_theirs_count_once(api: str, shop: Shop) -> None:
    """With "own" beside an instrumented client a model call is counted once in the conversation metrics."""
    shop.instrument_client()
    shop.instrument("own")
    await serve(api)
    assert_counted_once(shop.bench)

    with pytest.raises(openai.InternalServerError):
        await serve(api, service=Service(500))
    assert shop.bench.value("model_errors_total", model="gpt-5-mini") == 1


@pytest.mark.parametrize("instrumented", [True, False])
@pytest.mark.parametrize("scripted", [True, False])
async def test_ours_never(shop: Shop, *, instrumented: bool, scripted: bool) -> None:
    """With "client" there is never a span of ours for a model call; agent and turn know of it all the same."""
    if instrumented:
        shop.instrument_client()
    shop.instrument("client")
    await serve("responses", agent=clerk(ScriptedModel(Call("fetch"), "Done.")) if scripted else None)

    assert shop.scopes() == ([CLIENT, CLIENT] if instrumented and not scripted else [])
    assert_told_right(shop.bench)
    assert shop.tokens_of_ours() is None


# --- other spans of the application -----------------------------------------------------------------------------------


async def test_other_spans_inside_a_tool(shop: Shop) -> None:
    """GenAI spans of others inside a tool get the conversation and the agent; any other span gets nothing."""
    service = Service(Call("look"), "Done.")

    @function_tool
    async def look() -> str:
        with shop.bench.app.start_as_current_span("embed", attributes={"gen_ai.operation.name": "embeddings"}):
            shop.bench.app.start_span("GET", attributes={"http.request.method": "GET"}).end()
        shop.bench.app.start_span("bare").end()
        await service.client.embeddings.create(model="small", input="text")
        return "seen"

    shop.instrument_client()
    shop.instrument()
    agent = Agent(
        name="Clerk", model=MODELS["responses"](model="gpt-5-mini", openai_client=service.client), tools=[look]
    )
    with shop.bench.app.start_as_current_span("POST", attributes={"gen_ai.operation.name": "embeddings"}):
        await serve("responses", agent=agent)

    known = {
        "gen_ai.conversation.id": "c1", "gen_ai.agent.name": "Clerk", "agent_analytics.derived": True,
        "agent_analytics.operation": "embeddings",
    }  # fmt: skip
    assert shop.bench.said("embed") == {"gen_ai.operation.name": "embeddings", **known}
    assert shop.bench.said("GET") == {"http.request.method": "GET"}
    assert shop.bench.said("bare") == {}
    assert shop.bench.said("POST") == {"gen_ai.operation.name": "embeddings", "agent_analytics.derived": True}
    assert known.items() <= shop.bench.said("embeddings small").items()
    assert shop.bench.parent("embeddings small") == "execute_tool look"
    assert shop.scopes() == [CLIENT, CLIENT]
    assert_counted_once(shop.bench)


async def test_other_span_inside_a_model_call(shop: Shop) -> None:
    """A GenAI span of another kind inside a model call neither stands for the call, nor undoes that the client did."""
    other = {"gen_ai.operation.name": "embeddings"}
    service = Service("Done.")
    service.meanwhile = lambda: shop.bench.app.start_span("cache", attributes=other).end()
    shop.instrument_client()
    shop.instrument()
    await serve("responses", service=service)
    assert shop.scopes() == [CLIENT]
    assert shop.bench.said("cache")["gen_ai.conversation.id"] == "c1"
    assert shop.bench.parent("cache") == "chat gpt-5-mini"

    class Caching(ScriptedModel):
        async def get_response(self, *args: Any, **more: Any) -> Any:
            service.meanwhile()
            return await super().get_response(*args, **more)

    await serve("responses", agent=Agent(name="Clerk", model=Caching("Done.")))
    assert shop.scopes() == [CLIENT, OURS]


async def test_client_inside_a_tool(shop: Shop) -> None:
    """A tool that calls a model itself has the client's span below it, which does not stand for the agent's call."""
    service = Service("A haiku.")

    @function_tool
    async def write() -> str:
        await service.client.responses.create(model="gpt-5-mini", input="Write.")
        return "written"

    shop.instrument_client()
    shop.instrument()
    agent = Agent(name="Clerk", model=ScriptedModel(Call("write"), "Done."), tools=[write])
    await serve("responses", agent=agent)

    assert [(scope_of(span), parent_of(shop.bench, span)) for span in model_spans(shop.bench)] == [
        (OURS, "invoke_agent Clerk"),
        (CLIENT, "execute_tool write"),
        (OURS, "invoke_agent Clerk"),
    ]
    inner = model_spans(shop.bench)[1].attributes or {}
    assert (inner["gen_ai.conversation.id"], inner["gen_ai.agent.name"]) == ("c1", "Clerk")
    assert shop.bench.value("tokens_total", model="gpt-5-mini", token_type="input") == 300
    assert shop.bench.said("invoke_agent Clerk")["gen_ai.usage.input_tokens"] == 200


async def test_client_outside_of_any_run(shop: Shop) -> None:
    """The client's span outside of any run gets nothing but the mark of what is derived here, also after one."""
    service = Service(Call("fetch"), "Done.", "Hello.")
    shop.instrument_client()
    shop.instrument()
    await serve("responses", service=service)
    shop.bench.exporter.clear()
    await service.client.responses.create(model="gpt-5-mini", input="hi")

    said = shop.bench.said("chat gpt-5-mini")
    assert not {"gen_ai.conversation.id", "gen_ai.agent.name", "agent_analytics.operation"} & set(said)
    assert said["agent_analytics.derived"] is True
