"""The standard GenAI metrics of runs: names, units, attributes, and values that were added up by hand."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, RunConfig, Runner, RunState, function_tool, handoff, trace
from agents.tracing import generation_span, mcp_tools_span
from opentelemetry.sdk.metrics import Counter, MeterProvider, ObservableCounter
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader

import otel_agent_analytics
from otel_agent_analytics import Settings, instrument, uninstrument
from tests.helpers.scripted_model import Call, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.agents_sdk.conftest import Bench

Series = dict[tuple[tuple[str, Any], ...], Any]
CALL = {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5-mini", "gen_ai.response.model": "gpt-5-mini",
}  # fmt: skip
FAILED_CALL = {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5-mini", "error.type": "ConnectionError",
}  # fmt: skip
COUNTED = {**CALL, "gen_ai.token.modality": "unknown"}
WORKFLOW = {"gen_ai.workflow.name": "shop"}
CLERK = {"gen_ai.agent.name": "Clerk"}
FETCH = {"gen_ai.tool.name": "fetch", "gen_ai.tool.type": "function", "gen_ai.agent.name": "Clerk"}
INPUT_TOKENS = "gen_ai.client.inference.usage.input_tokens"
# One model call: what ScriptedModel reports, USAGE.
TOKENS_OF_A_CALL = {
    "gen_ai.client.inference.usage.input_tokens": 100,
    "gen_ai.client.inference.usage.output_tokens": 20,
    "gen_ai.client.inference.usage.cache_read.input_tokens": 40,
    "gen_ai.client.inference.usage.cache_write.input_tokens": 10,
    "gen_ai.client.inference.usage.reasoning.output_tokens": 8,
}
UNITS = {
    "gen_ai.client.inference.duration": "s",
    "gen_ai.client.inference.operation.input_tokens": "{token}",
    "gen_ai.client.inference.operation.output_tokens": "{token}",
    "gen_ai.client.inference.time_to_first_chunk": "s",
    "gen_ai.invoke_agent.duration": "s",
    "gen_ai.invoke_agent.inference_calls": "{inference_call}",
    "gen_ai.invoke_agent.tool_calls": "{tool_call}",
    "gen_ai.invoke_workflow.duration": "s",
    "gen_ai.execute_tool.duration": "s",
    "mcp.client.operation.duration": "s",
    **dict.fromkeys(TOKENS_OF_A_CALL, "{token}"),
}


class Gauge:
    """What the metrics of a bench have come to."""

    def __init__(self, bench: Bench, **options: Any) -> None:
        self.bench = bench
        self.reader = InMemoryMetricReader(**options)
        self.provider = MeterProvider([self.reader], shutdown_on_exit=False)

    def instrument(self, *, conversation_metrics: bool = False) -> None:
        """Put the package in place."""
        instrument(
            tracer_provider=self.bench.provider,
            meter_provider=self.provider,
            metrics_registry=self.bench.registry,
            conversation_metrics=conversation_metrics,
            settings=Settings(),
        )

    def metrics(self) -> dict[str, Any]:
        """Read once; return our metrics by name."""
        data = self.reader.get_metrics_data()
        found: dict[str, Any] = {}
        for resource in data.resource_metrics if data is not None else ():
            for scope in resource.scope_metrics:
                assert scope.scope.name == "otel_agent_analytics"
                assert scope.scope.version == otel_agent_analytics.__version__
                assert scope.scope.schema_url == "https://opentelemetry.io/schemas/gen-ai/1.42.0"
                for metric in scope.metrics:
                    assert metric.name not in found
                    found[metric.name] = metric
        return found

    def points(self) -> dict[str, Series]:
        """Read once; return the points of each metric by their attributes."""
        return {
            name: {_key(dict(point.attributes or {})): point for point in metric.data.data_points}
            for name, metric in self.metrics().items()
        }

    def told(self) -> dict[str, list[tuple[dict[str, Any], Any]]]:
        """Read once; return attributes and values: of counters what they have come to, of histograms how many."""
        return {
            name: [(dict(key), getattr(point, "value", None) or point.count) for key, point in sorted(series.items())]
            for name, series in self.points().items()
        }


def _key(attributes: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(attributes.items()))


@pytest.fixture
def gauge(bare_bench: Bench, complaints: list[str]) -> Iterator[Gauge]:
    """Return a bench with a meter on which the package is in place; nothing may complain."""
    made = Gauge(bare_bench)
    made.instrument()
    yield made
    made.provider.shutdown()
    assert complaints == []


def clerk(*answers: Any, **more: Any) -> Agent:
    """Return an agent with a tool that works and one that fails."""

    @function_tool
    async def fetch() -> str:
        await asyncio.sleep(0.03)
        return "there"

    @function_tool(failure_error_function=None)
    async def pay() -> str:
        raise ConnectionError

    model = ScriptedModel(*(answers or (Call("fetch"), "Done.")), **more)
    return Agent(name="Clerk", model=model, tools=[fetch, pay])


async def serve(agent: Agent, **more: Any) -> None:
    """Serve one message of a user."""
    await Runner.run(agent, "hi", run_config=RunConfig(workflow_name="shop", **more))


# --- what is there ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chat", [False, True])
async def test_run_with_two_calls_and_a_tool(gauge: Gauge, *, chat: bool) -> None:
    """A run with two model calls and a tool gives these metrics, with these attributes, and no others."""
    await serve(clerk(chat=chat))

    # The chat completions API's span does not say which model answered.
    call = {key: value for key, value in CALL.items() if not chat or key != "gen_ai.response.model"}
    counted = {**call, "gen_ai.token.modality": "unknown"}
    assert gauge.told() == {
        "gen_ai.client.inference.duration": [(call, 2)],
        "gen_ai.client.inference.operation.input_tokens": [(call, 2)],
        "gen_ai.client.inference.operation.output_tokens": [(call, 2)],
        "gen_ai.execute_tool.duration": [(FETCH, 1)],
        "gen_ai.invoke_agent.duration": [({**CLERK, "gen_ai.request.model": "gpt-5-mini"}, 1)],
        "gen_ai.invoke_agent.inference_calls": [(CLERK, 1)],
        "gen_ai.invoke_agent.tool_calls": [(CLERK, 1)],
        "gen_ai.invoke_workflow.duration": [(WORKFLOW, 1)],
        **{name: [(counted, 2 * tokens)] for name, tokens in TOKENS_OF_A_CALL.items()},
    }


async def test_values(gauge: Gauge) -> None:
    """The histograms hold what was measured: seconds, tokens and calls, each in the bucket where it belongs."""
    await serve(clerk(delay=0.05))

    points = gauge.points()
    (duration,) = points["gen_ai.client.inference.duration"].values()
    (tool,) = points["gen_ai.execute_tool.duration"].values()
    (agent,) = points["gen_ai.invoke_agent.duration"].values()
    (workflow,) = points["gen_ai.invoke_workflow.duration"].values()
    assert 0.1 <= duration.sum < 3
    assert duration.min >= 0.05
    assert 0.03 <= tool.sum < 3
    assert duration.sum + tool.sum <= agent.sum <= workflow.sum < 5
    (given,) = points["gen_ai.client.inference.operation.input_tokens"].values()
    (taken,) = points["gen_ai.client.inference.operation.output_tokens"].values()
    (calls,) = points["gen_ai.invoke_agent.inference_calls"].values()
    (tools,) = points["gen_ai.invoke_agent.tool_calls"].values()
    assert [(one.sum, one.min, one.max) for one in (given, taken)] == [(200, 100, 100), (40, 20, 20)]
    assert [one.sum for one in (calls, tools)] == [2, 1]
    # 100 tokens lie between 64 and 256, 20 between 16 and 64; two calls up to 2, one up to 1.
    assert given.explicit_bounds[:5] == (1, 4, 16, 64, 256)
    assert given.bucket_counts[:6] == (0, 0, 0, 0, 2, 0)
    assert taken.bucket_counts[:6] == (0, 0, 0, 2, 0, 0)
    assert calls.explicit_bounds[:3] == (1, 2, 4)
    assert (calls.bucket_counts[:3], tools.bucket_counts[:3]) == ((0, 1, 0), (1, 0, 0))


async def test_units_and_kinds(gauge: Gauge) -> None:
    """Every metric has the unit of the conventions and a meaning; token counters only grow."""
    result = Runner.run_streamed(clerk(), "hi", run_config=RunConfig(workflow_name="shop"))
    async for _ in result.stream_events():
        pass
    with trace("tools"), mcp_tools_span(server="files"):
        pass

    metrics = gauge.metrics()
    assert {name: metric.unit for name, metric in metrics.items()} == UNITS
    assert all(metric.description for metric in metrics.values())
    for name in TOKENS_OF_A_CALL:
        assert metrics[name].data.is_monotonic
        assert metrics[name].data.aggregation_temporality is AggregationTemporality.CUMULATIVE


# --- ways of a run ----------------------------------------------------------------------------------------------------


async def test_failing_tool(gauge: Gauge) -> None:
    """A tool that fails and ends the run names its error, as the tool's span does, on tool, agent and run."""
    with pytest.raises(Exception, match="pay"):
        await serve(clerk(Call("pay")))

    told = gauge.told()
    # The SDK raises a UserError in place of the tool's own.
    assert gauge.bench.said("execute_tool pay")["error.type"] == "UserError"
    assert told["gen_ai.execute_tool.duration"] == [
        ({**FETCH, "gen_ai.tool.name": "pay", "error.type": "UserError"}, 1)
    ]
    assert told["gen_ai.invoke_workflow.duration"] == [({**WORKFLOW, "error.type": "UserError"}, 1)]
    assert told["gen_ai.client.inference.duration"] == [(CALL, 1)]
    assert told["gen_ai.invoke_agent.tool_calls"] == [(CLERK, 1)]


