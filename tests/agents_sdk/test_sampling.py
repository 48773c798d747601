"""Head sampling: conversation metrics count every run, and exporters get only what is sampled."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, RunConfig, Runner, RunState, function_tool, trace
from opentelemetry import trace as otel
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import SpanContext, TraceFlags
from opentelemetry.trace.span import TraceState

from otel_agent_analytics import uninstrument
from tests.helpers.scripted_model import Call, ScriptedModel

if TYPE_CHECKING:
    from tests.agents_sdk.conftest import Bench

LOW = "f" * 16 + "1" * 16
"""A trace id that a ratio of one half samples: its second half is below the middle."""
HIGH = "1" * 16 + "f" * 16
"""A trace id that a ratio of one half drops."""
NOTHING = {
    "always off": ALWAYS_OFF,
    "ratio of 0": TraceIdRatioBased(0.0),
    "parent, off": ParentBased(ALWAYS_OFF),
    "parent, ratio of 0": ParentBased(TraceIdRatioBased(0.0)),
}
RUN = ["chat gpt-5-mini", "invoke_agent Solo", "handle_conversation_turn Solo", "invoke_workflow Agent workflow"]


class Seen(SpanProcessor):
    """Somebody else's span processor: keeps whose spans it is told of, and whether they are sampled."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, bool]] = []

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        self.spans.append((span.instrumentation_scope.name, span.context.trace_flags.sampled))


class Marking(Sampler):
    """A sampler that drops everything, and leaves a trace state."""

    def should_sample(self, *args: Any, **more: Any) -> SamplingResult:
        return SamplingResult(Decision.DROP, None, TraceState([("vendor", "dropped")]))

    def get_description(self) -> str:
        return "Marking"


def provide(bench: Bench, sampler: Sampler, **options: Any) -> InMemorySpanExporter:
    """Give the bench a provider with this sampler; return what a batch processor of it exports to."""
    batched = InMemorySpanExporter()
    bench.provider = TracerProvider(sampler, Resource({"service.name": "shop"}), shutdown_on_exit=False, **options)
    bench.provider.add_span_processor(SimpleSpanProcessor(bench.exporter))
    bench.provider.add_span_processor(BatchSpanProcessor(batched))
    bench.app = bench.provider.get_tracer("app")
    return batched


def names(bench: Bench, batched: InMemorySpanExporter) -> list[str]:
    """Return what both exporters got, which must be the same; the batch processor is ended with it."""
    bench.provider.force_flush()
    found = [span.name for span in batched.get_finished_spans()]
    assert bench.names == found
    bench.provider.shutdown()
    return found


async def run_solo(conversation: str | None = None, trace_id: str | None = None, *answers: Any) -> None:
    """Serve one message of a user."""
    agent = Agent(name="Solo", model=ScriptedModel(*(answers or ("Hello.",))))
    config = RunConfig(group_id=conversation, trace_id=f"trace_{trace_id}" if trace_id else None)
    await Runner.run(agent, "hi", run_config=config)


def looking(bench: Bench, seen: list[tuple[bool, bool]]) -> Agent:
    """Return an agent whose tool notes of our span and of one inside it whether they are recorded, and sampled."""

    def note(span: Any) -> None:
        seen.append((span.is_recording(), span.get_span_context().trace_flags.sampled))

    @function_tool
    async def look() -> str:
        note(otel.get_current_span())
        with bench.app.start_as_current_span("GET") as inner:
            note(inner)
        return "seen"

    return Agent(name="Solo", model=ScriptedModel(Call("look"), "Done."), tools=[look])


