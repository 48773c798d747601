"""The two ways of making spans: the short one and OpenTelemetry's own give the same, and the short one gives way."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, RunConfig, Runner, function_tool, handoff, trace
from agents.tracing import TracingProcessor, add_trace_processor, custom_span
from opentelemetry import trace as otel
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.context import Context
from opentelemetry.sdk import trace as sdk_trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace import Tracer as SdkTracer
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Decision, ParentBased, Sampler, SamplingResult
from opentelemetry.trace import NoOpTracer, NoOpTracerProvider, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.span import TraceState

import otel_agent_analytics
from otel_agent_analytics import uninstrument
from otel_agent_analytics.agents_sdk.span_maker import DirectSpans, PlainSpans, span_maker
from tests.helpers.scripted_model import Call, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.trace import ReadableSpan

    from tests.agents_sdk.conftest import Bench

SCOPE = "otel_agent_analytics"
IDS = [f"{digit * 16}{other * 16}" for digit, other in ("1a", "2b", "3c", "4d")]
MEASURED = {"gen_ai.response.time_to_first_chunk", "agent_analytics.time_to_first_token"}
"""Attributes whose values are times."""


class OwnTracer(SdkTracer):
    """A tracer that is more than OpenTelemetry's."""


class OwnProvider(TracerProvider):
    """A provider whose tracers are of its own class."""

    def get_tracer(self, *args: Any, **more: Any) -> Any:
        tracer: Any = super().get_tracer(*args, **more)
        tracer.__class__ = OwnTracer
        return tracer


class Adding(Sampler):
    """A sampler that adds an attribute and a trace state."""

    def should_sample(
        self, parent_context: Any, trace_id: int, name: str, kind: Any = None,
        attributes: Any = None, links: Any = None, trace_state: Any = None,
    ) -> SamplingResult:  # fmt: skip
        said = {**(attributes or {}), "sampler.rule": f"rule of {name.split(maxsplit=1)[0]}"}
        return SamplingResult(Decision.RECORD_AND_SAMPLE, said, TraceState([("vendor", "v1")]))

    def get_description(self) -> str:
        return "Adding"


class Silent(Adding):
    """A sampler that says nothing of attributes."""

    def should_sample(self, *args: Any, **more: Any) -> SamplingResult:
        return SamplingResult(Decision.RECORD_AND_SAMPLE)


class Beginnings(SpanProcessor):
    """Somebody else's span processor: keeps what it sees when a span begins."""

    def __init__(self) -> None:
        self.seen: dict[str, tuple[dict[str, Any], str | None]] = {}

    def on_start(self, span: Any, parent_context: Context | None = None) -> None:
        above: Any = otel.get_current_span(parent_context)
        self.seen[span.name] = (dict(span.attributes), getattr(above, "name", None))


class SdkTimes(TracingProcessor):
    """Keeps when the SDK says that its spans began and ended."""

    def __init__(self) -> None:
        self.times: set[tuple[int, int]] = set()

    def on_trace_start(self, trace: Any) -> None:
        pass

    def on_trace_end(self, trace: Any) -> None:
        pass

    def on_span_start(self, span: Any) -> None:
        pass

    def on_span_end(self, span: Any) -> None:
        self.times.add((nanoseconds(span.started_at), nanoseconds(span.ended_at)))

    def shutdown(self) -> None:
        pass

    def force_flush(self) -> None:
        pass


def nanoseconds(iso_time: str) -> int:
    """Return a time of the SDK, which has microseconds, in nanoseconds."""
    moment = datetime.fromisoformat(iso_time)
    return int(moment.replace(microsecond=0).timestamp()) * 10**9 + moment.microsecond * 1000


def provide(bench: Bench, kind: type[TracerProvider] = TracerProvider, **options: Any) -> None:
    """Give the bench another provider and an empty exporter."""
    bench.exporter = InMemorySpanExporter()
    bench.provider = kind(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False, **options)
    bench.provider.add_span_processor(SimpleSpanProcessor(bench.exporter))
    bench.app = bench.provider.get_tracer("app")