async def test_failing_model_call(gauge: Gauge) -> None:
    """A model call that fails has a duration with its error, and no tokens; the run names the error too."""
    with pytest.raises(ConnectionError):
        await serve(clerk(ConnectionError("down")))

    told = gauge.told()
    assert told["gen_ai.client.inference.duration"] == [(FAILED_CALL, 1)]
    assert told["gen_ai.invoke_workflow.duration"] == [({**WORKFLOW, "error.type": "ConnectionError"}, 1)]
    assert told["gen_ai.invoke_agent.inference_calls"] == [(CLERK, 1)]
    assert not set(told) & {*TOKENS_OF_A_CALL, "gen_ai.client.inference.operation.input_tokens"}
    (agent,) = told["gen_ai.invoke_agent.duration"]
    span = gauge.bench.said("invoke_agent Clerk")
    assert agent[0].get("error.type") == span.get("error.type")


async def test_success_after_failure(gauge: Gauge) -> None:
    """Calls that fail and calls that do not are told apart, and the error stays with its call."""
    with pytest.raises(ConnectionError):
        await serve(clerk(ConnectionError("down")))
    await serve(clerk())

    told = gauge.told()
    assert sorted(told["gen_ai.client.inference.duration"], key=str) == sorted([(CALL, 2), (FAILED_CALL, 1)], key=str)
    assert told[INPUT_TOKENS] == [(COUNTED, 200)]


