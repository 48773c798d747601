"""Span data that is missing, null, wrongly typed or hostile: the span is emitted, and the agent notices nothing."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import gc
import itertools
import logging
import math
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
from agents import Agent, RunConfig, Runner, SQLiteSession, function_tool
from agents.tracing import Span, Trace, custom_span, set_trace_provider, trace
from agents.tracing import setup as sdk_setup
from agents.tracing import span_data as sdk
from agents.tracing.provider import DefaultTraceProvider
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openai.types.responses import Response
from opentelemetry import trace as otel
from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry, generate_latest
from pydantic import BaseModel

from otel_agent_analytics import Settings, conversation, instrument, uninstrument
from otel_agent_analytics.errors import fault_counts
from tests.helpers.junk import Hostile, Unbound
from tests.helpers.scripted_model import MODEL_NAME, USAGE, Call, ScriptedModel, _response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.agents_sdk.conftest import Bench

MODES: Final = ("NO_CONTENT", "SPAN_AND_EVENT")


# --- junk -------------------------------------------------------------------------------------------------------------


class HostileDict(dict[Any, Any]):
    """A dictionary that answers nothing."""

    def _fail(self, *_: Any) -> Any:
        raise RuntimeError("hostile")

    __bool__ = __len__ = __iter__ = __getitem__ = __contains__ = get = items = keys = values = _fail


class Word(enum.StrEnum):
    HELLO = "hello"


class Model(BaseModel):
    """A pydantic object with much in it."""

    name: str = "n"
    type: str = "function_call"
    role: str = "user"
    content: Any = None
    output: Any = None
    usage: dict[str, int] = {}


def _recursive_list() -> list[Any]:
    found: list[Any] = [{"role": "user", "content": "hi"}]
    found.append(found)
    return found


def _recursive_dict() -> dict[Any, Any]:
    found: dict[Any, Any] = {"role": "assistant"}
    found["content"] = found["tool_calls"] = found["self"] = found
    return found


def _deep() -> list[Any]:
    found: list[Any] = []
    for _ in range(5000):
        found = [found]
    return found


MISSING: Final = object()
_FIVE_MB: Final = "é" * 2_500_000
JUNK: Final[dict[str, Callable[[], Any]]] = {
    "none": lambda: None,
    "true": lambda: True,
    "int": lambda: 7,
    "negative": lambda: -7,
    "2**70": lambda: 2**70,
    "10**6000": lambda: 10**6000,
    "nan": lambda: math.nan,
    "inf": lambda: math.inf,
    "bytes": lambda: b"\xff\x00",
    "empty text": lambda: "",
    "lone surrogates": lambda: "a\ud800b\udfff",
    "5 MB": lambda: _FIVE_MB,
    "enumeration": lambda: Word.HELLO,
    "empty list": list,
    "list": lambda: ["a", 1, None, b"x", "\ud800", {"role": "user", "content": ["x"]}],
    "tuple of Nones": lambda: (None, None),
    "odd keys": lambda: {1: 2, None: 3, b"x": 4, (1,): 5, "": 6, "\ud800": "\ud800", "n": 2**70, 2.5: math.nan},
    "hostile keys": lambda: {Hostile(): 1, 10**6000: 2, Unbound: 3},
    "hostile values": lambda: {"name": Hostile(), "input_tokens": Hostile(), "server": Unbound(), "message": Hostile()},
    "hostile items": lambda: [Hostile(), Unbound(), {"role": Hostile(), "content": Unbound()}],
    "hostile dictionary": lambda: HostileDict(message="x", input_tokens=5),
    "recursive list": _recursive_list,
    "recursive dictionary": _recursive_dict,
    "deep": _deep,
    "set": lambda: {"a", 1},
    "generator": lambda: (one for one in ("a", "b")),
    "hostile": Hostile,
    "unbound": Unbound,
    "pydantic": lambda: Model(content=["x"], usage={"input_tokens": -1}),
    "response": lambda: Response.model_construct(id=5, model=["m"], output="text", usage="none", status=b"x"),
    "object": object,
    "class": lambda: Hostile,
    "exception": lambda: ValueError("of the application"),
    "lock": threading.Lock,
    "missing": lambda: MISSING,
}
JUNK_NAMES: Final = st.sampled_from(sorted(JUNK))
# Ids that the SDK itself can work with.
IDS: Final[dict[str, Callable[[], Any]]] = {
    name: JUNK[name]
    for name in (
        "none",
        "true",
        "int",
        "2**70",
        "10**6000",
        "nan",
        "bytes",
        "lone surrogates",
        "5 MB",
        "object",
        "list",
    )
}
TRACE_IDS: Final = {name: make for name, make in IDS.items() if name != "list"}  # a list the SDK itself cannot hash
TIMES: Final[dict[str, Callable[[], Any]]] = {
    **{
        name: JUNK[name]
        for name in ("none", "int", "bytes", "empty text", "lone surrogates", "5 MB", "hostile", "list")
    },
    "year 1": lambda: "0001-01-01T00:00:00+00:00",
    "year 9999": lambda: "9999-12-31T23:59:59+00:00",
    "before 1970": lambda: "1969-07-20T20:17:40+00:00",
    "naive": lambda: "2026-01-01T00:00:00",
    "a date": lambda: "2026-01-01",
    "offset": lambda: "2026-01-01T00:00:00+23:59",
    "good": lambda: "2026-01-01T00:00:00+00:00",
}


# --- span data --------------------------------------------------------------------------------------------------------


class UnknownSpanData(sdk.SpanData):
    """A type of span that the SDK does not have yet."""

    def __init__(self, name: Any = "Later", data: Any = None) -> None:
        self.name = name
        self.data = data

    @property
    def type(self) -> str:
        return "later"

    def export(self) -> dict[str, Any]:
        return {"type": self.type}


class TypelessSpanData(sdk.SpanData):
    """One that cannot even say what it is."""

    def __init__(self, name: Any = "Typeless") -> None:
        self.name = name

    @property
    def type(self) -> str:
        raise RuntimeError("hostile")

    def export(self) -> dict[str, Any]:
        return {}


class OddTypeSpanData(UnknownSpanData):
    """One whose type can be nobody's key."""

    @property
    def type(self) -> Any:
        return ["unhashable"]