PLAIN: dict[str, dict[str, Any]] = {
    "limited length": {"span_limits": SpanLimits(max_span_attribute_length=10_000)},
    "limited number": {"span_limits": SpanLimits(max_span_attributes=127)},
    "tracer of its own": {"kind": OwnProvider},
}


@pytest.fixture(params=["direct", "plain"])
def either(request: pytest.FixtureRequest, bare_bench: Bench, complaints: list[str]) -> Iterator[Bench]:
    """Return a bench on which the package makes spans in the one way, then in the other; it is not installed yet."""
    if request.param == "plain":
        provide(bare_bench, **PLAIN["limited length"])
    yield bare_bench
    assert type(bare_bench.bridge._maker) is {"direct": DirectSpans, "plain": PlainSpans}[request.param]
    assert complaints == []


def nothing(_: Any) -> None:
    """Write nothing on a span."""


def writing(bench: Bench, written: Any) -> Agent:
    """Return an agent whose tool calls ``written`` with the current span."""

    @function_tool
    async def work() -> str:
        written(otel.get_current_span())
        with bench.app.start_as_current_span("GET"):
            return "done"

    return Agent(name="Clerk", model=ScriptedModel(Call("work"), "Done."), tools=[work])


async def serve(bench: Bench) -> None:
    """Run agents in all the ways that make a difference, each in a trace with an id that is known."""

    @function_tool
    async def fetch(order: int) -> str:
        with bench.app.start_as_current_span("GET"), custom_span("aside", {"size": 3, "name": "größer", "ok": True}):
            return f"order {order}"

    @function_tool(failure_error_function=None)
    async def pay() -> str:
        raise ConnectionError

    desk = Agent(name="Desk", model=ScriptedModel(Call("fetch", order=7), "On its way."), tools=[fetch])
    triage = Agent(
        name="Triage", model=ScriptedModel(Call("transfer_to_desk", call_id="call_0")), handoffs=[handoff(desk)]
    )
    config = RunConfig(group_id="c1", trace_id=f"trace_{IDS[0]}", trace_metadata={"tenant": "acme"})
    await Runner.run(triage, "Where is it?", run_config=config)
    broken = Agent(name="Broken", model=ScriptedModel(TimeoutError("slow"), chat=True))
    with pytest.raises(TimeoutError):
        await Runner.run(broken, "hi", run_config=RunConfig(trace_id=f"trace_{IDS[1]}"))
    till = Agent(name="Till", model=ScriptedModel(Call("pay"), "Done."), tools=[pay])
    with bench.app.start_as_current_span("POST"), pytest.raises(Exception, match="pay"):
        await Runner.run(till, "hi", run_config=RunConfig(group_id="c2", trace_id=f"trace_{IDS[2]}"))
    streamed = Runner.run_streamed(
        Agent(name="Live", model=ScriptedModel("Hello.")), "hi", run_config=RunConfig(trace_id=f"trace_{IDS[3]}")
    )
    async for _ in streamed.stream_events():
        pass


def told(spans: tuple[ReadableSpan, ...]) -> list[dict[str, Any]]:
    """Return everything that spans say but ids and times that differ from run to run."""
    names = {span.context.span_id: span.name for span in spans}
    server = {span.context.trace_id for span in spans if span.name == "POST"}
    return [
        {
            "name": span.name,
            "kind": span.kind,
            "trace": "of the server" if span.context.trace_id in server else f"{span.context.trace_id:032x}",
            "root id": span.context.span_id if span.parent is None and span.name != "POST" else None,
            "remote": span.context.is_remote,
            "flags": int(span.context.trace_flags),
            "flags type": type(span.context.trace_flags),
            "state": dict(span.context.trace_state),
            "parent": names[span.parent.span_id] if span.parent is not None else None,
            "attributes": {key: value for key, value in (span.attributes or {}).items() if key not in MEASURED},
            "measured": sorted(MEASURED & set(span.attributes or {})),
            "dropped": span.dropped_attributes,
            "status": (span.status.status_code, span.status.description),
            "events": len(span.events),
            "links": len(span.links),
            "resource": dict(span.resource.attributes),
            "scope": span.instrumentation_scope,
            "began before it ended": 0 < (span.start_time or 0) <= (span.end_time or 0),
        }
        for span in spans
    ]


