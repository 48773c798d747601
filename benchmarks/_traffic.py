"""Any number of conversations as real OpenTelemetry spans, in the order of event time, by one tracer provider.

The demo's day is played once through the Agents SDK and the bridge. Its spans and records are the moulds: each
conversation is one of them again, at another time, with ids, user, agents and tools of its own. So lengths, attributes
and signals are those of real runs, and a span costs little to make.
"""

from __future__ import annotations

import heapq
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from opentelemetry.context import Context
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags
from prometheus_client import CollectorRegistry

from benchmarks._plays import transcripts_of
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.span_maker import span_maker
from otel_agent_analytics.agents_sdk.trace_ids import SPAN_ID_MASK
from otel_agent_analytics.conversations.escalation import means_human
from otel_agent_analytics.conversations.events import LogRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.tracking.plain import service_of
from otel_agent_analytics.transcripts.player import Player

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from random import Random

    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

_AGENT_KEYS: Final = (v.GEN_AI_AGENT_NAME, v.ANSWERING_AGENT, v.HANDOFF_FROM_AGENT, v.HANDOFF_TO_AGENT)
_ERROR: Final = Status(StatusCode.ERROR)
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_NOTHING_ABOVE: Final = Context()


class MouldedSpan(NamedTuple):
    """One span of a mould. Times are nanoseconds since the begin of the conversation."""

    end_ns: int
    start_ns: int
    name: str
    kind: Any
    attributes: dict[str, Any]
    agents: tuple[str, ...]
    """Attributes that name an agent."""
    tool: bool
    """Whether it is a call of a tool whose name may be another."""
    failed: bool
    run: int
    """Which of the conversation's traces it is in, from 0."""
    root: bool


class MouldedRecord(NamedTuple):
    """One log record of a mould; ``end_ns`` is when it is made."""

    end_ns: int
    name: str
    attributes: dict[str, Any]


class Mould(NamedTuple):
    """What one conversation sends, in the order in which it ends."""

    parts: tuple[MouldedSpan | MouldedRecord, ...]


def moulds() -> list[Mould]:
    """Play the demo's day; return what each of its conversations sent."""
    kept = _Kept()
    player = Player(Settings(user_key=b"benchmark"), registry=CollectorRegistry(), span_processors=(kept,))
    transcripts = transcripts_of((), 360)
    with player.installed() as installation:
        processor = installation.conversations
        if processor is None:
            raise RuntimeError("the player derives no conversations")
        take = processor.take_record

        def keep(record: LogRecord, resource: Any) -> None:
            kept.records.append(record)
            take(record, resource)

        processor.take_record = keep  # type: ignore[method-assign]  # what no span carries goes this way alone
        problems = player.play(transcripts)
    if problems:
        raise SystemExit("\n".join(problems))
    return [_mould(kept, transcript.id) for transcript in transcripts]


class _Kept(SpanProcessor):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []
        self.records: list[LogRecord] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


def _mould(kept: _Kept, conversation_id: str) -> Mould:
    spans = [s for s in kept.spans if (s.attributes or {}).get(v.GEN_AI_CONVERSATION_ID) == conversation_id]
    records = [r for r in kept.records if r.attributes.get(v.GEN_AI_CONVERSATION_ID) == conversation_id]
    begins_ns = min([*(s.start_time or 0 for s in spans), *(r.time_ns for r in records)])
    traces = list(dict.fromkeys(_context(span).trace_id for span in spans))
    parts: list[MouldedSpan | MouldedRecord] = [
        MouldedRecord(r.time_ns - begins_ns, r.event_name, dict(r.attributes)) for r in records
    ]
    parts += [_moulded(span, begins_ns, traces.index(_context(span).trace_id)) for span in spans]
    return Mould(tuple(sorted(parts, key=attrgetter("end_ns"))))


def _moulded(span: ReadableSpan, begins_ns: int, run: int) -> MouldedSpan:
    said = dict(span.attributes or {})
    tool = said.get(v.GEN_AI_TOOL_NAME)
    return MouldedSpan(
        end_ns=(span.end_time or 0) - begins_ns,
        start_ns=(span.start_time or 0) - begins_ns,
        name=span.name,
        kind=span.kind,
        attributes=said,
        agents=tuple(key for key in _AGENT_KEYS if key in said),
        tool=isinstance(tool, str) and not means_human(tool, DEFAULT_RULES),
        failed=span.status.status_code is StatusCode.ERROR,
        run=run,
        root=span.parent is None,
    )


def _context(span: ReadableSpan) -> SpanContext:
    context = span.get_span_context()
    if context is None:
        raise RuntimeError(f"a span without ids: {span.name}")
    return context


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
    ) -> None:
        self._maker = span_maker(provider.get_tracer("benchmark"))
        self._record = record
        self._moulds = kinds
        self._agents = [f"Agent {number}" for number in range(agents)]
        self._tools = [f"tool_{number}" for number in range(tools)]
        self._rng = rng
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

    def _say(self, talk: _Talk, part: MouldedRecord) -> None:
        said = {**part.attributes, v.GEN_AI_CONVERSATION_ID: f"conversation-{talk.number}"}
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
