"""The moulds of ``_traffic.py``: what each conversation of the demo's day sends, once played through the real SDK."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import SpanContext, StatusCode
from prometheus_client import CollectorRegistry

from benchmarks._plays import transcripts_of
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.escalation import means_human
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.transcripts.player import Player

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from otel_agent_analytics.conversations.events import LogRecord

_AGENT_KEYS: Final = (v.GEN_AI_AGENT_NAME, v.ANSWERING_AGENT, v.HANDOFF_FROM_AGENT, v.HANDOFF_TO_AGENT)


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
