"""Plays transcripts through the real Agents SDK: each user message that gets an answer is one ``Runner.run``.

Nothing here counts anything. What a replay shows came as spans and log records through the bridge and the tracker.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from agents import InputGuardrailTripwireTriggered, RunConfig, Runner
from agents.tracing import setup as sdk_setup
from opentelemetry.sdk._logs import LoggerProvider, LogRecordLimits
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from otel_agent_analytics import api
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.rules import SECOND_NS
from otel_agent_analytics.errors import UsageError
from otel_agent_analytics.install import Installation, installed, replace_installation
from otel_agent_analytics.judging import rules_of
from otel_agent_analytics.signals.tool_result import says_failed
from otel_agent_analytics.transcripts.cues import WHOLE, Cue, Played, Share, answers, as_they_happen, cues
from otel_agent_analytics.transcripts.event_clock import EventClock, PositionIds, ReplayTraceProvider
from otel_agent_analytics.transcripts.model import RecordedModelError
from otel_agent_analytics.transcripts.script import Run, Said
from otel_agent_analytics.transcripts.team import Team, recorded_guardrail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from opentelemetry.sdk._logs import LogRecordProcessor
    from opentelemetry.sdk.trace import SpanProcessor
    from prometheus_client import CollectorRegistry

    from otel_agent_analytics.settings import Settings
    from otel_agent_analytics.tracking.sink import Sink
    from otel_agent_analytics.transcripts.transcript import Message, Transcript

logger = logging.getLogger("otel_agent_analytics")

_WORKFLOW: Final = "replayed conversation"
_PROBLEMS_KEPT: Final = 100
_NO_LIMITS: Final = SpanLimits(
    max_span_attributes=SpanLimits.UNSET,
    max_attribute_length=SpanLimits.UNSET,
    max_span_attribute_length=SpanLimits.UNSET,
)
"""A recording may hold any number of facts; what is over a limit would push the others out of the span."""
_NO_LOG_LIMITS: Final = LogRecordLimits(
    max_attributes=LogRecordLimits.UNSET,
    max_attribute_length=LogRecordLimits.UNSET,
    max_log_record_attributes=LogRecordLimits.UNSET,
    max_log_record_attribute_length=LogRecordLimits.UNSET,
)


class Player:
    """Plays transcripts, in the order of event time, into an installation of its own.

    Args:
        settings: everything that can be set.
        registry: where the metrics are shown; None: nothing is derived here, and the spans are as of an agent that
            leaves that to an analyzer.
        sinks: what takes events and records beside the metrics.
        span_processors: what else gets the spans, such as an exporter.
        log_processors: what gets the log records, where nothing is derived here.
        service: name of the service where the environment gives none.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        registry: CollectorRegistry | None,
        sinks: Sequence[Sink] = (),
        span_processors: Sequence[SpanProcessor] = (),
        log_processors: Sequence[LogRecordProcessor] = (),
        service: str = "replay",
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._sinks = sinks
        self._span_processors = span_processors
        self._log_processors = log_processors
        self._resource = _resource(service)
        self._clock = EventClock()
        self._ids = PositionIds()

    @contextmanager
    def installed(self) -> Iterator[Installation]:
        """Put the player's providers in place of the process's; back again at the end of the block.

        All other trace processors of the SDK are out of play meanwhile, so nothing is uploaded anywhere.

        Raises:
            UsageError: OpenTelemetry is switched off in this process.
        """
        if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
            raise UsageError("OTEL_SDK_DISABLED is true: OpenTelemetry makes no spans, so nothing can be played")
        before = sdk_setup.GLOBAL_TRACE_PROVIDER
        provider = TracerProvider(
            ALWAYS_ON, self._resource, id_generator=self._ids, shutdown_on_exit=False, span_limits=_NO_LIMITS
        )
        try:
            sdk_setup.set_trace_provider(ReplayTraceProvider(self._clock, self._ids))
            installation = Installation(
                provider,
                self._settings,
                logger_provider=self._logger_provider(),
                conversation_metrics=self._registry is not None,
                metrics_registry=self._registry,
                clock=self._clock.tick,
                follow_clock=False,
                event_ids=lambda: self._ids.hex(32),
                sinks=self._sinks,
            )
            for processor in self._span_processors:
                provider.add_span_processor(processor)
            replace_installation(installation)
            yield installation
        finally:
            replace_installation(None)
            provider.shutdown()
            sdk_setup.GLOBAL_TRACE_PROVIDER = before

    def play(
        self,
        transcripts: Sequence[Transcript],
        progress: Callable[[int], None] = lambda _: None,
        *,
        share: Share = WHOLE,
    ) -> list[str]:
        """Play scheduled transcripts to their end, inside ``installed()``.

        Args:
            transcripts: with a time for every message.
            progress: called with the number of conversations that have been played to their end.
            share: which part of them is to be played here; the others are passed over.

        Returns:
            What could not be played, as ``FILE:LINE: why``.
        """
        return asyncio.run(self._play(transcripts, progress, share))

    def play_as_it_happens(self, transcripts: Iterable[Transcript], wait: Callable[[int], bool]) -> list[str]:
        """Play scheduled transcripts part by part, each when it is over, inside ``installed()``.

        Args:
            transcripts: with a time for every message, in the order of their first event; there may be no end to them.
            wait: returns when a time has come, UTC nanoseconds; False ends it.

        Returns:
            What could not be played, as ``FILE:LINE: why``; the latest hundred.
        """
        return asyncio.run(self._play_as_it_happens(transcripts, wait))

    def finish(self, installation: Installation) -> None:
        """Let the clock run until every conversation has ended and it is settled whether its user came back."""
        rules = rules_of(self._settings)
        longest_ns = rules.max_age_ns + max(rules.reopen_ns, rules.return_ns) + rules.held_on_ns
        installation.advance_to(self._latest_ns + longest_ns + SECOND_NS)

    def _logger_provider(self) -> LoggerProvider | None:
        """Return what takes log records; None for that of the process, which hears nothing of what is derived."""
        if not self._log_processors:
            return None
        found = LoggerProvider(self._resource, shutdown_on_exit=False, log_record_limits=_NO_LOG_LIMITS)
        for processor in self._log_processors:
            found.add_log_record_processor(processor)
        return found

    async def _play(
        self, transcripts: Sequence[Transcript], progress: Callable[[int], None], share: Share
    ) -> list[str]:
        self._latest_ns = 0
        problems: list[str] = []
        played = [Played(transcript) for transcript in transcripts]
        team = Team(self._clock)
        for cue in sorted(cues(played)):
            one = played[cue.conversation]
            if not share.has(cue, one.parts):
                one.pass_over(cue.part)
                continue
            _advance(cue.at_ns - 1)
            problems += await self._perform(one, cue, team)
            if one.is_last(cue.part):
                progress(1)
            self._latest_ns = max(self._latest_ns, one.last_ns)
        return problems

    async def _play_as_it_happens(self, transcripts: Iterable[Transcript], wait: Callable[[int], bool]) -> list[str]:
        problems: deque[str] = deque(maxlen=_PROBLEMS_KEPT)
        team = Team(self._clock)
        for due in as_they_happen(transcripts):
            if not wait(due.over_ns):
                break
            problems += await self._perform(due.one, due.cue, team)
        return list(problems)

    async def _perform(self, one: Played, cue: Cue, team: Team) -> list[str]:
        """Play one part, and what is said when all is over; return what could not be played."""
        self._go_to(one, cue)
        with api.conversation(one.transcript.id, **one.transcript.context):
            problem = await self._part(one, cue.part, team)
        if one.is_last(cue.part):
            self._close(one)
        one.last_ns = self._clock.now_ns
        return [] if problem is None else [f"{one.transcript.where}: {problem}"]

    def _go_to(self, one: Played, cue: Cue) -> None:
        self._clock.set(max(cue.at_ns, one.last_ns))
        part = one.parts[cue.part] if one.parts else None
        text = part.text if isinstance(part, Run) else part.message.text if part is not None else ""
        self._ids.enter(one.transcript.id, cue.part, text)

    async def _part(self, one: Played, place: int, team: Team) -> str | None:
        if not one.parts:
            api.start_conversation(one.transcript.id, **one.transcript.context)
            return None
        part = one.parts[place]
        if isinstance(part, Said):
            self._say(one, part.message)
            return None
        return await self._run(one, part, team)

    async def _run(self, one: Played, run: Run, team: Team) -> str | None:
        """Play one run; return what went wrong with the playing itself."""
        transcript = one.transcript
        prefix = self._ids.hex(16)
        team.model.load(run.moves, name=transcript.model, prefix=prefix)
        agent = team.agent(run.agent, transcript, one.parts)
        # The traces stay in this process, and without the texts there is nothing to measure.
        config = RunConfig(
            workflow_name=_WORKFLOW,
            group_id=transcript.id,
            trace_include_sensitive_data=True,
            input_guardrails=[recorded_guardrail(guardrail) for guardrail in run.guardrails],
        )
        one.history.append({"role": "user", "content": run.text})
        try:
            if transcript.streamed:
                result = Runner.run_streamed(agent, list(one.history), run_config=config, max_turns=None)
                async for _ in result.stream_events():
                    pass
            else:
                await Runner.run(agent, list(one.history), run_config=config, max_turns=None)
        except (RecordedModelError, InputGuardrailTripwireTriggered):
            pass  # the recording says that this run fails, and so it did
        except Exception as problem:  # noqa: BLE001 - whatever the SDK makes of a recording, the others are played
            return f"cannot be played: {type(problem).__name__}: {problem}"
        for message in run.left:
            self._say(one, message)
        one.history += answers(run)
        return None if team.model.exhausted else "the run ended before the recording did"

    def _say(self, one: Played, message: Message) -> None:
        """Record a message that no run carries, and its calls."""
        self._clock.reach(message.at_ns or 0)
        if message.role == "user":
            api.record_event("user_message", one.transcript.id, text=message.text)
        elif message.text:
            api.record_event("agent_response", one.transcript.id, text=message.text, agent=message.agent)
        for call in message.calls:
            begun_ns = self._clock.now_ns
            self._clock.reach(call.result_ns or 0)
            failed = says_failed(call.result, self._settings.tool_error_pattern)
            api.record_event(
                "tool_called",
                one.transcript.id,
                tool=call.name,
                agent=message.agent,
                error_type=v.TOOL_ERROR_RESULT if failed else None,
                duration_seconds=(self._clock.now_ns - begun_ns) / SECOND_NS,
            )
        one.history.append({"role": message.role, "content": message.text})

    def _close(self, one: Played) -> None:
        for rating in one.transcript.feedback:
            api.feedback(one.transcript.id, **rating)
        if one.transcript.outcome is not None:
            api.end_conversation(one.transcript.id, outcome=one.transcript.outcome)


def _advance(watermark_ns: int) -> None:
    installation = installed()
    if installation is not None:
        installation.advance_to(watermark_ns)


def _resource(service: str) -> Resource:
    resource = Resource.create()
    named = not str(resource.attributes.get(v.SERVICE_NAME, "unknown_service")).startswith("unknown_service")
    return resource if named else resource.merge(Resource({v.SERVICE_NAME: service}))