# --- what is counted, what is exported --------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["direct", "plain"])
@pytest.mark.parametrize("sampler", NOTHING)
async def test_nothing_is_sampled(sampler: str, way: str, bare_bench: Bench, complaints: list[str]) -> None:
    """Where the sampler drops everything, nothing is exported and every run counts, with all that it told."""
    limits = SpanLimits(max_span_attribute_length=1000) if way == "plain" else SpanLimits()
    batched = provide(bare_bench, NOTHING[sampler], span_limits=limits)
    bare_bench.instrument()
    for number in range(3):
        await run_solo(f"c{number}")
    with pytest.raises(ConnectionError):
        await run_solo("c3", None, ConnectionError())

    assert names(bare_bench, batched) == []
    assert bare_bench.value("conversations_started_total", channel="unknown") == 4
    assert bare_bench.value("messages_total", role="user") == 4
    assert bare_bench.value("messages_total", role="agent") == 3
    assert bare_bench.value("tokens_total", model="gpt-5-mini", token_type="input") == 300
    assert bare_bench.value("tokens_total", model="gpt-5-mini", token_type="reasoning") == 24
    assert bare_bench.value("model_errors_total", model="gpt-5-mini") == 1
    assert complaints == []


@pytest.mark.parametrize("sampler", [TraceIdRatioBased(0.5), ParentBased(TraceIdRatioBased(0.5))])
async def test_half_is_sampled(sampler: Sampler, bare_bench: Bench) -> None:
    """Where the sampler takes half of the traces, those are exported whole, the others not at all; all count."""
    batched = provide(bare_bench, sampler)
    bare_bench.instrument()
    await run_solo("c1", HIGH)
    await run_solo("c2", LOW)
    await run_solo("c3", HIGH[:8] + "2" + HIGH[9:])

    assert names(bare_bench, batched) == RUN
    assert {f"{span.context.trace_id:032x}" for span in bare_bench.spans} == {LOW}
    assert {(span.attributes or {})["gen_ai.conversation.id"] for span in bare_bench.spans} == {"c2"}
    assert bare_bench.value("conversations_started_total", channel="unknown") == 3
    assert bare_bench.value("tokens_total", model="gpt-5-mini", token_type="output") == 60


@pytest.mark.parametrize("sampled", [True, False])
async def test_who_calls_decides(bare_bench: Bench, *, sampled: bool) -> None:
    """Inside a request from elsewhere the run is exported if that is sampled, and counts in any case."""
    batched = provide(bare_bench, ParentBased(ALWAYS_OFF if sampled else ALWAYS_ON))
    bare_bench.instrument()
    caller = SpanContext(0xAAAA, 0xBBBB, is_remote=True, trace_flags=TraceFlags(1 if sampled else 0))
    with otel.use_span(otel.NonRecordingSpan(caller)), bare_bench.app.start_as_current_span("POST"):
        await run_solo("c1")

    assert names(bare_bench, batched) == ([*RUN, "POST"] if sampled else [])
    assert bare_bench.value("messages_total", role="agent") == 1


async def test_everything_is_sampled(bare_bench: Bench) -> None:
    """Where the sampler takes everything, everything is exported and counts once."""
    batched = provide(bare_bench, ALWAYS_ON)
    bare_bench.instrument()
    await run_solo("c1")

    assert names(bare_bench, batched) == RUN
    assert bare_bench.value("messages_total", role="user") == 1
    assert bare_bench.value("tokens_total", model="gpt-5-mini", token_type="input") == 100


async def test_without_conversation_metrics(bare_bench: Bench) -> None:
    """Where nothing is derived in this process, a dropped span is not recorded: no processor is told of it."""
    batched = provide(bare_bench, ALWAYS_OFF)
    others = Seen()
    bare_bench.provider.add_span_processor(others)
    bare_bench.instrument(conversation_metrics=False)
    seen: list[tuple[bool, bool]] = []
    await Runner.run(looking(bare_bench, seen), "hi")

    assert names(bare_bench, batched) == []
    assert others.spans == []
    assert seen == [(False, False), (False, False)]


# --- what others see --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", NOTHING)
async def test_dropped_span_is_not_sampled(sampler: str, bare_bench: Bench) -> None:
    """A dropped span of ours is recorded and says that it is not sampled; a span of the application is dropped."""
    provide(bare_bench, NOTHING[sampler])
    others = Seen()
    bare_bench.provider.add_span_processor(others)
    bare_bench.instrument()
    seen: list[tuple[bool, bool]] = []
    await Runner.run(looking(bare_bench, seen), "hi")
    bare_bench.provider.shutdown()

    assert seen == [(True, False), (False, False)]
    assert others.spans == [("otel_agent_analytics", False)] * 6