def tracer(**options: Any) -> tuple[Any, InMemorySpanExporter]:
    """Return a tracer, and what takes its spans."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False, **options)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider.get_tracer("maker", "1", "https://example.org/schema"), exporter


# --- the same spans ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", PLAIN)
async def test_both_ways_make_the_same_spans(way: str, bare_bench: Bench) -> None:
    """The same runs give the same spans, whichever way they are made: names, ids, parents, attributes, status, all."""
    bare_bench.instrument()
    makers: list[type] = [type(bare_bench.bridge._maker)]
    await serve(bare_bench)
    direct = told(bare_bench.spans)
    uninstrument()
    provide(bare_bench, **PLAIN[way])
    bare_bench.instrument()
    makers.append(type(bare_bench.bridge._maker))
    await serve(bare_bench)
    plain = told(bare_bench.spans)

    assert makers == [DirectSpans, PlainSpans]
    assert len(direct) == 25
    assert direct == plain
    (root,) = (one for one in direct if one["trace"] == IDS[0] and one["parent"] is None)
    assert root == {
        "name": "invoke_workflow Agent workflow", "kind": SpanKind.INTERNAL, "trace": IDS[0],
        "root id": 0xAAAAAAAAAAAAAAAA, "remote": False, "flags": 3, "flags type": TraceFlags, "state": {},
        "parent": None, "measured": [], "dropped": 0, "status": (otel.StatusCode.UNSET, None),
        "events": 0, "links": 0, "resource": {"service.name": "shop"}, "scope": root["scope"],
        "began before it ended": True,
        "attributes": {
            "gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "Agent workflow",
            "gen_ai.conversation.id": "c1", "agent_analytics.derived": True,
            "agent_analytics.metadata.tenant": "acme", "agent_analytics.conversation.key": "group_id",
        },
    }  # fmt: skip
    scope = root["scope"]
    assert (scope.name, scope.version) == (SCOPE, otel_agent_analytics.__version__)
    assert scope.schema_url == "https://opentelemetry.io/schemas/gen-ai/1.42.0"
    assert {one["name"]: one["status"] for one in direct if one["status"][0] is otel.StatusCode.ERROR}.keys() == {
        "chat gpt-5-mini", "invoke_agent Broken", "invoke_workflow Agent workflow", "execute_tool pay",
        "invoke_agent Till",
    }  # fmt: skip


@pytest.mark.parametrize("parent", ["none", "local", "remote", "not random"])
def test_makers_on_one_tracer(parent: str) -> None:
    """On one tracer both makers give a span the same context, parent, attributes and times, below any parent."""
    maker, exporter = tracer()
    given = {
        "none": None,
        "local": SpanContext(0xA, 0xB, is_remote=False, trace_flags=TraceFlags(3)),
        "remote": SpanContext(0xA, 0xB, is_remote=True, trace_flags=TraceFlags(3)),
        "not random": SpanContext(0xA, 0xB, is_remote=True, trace_flags=TraceFlags(1)),
    }[parent]
    above = Context() if given is None else otel.set_span_in_context(otel.NonRecordingSpan(given), Context())
    for way in (PlainSpans(maker), DirectSpans(maker)):
        said = {"a": "text", "b": 1, "c": 2.5, "d": True, "e": ("x", "y")}
        one = way.start("work", SpanKind.CLIENT, said, above, 1_000, 0xCC00000000000000DD if given is None else None)
        way.write(one, {"f": 1, "a": "other"})
        said["g"] = "too late"
        one.end(2_000)
    plain, direct = exporter.get_finished_spans()

    for span in (plain, direct):
        assert (span.name, span.kind, span.start_time, span.end_time) == ("work", SpanKind.CLIENT, 1_000, 2_000)
        assert dict(span.attributes or {}) == {"a": "other", "b": 1, "c": 2.5, "d": True, "e": ("x", "y"), "f": 1}
        assert span.parent == given
        assert span.context.trace_id == (0xCC00000000000000DD if given is None else 0xA)
        assert int(span.context.trace_flags) == (1 if parent == "not random" else 3)
        assert span.context.is_remote is False
        assert span.resource.attributes["service.name"] == "shop"
        scope = span.instrumentation_scope
        assert scope is not None
        assert (scope.name, scope.version, scope.schema_url) == ("maker", "1", "https://example.org/schema")
    ids = {plain.context.span_id, direct.context.span_id}
    assert ids == {0xDD} if given is None else len(ids - {0, 0xB, 0xDD}) == 2


@pytest.mark.parametrize("way", [PlainSpans, DirectSpans])
def test_what_is_written_after_the_end(way: Any) -> None:
    """An attribute that comes after the end of a span does not change what was exported."""
    own, exporter = tracer()
    maker = way(own)
    one = maker.start("work", SpanKind.INTERNAL, {"a": 1}, Context(), None)
    one.end()
    maker.write(one, {"b": 2})

    (span,) = exporter.get_finished_spans()
    assert dict(span.attributes or {}) == {"a": 1}


@pytest.mark.parametrize("way", [PlainSpans, DirectSpans])
def test_another_name(way: Any) -> None:
    """A span gets another name while it is open, and none after its end."""
    own, exporter = tracer()
    maker = way(own)
    one = maker.start("work", SpanKind.INTERNAL, {}, Context(), None)
    maker.rename(one, "better work")
    one.end()
    maker.rename(one, "too late")

    (span,) = exporter.get_finished_spans()
    assert (span.name, one.name) == ("better work", "better work")


@pytest.mark.parametrize("way", [PlainSpans, DirectSpans])
@pytest.mark.parametrize(
    ("sampler", "sampled"),
    [(ALWAYS_ON, True), (ALWAYS_OFF, False), (ParentBased(ALWAYS_ON), True), (ParentBased(ALWAYS_OFF), False)],
)
def test_sampler_of_roots(way: Any, sampler: Any, *, sampled: bool) -> None:
    """A root is sampled or not as the sampler says, whether it is asked or known."""
    own, exporter = tracer()
    own.sampler = sampler
    way(own).start("work", SpanKind.INTERNAL, {}, Context(), None).end()

    assert len(exporter.get_finished_spans()) == sampled


async def test_times_are_those_of_the_sdk(either: Bench) -> None:
    """A span begins and ends when the SDK says so, to the microsecond."""
    either.instrument()
    sdk = SdkTimes()
    add_trace_processor(sdk)
    await serve(either)

    ours = [one for one in either.spans if one.instrumentation_scope and one.instrumentation_scope.name == SCOPE]
    inner = [one for one in ours if not one.name.startswith("invoke_workflow")]
    assert len(inner) == 19
    assert {(one.start_time, one.end_time) for one in inner} <= sdk.times
    assert len({one.start_time for one in inner}) > 10


# --- ids of roots -----------------------------------------------------------------------------------------------------


async def test_root_has_the_id_of_the_sdk(either: Bench) -> None:
    """A root has the SDK's trace id and its second half as span id; other spans have ids of their own."""
    either.instrument()
    await Runner.run(
        Agent(name="Solo", model=ScriptedModel("Hello.")), "hi", run_config=RunConfig(trace_id="trace_" + "ab" * 16)
    )

    root = either.span("invoke_workflow Agent workflow")
    assert root.parent is None
    assert {span.context.trace_id for span in either.spans} == {0xABABABABABABABABABABABABABABABAB}
    assert root.context.span_id == 0xABABABABABABABAB
    assert len({span.context.span_id for span in either.spans}) == 4