async def test_handoff(gauge: Gauge) -> None:
    """Each agent of a run has its own calls and durations; a handoff is no tool call."""
    desk = clerk()
    triage = Agent(
        name="Triage", model=ScriptedModel(Call("transfer_to_clerk", call_id="call_0")), handoffs=[handoff(desk)]
    )
    await serve(triage)

    points = gauge.points()
    name = "gen_ai.invoke_agent.inference_calls"
    assert {dict(key)["gen_ai.agent.name"]: point.sum for key, point in points[name].items()} == {
        "Triage": 1,
        "Clerk": 2,
    }
    name = "gen_ai.invoke_agent.tool_calls"
    assert {dict(key)["gen_ai.agent.name"]: point.sum for key, point in points[name].items()} == {
        "Triage": 0,
        "Clerk": 1,
    }
    assert [point.count for point in points["gen_ai.invoke_workflow.duration"].values()] == [1]
    assert [point.value for point in points[INPUT_TOKENS].values()] == [300]


async def test_streamed_run(gauge: Gauge) -> None:
    """A streamed run has the same metrics as a plain one, and how long each answer took to begin."""
    result = Runner.run_streamed(clerk(delay=0.02), "hi", run_config=RunConfig(workflow_name="shop"))
    async for _ in result.stream_events():
        pass
    points = gauge.points()
    streamed = {name: {key: getattr(p, "value", None) for key, p in series.items()} for name, series in points.items()}
    first = points["gen_ai.client.inference.time_to_first_chunk"][_key(CALL)]
    duration = points["gen_ai.client.inference.duration"][_key(CALL)]

    assert first.count == 2
    assert 0.04 <= first.sum <= duration.sum
    assert streamed[INPUT_TOKENS] == {_key(COUNTED): 200}
    assert set(streamed) == set(UNITS) - {"mcp.client.operation.duration"}


