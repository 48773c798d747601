"""The demo's day, played once through the real Agents SDK: what each of its conversations sends, and its plan."""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.commands.demo_agent import of_demo
from otel_agent_analytics.commands.demo_day import SERVICE
from otel_agent_analytics.conversations.events import LogRecord, SpanRecord
from otel_agent_analytics.demo.traffic import planned_day
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.tracking.plain import service_of, span_record, version_of
from otel_agent_analytics.transcripts.player import Player
from otel_agent_analytics.transcripts.reader import read_transcripts
from otel_agent_analytics.transcripts.schedule import scheduled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.sdk._logs import ReadableLogRecord

    from otel_agent_analytics.demo.plan import Plan
    from otel_agent_analytics.transcripts.transcript import Transcript

Source: TypeAlias = "SpanRecord | LogRecord"

BEGIN: Final = datetime(2026, 1, 5, tzinfo=UTC)
"""When the day begins: at midnight, so that what happens in it has the time of day that the demo's curve gives it."""
CONVERSATIONS: Final = 360


class Recorded(NamedTuple):
    """One conversation, as an agent sent it."""

    plan: Plan
    sources: list[Source]
    """Spans and log records in the order in which they ended."""
    start_ns: int
    """When its first span or record began, nanoseconds since the day began."""


@functools.cache
def recorded_day() -> list[Recorded]:
    """Play the day, which takes some seconds, and return its conversations."""
    plans, transcripts = _planned()
    spans = InMemorySpanExporter()
    records = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]  # as its class has it
    player = Player(
        of_demo(Settings.from_environment(user_key="history")),
        registry=None,
        span_processors=[SimpleSpanProcessor(spans)],
        log_processors=[SimpleLogRecordProcessor(records)],
        service=SERVICE,
    )
    with player.installed():
        problems = player.play(transcripts)
    if problems:
        raise RuntimeError(f"the day cannot be played: {problems}")
    sources: list[Source] = [*map(span_record, spans.get_finished_spans())]
    sources += map(_plain, records.get_finished_logs())
    return _by_conversation(plans, sources)


def end_ns(source: Source) -> int:
    """Return when a span or a record was over, UTC nanoseconds."""
    return source.end_ns if isinstance(source, SpanRecord) else source.time_ns


def begin_ns(source: Source) -> int:
    """Return when a span or a record began, UTC nanoseconds."""
    return source.start_ns if isinstance(source, SpanRecord) else source.time_ns


def _planned() -> tuple[dict[str, Plan], list[Transcript]]:
    def refuse(problem: Exception) -> None:
        raise problem

    day = list(planned_day(conversations=CONVERSATIONS, start=BEGIN))
    lines = (json.dumps(transcript).encode() for _, transcript in day)
    return {str(said["id"]): plan for plan, said in day}, scheduled(list(read_transcripts(lines, "day", refuse)))


def _plain(readable: ReadableLogRecord) -> LogRecord:
    record, resource = readable.log_record, readable.resource
    trace_id = format(record.trace_id, "032x") if record.trace_id else ""
    return LogRecord(
        record.event_name or "", record.timestamp or 0, dict(record.attributes or {}), service_of(resource), trace_id,
        version_of(resource),
    )  # fmt: skip


def _by_conversation(plans: dict[str, Plan], sources: Iterable[Source]) -> list[Recorded]:
    found: dict[str, list[Source]] = {name: [] for name in plans}
    for source in sorted(sources, key=end_ns):
        found[source.attributes[v.GEN_AI_CONVERSATION_ID]].append(source)
    day_ns = round(BEGIN.timestamp()) * 10**9
    return [Recorded(plans[name], said, min(map(begin_ns, said)) - day_ns) for name, said in found.items() if said]