async def test_id_is_used_once(either: Bench) -> None:
    """A root inside a server's span leaves its own id unused, and the next root does not get it."""
    either.instrument()
    with either.app.start_as_current_span("POST"), trace("first", trace_id="trace_" + "1" * 32):
        pass
    with trace("second", trace_id="trace_" + "2" * 32):
        pass
    with trace("third", trace_id="named by hand"):
        pass

    first, second, third = (either.span(f"invoke_workflow {name}").context for name in ("first", "second", "third"))
    assert first.trace_id == either.span("POST").context.trace_id
    assert first.span_id != 0x1111111111111111
    assert (second.trace_id, second.span_id) == (0x22222222222222222222222222222222, 0x2222222222222222)
    assert third.trace_id not in {first.trace_id, second.trace_id, 0x11111111111111111111111111111111}
    assert third.span_id not in {0x1111111111111111, 0x2222222222222222}


async def test_second_root_of_an_open_trace(either: Bench) -> None:
    """A trace that is begun again while it is open hangs under the first root; nothing has an id twice."""
    either.instrument()
    first = trace("first", trace_id="trace_" + "7" * 32)
    first.start()
    second = trace("second", trace_id="trace_" + "7" * 32)
    second.start()
    second.finish()
    first.finish()

    assert either.parent("invoke_workflow second") == "invoke_workflow first"
    assert either.parent("invoke_workflow first") is None
    assert {span.context.trace_id for span in either.spans} == {0x77777777777777777777777777777777}
    assert either.span("invoke_workflow first").context.span_id == 0x7777777777777777
    assert either.span("invoke_workflow second").context.span_id != 0x7777777777777777


