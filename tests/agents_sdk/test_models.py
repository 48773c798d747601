"""Which model is asked, and who provides it: known before the call, from the agent and from the model's client."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from agents import (
    Agent,
    Handoff,
    ModelProvider,
    MultiProvider,
    OpenAIChatCompletionsModel,
    OpenAIProvider,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
    function_tool,
    handoff,
    trace,
)
from openai import AsyncAzureOpenAI, AsyncOpenAI
from opentelemetry.sdk.trace import SpanProcessor

from otel_agent_analytics.agents_sdk.models import ModelFacts, facts_of, facts_of_model, with_address
from otel_agent_analytics.agents_sdk.runner import RunGiven
from tests.helpers.scripted_model import Call, ScriptedModel

if TYPE_CHECKING:
    from agents import Model
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import Span

    from tests.agents_sdk.conftest import Bench

WITHOUT_TASKS: Any = {"include_task_and_turn_spans": False}


# --- model names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-5-mini", ModelFacts("gpt-5-mini", "openai")),
        ("openai/gpt-5-mini", ModelFacts("openai/gpt-5-mini", "openai")),
        ("anthropic/claude-sonnet-4-5", ModelFacts("anthropic/claude-sonnet-4-5", "anthropic")),
        ("litellm/anthropic/claude-sonnet-4-5", ModelFacts("litellm/anthropic/claude-sonnet-4-5", "anthropic")),
        ("any-llm/mistral/large", ModelFacts("any-llm/mistral/large", "mistral_ai")),
        ("litellm/azure/my-deployment", ModelFacts("litellm/azure/my-deployment", "azure.ai.openai")),
        ("litellm/azure_ai/mistral-large", ModelFacts("litellm/azure_ai/mistral-large", "azure.ai.inference")),
        ("litellm/bedrock/anthropic.claude", ModelFacts("litellm/bedrock/anthropic.claude", "aws.bedrock")),
        ("gemini/gemini-2.5-pro", ModelFacts("gemini/gemini-2.5-pro", "gcp.gemini")),
        ("vertex_ai/gemini-2.5-pro", ModelFacts("vertex_ai/gemini-2.5-pro", "gcp.vertex_ai")),
        ("xai/grok-4", ModelFacts("xai/grok-4", "x_ai")),
        ("watsonx/ibm/granite", ModelFacts("watsonx/ibm/granite", "ibm.watsonx.ai")),
        # A first word alone is the name of a model, not of a provider.
        ("anthropic", ModelFacts("anthropic", "openai")),
        ("litellm/gpt-5-mini", ModelFacts("litellm/gpt-5-mini", "openai")),
        # Unknown first words name no provider; the model then speaks OpenAI's interface.
        ("my-org/my-model", ModelFacts("my-org/my-model", "openai")),
        ("ANTHROPIC/claude", ModelFacts("ANTHROPIC/claude", "openai")),
        ("", ModelFacts(None, "openai")),
        ("x" * 300, ModelFacts("x" * 256, "openai")),
        ("gpt-\ud800", ModelFacts("gpt-?", "openai")),
    ],
)
def test_facts_of_a_name(model: str, expected: ModelFacts) -> None:
    """A model's name is kept whole; its first word names the provider where that is a known one."""
    assert facts_of_model(model) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (SimpleNamespace(model="gpt-5-mini"), ModelFacts("gpt-5-mini", "openai")),
        (SimpleNamespace(model="anthropic/claude"), ModelFacts("anthropic/claude", "anthropic")),
        (SimpleNamespace(model=7), ModelFacts(None, "openai")),
        (SimpleNamespace(), ModelFacts(None, "openai")),
        (SimpleNamespace(model="m", _client=None), ModelFacts("m", "openai")),
        (SimpleNamespace(model="m", _client=SimpleNamespace()), ModelFacts("m", "openai")),
        (
            SimpleNamespace(model="m", _client=SimpleNamespace(base_url="https://api.x.ai/v1")),
            ModelFacts("m", "x_ai", "api.x.ai", 443),
        ),
        (
            SimpleNamespace(model="groq/m", _client=SimpleNamespace(base_url="http://gateway.internal:4000")),
            ModelFacts("groq/m", "groq", "gateway.internal", 4000),
        ),
        (object(), ModelFacts(None, "openai")),
        (None, ModelFacts(None, "openai")),
        (7, ModelFacts(None, "openai")),
    ],
)
def test_facts_of_an_object(model: Any, expected: ModelFacts) -> None:
    """The SDK's object for a model says its name and, by its client, the address; any other object says nothing."""
    assert facts_of_model(model) == expected


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "provider", "host", "port"),
    [
        ("https://api.openai.com/v1/", "openai", "api.openai.com", 443),
        ("https://eu.api.openai.com/v1", "openai", "eu.api.openai.com", 443),
        ("https://shop.openai.azure.com/openai/", "azure.ai.openai", "shop.openai.azure.com", 443),
        ("https://SHOP.OpenAI.Azure.com/openai/", "azure.ai.openai", "shop.openai.azure.com", 443),
        ("https://shop.services.ai.azure.com/models", "azure.ai.inference", "shop.services.ai.azure.com", 443),
        ("https://api.anthropic.com/v1/", "anthropic", "api.anthropic.com", 443),
        ("https://generativelanguage.googleapis.com/v1beta/openai/", "gcp.gemini", None, 443),
        ("https://europe-west1-aiplatform.googleapis.com/v1", "gcp.vertex_ai", None, 443),
        ("https://aiplatform.googleapis.com/v1", "gcp.vertex_ai", None, 443),
        ("https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1", "aws.bedrock", None, 443),
        ("https://api.groq.com/openai/v1", "groq", "api.groq.com", 443),
        ("https://api.mistral.ai/v1", "mistral_ai", "api.mistral.ai", 443),
        ("https://api.deepseek.com", "deepseek", "api.deepseek.com", 443),
        ("https://api.perplexity.ai", "perplexity", "api.perplexity.ai", 443),
        ("https://api.x.ai/v1", "x_ai", "api.x.ai", 443),
        ("https://api.moonshot.cn/v1", "moonshot_ai", "api.moonshot.cn", 443),
        ("https://api.cohere.ai/compatibility/v1", "cohere", "api.cohere.ai", 443),
        # Nobody's: what was known before stays, and the address is told.
        ("http://localhost:11434/v1", "before", "localhost", 11434),
        ("http://127.0.0.1:8000", "before", "127.0.0.1", 8000),
        ("http://[::1]:8000/v1", "before", "::1", 8000),
        ("http://gateway.internal/v1", "before", "gateway.internal", 80),
        ("https://gateway.internal/v1", "before", "gateway.internal", 443),
        ("https://key:secret@gateway.internal/v1", "before", "gateway.internal", 443),
        ("https://gateway-7.eu-west-1.elb.amazonaws.com/v1", "before", None, 443),
        ("https://api.openai.com.evil.example/v1", "before", "api.openai.com.evil.example", 443),
        ("https://notapi.x.ai/v1", "before", "notapi.x.ai", 443),
        ("https://myopenai.azure.com/", "before", "myopenai.azure.com", 443),
        ("https://api.openai.com:8443/v1", "openai", "api.openai.com", 8443),
    ],
)
def test_address(address: str, provider: str, host: str | None, port: int) -> None:
    """The host says who provides the model, also below a known domain and never beside it; the port is the scheme's."""
    found = with_address(ModelFacts("m", "before"), address)

    assert found == ModelFacts("m", provider, host or address.split("/")[2], port)
    assert found == with_address(ModelFacts("m", "before"), httpx2.URL(address))