def clean_data(kind: str) -> Any:
    """Return sound span data of one kind, every field filled."""
    answer = _response([Call("track", order=7), "On its way."], "resp_1")
    answer.temperature, answer.top_p, answer.max_output_tokens = 0.5, 0.9, 100
    chat = {"role": "assistant", "content": "On its way.", "tool_calls": None}
    said = [{"role": "user", "content": "Where is it?"}]
    config = {"temperature": 0.5, "top_p": 0.9, "max_tokens": 100}
    made: dict[str, Callable[[], Any]] = {
        "agent": lambda: sdk.AgentSpanData("Helper", ["Other"], ["track"], "str", {"a": 1}),
        "task": lambda: sdk.TaskSpanData("Agent workflow", dict(USAGE), {"a": 1}),
        "turn": lambda: sdk.TurnSpanData(1, "Helper", dict(USAGE), {"a": 1}),
        "function": lambda: sdk.FunctionSpanData("track", '{"order":7}', "Error: no such order", {"server": "shop"}),
        "generation": lambda: sdk.GenerationSpanData(said, [chat], MODEL_NAME, config, dict(USAGE)),
        "response": lambda: sdk.ResponseSpanData(answer, "Where is it?", dict(USAGE)),
        "handoff": lambda: sdk.HandoffSpanData("Helper", "Other"),
        "custom": lambda: sdk.CustomSpanData("step", {"a": 1, "b": "x", "c": [1]}),
        "sdk custom": lambda: sdk.CustomSpanData("Codex command", {"a": 1, "b": "x", "c": [1]}),
        "guardrail": lambda: sdk.GuardrailSpanData("polite", triggered=True),
        "transcription": lambda: sdk.TranscriptionSpanData("pcm", "pcm", "Hello.", "whisper", config),
        "speech": lambda: sdk.SpeechSpanData("Hello.", "mp3", "mp3", "tts", config, "2026-01-01T00:00:01+00:00"),
        "speech_group": lambda: sdk.SpeechGroupSpanData("Hello."),
        "mcp_tools": lambda: sdk.MCPListToolsSpanData("shop", ["track", "refund"]),
        "unknown": UnknownSpanData,
        "typeless": TypelessSpanData,
        "odd type": OddTypeSpanData,
    }
    return made[kind]()


FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "agent": sdk.AgentSpanData.__slots__,
    "task": sdk.TaskSpanData.__slots__,
    "turn": sdk.TurnSpanData.__slots__,
    "function": sdk.FunctionSpanData.__slots__,
    "generation": sdk.GenerationSpanData.__slots__,
    "response": sdk.ResponseSpanData.__slots__,
    "handoff": sdk.HandoffSpanData.__slots__,
    "custom": sdk.CustomSpanData.__slots__,
    "sdk custom": sdk.CustomSpanData.__slots__,
    "guardrail": sdk.GuardrailSpanData.__slots__,
    "transcription": sdk.TranscriptionSpanData.__slots__,
    "speech": sdk.SpeechSpanData.__slots__,
    "speech_group": sdk.SpeechGroupSpanData.__slots__,
    "mcp_tools": sdk.MCPListToolsSpanData.__slots__,
    "unknown": ("name", "data"),
    "typeless": ("name",),
    "odd type": ("name", "data"),
}  # fmt: skip
KINDS: Final = tuple(FIELDS)