# --- what others see and do -------------------------------------------------------------------------------------------


async def test_other_processors_see_the_start(either: Bench) -> None:
    """Span processors of others see, when a span begins, its attributes and its parent."""
    beginnings = Beginnings()
    either.provider.add_span_processor(beginnings)
    either.instrument()
    await Runner.run(writing(either, nothing), "hi", run_config=RunConfig(group_id="c1"))

    said, above = beginnings.seen["execute_tool work"]
    assert said == {
        "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "work", "gen_ai.tool.type": "function",
        "gen_ai.conversation.id": "c1", "gen_ai.agent.name": "Clerk", "agent_analytics.derived": True,
        "agent_analytics.model_turn": 1,
    }  # fmt: skip
    assert above == "invoke_agent Clerk"
    said, above = beginnings.seen["invoke_workflow Agent workflow"]
    assert said == {
        "gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "Agent workflow",
        "gen_ai.conversation.id": "c1", "agent_analytics.derived": True,
        "agent_analytics.conversation.key": "group_id",
    }  # fmt: skip
    assert above is None


async def test_application_writes_on_our_span(either: Bench) -> None:
    """Application code may do to our span what it may do to any: attributes, events, links, name, errors, status."""
    linked = SpanContext(0xAAAA, 0xBBBB, is_remote=True)

    def write(span: Any) -> None:
        assert span.is_recording()
        span.set_attribute("shop.order", 7)
        span.set_attributes({"shop.vip": True, "gen_ai.tool.type": "datastore"})
        span.add_event("looked up", {"rows": 3}, timestamp=5)
        span.add_link(linked, {"why": "same order"})
        span.record_exception(ValueError("not there"))
        span.set_status(otel.StatusCode.ERROR, "no such order")
        span.update_name("execute_tool renamed")

    either.instrument()
    await Runner.run(writing(either, write), "hi")

    span = either.span("execute_tool renamed")
    assert span.attributes is not None
    assert (span.attributes["shop.order"], span.attributes["shop.vip"]) == (7, True)
    assert span.attributes["gen_ai.tool.type"] == "datastore"
    assert span.attributes["gen_ai.tool.call.id"] == "call_1"
    assert [(event.name, dict(event.attributes or {}).get("rows")) for event in span.events] == [
        ("looked up", 3),
        ("exception", None),
    ]
    assert dict(span.events[1].attributes or {})["exception.message"] == "not there"
    assert [(link.context, dict(link.attributes or {})) for link in span.links] == [(linked, {"why": "same order"})]
    assert (span.status.status_code.name, span.status.description) == ("ERROR", "no such order")
    assert either.parent("GET") == "execute_tool renamed"
    with pytest.raises(TypeError):
        span.attributes["late"] = 1  # type: ignore[index]  # it is over