@pytest.mark.parametrize(
    "address",
    [
        None, "", " ", "no address", "api.openai.com", "/v1", "http://", "http:///v1", "https://:443", "http://[::1",
        "https://api.x.ai:port/", "https://api.x.ai:99999/", 7, object(), b"https://api.x.ai",
    ],
)  # fmt: skip
def test_junk_address(address: Any) -> None:
    """What is no address of a service changes nothing."""
    assert with_address(ModelFacts("m", "before"), address) == ModelFacts("m", "before")


def test_address_of_an_unknown_scheme() -> None:
    """Where neither the address nor its scheme says the port, host and port are left out: they only make sense both."""
    assert with_address(ModelFacts("m", "before"), "unix://api.x.ai/v1") == ModelFacts("m", "x_ai")
    assert with_address(ModelFacts("m", "before"), "ws://api.x.ai:81") == ModelFacts("m", "x_ai", "api.x.ai", 81)


# --- agents of a run --------------------------------------------------------------------------------------------------


def given(agent: Any, **options: Any) -> RunGiven:
    """Return what an application gives a run."""
    return RunGiven({"starting_agent": agent, "input": "hi", **options})


def test_facts_of_agents() -> None:
    """An agent's model is found by its name among all that may take over, near or far, also in a circle."""
    third = Agent(name="Third", model="groq/third")
    second = Agent(name="Second", model="second", handoffs=[handoff(third)])
    first = Agent(name="First", model="first", handoffs=[second])
    third.handoffs.append(first)

    run = given(first)
    assert facts_of(run, "First") == ModelFacts("first")
    assert facts_of(run, "Second") == ModelFacts("second")
    assert facts_of(run, "Third") == ModelFacts("groq/third", "groq")
    assert facts_of(run, "Nobody") == ModelFacts()
    assert facts_of(run, None) == ModelFacts()
    assert facts_of(None, "First") == ModelFacts()
    assert facts_of(given(None), "First") == ModelFacts()


