"""An installation of its own for each test, and what came out of it as plain data."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from otel_agent_analytics import instrument, uninstrument
from otel_agent_analytics.agents_sdk.processor import AgentTraceProcessor
from otel_agent_analytics.errors import fault_counts
from tests.helpers.scripted_model import own_trace_provider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agents.tracing.provider import DefaultTraceProvider
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Tracer

    from otel_agent_analytics import Settings
    from otel_agent_analytics.install import Installation

Node = dict[str, Any]


class Bench:
    """What agents run on in a test."""

    def __init__(self, sdk: DefaultTraceProvider) -> None:
        self.sdk = sdk
        """The Agents SDK's trace provider; it has no processor but ours."""
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.registry = CollectorRegistry()
        self.app: Tracer = self.provider.get_tracer("app")
        """Makes the application's own spans."""

    def instrument(self, settings: Settings | None = None, *, conversation_metrics: bool = True) -> Installation:
        """Call the package's function with what is here."""
        return instrument(
            tracer_provider=self.provider,
            metrics_registry=self.registry,
            settings=settings,
            conversation_metrics=conversation_metrics,
        )

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """Every finished span, in the order in which they ended."""
        return self.exporter.get_finished_spans()

    @property
    def bridge(self) -> AgentTraceProcessor:
        """The trace processor that is installed."""
        (found,) = (one for one in self.sdk._multi_processor._processors if isinstance(one, AgentTraceProcessor))
        return found

    @property
    def names(self) -> list[str]:
        """Names of the finished spans, in the order in which they ended."""
        return [span.name for span in self.spans]

    def span(self, name: str) -> ReadableSpan:
        """Return the only span of that name."""
        (found,) = (span for span in self.spans if span.name == name)
        return found

    def said(self, name: str) -> dict[str, Any]:
        """Return the attributes of the only span of that name."""
        return dict(self.span(name).attributes or {})

    def parent(self, name: str) -> str | None:
        """Return the name of the parent of the only span of that name; None for a root."""
        parent = self.span(name).parent
        if parent is None:
            return None
        return next((span.name for span in self.spans if span.context.span_id == parent.span_id), "not finished")

    def trees(self, *chosen: str) -> list[Node]:
        """Return the traces as nested plain data, with those attributes that are chosen, the spans as they began."""
        ids = {span.context.span_id for span in self.spans}
        roots = (span for span in self.spans if span.parent is None or span.parent.span_id not in ids)
        return [self._node(span, chosen) for span in sorted(roots, key=_began)]

    def tree(self, *chosen: str) -> Node:
        """Return the only trace."""
        (tree,) = self.trees(*chosen)
        return tree

    def value(self, name: str, **labels: str) -> float | None:
        """Return a sample of the metrics, by its name without prefix."""
        service = {} if "place" in labels else {"service_name": "shop"}
        return self.registry.get_sample_value(f"agent_analytics_{name}", {**service, **labels})

    def _node(self, span: ReadableSpan, chosen: tuple[str, ...]) -> Node:
        said = span.attributes or {}
        own = span.context.span_id
        children = (child for child in self.spans if child.parent is not None and child.parent.span_id == own)
        return {
            "name": span.name,
            "kind": span.kind.name,
            "status": span.status.status_code.name,
            **{key: said[key] for key in chosen if key in said},
            "children": [self._node(child, chosen) for child in sorted(children, key=_began)],
        }


def _began(span: ReadableSpan) -> int:
    return span.start_time or 0


class _Complaints(logging.Handler):
    """Keeps what was logged, from warnings up."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # The SDK also logs what befalls a run; of this only what a trace processor did to it is of interest here.
        if record.name != "openai.agents" or "trace processor" in record.getMessage():
            self.texts.append(f"{record.name}: {record.getMessage()}")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine function, in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted}))
    return True


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """Return what OpenTelemetry and this package complain of meanwhile, and asyncio and the SDK because of us."""
    handler = _Complaints()
    loggers = [
        logging.getLogger(name) for name in ("opentelemetry", "otel_agent_analytics", "openai.agents", "asyncio")
    ]
    for logger in loggers:
        logger.addHandler(handler)
    yield handler.texts
    for logger in loggers:
        logger.removeHandler(handler)


@pytest.fixture
def bare_bench() -> Iterator[Bench]:
    """Return a bench on which nothing is installed yet; what a test installs is taken away after it."""
    with own_trace_provider() as sdk:
        yield Bench(sdk)
        uninstrument()


@pytest.fixture
def bench(bare_bench: Bench, complaints: list[str]) -> Iterator[Bench]:
    """Return a bench with the package installed. The test fails when a callback of ours did or anything complained."""
    before = Counter(fault_counts())
    bare_bench.instrument()
    yield bare_bench
    # The SDK catches what our callbacks raise and logs it, so without this a test would pass over a broken one.
    assert Counter(fault_counts()) == before
    assert complaints == []