async def test_spans_export_to_json(either: Bench) -> None:
    """Every span can be written as JSON, with its ids, attributes, events and resource."""
    either.instrument()
    await Runner.run(writing(either, lambda span: span.add_event("looked up", {"rows": 3})), "hi")

    texts = {span.name: json.loads(span.to_json()) for span in either.spans}
    assert len(texts) == 6
    tool, agent = texts["execute_tool work"], texts["invoke_agent Clerk"]
    assert tool["attributes"]["gen_ai.tool.name"] == "work"
    assert tool["parent_id"] == agent["context"]["span_id"]
    assert tool["events"][0]["name"] == "looked up"
    assert tool["status"] == {"status_code": "UNSET"}
    assert tool["resource"]["attributes"] == {"service.name": "shop"}
    assert tool["start_time"] <= tool["end_time"]


# --- limits and samplers ----------------------------------------------------------------------------------------------


async def test_limit_of_length(bare_bench: Bench) -> None:
    """No attribute of ours is longer than the provider's limit, neither of those at the start nor at the end."""
    provide(bare_bench, span_limits=SpanLimits(max_span_attribute_length=6))
    bare_bench.instrument()
    await Runner.run(writing(bare_bench, nothing), "hi", run_config=RunConfig(group_id="conversation"))

    texts = [value for span in bare_bench.spans for value in (span.attributes or {}).values() if isinstance(value, str)]
    assert len(texts) > 20
    assert max(len(text) for text in texts) == 6
    assert bare_bench.said("execute_tool work")["gen_ai.conversation.id"] == "conver"
    assert bare_bench.said("execute_tool work")["gen_ai.tool.call.id"] == "call_1"


async def test_limit_of_number(bare_bench: Bench) -> None:
    """No span of ours has more attributes than the provider's limit, and it says how many were dropped."""
    provide(bare_bench, span_limits=SpanLimits(max_span_attributes=3))
    bare_bench.instrument()
    await Runner.run(writing(bare_bench, nothing), "hi", run_config=RunConfig(group_id="c1"))

    assert max(len(span.attributes or {}) for span in bare_bench.spans) == 3
    tool = bare_bench.span("execute_tool work")
    assert tool.dropped_attributes == 5  # 7 at the start and the id of the call at the end
    assert dict(tool.attributes or {})["gen_ai.tool.call.id"] == "call_1"


async def test_sampler_that_has_something_to_say(either: Bench) -> None:
    """What a sampler adds to the attributes, and its trace state, stand on the spans, beside what is ours."""
    limits = either.provider._span_limits
    provide(either, sampler=Adding(), span_limits=limits)
    either.instrument()
    await Runner.run(writing(either, nothing), "hi", run_config=RunConfig(group_id="c1"))

    assert either.said("execute_tool work") == {
        "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "work", "gen_ai.tool.type": "function",
        "gen_ai.conversation.id": "c1", "gen_ai.agent.name": "Clerk", "agent_analytics.derived": True,
        "agent_analytics.model_turn": 1, "sampler.rule": "rule of execute_tool", "gen_ai.tool.call.id": "call_1",
    }  # fmt: skip
    assert [dict(span.context.trace_state) for span in either.spans] == [{"vendor": "v1"}] * 7


async def test_sampler_that_says_nothing(bare_bench: Bench) -> None:
    """A sampler that returns no attributes takes none away, as OpenTelemetry's specification has it."""
    provide(bare_bench, sampler=Silent())
    bare_bench.instrument()
    await Runner.run(writing(bare_bench, nothing), "hi", run_config=RunConfig(group_id="c1"))

    assert {
        (span.attributes or {}).get("gen_ai.conversation.id") for span in bare_bench.spans if span.name != "GET"
    } == {"c1"}
    assert bare_bench.value("messages_total", role="user") == 1


# --- no SDK, or another -----------------------------------------------------------------------------------------------