def test_model_of_the_run_goes_first() -> None:
    """A model in the run's settings takes the place of every agent's own, as in the SDK."""
    second = Agent(name="Second", model="second")
    run = given(Agent(name="First", model="first", handoffs=[second]), run_config=RunConfig(model="xai/of-the-run"))

    assert facts_of(run, "First") == facts_of(run, "Second") == ModelFacts("xai/of-the-run", "x_ai")


def test_settings_as_a_dictionary() -> None:
    """The SDK takes a run's settings as a dictionary too."""
    assert facts_of(given(Agent(name="a"), run_config={"model": "m"}), "a") == ModelFacts("m")
    assert facts_of(given(Agent(name="a"), run_config={"model_provider": OwnProvider()}), "a") == ModelFacts()


def test_default_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent without a model asks for the SDK's default, which the environment may change."""
    monkeypatch.setenv("OPENAI_DEFAULT_MODEL", "gpt-default")

    assert facts_of(given(Agent(name="a")), "a") == ModelFacts("gpt-default")
    for provider in (MultiProvider(openai_api_key="sk-made-up"), OpenAIProvider(api_key="sk-made-up")):
        assert facts_of(given(Agent(name="a"), run_config=RunConfig(model_provider=provider)), "a").model == (
            "gpt-default"
        )


def test_no_default_model_of_another_provider() -> None:
    """A model provider of the application has its own default, which nobody knows; a name is a name all the same."""
    config = RunConfig(model_provider=OwnProvider())

    assert facts_of(given(Agent(name="a"), run_config=config), "a") == ModelFacts()
    assert facts_of(given(Agent(name="a", model="m"), run_config=config), "a") == ModelFacts("m")


@pytest.mark.parametrize("odd", [7, "agent", object(), SimpleNamespace(name="a", handoffs=7), [1, 2]])
def test_odd_agents(monkeypatch: pytest.MonkeyPatch, odd: Any) -> None:
    """What is no agent at all tells nothing, and raises nothing."""
    monkeypatch.setenv("AGENT_ANALYTICS_HIDE_FAULTS", "1")

    assert facts_of(given(odd), "b") == ModelFacts()


def test_many_agents() -> None:
    """The search among agents is bounded."""
    last = Agent(name="last", model="m")
    agents = [Agent(name=f"a{number}", model="m", handoffs=[last]) for number in range(1000)]
    first = Agent(name="first", model="f", handoffs=list(agents))

    assert facts_of(given(first), "first") == ModelFacts("f")
    assert facts_of(given(first), "a7") == ModelFacts("m")
    assert facts_of(given(first), "last") == ModelFacts()


# --- in runs ----------------------------------------------------------------------------------------------------------


class OwnProvider(ModelProvider):
    """An application's own way to find models."""

    def __init__(self, model: Model | None = None) -> None:
        self._model = model
        self.asked: list[str | None] = []

    def get_model(self, model_name: str | None) -> Model:
        self.asked.append(model_name)
        assert self._model is not None
        return self._model