def put(data: Any, field: str, junk: Any) -> None:
    """Set a field, or take it away."""
    if junk is MISSING:
        with contextlib.suppress(AttributeError):
            delattr(data, field)
    else:
        setattr(data, field, junk)


# --- what it runs on --------------------------------------------------------------------------------------------------


class Complaints(logging.Handler):
    """What OpenTelemetry or asyncio complained of, and what the SDK says that a trace processor did."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != "openai.agents" or "trace processor" in record.getMessage():
            self.texts.append(f"{record.name}: {record.getMessage()[:300]}")


class OddClock(DefaultTraceProvider):
    """The SDK's trace provider with a clock that says anything."""

    def __init__(self) -> None:
        super().__init__()
        self.says: Iterator[Any] | None = None

    def time_iso(self) -> str:
        said = next(self.says, None) if self.says is not None else super().time_iso()
        return said if said is not None else super().time_iso()


class Rig:
    """An installation that sends spans, metrics and logs, all to be encoded as OTLP."""

    def __init__(self, mode: str = "NO_CONTENT") -> None:
        self.clock = OddClock()
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider([self.reader], shutdown_on_exit=False)
        self.log_exporter = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
        self.logs = LoggerProvider(shutdown_on_exit=False)
        self.logs.add_log_record_processor(SimpleLogRecordProcessor(self.log_exporter))
        self.registry = CollectorRegistry()
        self.complaints = Complaints()
        self.settings = Settings(model_turn_spans=True, capture_message_content=mode)

    def install(self) -> None:
        """Put the package in place."""
        instrument(
            tracer_provider=self.provider, meter_provider=self.meters, logger_provider=self.logs,
            metrics_registry=self.registry, settings=self.settings,
        )  # fmt: skip

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """Every finished span."""
        return self.exporter.get_finished_spans()

    def send(self) -> None:
        """Encode everything that would be sent, as the real exporters do."""
        encode_spans(self.spans).SerializeToString()
        data = self.reader.get_metrics_data()
        if data is not None:
            encode_metrics(data).SerializeToString()
        encode_logs(self.log_exporter.get_finished_logs()).SerializeToString()
        generate_latest(self.registry)


@contextlib.contextmanager
def rigged(mode: str = "NO_CONTENT") -> Iterator[Rig]:
    """Give a rig; complain of what was complained of meanwhile, and of what could not be sent."""
    before, rig = sdk_setup.GLOBAL_TRACE_PROVIDER, Rig(mode)
    loggers = [logging.getLogger(name) for name in ("opentelemetry", "openai.agents", "asyncio")]
    set_trace_provider(rig.clock)
    token = attach(Context())  # so that one failure is not the next one's too
    for logger in loggers:
        logger.addHandler(rig.complaints)
    try:
        rig.install()
        yield rig
        rig.send()
        assert rig.complaints.texts == []
    finally:
        rig.clock.says = None
        detach(token)
        for logger in loggers:
            logger.removeHandler(rig.complaints)
        uninstrument()
        rig.meters.shutdown()
        rig.logs.shutdown()
        sdk_setup.GLOBAL_TRACE_PROVIDER = before


@pytest.fixture(autouse=True)
def _own_context() -> Iterator[None]:
    """Give each test a context of its own, so that what one leaves behind is not taken for another's."""
    token = attach(Context())
    yield
    detach(token)


def faults() -> int:
    """Return how many faults were counted so far, wherever."""
    return sum(fault_counts().values())


def current_span_id() -> int:
    """Return the id of OpenTelemetry's current span; 0 for none."""
    return otel.get_current_span().get_span_context().span_id


def clean_run() -> None:
    """Run an agent with a tool, as any application does."""

    @function_tool
    def track(order: int) -> str:
        return f"{order} is on its way"

    agent = Agent(name="Helper", model=ScriptedModel(Call("track", order=7), "It is on its way."), tools=[track])
    asyncio.run(Runner.run(agent, "Where is it?", run_config=RunConfig(group_id="clean")))


def plain(spans: tuple[ReadableSpan, ...]) -> list[Any]:
    """Return spans as names, names of their parents, and attributes."""
    names = {span.context.span_id: span.name for span in spans}
    return [
        (span.name, names.get(span.parent.span_id) if span.parent else None, dict(span.attributes or {}))
        for span in spans
    ]


# --- whatever goes in -------------------------------------------------------------------------------------------------


class Planned(NamedTuple):
    """One span of a generated trace."""

    kind: str
    fields: dict[str, str]
    error: str | None
    late: bool
    """Whether its fields are set after it has started, as the SDK does with most of them."""
    span_id: str


ERRORS: Final = [
    f"{part} is {name}" for part in ("all of it", "message") for name in JUNK if name not in {"none", "missing"}
]