async def test_mcp_tools(gauge: Gauge) -> None:
    """A request to an MCP server for its tools has a duration; other steps have none."""
    with trace("tools"), mcp_tools_span(server="files") as span:
        await asyncio.sleep(0.02)
        span.span_data.result = ["read", "write"]

    points = gauge.points()
    assert set(points) == {"mcp.client.operation.duration", "gen_ai.invoke_workflow.duration"}
    ((key, point),) = points["mcp.client.operation.duration"].items()
    assert dict(key) == {"mcp.method.name": "tools/list"}
    assert point.count == 1
    assert 0.02 <= point.sum < 2


async def test_model_of_a_call_by_hand(gauge: Gauge) -> None:
    """A model call that the application traces itself is counted under the model that its span names."""
    with (
        trace("by hand"),
        generation_span(model="llama", usage={"input_tokens": 7, "output_tokens": 3}),
    ):
        pass

    assert gauge.bench.said("chat llama")["gen_ai.request.model"] == "llama"
    told = gauge.told()
    ((said, tokens),) = told[INPUT_TOKENS]
    assert tokens == 7
    assert said.get("gen_ai.request.model") == "llama"
    assert told["gen_ai.client.inference.duration"][0][0].get("gen_ai.request.model") == "llama"


async def test_resumed_run(gauge: Gauge) -> None:
    """What a resumed run does is there when it is over, as of any run, though its root ended before."""

    @function_tool(needs_approval=True)
    async def wire() -> str:
        return "wired"

    agent = Agent(name="Bank", model=ScriptedModel(Call("wire"), "Done."), tools=[wire])
    config = RunConfig(workflow_name="shop")
    result = await Runner.run(agent, "wire five", run_config=config)
    state = await RunState.from_json(agent, json.loads(json.dumps(result.to_state().to_json())))
    state.approve(state.get_interruptions()[0])
    await Runner.run(agent, state, run_config=config)

    points = gauge.points()
    assert points[INPUT_TOKENS][_key(COUNTED)].value == 200
    assert points["gen_ai.client.inference.duration"][_key(CALL)].count == 2
    # The SDK has a span for the call that waits for approval, and another one for the call that works.
    assert gauge.bench.names.count("execute_tool wire") == 2
    assert sum(point.count for point in points["gen_ai.execute_tool.duration"].values()) == 2


async def test_shutdown_hands_over_what_waits(gauge: Gauge) -> None:
    """What was measured before `uninstrument()` is there after it, also of a trace that is still open."""
    with trace("batch"):
        await serve(clerk())
        uninstrument()

    points = gauge.points()
    assert points["gen_ai.client.inference.duration"][_key(CALL)].count == 2
    assert points["gen_ai.execute_tool.duration"][_key(FETCH)].count == 1


# --- exemplars --------------------------------------------------------------------------------------------------------


async def test_exemplars(gauge: Gauge) -> None:
    """Each histogram has exemplars that lead to the run's trace, and to the very span that was measured."""
    await serve(clerk(), trace_id="trace_" + "ab" * 16)

    spans = {span.context.span_id: span.name for span in gauge.bench.spans}
    led = {
        name: {
            (exemplar.trace_id, spans[exemplar.span_id]) for point in series.values() for exemplar in point.exemplars
        }
        for name, series in gauge.points().items()
        if name not in TOKENS_OF_A_CALL
    }
    trace_id = int("ab" * 16, 16)
    assert led == {
        "gen_ai.client.inference.duration": {(trace_id, "chat gpt-5-mini")},
        "gen_ai.client.inference.operation.input_tokens": {(trace_id, "chat gpt-5-mini")},
        "gen_ai.client.inference.operation.output_tokens": {(trace_id, "chat gpt-5-mini")},
        "gen_ai.execute_tool.duration": {(trace_id, "execute_tool fetch")},
        "gen_ai.invoke_agent.duration": {(trace_id, "invoke_agent Clerk")},
        "gen_ai.invoke_agent.inference_calls": {(trace_id, "invoke_agent Clerk")},
        "gen_ai.invoke_agent.tool_calls": {(trace_id, "invoke_agent Clerk")},
        "gen_ai.invoke_workflow.duration": {(trace_id, "invoke_workflow shop")},
    }