class Starts(SpanProcessor):
    """Keeps what spans began with."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self.seen.append((span.name, dict(span.attributes or {})))

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """The model calls: name, and what it says of model and server."""
        chosen = ("gen_ai.request.model", "gen_ai.provider.name", "server.address", "server.port")
        return [
            (name, {key: said[key] for key in chosen if key in said})
            for name, said in self.seen
            if said.get("gen_ai.operation.name") == "chat"
        ]


@pytest.fixture
def starts(bench: Bench) -> Starts:
    """Return what sees the spans as they begin."""
    found = Starts()
    bench.provider.add_span_processor(found)
    return found


async def run(agent: Agent, *, streamed: bool = False, **options: Any) -> Any:
    """Run an agent to its end; return its last word."""
    if not streamed:
        return (await Runner.run(agent, "hi", **options)).final_output
    result = Runner.run_streamed(agent, "hi", **options)
    async for _ in result.stream_events():
        pass
    return result.final_output


ASKED = {"gen_ai.request.model": "gpt-5-mini", "gen_ai.provider.name": "openai"}


@pytest.mark.parametrize("sensitive", [True, False])
@pytest.mark.parametrize("chat", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
async def test_model_at_the_start(starts: Starts, *, streamed: bool, chat: bool, sensitive: bool) -> None:
    """A model call's span names model and provider when it begins, so that samplers see them, with or without texts."""
    config = RunConfig(trace_include_sensitive_data=sensitive)
    await run(Agent(name="a", model=ScriptedModel("Hello.", chat=chat)), streamed=streamed, run_config=config)

    assert starts.calls == [("chat gpt-5-mini", ASKED)]


@pytest.mark.parametrize("sensitive", [True, False])
@pytest.mark.parametrize("tracing", [None, WITHOUT_TASKS], ids=["with tasks", "without tasks"])
async def test_model_in_the_settings_of_a_run(starts: Starts, bench: Bench, tracing: Any, *, sensitive: bool) -> None:
    """A model in the run's settings is the one that is asked, whatever the agent names."""
    agent = Agent(name="a", model="gpt-not-asked")
    config = RunConfig(model=ScriptedModel("Hello."), trace_include_sensitive_data=sensitive, tracing=tracing)
    await run(agent, run_config=config)

    assert starts.calls == [("chat gpt-5-mini", ASKED)]
    assert bench.said("invoke_agent a")["gen_ai.request.model"] == "gpt-5-mini"


def model_called(name: str, *answers: Any) -> ScriptedModel:
    """Return a model with a name of its own."""
    model = ScriptedModel(*answers)
    model.model = name
    return model


@pytest.mark.parametrize("tracing", [None, WITHOUT_TASKS], ids=["with tasks", "without tasks"])
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("how", [lambda agent: agent, handoff], ids=["agent", "handoff"])
async def test_model_after_a_handoff(starts: Starts, bench: Bench, how: Any, tracing: Any, *, streamed: bool) -> None:
    """After a handoff the second agent's model is named, back and forth."""
    first = Agent(name="First", model=model_called("anthropic/big", Call("transfer_to_second"), "Done."))
    second = Agent(name="Second", model=model_called("small", Call("transfer_to_first", call_id="call_2")))
    first.handoffs.append(how(second))
    second.handoffs.append(how(first))
    config = RunConfig(trace_include_sensitive_data=False, tracing=tracing)
    assert await run(first, streamed=streamed, run_config=config) == "Done."

    big = {"gen_ai.request.model": "anthropic/big", "gen_ai.provider.name": "anthropic"}
    small = {"gen_ai.request.model": "small", "gen_ai.provider.name": "openai"}
    assert starts.calls == [("chat anthropic/big", big), ("chat small", small), ("chat anthropic/big", big)]
    assert bench.said("invoke_agent Second")["gen_ai.request.model"] == "small"


