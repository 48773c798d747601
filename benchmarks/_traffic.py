"""Any number of conversations as real OpenTelemetry spans, in the order of event time, by one tracer provider.

The demo's day is played once through the Agents SDK and the bridge. Its spans and records are the moulds: each
conversation is one of them again, at another time, with ids, user, agents and tools of its own. So lengths, attributes
and signals are those of real runs, and a span costs little to make.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags

from benchmarks._moulds import Mould, MouldedRecord, MouldedSpan
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.span_maker import span_maker
from otel_agent_analytics.agents_sdk.trace_ids import SPAN_ID_MASK
from otel_agent_analytics.conversations.escalation import means_human
from otel_agent_analytics.conversations.events import LogRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.tracking.plain import service_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from random import Random

    from opentelemetry.sdk.trace import TracerProvider

_ERROR: Final = Status(StatusCode.ERROR)
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_NOTHING_ABOVE: Final = Context()
_MODELS: Final = ("gpt-4.1", "gpt-4.1-mini")
_FEW: Final = {v.GEN_AI_REQUEST_MODEL: _MODELS, v.GEN_AI_RESPONSE_MODEL: _MODELS, v.COUNTRY: ("NL", "DE", "FR")}


class _Talk:
    """One conversation that goes on."""

    __slots__ = ("agents", "begins_ns", "mould", "number", "place")

    def __init__(self, number: int, begins_ns: int, mould: Mould) -> None:
        self.number = number
        self.begins_ns = begins_ns
        self.mould = mould
        self.place = 0
        self.agents: dict[str, str] = {}


class Traffic:
    """Sends conversations, which begin at equal distances.

    Args:
        provider: makes the spans.
        record: takes what no span carries.
        kinds: the moulds; each conversation gets one by lot.
        agents: how many names of agents there are.
        tools: how many names of tools there are.
        few: whether there are only two models and three countries.
        rng: the only source of chance.
    """

    def __init__(
        self,
        provider: TracerProvider,
        record: Callable[[LogRecord], None],
        kinds: list[Mould],
        *,
        agents: int,
        tools: int,
        rng: Random,
        few: bool = False,
    ) -> None:
        self._maker = span_maker(provider.get_tracer("benchmark"))
        self._record = record
        self._moulds = kinds
        self._agents = [f"Agent {number}" for number in range(agents)]
        self._tools = [f"tool_{number}" for number in range(tools)]
        self._rng = rng
        self._few = few
        self._service = service_of(provider.resource)
        self.spans = 0
        """Sent so far."""
        self.records = 0
        self.now_ns = 0
        """Event time, UTC nanoseconds."""

    def send(self, numbers: Iterable[int], begins_ns: int, every_ns: int, tick_ns: int) -> Iterator[int]:
        """Send conversations to their ends; yield, at every tick of event time, how many have begun."""
        waiting: list[tuple[int, int, _Talk]] = []
        next_tick_ns, begun = begins_ns + tick_ns, 0
        for number in numbers:
            talk = _Talk(number, begins_ns + number * every_ns, self._rng.choice(self._moulds))
            while next_tick_ns <= talk.begins_ns:
                self._send_until(waiting, next_tick_ns)
                yield begun
                next_tick_ns += tick_ns
            heapq.heappush(waiting, (talk.begins_ns + talk.mould.parts[0].end_ns, number, talk))
            begun += 1
        while waiting:
            self._send_until(waiting, next_tick_ns)
            yield begun
            next_tick_ns += tick_ns

    def _send_until(self, waiting: list[tuple[int, int, _Talk]], until_ns: int) -> None:
        while waiting and waiting[0][0] <= until_ns:
            self.now_ns, number, talk = waiting[0]
            part = talk.mould.parts[talk.place]
            talk.place += 1
            if isinstance(part, MouldedSpan):
                self._span(talk, part)
            else:
                self._say(talk, part)
            if talk.place < len(talk.mould.parts):
                heapq.heapreplace(waiting, (talk.begins_ns + talk.mould.parts[talk.place].end_ns, number, talk))
            else:
                heapq.heappop(waiting)
        self.now_ns = until_ns

    def _span(self, talk: _Talk, part: MouldedSpan) -> None:
        said = {**part.attributes, v.GEN_AI_CONVERSATION_ID: f"conversation-{talk.number}"}
        for key in part.agents:
            said[key] = self._agent(talk, said[key])
        if part.tool:
            said[v.GEN_AI_TOOL_NAME] = self._rng.choice(self._tools)
        if v.USER_HASH in said:
            said[v.USER_HASH] = f"{talk.number:064x}"
        if self._few:
            self._simplify(said)
        trace_id = (talk.number + 1 << 72) + (part.run << 64) + talk.number + (part.run << 40) + 1
        # The root ends last, but the ids of its context are known beforehand.
        root = None
        if not part.root:
            root = NonRecordingSpan(
                SpanContext(trace_id, trace_id & SPAN_ID_MASK, is_remote=False, trace_flags=_SAMPLED)
            )
        start_ns = talk.begins_ns + part.start_ns
        span = self._maker.start(part.name, part.kind, said, _NOTHING_ABOVE, start_ns, trace_id, root)
        if part.failed:
            span.set_status(_ERROR)
        span.end(talk.begins_ns + part.end_ns)
        self.spans += 1

    def _simplify(self, said: dict[str, Any]) -> None:
        for key, names in _FEW.items():
            if key in said:
                said[key] = names[len(str(said[key])) % len(names)] if key != v.COUNTRY else self._rng.choice(names)

    def _say(self, talk: _Talk, part: MouldedRecord) -> None:
        said = {**part.attributes, v.GEN_AI_CONVERSATION_ID: f"conversation-{talk.number}"}
        if self._few:
            self._simplify(said)
        if v.GEN_AI_AGENT_NAME in said:
            said[v.GEN_AI_AGENT_NAME] = self._agent(talk, said[v.GEN_AI_AGENT_NAME])
        self._record(LogRecord(part.name, talk.begins_ns + part.end_ns, said, self._service))
        self.records += 1

    def _agent(self, talk: _Talk, name: str) -> str:
        if means_human(name, DEFAULT_RULES):
            return name
        found = talk.agents.get(name)
        if found is None:
            found = talk.agents[name] = self._rng.choice(self._agents)
        return found
