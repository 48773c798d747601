"""The standard GenAI metrics of runs, by the Meter API: durations, calls and tokens, from the same spans.

The token counters are read when they are collected, so that a model call costs an addition and not five calls of the
SDK.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.metrics import Observation

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.client_instruments import COUNTERS, HISTOGRAMS
from otel_agent_analytics.agents_sdk.recorder import Measurement, Recorder, record_alike, recorder
from otel_agent_analytics.agents_sdk.spans import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opentelemetry.context import Context
    from opentelemetry.metrics import CallbackOptions, Histogram, Meter

    from otel_agent_analytics.agents_sdk.run import OpenSpan, OpenTrace

Attributes = dict[str, Any]
_MOST_SERIES: Final = 1000
"""Token series that are kept; a service has a few. More are added to one that names no model."""

_LARGEST: Final = 2**63 - 1
_MOST_WAITING: Final = 256
_Key = tuple[Any, Any, Any, Any, Any]
_all: Final[weakref.WeakSet[ClientMetrics]] = weakref.WeakSet()


class ClientMetrics:
    """The instruments, and what the counters have come to. One per meter, since instruments cannot be taken back."""

    def __init__(self, meter: Meter) -> None:
        self._histograms: dict[str, Recorder | Histogram] = {
            name: recorder(meter.create_histogram(name, unit, meaning, explicit_bucket_boundaries_advisory=buckets))
            for name, (unit, buckets, meaning) in HISTOGRAMS.items()
        }
        self._waiting: deque[tuple[Recorder | Histogram, float, Attributes, Context]] = deque()
        """What is recorded in one go, when enough of it waits or metrics are read: one by one costs twice as much."""
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
        self._counted = tuple((self._sums[name], attribute) for name, (attribute, _) in COUNTERS.items())
        for name, (_, meaning) in COUNTERS.items():
            meter.create_observable_counter(name, [_observing(weakref.ref(self), name)], "{token}", meaning)
        self._by_role: dict[Role, Callable[[OpenSpan, Attributes, float, str | None], None]] = {
            Role.MODEL_CALL: self._model_call,
            Role.AGENT: self._agent,
            Role.TOOL: self._tool,
            Role.REQUEST: self._request,
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
        said = self._said_of_workflow[opened.workflow, failure]
        self._record(v.METRIC_WORKFLOW_DURATION, _seconds(opened.start_ns, end_ns), said, opened.context)

    def flush(self) -> None:
        """Record what waits."""
        waiting = self._waiting
        # What waits keeps its attributes alive, so that no two of them have one identity meanwhile.
        alike: dict[tuple[int, int], tuple[Recorder | Histogram, list[Measurement]]] = {}
        while waiting:
            try:
                one = waiting.popleft()
            except IndexError:  # another thread was quicker
                break
            histogram, value, said, context = one
            key = (id(histogram), id(said))
            if key not in alike:
                alike[key] = (histogram, [])
            alike[key][1].append((value, said, context))
        for histogram, measurements in alike.values():
            record_alike(histogram, measurements)

    def _record(self, name: str, value: float, said: Attributes, context: Context) -> None:
        self._waiting.append((self._histograms[name], value, said, context))
        if len(self._waiting) >= _MOST_WAITING:
            self.flush()

    def observe(self, name: str) -> Iterable[Observation]:
        """Return what a counter has come to; the histograms, which are read after the counters, get what waits."""
        for metrics in tuple(_all):  # the first to make a counter is asked for it, whoever uses it now
            metrics.flush()
        with self._lock:
            totals = list(self._sums[name].items())
        modality = {v.GEN_AI_TOKEN_MODALITY: v.MODALITY_UNKNOWN}
        return [Observation(total, {**self._said[key], **modality}) for key, total in totals]

    def _request(self, opened: OpenSpan, known: Attributes, seconds: float, failure: str | None) -> None:
        said = _failed({v.MCP_METHOD_NAME: v.MCP_TOOLS_LIST}, failure)
        self._record(v.METRIC_MCP_DURATION, seconds, said, opened.context)

    def _model_call(self, opened: OpenSpan, known: Attributes, seconds: float, failure: str | None) -> None:
        key, context, record = _key(opened, known), opened.context, self._record
        if key not in self._said:
            key = self._remember(key)
        said = self._said[key]
        for name, attribute in _OPERATION_TOKENS:
            tokens = known.get(attribute)
            if type(tokens) is int:
                record(name, tokens, said, context)
        first = known.get(v.GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK)
        if first is not None:
            record(v.METRIC_TIME_TO_FIRST_CHUNK, first, said, context)
        record(v.METRIC_INFERENCE_DURATION, seconds, _failed(said, failure), context)
        with self._lock:  # an addition is three steps, and agents run on any thread
            for sums, attribute in self._counted:
                tokens = known.get(attribute)
                if type(tokens) is int:
                    total = sums.get(key, 0) + tokens
                    sums[key] = total if total < _LARGEST else _LARGEST  # noqa: FURB136 - a call less

    def _remember(self, key: _Key) -> _Key:
        """Return a key under which the call may be counted."""
        key = key if len(self._said) < _MOST_SERIES else _OTHER
        self._said[key] = _named(key)
        return key

    def _agent(self, opened: OpenSpan, known: Attributes, seconds: float, failure: str | None) -> None:
        agent, context = opened.agent, opened.context
        if agent is None:
            return
        said = self._said_of_agent[agent.name, None, None]
        self._record(v.METRIC_AGENT_INFERENCE_CALLS, agent.inference_calls, said, context)
        self._record(v.METRIC_AGENT_TOOL_CALLS, agent.tool_calls, said, context)
        model = agent.model if agent.model is not None and self._has_room(agent.name, agent.model) else None
        said = self._said_of_agent[agent.name, model, failure]
        self._record(v.METRIC_AGENT_DURATION, seconds, said, context)

    def _has_room(self, agent: str | None, model: str) -> bool:
        if len(self._agents) < _MOST_SERIES:
            self._agents.add((agent, model))
        return (agent, model) in self._agents

    def _tool(self, opened: OpenSpan, known: Attributes, seconds: float, failure: str | None) -> None:
        agent = opened.agent.name if opened.agent is not None else None
        said = self._said_of_tool[opened.subject, agent, failure]
        self._record(v.METRIC_TOOL_DURATION, seconds, said, opened.context)

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
_OPERATION_TOKENS: Final = (
    (v.METRIC_OPERATION_INPUT_TOKENS, v.GEN_AI_USAGE_INPUT_TOKENS),
    (v.METRIC_OPERATION_OUTPUT_TOKENS, v.GEN_AI_USAGE_OUTPUT_TOKENS),
)
_KEYS: Final = (
    v.GEN_AI_PROVIDER_NAME,
    v.GEN_AI_REQUEST_MODEL,
    v.GEN_AI_RESPONSE_MODEL,
    v.SERVER_ADDRESS,
    v.SERVER_PORT,
)


def _key(opened: OpenSpan, known: Attributes) -> _Key:
    agent, response = opened.agent, _text(known, v.GEN_AI_RESPONSE_MODEL)
    request = opened.subject or _text(known, v.GEN_AI_REQUEST_MODEL)
    if agent is None:
        return v.PROVIDER_OPENAI, request, response, None, None
    return agent.provider, request or agent.model, response, agent.address, agent.port


def _text(known: Attributes, key: str) -> str | None:
    found = known.get(key)
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