async def test_model_of_an_agent_made_in_a_handoff(starts: Starts) -> None:
    """An agent that is only made when it takes over has a model that nobody knew; nothing false is said of it."""
    made = Agent(name="Made", model=model_called("made", "Done."))

    async def make(*_: Any) -> Agent:
        return made

    to_it: Handoff[Any, Any] = Handoff(
        tool_name="transfer_to_made", tool_description="Hand over.", input_json_schema={},
        on_invoke_handoff=make, agent_name="Made",
    )  # fmt: skip
    first = Agent(name="First", model=model_called("first", Call("transfer_to_made")), handoffs=[to_it])
    await run(first, run_config=RunConfig(trace_include_sensitive_data=False))

    asked = {"gen_ai.request.model": "first", "gen_ai.provider.name": "openai"}
    assert starts.calls == [("chat first", asked), ("chat", {"gen_ai.provider.name": "openai"})]


@pytest.mark.parametrize("tracing", [None, WITHOUT_TASKS], ids=["with tasks", "without tasks"])
@pytest.mark.parametrize("how", ["as_tool", "runner"])
async def test_model_of_a_nested_agent(starts: Starts, bench: Bench, how: str, tracing: Any) -> None:
    """A nested run names its own agent's model, and after it the outer agent's is named again."""
    inner = Agent(name="Inner", model=model_called("inner", "found it"))

    @function_tool
    async def research(input: str) -> str:  # noqa: A002 - as the SDK calls it
        config = RunConfig(trace_include_sensitive_data=False, tracing=tracing)
        return str((await Runner.run(inner, input, run_config=config)).final_output)

    tool: Any = inner.as_tool("research", "Research a thing.") if how == "as_tool" else research
    boss = Agent(name="Boss", model=model_called("outer", Call("research", input="x"), "Done."), tools=[tool])
    await run(boss, run_config=RunConfig(trace_include_sensitive_data=False, tracing=tracing))

    assert [name for name, _ in starts.calls] == ["chat outer", "chat inner", "chat outer"]
    assert bench.said("invoke_agent Inner")["gen_ai.request.model"] == "inner"
    assert bench.said("invoke_agent Boss")["gen_ai.request.model"] == "outer"


async def test_models_of_two_runs_in_one_trace(starts: Starts) -> None:
    """Runs in one trace of the application name each their own model, also without the SDK's task spans."""
    config = RunConfig(tracing=WITHOUT_TASKS, trace_include_sensitive_data=False)
    with trace("batch"):
        await run(Agent(name="a", model=model_called("first", "Hello.")), run_config=config)
        await run(Agent(name="b", model=model_called("second", "Hello.")), run_config=config)

    assert [name for name, _ in starts.calls] == ["chat first", "chat second"]


async def test_provider_of_the_application(starts: Starts, bench: Bench) -> None:
    """A model provider of the application is asked for no default model that it never heard of: none is named."""
    provider = OwnProvider(ScriptedModel("Hello."))
    await run(Agent(name="a"), run_config=RunConfig(model_provider=provider, trace_include_sensitive_data=False))

    assert len(provider.asked) == 1
    assert starts.calls == [("chat", {"gen_ai.provider.name": "openai"})]
    assert "gen_ai.request.model" not in bench.said("chat")
    assert "gen_ai.request.model" not in bench.said("invoke_agent a")


async def test_model_that_only_the_answer_names(starts: Starts, bench: Bench) -> None:
    """Where nobody knew the model beforehand, the one that answered is named at the end."""
    await run(Agent(name="a"), run_config=RunConfig(model_provider=OwnProvider(ScriptedModel("Hello."))))

    assert starts.calls == [("chat", {"gen_ai.provider.name": "openai"})]
    assert bench.said("chat gpt-5-mini")["gen_ai.request.model"] == "gpt-5-mini"


# --- the SDK's own models, over a network that is none ----------------------------------------------------------------


def answer(request: httpx2.Request) -> httpx2.Response:
    """Answer as OpenAI's service does, by either of its interfaces."""
    asked = json.loads(request.content)
    if request.url.path.endswith("/responses"):
        message = {
            "id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": "Hello.", "annotations": []}],
        }  # fmt: skip
        return httpx2.Response(200, json={
            "id": "resp_1", "object": "response", "created_at": 1_700_000_000, "model": asked["model"] + "-2026",
            "status": "completed", "output": [message], "tools": [], "tool_choice": "auto", "parallel_tool_calls": True,
            "usage": {
                "input_tokens": 5, "output_tokens": 2, "total_tokens": 7,
                "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0},
            },
        })  # fmt: skip
    assert request.url.path.endswith("/chat/completions")
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello."}}
    return httpx2.Response(200, json={
        "id": "chat_1", "object": "chat.completion", "created": 1_700_000_000, "model": asked["model"] + "-2026",
        "choices": [choice], "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
    })  # fmt: skip


