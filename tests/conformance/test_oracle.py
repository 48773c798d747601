"""The official instrumentation on the same runs, in one process: what it and the bridge both say has to be the same.

It is opentelemetry-instrumentation-genai-openai-agents 1.3b0 and makes spans of workflows, agents and tools only.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from otel_agent_analytics import instrument, uninstrument
from tests.conformance.checks import span_faults
from tests.conformance.test_scenario import RUNS, events, play
from tests.helpers.scripted_model import own_trace_provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from opentelemetry.sdk.trace import ReadableSpan

    from tests.conformance.test_scenario import Run

official: Any = pytest.importorskip(
    "opentelemetry.instrumentation.genai.openai_agents", reason="the official instrumentation is not installed"
)

OPERATIONS: Final = ("invoke_workflow", "invoke_agent", "execute_tool")

# Where the bridge differs on purpose. Beside this it has more: other span types, and on these three more attributes.
OTHER_VALUES: Final[dict[str, str]] = {
    "error.type": "there always _OTHER; ours is the class of the error, as the conventions ask",
}
OTHER_STATUS: Final[dict[str, str]] = {
    "invoke_workflow": "there a workflow never fails; ours fails with the run in it, so that failed runs are found",
}
THEIRS_ALONE: Final[dict[str, str]] = {}
"""Attributes that only the official instrumentation sets: none."""


@contextmanager
def ours() -> Iterator[InMemorySpanExporter]:
    """Install the bridge; give what it exports."""
    exporter, provider = _exporting()
    instrument(tracer_provider=provider, metrics_registry=CollectorRegistry())
    try:
        yield exporter
    finally:
        uninstrument()


@contextmanager
def theirs() -> Iterator[InMemorySpanExporter]:
    """Install the official instrumentation; give what it exports."""
    exporter, provider = _exporting()
    instrumentor = official.OpenAIAgentsInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        yield exporter
    finally:
        instrumentor.uninstrument()


def _exporting() -> tuple[InMemorySpanExporter, TracerProvider]:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter, provider


def played(
    run: Run, *installed: Callable[[], AbstractContextManager[InMemorySpanExporter]]
) -> list[list[ReadableSpan]]:
    """Play a run with these installed; return the spans that each made, in the order of their ends."""
    with own_trace_provider(), ExitStack() as stack:
        exporters = [stack.enter_context(one()) for one in installed]
        asyncio.run(play(run))
    return [list(exporter.get_finished_spans()) for exporter in exporters]


def operation(span: ReadableSpan) -> Any:
    """Return what the span's operation is, in the conventions' words."""
    return (span.attributes or {}).get("gen_ai.operation.name")


def of_three_types(spans: list[ReadableSpan]) -> list[ReadableSpan]:
    """Return the spans of workflows, agents and tools."""
    return [span for span in spans if operation(span) in OPERATIONS]


def paths(spans: list[ReadableSpan]) -> list[list[str]]:
    """Return for each span of the three types its name, after the names of those of the three types that it is in."""
    by_id = {span.context.span_id: span for span in spans}

    def path(span: ReadableSpan | None) -> list[str]:
        if span is None:
            return []
        above = by_id[span.parent.span_id] if span.parent is not None else None
        return path(above) + [one.name for one in of_three_types([span])]

    return sorted(path(span) for span in of_three_types(spans))


class Pair(NamedTuple):
    """The same SDK span twice."""

    ours: ReadableSpan
    theirs: ReadableSpan


@pytest.fixture(scope="module", params=[run for run in RUNS if run is not events], ids=lambda run: str(run.__name__))
def run(request: pytest.FixtureRequest) -> Run:
    """Return each run that has spans."""
    chosen: Run = request.param
    return chosen


@pytest.fixture(scope="module")
def pairs(run: Run) -> list[Pair]:
    """Return the spans that both made of one run; both hear of the same SDK spans, so that their order is the same."""
    mine, others = map(of_three_types, played(run, ours, theirs))
    assert len(mine) == len(others) > 0
    return [Pair(*pair) for pair in zip(mine, others, strict=True)]


def test_same_names_and_kinds(pairs: list[Pair]) -> None:
    """Both call each span the same and give it the same kind."""
    assert [(pair.ours.name, pair.ours.kind) for pair in pairs] == [
        (pair.theirs.name, pair.theirs.kind) for pair in pairs
    ]


def test_same_values(pairs: list[Pair]) -> None:
    """What the official instrumentation says of a span the bridge says too, and in the same words."""
    for pair in pairs:
        mine, others = dict(pair.ours.attributes or {}), dict(pair.theirs.attributes or {})
        assert others.keys() - mine.keys() == set(THEIRS_ALONE) & others.keys()
        common = (mine.keys() & others.keys()) - OTHER_VALUES.keys()
        assert {key: mine[key] for key in common} == {key: others[key] for key in common}


def test_same_errors(pairs: list[Pair]) -> None:
    """The same agents and tools have failed; a workflow that failed there has failed here."""
    for pair in pairs:
        mine, other = pair.ours.status.status_code.name, pair.theirs.status.status_code.name
        assert mine == other or (operation(pair.ours) in OTHER_STATUS and (mine, other) == ("ERROR", "UNSET"))


def test_checks_have_nothing_against_it(pairs: list[Pair]) -> None:
    """The checks that hold our spans find no fault in those of the official instrumentation."""
    assert [fault for pair in pairs for fault in span_faults(pair.theirs)] == []


def test_same_nesting(run: Run) -> None:
    """Each by itself hangs agents and tools under the same workflows, agents and tools."""
    (mine,), (others,) = played(run, ours), played(run, theirs)

    assert paths(mine) == paths(others)