async def test_application_inside_a_dropped_run(bare_bench: Bench) -> None:
    """A span of the application inside a run goes with the run's trace where its sampler follows the parent."""
    provide(bare_bench, ParentBased(TraceIdRatioBased(0.5)))
    bare_bench.instrument()
    for trace_id in (HIGH, LOW):
        agent = looking(bare_bench, [])
        await Runner.run(agent, "hi", run_config=RunConfig(trace_id=f"trace_{trace_id}"))
    bare_bench.provider.shutdown()

    assert f"{bare_bench.span('GET').context.trace_id:032x}" == LOW
    assert bare_bench.parent("GET") == "execute_tool look"


async def test_application_spans_are_sampled_as_before(bare_bench: Bench) -> None:
    """The samplers of other tracers stay the provider's own, and their spans are dropped as before."""
    provide(bare_bench, ALWAYS_OFF)
    before = bare_bench.provider.get_tracer("before")
    bare_bench.instrument()
    after = bare_bench.provider.get_tracer("after")
    for one in (before, after, bare_bench.app):
        assert getattr(one, "sampler", None) is ALWAYS_OFF
        assert not one.start_span("of the application").is_recording()
    assert bare_bench.provider.sampler is ALWAYS_OFF
    bare_bench.provider.shutdown()


async def test_sampler_is_put_back(bare_bench: Bench) -> None:
    """After `uninstrument()` our tracer has the provider's sampler again, however often it was put in place."""
    sampler: Any = ParentBased(ALWAYS_OFF)
    provide(bare_bench, sampler)
    for _ in range(3):
        tracer: Any = bare_bench.instrument()._tracer
        assert tracer.sampler.get_description() == f"RecordDropped{{{sampler.get_description()}}}"
        assert tracer.sampler.base is sampler
        uninstrument()
        assert tracer.sampler is sampler
    bare_bench.provider.shutdown()


async def test_trace_state_of_a_dropped_span(bare_bench: Bench) -> None:
    """What the sampler leaves in the trace state goes on, also of spans that it drops."""
    provide(bare_bench, Marking())
    bare_bench.instrument()
    with trace("work"):
        context = otel.get_current_span().get_span_context()
    bare_bench.provider.shutdown()

    assert dict(context.trace_state) == {"vendor": "dropped"}
    assert context.trace_flags.sampled is False


# --- traces that are gone on with -------------------------------------------------------------------------------------


async def test_second_root_of_a_dropped_trace(bare_bench: Bench) -> None:
    """A trace that is begun again while it is open is dropped like its first root."""
    provide(bare_bench, ParentBased(ALWAYS_OFF))
    bare_bench.instrument()
    first, second = (trace(name, trace_id="trace_" + "7" * 32) for name in ("first", "second"))
    first.start()
    second.start()
    second.finish()
    first.finish()
    bare_bench.provider.shutdown()

    assert bare_bench.names == []


@pytest.mark.parametrize(("trace_id", "exported"), [(HIGH, False), (LOW, True)])
async def test_resumed_run_goes_with_its_trace(bare_bench: Bench, trace_id: str, *, exported: bool) -> None:
    """A run that goes on after an approval is exported if its trace is, and not if that was dropped."""

    @function_tool(needs_approval=True)
    async def wire() -> str:
        return "wired"

    provide(bare_bench, ParentBased(TraceIdRatioBased(0.5)))
    bare_bench.instrument()
    agent = Agent(name="Bank", model=ScriptedModel(Call("wire"), "Done."), tools=[wire])
    config = RunConfig(group_id="c1", trace_id=f"trace_{trace_id}")
    result = await Runner.run(agent, "wire five", run_config=config)
    state = await RunState.from_json(agent, json.loads(json.dumps(result.to_state().to_json())))
    state.approve(state.get_interruptions()[0])
    result = await Runner.run(agent, state, run_config=config)
    bare_bench.provider.shutdown()

    assert result.final_output == "Done."
    assert bare_bench.value("messages_total", role="agent") == 1
    assert bool(bare_bench.names) is exported
    assert {f"{span.context.trace_id:032x}" for span in bare_bench.spans} == ({trace_id} if exported else set())