def client(base_url: str | None = None) -> AsyncOpenAI:
    """Return OpenAI's client, which reaches nobody."""
    network = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return AsyncOpenAI(api_key="sk-made-up", base_url=base_url, max_retries=0, http_client=network)


ADDRESSES = [
    ("https://api.openai.com/v1", "openai", "api.openai.com", 443),
    ("https://shop.openai.azure.com/openai/v1/", "azure.ai.openai", "shop.openai.azure.com", 443),
    ("https://api.groq.com/openai/v1", "groq", "api.groq.com", 443),
    ("http://localhost:11434/v1", "openai", "localhost", 11434),
]


@pytest.mark.parametrize("sensitive", [True, False])
@pytest.mark.parametrize(("base_url", "provider", "host", "port"), ADDRESSES)
@pytest.mark.parametrize("kind", [OpenAIResponsesModel, OpenAIChatCompletionsModel])
async def test_address_of_the_client(
    starts: Starts, bench: Bench, kind: Any, base_url: str, provider: str, host: str, port: int, *, sensitive: bool
) -> None:
    """The SDK's own models tell provider, host and port by their client's address, when the call begins."""
    model = kind(model="llm-1", openai_client=client(base_url))
    config = RunConfig(trace_include_sensitive_data=sensitive)
    assert await run(Agent(name="a", model=model), run_config=config) == "Hello."

    asked = {
        "gen_ai.request.model": "llm-1",
        "gen_ai.provider.name": provider,
        "server.address": host,
        "server.port": port,
    }
    assert starts.calls == [("chat llm-1", asked)]
    said = bench.said("chat llm-1")
    assert said == {**said, **asked, "gen_ai.usage.input_tokens": 5, "gen_ai.usage.output_tokens": 2}
    assert not {"server.address", "server.port"} & bench.said("invoke_agent a").keys()


async def test_address_of_azures_own_client(starts: Starts) -> None:
    """OpenAI's client for Azure tells Azure as the provider, and the application's own host there."""
    azure = AsyncAzureOpenAI(
        api_key="made-up", azure_endpoint="https://shop.openai.azure.com", api_version="2026-01-01", max_retries=0,
        http_client=httpx2.AsyncClient(transport=httpx2.MockTransport(answer)),
    )  # fmt: skip
    await run(Agent(name="a", model=OpenAIChatCompletionsModel(model="my-deployment", openai_client=azure)))

    asked = {
        "gen_ai.request.model": "my-deployment",
        "gen_ai.provider.name": "azure.ai.openai",
        "server.address": "shop.openai.azure.com",
        "server.port": 443,
    }
    assert starts.calls == [("chat my-deployment", asked)]


async def test_address_in_the_settings_of_a_run(starts: Starts) -> None:
    """A model in the run's settings tells its own address, not the agent's."""
    config = RunConfig(model=OpenAIResponsesModel(model="llm-2", openai_client=client("https://api.x.ai/v1")))
    agent = Agent(name="a", model=OpenAIResponsesModel(model="llm-1", openai_client=client()))
    await run(agent, run_config=config)

    ((name, said),) = starts.calls
    assert name == "chat llm-2"
    assert (said["gen_ai.provider.name"], said["server.address"]) == ("x_ai", "api.x.ai")


@pytest.mark.parametrize("model", [None, "llm-1"])
async def test_provider_of_the_sdk(starts: Starts, monkeypatch: pytest.MonkeyPatch, model: str | None) -> None:
    """A model by name, or the SDK's default one, is named beforehand where the SDK's own provider finds it."""
    monkeypatch.setenv("OPENAI_DEFAULT_MODEL", "gpt-default")
    config = RunConfig(model_provider=OpenAIProvider(openai_client=client()))
    assert await run(Agent(name="a", model=model), run_config=config) == "Hello."

    expected = model or "gpt-default"
    assert starts.calls == [
        (f"chat {expected}", {"gen_ai.request.model": expected, "gen_ai.provider.name": "openai"}),
    ]