async def test_exemplar_of_a_trace_that_is_not_current(gauge: Gauge) -> None:
    """A trace that the application does not make current has its own exemplar, not that of what is around it."""
    with gauge.bench.app.start_as_current_span("POST"):
        aside = trace("aside")
        aside.start()
        aside.finish()

    (point,) = gauge.points()["gen_ai.invoke_workflow.duration"].values()
    root = gauge.bench.span("invoke_workflow aside").context
    assert [(exemplar.trace_id, exemplar.span_id) for exemplar in point.exemplars] == [(root.trace_id, root.span_id)]


# --- adding up --------------------------------------------------------------------------------------------------------


async def test_counters_add_up(gauge: Gauge) -> None:
    """Tokens add up over runs, exactly, and reading them twice changes nothing."""
    for runs in (1, 2, 3):
        await serve(clerk())
        for _ in range(2):
            told = gauge.told()
            assert {name: told[name] for name in TOKENS_OF_A_CALL} == {
                name: [(COUNTED, 2 * runs * tokens)] for name, tokens in TOKENS_OF_A_CALL.items()
            }
            assert told["gen_ai.client.inference.duration"] == [(CALL, 2 * runs)]


async def test_deltas(bare_bench: Bench) -> None:
    """A reader that wants deltas gets what came since it read last."""
    delta = AggregationTemporality.DELTA
    gauge = Gauge(bare_bench, preferred_temporality={Counter: delta, ObservableCounter: delta})
    gauge.instrument()
    read = []
    for runs in (1, 0, 2):
        for _ in range(runs):
            await serve(clerk())
        point = gauge.points().get(INPUT_TOKENS, {}).get(_key(COUNTED))
        read.append(0 if point is None else point.value)
    gauge.provider.shutdown()

    assert read == [200, 0, 400]


def test_threads(gauge: Gauge) -> None:
    """Eight threads that run agents at once lose nothing and count nothing twice, while somebody reads."""
    faults: list[BaseException] = []
    over = threading.Event()

    def work() -> None:
        try:
            for _ in range(25):
                asyncio.run(serve(Agent(name="Clerk", model=ScriptedModel("Hello."))))
        except BaseException as fault:  # noqa: BLE001 - it is shown below
            faults.append(fault)

    def read() -> None:
        while not over.wait(0.005):
            gauge.reader.get_metrics_data()

    reader = threading.Thread(target=read)
    reader.start()
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    reader.join()

    assert faults == []
    told = gauge.told()
    assert {name: told[name] for name in TOKENS_OF_A_CALL} == {
        name: [(COUNTED, 200 * tokens)] for name, tokens in TOKENS_OF_A_CALL.items()
    }
    assert told["gen_ai.client.inference.duration"] == [(CALL, 200)]
    assert told["gen_ai.invoke_workflow.duration"] == [(WORKFLOW, 200)]


async def many_models(gauge: Gauge) -> dict[str, Series]:
    """Return the metrics after one call each of 1,100 models."""
    for number in range(1_100):
        model = ScriptedModel("Hello.")
        model.model = f"model-{number}"
        await serve(Agent(name="Clerk", model=model))
    return gauge.points()


async def test_many_models_are_bounded(gauge: Gauge) -> None:
    """Beyond 1,000 model names the metrics of model calls grow no further, and no call or token is lost."""
    points = await many_models(gauge)

    assert sum(point.value for point in points[INPUT_TOKENS].values()) == 110_000
    assert sum(point.count for point in points["gen_ai.client.inference.duration"].values()) == 1_100
    named = {dict(key).get("gen_ai.request.model") for key in points[INPUT_TOKENS]}
    assert {"model-0", "model-900", None} <= named
    sizes = {name: len(series) for name, series in points.items() if name.startswith("gen_ai.client.")}
    assert {name: size for name, size in sizes.items() if size > 1_001} == {}
    assert min(sizes.values()) > 900