def _planned(kind: str) -> st.SearchStrategy[Planned]:
    fields = st.dictionaries(st.sampled_from(FIELDS[kind]), JUNK_NAMES, max_size=3)
    error = st.none() | st.sampled_from(ERRORS)
    return st.builds(
        Planned, st.just(kind), fields, error, st.booleans(), st.just("none") | st.sampled_from(sorted(IDS))
    )


SPANS: Final = st.lists(st.sampled_from(KINDS).flatmap(_planned), min_size=1, max_size=4)


def _error(name: str) -> Any:
    """Return an error of a span: junk, or one with junk for a message."""
    whole, _, junk = name.rpartition(" is ")
    return JUNK[junk]() if whole == "all of it" else {"message": JUNK[junk](), "data": JUNK[junk]()}


class Played(NamedTuple):
    """What was started: ids in OpenTelemetry."""

    own: int
    parent: int
    failed: bool


def play(spans: list[Planned], root: Trace) -> list[Played]:
    """Start and finish a trace with these spans, each inside the one before; return what must come out."""
    root.start(mark_as_current=True)
    played = [Played(current_span_id(), 0, failed=False)]
    open_spans: list[Span[Any]] = []
    for plan in spans:
        data = clean_data(plan.kind)
        if not plan.late:
            for field, junk in plan.fields.items():
                put(data, field, JUNK[junk]())
        span = sdk_setup.get_trace_provider().create_span(data, span_id=IDS[plan.span_id]())
        above = current_span_id()
        span.start(mark_as_current=True)
        played.append(Played(current_span_id(), above, failed=plan.error is not None))
        open_spans.append(span)
        if plan.late:
            for field, junk in plan.fields.items():
                put(data, field, JUNK[junk]())
        if plan.error is not None:
            span.set_error(_error(plan.error))
    for span in reversed(open_spans):
        span.finish(reset_current=True)
    root.finish(reset_current=True)
    return played


def came_out(spans: tuple[ReadableSpan, ...], played: list[Played]) -> None:
    """Check that every span came out once, under its parent, in one trace, and failed where it did."""
    assert len({one.own for one in played}) == len(played)
    found = {span.context.span_id: span for span in spans}
    assert Counter(span.context.span_id for span in spans) == Counter(one.own for one in played)
    assert [getattr(found[one.own].parent, "span_id", 0) for one in played] == [one.parent for one in played]
    assert len({span.context.trace_id for span in spans}) == 1
    assert [found[one.own].status.status_code.name for one in played if one.failed] == [
        "ERROR" for one in played if one.failed
    ]


@pytest.mark.parametrize("mode", MODES)
@settings(
    max_examples=50, deadline=None, database=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),  # an example says itself what is in it; to make it smaller takes minutes
)  # fmt: skip
@given(
    spans=SPANS,
    named=JUNK_NAMES, group=JUNK_NAMES, metadata=JUNK_NAMES, trace_id=st.sampled_from(sorted(TRACE_IDS)),
    times=st.none() | st.lists(st.sampled_from(sorted(TIMES)), max_size=10),
)  # fmt: skip
def test_any_span_data(
    mode: str, spans: list[Planned], named: str, group: str, metadata: str, trace_id: str, times: list[str] | None
) -> None:
    """Whatever stands in a trace and its spans, each is emitted once and can be sent; a run after it is clean."""
    with rigged(mode) as rig:
        before = get_current()
        root = trace(JUNK[named](), trace_id=TRACE_IDS[trace_id](), group_id=JUNK[group](), metadata=JUNK[metadata]())
        rig.clock.says = iter([TIMES[one]() for one in times]) if times is not None else None
        played = play(spans, root)
        rig.clock.says = None
        came_out(rig.spans, played)
        assert get_current() == before

        dirty = len(rig.spans)
        clean_run()
        assert [(name, parent) for name, parent, _ in plain(rig.spans[dirty:])] == CLEAN_NAMES


CLEAN_NAMES: Final = [
    ("chat gpt-5-mini", "model_turn"), ("execute_tool track", "model_turn"), ("model_turn", "invoke_agent Helper"),
    ("chat gpt-5-mini", "model_turn"), ("model_turn", "invoke_agent Helper"),
    ("invoke_agent Helper", "handle_conversation_turn Helper"),
    ("handle_conversation_turn Helper", "invoke_workflow Agent workflow"), ("invoke_workflow Agent workflow", None),
]  # fmt: skip


