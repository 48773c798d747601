"""The standard GenAI metrics of runs, by the Meter API: durations, calls and tokens, from the same spans.

A span that ends leaves a line of numbers. What they add to is worked out for all lines of a kind at once, when enough
of them wait or metrics are read: one by one costs three times as much. The token counters are read when they are
collected.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.metrics import Observation

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.client_instruments import COUNTERS, HISTOGRAMS
from otel_agent_analytics.agents_sdk.recorder import Recorder, record_alike, recorder
from otel_agent_analytics.agents_sdk.spans import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from opentelemetry.metrics import CallbackOptions, Histogram, Meter
    from opentelemetry.trace import SpanContext

    from otel_agent_analytics.agents_sdk.run import OpenSpan, OpenTrace

Attributes = dict[str, Any]
_MOST_SERIES: Final = 1000
"""Token series that are kept; a service has a few. More are added to one that names no model."""

_LARGEST: Final = 2**63 - 1
_MOST_WAITING: Final = 256
"""Spans whose numbers wait at most."""
_Key = tuple[Any, Any, Any, Any, Any]
_Line = tuple[Any, ...]
"""The numbers of a span, None for what is not known; and last its span context, which an exemplar names."""
_all: Final[weakref.WeakSet[ClientMetrics]] = weakref.WeakSet()


class ClientMetrics:
    """The instruments, and what the counters have come to. One per meter, since instruments cannot be taken back."""

    def __init__(self, meter: Meter) -> None:
        self._histograms: dict[str, Recorder | Histogram] = {
            name: recorder(meter.create_histogram(name, unit, meaning, explicit_bucket_boundaries_advisory=buckets))
            for name, (unit, buckets, meaning) in HISTOGRAMS.items()
        }
        self._waiting: deque[tuple[tuple[Any, ...], _Line]] = deque()
        """The lines that wait, each behind what it has in common with others of its kind."""
        _all.add(self)
        self._lock = threading.Lock()
        self._said: dict[_Key, Attributes] = {}
        """The attributes of each kind of model call that was seen; at most 1,000."""
        self._said_of_tool = _Kept(_tool_said)
        self._said_of_agent = _Kept(_agent_said)
        self._said_of_workflow = _Kept(_workflow_said)
        self._agents: set[tuple[str | None, str]] = set()
        """Agents with their models; at most 1,000."""
        self._sums: dict[str, dict[_Key, int]] = {name: {} for name in COUNTERS}
        for name, (_, meaning) in COUNTERS.items():
            meter.create_observable_counter(name, [_observing(weakref.ref(self), name)], "{token}", meaning)
        self._by_role: dict[Role, Callable[[OpenSpan, Attributes, float, str | None], None]] = {
            Role.MODEL_CALL: self._model_call,
            Role.AGENT: self._agent,
            Role.TOOL: self._tool,
            Role.REQUEST: self._request,
        }
        self._by_kind: dict[str, Callable[[Any, list[_Line]], None]] = {
            _CALLS: self._take_calls,
            _AGENTS: self._take_agents,
            _TOOLS: self._take_tools,
            _REQUESTS: self._take_requests,
            _RUNS: self._take_runs,
        }
        if hasattr(os, "register_at_fork"):
            after_fork = weakref.WeakMethod(self._after_fork)
            os.register_at_fork(after_in_child=lambda: (method := after_fork()) and method())

    def ended(self, opened: OpenSpan, known: Attributes, end_ns: int | None, failure: str | None) -> None:
        """Record a span that ended; ``known`` is what it carries beside what it began with."""
        record = self._by_role.get(opened.row.role)
        if record is not None:
            record(opened, known, _seconds(opened.start_ns, end_ns), failure)

    def workflow_ended(self, opened: OpenTrace, end_ns: int | None, failure: str | None) -> None:
        """Record a trace that ended."""
        if opened.span is not None:
            line = (_seconds(opened.start_ns, end_ns), opened.span.get_span_context())
            self._wait((_RUNS, opened.workflow, failure), line)

    def flush(self) -> None:
        """Record what waits."""
        waiting = self._waiting
        alike: defaultdict[tuple[Any, ...], list[_Line]] = defaultdict(list)
        # Whoever reads the counters waits until the tokens of all lines are added. Nothing foreign is called meanwhile.
        with self._lock:
            while waiting:
                key, line = waiting.popleft()
                alike[key].append(line)
            for (kind, key, *_), lines in alike.items():
                if kind is _CALLS:
                    self._count(key, lines)
        for (kind, *rest), lines in alike.items():
            self._by_kind[kind](tuple(rest), lines)

    def _wait(self, key: tuple[Any, ...], line: _Line) -> None:
        self._waiting.append((key, line))
        if len(self._waiting) >= _MOST_WAITING:
            self.flush()

    def _record(self, name: str, said: Attributes, column: Sequence[Any], spans: Sequence[SpanContext]) -> None:
        """Record the numbers of a column that are there."""
        if None in column:
            spans = [span for number, span in zip(column, spans, strict=True) if number is not None]
            column = [number for number in column if number is not None]
        if column:
            record_alike(self._histograms[name], said, column, spans)

    def observe(self, name: str) -> Iterable[Observation]:
        """Return what a counter has come to; the histograms, which are read after the counters, get what waits."""
        for metrics in tuple(_all):  # the first to make a counter is asked for it, whoever uses it now
            metrics.flush()
        with self._lock:
            totals = list(self._sums[name].items())
        modality = {v.GEN_AI_TOKEN_MODALITY: v.MODALITY_UNKNOWN}
        return [Observation(total, {**self._said[key], **modality}) for key, total in totals]

    def _request(self, opened: OpenSpan, known: Attributes, seconds: float, failure: str | None) -> None:
        self._wait((_REQUESTS, failure), (seconds, opened.span.get_span_context()))

    def _take_requests(self, key: tuple[str | None], lines: list[_Line]) -> None:
        said = _failed({v.MCP_METHOD_NAME: v.MCP_TOOLS_LIST}, *key)
        self._record(v.METRIC_MCP_DURATION, said, *zip(*lines, strict=True))

    def _take_runs(self, key: tuple[str | None, str | None], lines: list[_Line]) -> None:
        self._record(v.METRIC_WORKFLOW_DURATION, self._said_of_workflow[key], *zip(*lines, strict=True))

    def _model_call(self, opened: OpenSpan, known: Attributes, seconds: float, failure: str | None) -> None:
        get, agent = known.get, opened.agent
        response = _text(get(v.GEN_AI_RESPONSE_MODEL))
        request = opened.subject or _text(get(v.GEN_AI_REQUEST_MODEL))
        key: _Key = (v.PROVIDER_OPENAI, request, response, None, None)
        if agent is not None:
            key = (agent.provider, request or agent.model, response, agent.address, agent.port)
        first = get(v.GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK)
        self._wait((_CALLS, key, failure), (*map(get, _TOKENS), first, seconds, opened.span.get_span_context()))

    def _take_calls(self, key: tuple[_Key, str | None], lines: list[_Line]) -> None:
        kind, failure = key
        said = self._said[kind if kind in self._said else _OTHER]
        *tokens, first, seconds, spans = zip(*lines, strict=True)
        for name, number in _OPERATION_TOKENS:
            self._record(name, said, [one if type(one) is int else None for one in tokens[number]], spans)
        self._record(v.METRIC_TIME_TO_FIRST_CHUNK, said, first, spans)
        self._record(v.METRIC_INFERENCE_DURATION, _failed(said, failure), seconds, spans)

    def _count(self, key: _Key, lines: list[_Line]) -> None:
        """Add the tokens of model calls of one kind to the counters."""
        if key not in self._said:
            key = self._remember(key)
        for sums, column in zip(self._sums.values(), zip(*lines, strict=True), strict=False):  # tokens come first
            tokens = [one for one in column if type(one) is int]
            if tokens:
                sums[key] = min(sums.get(key, 0) + sum(tokens), _LARGEST)

    def _remember(self, key: _Key) -> _Key:
        """Return a key under which model calls of this kind may be counted."""
        key = key if len(self._said) < _MOST_SERIES else _OTHER
        self._said[key] = _named(key)
        return key

    def _agent(self, opened: OpenSpan, known: Attributes, seconds: float, failure: str | None) -> None:
        agent = opened.agent
        if agent is not None:
            line = (agent.inference_calls, agent.tool_calls, seconds, opened.span.get_span_context())
            self._wait((_AGENTS, agent.name, agent.model, failure), line)

    def _take_agents(self, key: tuple[str | None, str | None, str | None], lines: list[_Line]) -> None:
        agent, model, failure = key
        inference_calls, tool_calls, seconds, spans = zip(*lines, strict=True)
        said = self._said_of_agent[agent, None, None]
        self._record(v.METRIC_AGENT_INFERENCE_CALLS, said, inference_calls, spans)
        self._record(v.METRIC_AGENT_TOOL_CALLS, said, tool_calls, spans)
        model = model if model is not None and self._has_room(agent, model) else None
        self._record(v.METRIC_AGENT_DURATION, self._said_of_agent[agent, model, failure], seconds, spans)

    def _has_room(self, agent: str | None, model: str) -> bool:
        if len(self._agents) < _MOST_SERIES:
            self._agents.add((agent, model))
        return (agent, model) in self._agents

    def _tool(self, opened: OpenSpan, known: Attributes, seconds: float, failure: str | None) -> None:
        agent = opened.agent.name if opened.agent is not None else None
        self._wait((_TOOLS, opened.subject, agent, failure), (seconds, opened.span.get_span_context()))

    def _take_tools(self, key: tuple[str | None, str | None, str | None], lines: list[_Line]) -> None:
        self._record(v.METRIC_TOOL_DURATION, self._said_of_tool[key], *zip(*lines, strict=True))

    def _after_fork(self) -> None:
        self._lock = threading.Lock()
        self._waiting.clear()
        for sums in self._sums.values():  # what the parent counted is the parent's to show
            sums.clear()


class _Kept(dict[tuple[Any, ...], Attributes]):
    """Attributes by what they are made of, made once: the same object again is known to be alike without a look."""

    def __init__(self, make: Callable[..., Attributes]) -> None:
        self._make = make

    def __missing__(self, key: tuple[Any, ...]) -> Attributes:
        if len(self) >= _MOST_SERIES:
            self.clear()
        said = self[key] = self._make(*key)
        return said


def _workflow_said(workflow: str | None, failure: str | None) -> Attributes:
    return _failed({v.GEN_AI_WORKFLOW_NAME: workflow} if workflow else {}, failure)


def _agent_said(agent: str | None, model: str | None, failure: str | None) -> Attributes:
    said = {v.GEN_AI_AGENT_NAME: agent, v.GEN_AI_REQUEST_MODEL: model}
    return _failed({key: value for key, value in said.items() if value is not None}, failure)


def _tool_said(tool: str | None, agent: str | None, failure: str | None) -> Attributes:
    said = _failed({v.GEN_AI_TOOL_NAME: tool or v.UNKNOWN, v.GEN_AI_TOOL_TYPE: v.TOOL_TYPE_FUNCTION}, failure)
    return said if agent is None else {**said, v.GEN_AI_AGENT_NAME: agent}


_OTHER: Final[_Key] = (v.PROVIDER_OPENAI, None, None, None, None)
# The kinds of lines.
_CALLS: Final = "model calls"
_AGENTS: Final = "agents"
_TOOLS: Final = "tools"
_REQUESTS: Final = "requests"
_RUNS: Final = "runs"
# The first columns of a model call: the tokens of each counter.
_TOKENS: Final = tuple(attribute for attribute, _ in COUNTERS.values())
_OPERATION_TOKENS: Final = (
    (v.METRIC_OPERATION_INPUT_TOKENS, _TOKENS.index(v.GEN_AI_USAGE_INPUT_TOKENS)),
    (v.METRIC_OPERATION_OUTPUT_TOKENS, _TOKENS.index(v.GEN_AI_USAGE_OUTPUT_TOKENS)),
)
_KEYS: Final = (
    v.GEN_AI_PROVIDER_NAME,
    v.GEN_AI_REQUEST_MODEL,
    v.GEN_AI_RESPONSE_MODEL,
    v.SERVER_ADDRESS,
    v.SERVER_PORT,
)


def _text(found: Any) -> str | None:
    return found if type(found) is str else None


def _named(key: _Key) -> Attributes:
    said: Attributes = {name: value for name, value in zip(_KEYS, key, strict=True) if value is not None}
    said[v.GEN_AI_OPERATION_NAME] = v.OPERATION_CHAT
    return said


def _failed(said: Attributes, failure: str | None) -> Attributes:
    return said if failure is None else {**said, v.ERROR_TYPE: failure}


def _seconds(start_ns: int | None, end_ns: int | None) -> float:
    if start_ns is None or end_ns is None or end_ns < start_ns:
        return 0.0
    return (end_ns - start_ns) / 1e9


def _observing(metrics: weakref.ref[ClientMetrics], name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
    def observe(_: CallbackOptions) -> Iterable[Observation]:
        found = metrics()
        return found.observe(name) if found is not None else ()

    return observe


_of_meter: Final[weakref.WeakKeyDictionary[Meter, ClientMetrics]] = weakref.WeakKeyDictionary()


def client_metrics(meter: Meter) -> ClientMetrics:
    """Return the metrics of a meter: the same again for the same meter, whose instruments cannot be made twice."""
    found = _of_meter.get(meter)
    if found is None:
        found = _of_meter[meter] = ClientMetrics(meter)
    return found