async def test_agents_of_many_models_are_bounded(gauge: Gauge) -> None:
    """Beyond 1,000 model names the metrics of agents grow no further either."""
    points = await many_models(gauge)

    sizes = {name: len(series) for name, series in points.items() if not name.startswith("gen_ai.client.")}
    assert {name: size for name, size in sizes.items() if size > 1_001} == {}


# --- putting in place and taking away ---------------------------------------------------------------------------------


async def test_put_in_place_again(bare_bench: Bench, complaints: list[str]) -> None:
    """Put in place again on the same meter provider, the metrics go on, without a second set and without a warning."""
    gauge = Gauge(bare_bench)
    for _ in range(3):
        gauge.instrument()
        await serve(clerk())
        uninstrument()
    await serve(clerk())

    told = gauge.told()
    gauge.provider.shutdown()
    assert told[INPUT_TOKENS] == [(COUNTED, 600)]
    assert told["gen_ai.client.inference.duration"] == [(CALL, 6)]
    assert complaints == []


async def test_each_meter_provider_has_its_own(bare_bench: Bench) -> None:
    """Another meter provider starts from nothing, and the first one's values stay."""
    first, second = Gauge(bare_bench), Gauge(bare_bench)
    first.instrument()
    await serve(clerk())
    uninstrument()
    second.instrument()
    await serve(clerk("Hello."))

    assert first.told()[INPUT_TOKENS] == [(COUNTED, 200)]
    assert second.told()[INPUT_TOKENS] == [(COUNTED, 100)]
    for gauge in (first, second):
        gauge.provider.shutdown()


async def test_without_a_meter_provider(bench: Bench) -> None:
    """Where no meter provider is set up, runs and spans are as ever."""
    result = await Runner.run(clerk(), "hi")

    assert result.final_output == "Done."
    assert len(bench.spans) == 6


LATER = """
import asyncio, logging
logging.basicConfig(level=logging.WARNING, format="COMPLAINT %(message)s")
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from agents import Agent, Runner
from otel_agent_analytics import instrument, uninstrument
from tests.helpers.scripted_model import ScriptedModel, own_trace_provider

def run():
    asyncio.run(Runner.run(Agent(name="Clerk", model=ScriptedModel("Hello.")), "hi"))

with own_trace_provider():
    for _ in range(3):
        instrument(tracer_provider=TracerProvider(), conversation_metrics=False)
        run()
        uninstrument()
    instrument(tracer_provider=TracerProvider(), conversation_metrics=False)
    reader = InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider([reader]))
    run()
    (resource,) = reader.get_metrics_data().resource_metrics
    for metric in resource.scope_metrics[0].metrics:
        if metric.name in ("gen_ai.client.inference.usage.input_tokens", "gen_ai.client.inference.duration"):
            print(metric.name, [getattr(point, "value", None) or point.count for point in metric.data.data_points])
"""


def test_meter_provider_that_is_set_up_later() -> None:
    """A global meter provider that is set up after us gets each metric once, without a warning, and nothing twice."""
    done = subprocess.run(
        [sys.executable, "-c", LATER], capture_output=True, text=True, timeout=60, check=True, env={**os.environ}
    )

    assert "COMPLAINT" not in done.stderr
    told = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert told["gen_ai.client.inference.duration"] == "[1]"
    assert told[INPUT_TOKENS] == "[100]"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_child_of_a_fork_counts_its_own(gauge: Gauge) -> None:
    """After a fork the child's token counters start at nothing, and the parent's go on."""
    asyncio.run(serve(clerk()))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - the child is not measured
        status = 1
        try:
            before = gauge.told().get(INPUT_TOKENS, [])
            asyncio.run(serve(clerk("Hello.")))
            after = [value for _, value in gauge.told()[INPUT_TOKENS]]
            os.write(writer, f"{len(before)} {after}".encode())
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.close(writer)
    with os.fdopen(reader) as answer:
        assert answer.read() == "0 [100]"
    assert gauge.told()[INPUT_TOKENS] == [(COUNTED, 200)]