def _problems(
    rig: Rig, plan: Planned, *, times: Iterator[Any] | None = None, given_trace: dict[str, str] | None = None
) -> Iterator[str]:
    """Play one trace with junk in it, and say what is wrong with what came out."""
    rig.exporter.clear()
    rig.log_exporter.clear()
    rig.complaints.texts.clear()
    case = " ".join(map(str, (*plan, given_trace or "")))
    root = trace(**{"workflow_name": "work", **{name: JUNK[junk]() for name, junk in (given_trace or {}).items()}})
    rig.clock.says = times
    began = time.thread_time()
    played = play([plan], root)
    took = time.thread_time() - began
    rig.clock.says = None
    try:
        came_out(rig.spans, played)
        rig.send()
    except Exception as problem:  # noqa: BLE001 - each case says its own
        yield f"{case}: {type(problem).__name__}: {str(problem).splitlines()[0]}"
    yield from (f"{case}: {text}" for text in rig.complaints.texts)
    rig.complaints.texts.clear()
    if took > SLOW_SECONDS:
        yield f"{case}: took {took:.1f} s"


SLOW_SECONDS: Final = 3.0
"""What no callback may take of the processor, whatever it is given; how busy the machine is does not count, but a
collection of garbage in a process that has run thousands of tests does: up to a second."""