async def test_sdk_that_is_switched_off(
    bare_bench: Bench, complaints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With OTEL_SDK_DISABLED a run works as without us, and there are no spans."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    provide(bare_bench)
    bare_bench.instrument()
    result = await Runner.run(writing(bare_bench, lambda span: span.set_attribute("a", 1)), "hi")

    assert isinstance(bare_bench.provider.get_tracer("any"), NoOpTracer)
    assert result.final_output == "Done."
    assert bare_bench.spans == ()
    assert complaints == []


async def test_provider_that_does_nothing(bare_bench: Bench, complaints: list[str]) -> None:
    """With the API's provider that does nothing a run works as without us; an outer trace goes on to the tools."""
    outer = SpanContext(0xAAAA, 0xBBBB, is_remote=True, trace_flags=TraceFlags(1))
    otel_agent_analytics.instrument(
        tracer_provider=NoOpTracerProvider(), metrics_registry=bare_bench.registry, conversation_metrics=False
    )
    seen: list[int] = []
    agent = writing(bare_bench, lambda span: seen.append(span.get_span_context().trace_id))
    with otel.use_span(otel.NonRecordingSpan(outer)):
        result = await Runner.run(agent, "hi")

    assert result.final_output == "Done."
    assert seen == [0xAAAA]
    assert complaints == []


async def test_tracer_that_is_switched_off(bare_bench: Bench, complaints: list[str]) -> None:
    """A tracer that is switched off makes no spans, from then on; those of the application stay as they are."""
    bare_bench.instrument()
    for way in ({}, PLAIN["limited length"]):
        uninstrument()
        provide(bare_bench, **way)
        bare_bench.instrument()
        bare_bench.provider._set_tracer_configurator(
            tracer_configurator=lambda scope: sdk_trace._TracerConfig(is_enabled=scope.name != SCOPE)
        )
        with bare_bench.app.start_as_current_span("POST"):
            result = await Runner.run(writing(bare_bench, nothing), "hi")
        assert result.final_output == "Done."
        assert bare_bench.names == ["GET", "POST"]
        assert bare_bench.parent("GET") == "POST"

        bare_bench.provider._set_tracer_configurator(
            tracer_configurator=lambda _: sdk_trace._TracerConfig(is_enabled=True)
        )
        await Runner.run(writing(bare_bench, nothing), "hi")
        assert len(bare_bench.names) == 2 + 7
    assert complaints == []


@pytest.mark.parametrize("way", [PlainSpans, DirectSpans])
def test_id_for_a_span_that_was_not_made(way: Any) -> None:
    """The id for a root that a tracer which is switched off did not make is not that of the next root."""
    own, exporter = tracer()
    maker = way(own)
    own._set_tracer_config(sdk_trace._TracerConfig(is_enabled=False))
    maker.start("not made", SpanKind.INTERNAL, {}, Context(), None, 0xCC00000000000000DD).end()
    own._set_tracer_config(sdk_trace._TracerConfig(is_enabled=True))
    maker.start("made", SpanKind.INTERNAL, {}, Context(), None).end()

    (span,) = exporter.get_finished_spans()
    assert span.name == "made"
    assert span.context.trace_id != 0xCC00000000000000DD


@pytest.mark.parametrize("way", [PlainSpans, DirectSpans])
def test_dropped_span(way: Any) -> None:
    """A span that the sampler drops keeps its trace for those below it, takes what is written, and is not exported."""
    own, exporter = tracer(sampler=ALWAYS_OFF)
    maker = way(own)
    one = maker.start("dropped", SpanKind.INTERNAL, {"a": 1}, Context(), None, 0xCC00000000000000DD)
    maker.write(one, {"b": 2})
    one.end()

    assert not one.is_recording()
    assert (one.get_span_context().trace_id, one.get_span_context().span_id) == (0xCC00000000000000DD, 0xDD)
    assert int(one.get_span_context().trace_flags) == 2
    assert exporter.get_finished_spans() == ()


def info_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the package logged."""
    return [record.getMessage() for record in caplog.records if record.name == SCOPE]


@pytest.mark.parametrize(
    "inside",
    [
        "_span_limits", "_instrumentation_scope", "instrumentation_info", "resource", "span_processor", "sampler",
        "id_generator", "_tracer_config", "_tracer_metrics",
    ],
)  # fmt: skip
def test_tracer_with_other_insides(inside: str, caplog: pytest.LogCaptureFixture) -> None:
    """A tracer that lacks anything which the short way needs gets the other one, and one log line says so."""
    own, _ = tracer()
    delattr(own, inside)
    with caplog.at_level(logging.INFO, SCOPE):
        maker = span_maker(own)

    assert type(maker) is PlainSpans
    (line,) = info_lines(caplog)
    assert "spans are made by OpenTelemetry's API alone" in line
    assert inside in line


@pytest.mark.parametrize("inside", ["_is_enabled", "_tracer_metrics"])
def test_tracer_whose_insides_do_other_things(inside: str, caplog: pytest.LogCaptureFixture) -> None:
    """A tracer whose insides are there and cannot be used as they were gets the other way too."""
    own, _ = tracer()
    setattr(own, inside, None)
    with caplog.at_level(logging.INFO, SCOPE):
        maker = span_maker(own)

    assert type(maker) is PlainSpans
    assert len(info_lines(caplog)) == 1


class _Elsewhere(BoundedAttributes):
    """Attributes that are kept elsewhere."""

    @property
    def _dict(self) -> dict[str, Any]:
        return dict(self._kept)

    @_dict.setter
    def _dict(self, kept: dict[str, Any]) -> None:
        self._kept = kept

    def _setitem_locked(self, key: str, value: Any) -> None:
        self._kept[key] = value

    def __iter__(self) -> Any:
        return iter(list(self._kept))


class _SpanElsewhere(sdk_trace._Span):
    """A span of a later version, that keeps its attributes elsewhere."""

    def __init__(self, *args: Any, attributes: Any = None, **more: Any) -> None:
        super().__init__(*args, **more)
        self._attributes = _Elsewhere(None, attributes, immutable=False)


class _SpanOfOtherArguments(sdk_trace._Span):
    """A span of a later version, that wants one argument more."""

    def __init__(self, *args: Any, **more: Any) -> None:
        if "links" not in more:
            raise TypeError("missing 1 required keyword-only argument: 'links'")
        super().__init__(*args, **more)


@pytest.mark.parametrize("later", [_SpanElsewhere, _SpanOfOtherArguments])
async def test_spans_with_other_insides(
    later: Any, bare_bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where OpenTelemetry's spans are made or kept in another way, a run has all of them all the same."""
    monkeypatch.setattr(sdk_trace, "_Span", later)  # OpenTelemetry of another version
    with caplog.at_level(logging.INFO, SCOPE):
        bare_bench.instrument()
    await Runner.run(writing(bare_bench, nothing), "hi", run_config=RunConfig(group_id="c1"))

    assert type(bare_bench.bridge._maker) is PlainSpans
    assert len(info_lines(caplog)) == 1
    assert len(bare_bench.spans) == 7
    assert bare_bench.said("execute_tool work")["gen_ai.tool.call.id"] == "call_1"
    assert bare_bench.said("execute_tool work")["gen_ai.conversation.id"] == "c1"


async def test_trial_is_not_seen(bare_bench: Bench) -> None:
    """The trial of the short way makes no span that any processor or exporter sees."""
    beginnings = Beginnings()
    bare_bench.provider.add_span_processor(beginnings)
    bare_bench.instrument()

    assert type(bare_bench.bridge._maker) is DirectSpans
    assert beginnings.seen == {}
    assert bare_bench.spans == ()


def test_tracer_of_somebody_else() -> None:
    """A tracer that is not the SDK's is used by the API alone, without a word."""
    calls: list[tuple[Any, ...]] = []

    class Stub(NoOpTracer):
        def start_span(self, *args: Any, **more: Any) -> Any:
            calls.append((*args, more))
            return otel.INVALID_SPAN

    maker = span_maker(Stub())
    maker.start("work", SpanKind.CLIENT, {"a": 1}, Context(), 5, 0xAB)

    assert type(maker) is PlainSpans
    assert calls == [("work", Context(), SpanKind.CLIENT, {"a": 1}, {"start_time": 5})]