@pytest.mark.parametrize("kind", KINDS)
def test_each_field(kind: str) -> None:
    """Each field of each type of span may hold any junk, before and after the start: the span comes out, soon."""
    with rigged() as rig:
        plans = [
            Planned(kind, {field: junk}, None, late, "none")
            for field, junk, late in itertools.product(FIELDS[kind], JUNK, (False, True))
        ]
        found = [problem for plan in plans for problem in _problems(rig, plan)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("kind", ["generation", "response", "function", "transcription", "speech"])
def test_each_field_with_content(kind: str) -> None:
    """The same with content capture on, for each type of span that has content."""
    with rigged("SPAN_AND_EVENT") as rig:
        plans = [
            Planned(kind, {field: junk}, None, late=True, span_id="none")
            for field, junk in itertools.product(FIELDS[kind], JUNK)
        ]
        found = [problem for plan in plans for problem in _problems(rig, plan)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["function", "response", "agent"])
def test_each_error(kind: str, mode: str) -> None:
    """A span's error may be any junk, or have any junk for its message: the span is an error, with a class."""
    with rigged(mode) as rig:
        found = [p for error in ERRORS for p in _problems(rig, Planned(kind, {}, error, late=True, span_id="none"))]
    assert not found, "\n".join(found)


CUSTOM: Final = Planned("custom", {}, None, late=True, span_id="none")


@pytest.mark.parametrize("field", ["workflow_name", "group_id", "metadata", "trace_id"])
def test_each_field_of_a_trace(field: str) -> None:
    """The name, group, metadata and id of a trace may be any junk: the trace comes out whole."""
    names = TRACE_IDS if field == "trace_id" else [name for name in JUNK if name != "missing"]
    with rigged() as rig:
        found = [problem for name in names for problem in _problems(rig, CUSTOM, given_trace={field: name})]
    assert not found, "\n".join(found)


def test_each_span_id() -> None:
    """The id of a span may be any junk that the SDK itself can work with: the span comes out, once."""
    with rigged() as rig:
        found = [problem for name in IDS for problem in _problems(rig, CUSTOM._replace(span_id=name))]
    assert not found, "\n".join(found)


def test_each_time() -> None:
    """The SDK's clock may say anything: the spans come out, with times that can be sent."""
    with rigged() as rig:
        found = [
            f"{name}: {problem}"
            for name, make in TIMES.items()
            for problem in _problems(rig, CUSTOM, times=iter([make() for _ in range(4)]))
        ]
    assert not found, "\n".join(found)


# --- what is sound stays, what is not is counted ----------------------------------------------------------------------


def said_of(rig: Rig, kind: str, field: str | None = None, junk: str = "none") -> dict[str, Any]:
    """Play one span and return its attributes."""
    rig.exporter.clear()
    play([Planned(kind, {field: junk} if field else {}, None, late=False, span_id="none")], trace("work"))
    return dict(rig.spans[0].attributes or {})


# What a field of each kind of span should not hold.
WRONG: Final = ("int", "bytes", "list", "odd keys", "hostile", "object", "missing")


@pytest.mark.parametrize("kind", KINDS)
def test_one_bad_field_takes_nothing_else_along(kind: str) -> None:
    """Where one field is bad, the span still says everything that it says where that field is empty."""
    found: list[str] = []
    with rigged() as rig:
        clean = said_of(rig, kind)
        for field in FIELDS[kind]:
            others = said_of(rig, kind, field)
            for junk in WRONG:
                said = said_of(rig, kind, field, junk)
                lost = [key for key, value in clean.items() if others.get(key) == value and said.get(key) != value]
                if lost:
                    found.append(f"{kind}.{field} = {junk}: lost {', '.join(lost)}")
        rig.complaints.texts.clear()  # what is logged is looked at above
    assert not found, "\n".join(found)


# Fields that are read, and what they should not hold: no text, no dictionary, no list, no count.
UNSOUND_FIELDS: Final = {
    "agent": ["name"], "function": ["name", "mcp_data"], "generation": ["model", "model_config", "usage"],
    "response": ["response", "usage"], "handoff": ["from_agent", "to_agent"], "custom": ["name", "data"],
    "guardrail": ["name"], "transcription": ["model", "input_format"], "speech": ["model", "output_format"],
    "mcp_tools": ["server", "result"], "turn": ["turn"], "unknown": ["name"],
}  # fmt: skip


@pytest.mark.parametrize("junk", ["bytes", "object", "hostile", "2**70"])
def test_what_is_left_out_is_counted(junk: str) -> None:
    """Each field that is read and holds what it should not is counted as a fault."""
    found: list[str] = []
    with rigged() as rig:
        for kind, fields in UNSOUND_FIELDS.items():
            for field in fields:
                before = faults()
                said_of(rig, kind, field, junk)
                if faults() == before:
                    found.append(f"{kind}.{field} = {junk}: no fault was counted")
        rig.complaints.texts.clear()  # as above
    assert not found, "\n".join(found)


@pytest.mark.parametrize("field", ["workflow_name", "group_id"])
@pytest.mark.parametrize("junk", ["int", "bytes", "object", "list"])
def test_trace_that_is_left_unnamed_is_counted(field: str, junk: str) -> None:
    """A name or a group id of a trace that is no text names nothing, and is counted."""
    with rigged() as rig:
        before = faults()
        play([], trace(**{"workflow_name": "work", field: JUNK[junk]()}))
        rig.complaints.texts.clear()
        (root,) = rig.spans

    assert faults() > before
    assert "gen_ai.conversation.id" not in (root.attributes or {})
    assert root.name == ("invoke_workflow" if field == "workflow_name" else "invoke_workflow work")


def test_sound_data_counts_nothing() -> None:
    """Sound span data of every kind, and a trace with nothing odd about it, count no fault."""
    with rigged("SPAN_AND_EVENT") as rig:
        before = faults()
        for kind in KINDS[:14]:
            play([Planned(kind, {}, None, late=False, span_id="none")], trace("work", group_id="c1", metadata={"a": 1}))
        clean_run()

        assert len(rig.spans) == 14 * 2 + 8
    assert faults() == before


def test_five_megabytes_leave_little() -> None:
    """Megabytes of text in every field of every span, name and id come out as a few kilobytes a span."""
    with rigged("SPAN_AND_EVENT") as rig:
        for kind in KINDS:
            plan = Planned(kind, dict.fromkeys(FIELDS[kind], "5 MB"), "message is 5 MB", late=False, span_id="5 MB")
            play([plan], trace(_FIVE_MB, group_id=_FIVE_MB, metadata={_FIVE_MB: _FIVE_MB, "b": _FIVE_MB}))
        longest = max(len(encode_spans([span]).SerializeToString()) for span in rig.spans)

    # At most three texts of 8192 characters, two bytes each, and what else there is, cut to 1024.
    assert longest < 100_000


def test_odd_keys_are_named_by_their_text() -> None:
    """A key that is empty does not become the word None."""
    with rigged() as rig:
        with trace("work", metadata={"": 1}), custom_span("step", {"": 1}):
            pass
        said = {key for span in rig.spans for key in span.attributes or {}}

    assert not [key for key in said if key.endswith("None")]


@pytest.mark.parametrize("kind", ["generation", "response", "function", "custom", "mcp_tools", "transcription"])
@pytest.mark.parametrize("mode", MODES)
def test_iterators_are_not_consumed(kind: str, mode: str) -> None:
    """What can be read only once, such as a stream of the application, is not read by us."""
    with rigged(mode):
        streams: list[Iterator[str]] = []
        data = clean_data(kind)
        for field in FIELDS[kind]:
            streams.append(iter(["first", "second"]))
            put(data, field, streams[-1])
        with trace("work"), sdk_setup.get_trace_provider().create_span(data):
            pass

    assert [list(stream) for stream in streams] == [["first", "second"]] * len(streams)


@pytest.mark.parametrize("kind", ["response", "generation"])
def test_sums_stay_within_64_bits(kind: str) -> None:
    """Counts that are sound one by one and too large together leave a span and metrics that can be sent."""
    usage = {"input_tokens": 2**63 - 1, "output_tokens": 2**63 - 1}
    with rigged() as rig, trace("work"), sdk_setup.get_trace_provider().create_span(sdk.AgentSpanData("Helper")):
        for _ in range(3):
            data = clean_data(kind)
            data.usage = usage
            with sdk_setup.get_trace_provider().create_span(data):
                pass
    assert len(rig.spans) == 5


@pytest.mark.parametrize("name", ["a\ud800b", "x" * 5_000_000], ids=["lone surrogates", "5 MB"])
@pytest.mark.parametrize("by", ["conversation_id", "session", "conversation()", "group_id"])
async def test_conversation_ids_that_cannot_be_sent(name: str, by: str) -> None:
    """A conversation's id is made fit to be sent, however it is given."""

    class Session(SQLiteSession):
        def __init__(self) -> None:
            super().__init__("plain")
            self.session_id = name

        async def get_items(self, limit: int | None = None) -> list[Any]:
            return []

        async def add_items(self, items: list[Any]) -> None:
            return None

    all_options: dict[str, dict[str, Any]] = {
        "conversation_id": {"conversation_id": name}, "session": {"session": Session()}, "conversation()": {},
        "group_id": {"run_config": RunConfig(group_id=name)},
    }  # fmt: skip
    options = all_options[by]
    with rigged() as rig:
        outer = conversation(name) if by == "conversation()" else contextlib.nullcontext()
        with outer:
            await Runner.run(Agent(name="Helper", model=ScriptedModel("Hello.")), "hi", **options)
        if by == "session":
            options["session"].close()
        said = {(span.attributes or {}).get("gen_ai.conversation.id") for span in rig.spans}

    (one,) = said
    assert isinstance(one, str)
    assert len(one) <= 1024


# --- out of order -----------------------------------------------------------------------------------------------------


def test_finished_twice() -> None:
    """A span and a trace that are finished again, or by two processors' doing, are emitted once."""
    with rigged() as rig:
        work = trace("work")
        work.start(mark_as_current=True)
        step = custom_span("step", {})
        step.start(mark_as_current=True)
        for _ in range(3):
            step.finish(reset_current=True)
            rig.clock._multi_processor.on_span_end(step)  # as the SDK's own `finish` could not be stopped from doing
        for _ in range(3):
            work.finish(reset_current=True)

        assert [span.name for span in rig.spans] == ["step", "invoke_workflow work"]
        assert current_span_id() == 0


def test_started_again_after_its_end() -> None:
    """A span object that is announced again after its end is one more span, and the first stays as it was."""
    with rigged() as rig, trace("work"):
        step = custom_span("step", {})
        step.start()
        step.finish()
        rig.clock._multi_processor.on_span_start(step)
        rig.clock._multi_processor.on_span_end(step)

    assert [span.name for span in rig.spans] == ["step", "step", "invoke_workflow work"]
    assert len({span.context.span_id for span in rig.spans}) == 3


def test_end_without_a_start(bare_bench: Bench) -> None:
    """What began before `instrument()` ends without a word; what begins inside it is emitted."""
    before = Counter(fault_counts())
    with trace("before", group_id="c1"):
        outer = custom_span("outer", {})
        with outer:
            bare_bench.instrument()
            with custom_span("inner", {}):
                bare_bench.app.start_span("of the application").end()
        with custom_span("next", {}):
            pass

    assert bare_bench.names == ["of the application", "inner", "next"]
    assert bare_bench.parent("of the application") == "inner"
    assert bare_bench.said("inner")["gen_ai.conversation.id"] == "c1"
    assert {span.context.trace_id for span in bare_bench.spans} == {bare_bench.span("inner").context.trace_id}
    assert Counter(fault_counts()) == before
    assert current_span_id() == 0


async def test_instrument_in_the_middle_of_a_run(bare_bench: Bench, complaints: list[str]) -> None:
    """A run during which `instrument()` is called goes on as it was; what begins after the call is emitted, once."""

    @function_tool
    async def begin() -> str:
        bare_bench.instrument()
        return "begun"

    agent = Agent(name="a", model=ScriptedModel(Call("begin"), "Done."), tools=[begin])
    result = await Runner.run(agent, "hi", run_config=RunConfig(group_id="c1"))
    first = bare_bench.names
    await Runner.run(Agent(name="b", model=ScriptedModel("Hello.")), "hi")

    assert result.final_output == "Done."
    assert first == ["chat gpt-5-mini"]  # the second model call; the agent and its run began before
    assert [name for name in bare_bench.names[1:] if name.startswith("invoke")] == [
        "invoke_agent b", "invoke_workflow Agent workflow",
    ]  # fmt: skip
    assert complaints == []
    assert current_span_id() == 0


async def test_uninstrument_in_the_middle_of_a_run(bare_bench: Bench, complaints: list[str]) -> None:
    """A run during which `uninstrument()` is called goes on; what is open is ended, once, and nothing stays current."""

    @function_tool
    async def leave() -> str:
        uninstrument()
        return "gone"

    bare_bench.instrument()
    agent = Agent(name="a", model=ScriptedModel(Call("leave"), "Done."), tools=[leave])
    result = await Runner.run(agent, "hi", run_config=RunConfig(group_id="c1"))

    assert result.final_output == "Done."
    assert bare_bench.names == [
        "chat gpt-5-mini", "execute_tool leave", "invoke_agent a", "handle_conversation_turn a",
        "invoke_workflow Agent workflow",
    ]  # fmt: skip
    assert [(span.attributes or {}).get("agent_analytics.cut_off") for span in bare_bench.spans] == [None, *[True] * 4]
    assert complaints == []
    assert current_span_id() == 0


def test_uninstrument_inside_of_a_trace(bare_bench: Bench) -> None:
    """After `uninstrument()` in the middle of a trace no ended span of ours is the parent of the application's next."""
    bare_bench.instrument()
    with trace("work"), custom_span("step", {}):
        uninstrument()
        bare_bench.app.start_span("still inside").end()
    bare_bench.app.start_span("after").end()

    assert current_span_id() == 0
    assert bare_bench.parent("after") is None


def test_finished_on_another_thread(bench: Bench) -> None:
    """A span that is finished on another thread is whole, and leaves no context on either."""
    left: list[int] = []
    with trace("work"):
        step = custom_span("step", {})
        step.start(mark_as_current=True)

        def finish() -> None:
            step.finish()
            left.append(current_span_id())

        thread = threading.Thread(target=finish)
        thread.start()
        thread.join()
    bench.app.start_span("after").end()

    assert bench.names == ["step", "invoke_workflow work", "after"]
    assert bench.parent("step") == "invoke_workflow work"
    assert bench.parent("after") is None
    assert left == [0]
    assert current_span_id() == 0


def test_trace_finished_on_another_task(bench: Bench) -> None:
    """A trace that begins on one task and ends on another is whole, and leaves no context on the second."""

    async def both() -> int:
        work = trace("work")

        async def begin() -> None:
            work.start(mark_as_current=True)

        async def end() -> int:
            work.finish()
            return current_span_id()

        await asyncio.create_task(begin())
        return await asyncio.create_task(end())

    assert asyncio.run(both()) == 0
    assert bench.names == ["invoke_workflow work"]


def test_one_span_id_twice_at_once(bench: Bench) -> None:
    """Two open spans of one id are two spans, ended in any order; each has a parent that exists."""
    with trace("work"):
        first, second = custom_span("first", {}, span_id="span_x"), custom_span("second", {}, span_id="span_x")
        first.start()
        second.start()
        with custom_span("inside", {}, parent=second):
            pass
        second.finish()
        with custom_span("after", {}, parent=first):
            pass
        first.finish()

    assert sorted(bench.names) == ["after", "first", "inside", "invoke_workflow work", "second"]
    assert bench.parent("inside") == "second"
    assert bench.parent("after") in {"first", "invoke_workflow work"}
    assert len({span.context.span_id for span in bench.spans}) == 5


def test_one_trace_id_twice_at_once(bench: Bench) -> None:
    """Two open traces of one id are two roots in one OpenTelemetry trace, with ids of their own."""
    one = "trace_" + "a" * 32
    first, second = trace("first", trace_id=one), trace("second", trace_id=one)
    first.start()
    second.start()
    with custom_span("inside", {}, parent=second):
        pass
    first.finish()
    with custom_span("after", {}, parent=second):
        pass
    second.finish()

    assert sorted(bench.names) == ["after", "inside", "invoke_workflow first", "invoke_workflow second"]
    assert bench.parent("inside") == bench.parent("after") == "invoke_workflow second"
    assert {span.context.trace_id for span in bench.spans} == {0xAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA}
    assert len({span.context.span_id for span in bench.spans}) == 4


def test_unknown_parent(bench: Bench) -> None:
    """A span whose parent nobody knows hangs under the root of its trace."""
    with trace("work") as work:
        stranger = custom_span("stranger", {}, parent=work)
        stranger.start()
        stranger.finish()  # over, so that it is no longer known
        with custom_span("child", {}, parent=stranger):
            pass
        orphan = custom_span("orphan", {}, parent=work)
        orphan._parent_id = "span_of_nobody"  # type: ignore[attr-defined]
        with orphan:
            pass

    assert bench.parent("child") == bench.parent("orphan") == "invoke_workflow work"


def test_span_of_a_trace_that_is_over(bench: Bench) -> None:
    """A span that begins after its trace has ended is emitted in that trace."""
    with trace("work") as work:
        pass
    with custom_span("late", {}, parent=work):
        pass

    assert bench.span("late").context.trace_id == bench.span("invoke_workflow work").context.trace_id
    assert bench.parent("late") == "invoke_workflow work"


def test_nothing_junk_is_kept() -> None:
    """Junk that went through is let go with the SDK's own objects."""
    with rigged("SPAN_AND_EVENT"):
        (bridge,) = (one for one in sdk_setup.get_trace_provider()._multi_processor._processors)  # type: ignore[attr-defined]
        for kind in KINDS:
            play([Planned(kind, dict.fromkeys(FIELDS[kind], "5 MB"), None, late=False, span_id="none")], trace("work"))
        gc.collect()

        assert (len(bridge._family.spans), len(bridge._family._traces), len(bridge._family.lost)) == (0, 0, 0)
