"""Players for ``replay.py`` that leave a part of this project out, and the transcripts that it plays."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agents.tracing import setup as sdk_setup
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from prometheus_client import CollectorRegistry

from benchmarks._noop import NoopTraceProcessor
from otel_agent_analytics.demo.traffic import synthetic_day
from otel_agent_analytics.install import Installation, replace_installation
from otel_agent_analytics.outputs.ledger import Ledger
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.transcripts.event_clock import ReplayTraceProvider
from otel_agent_analytics.transcripts.player import Player
from otel_agent_analytics.transcripts.reader import read_transcripts
from otel_agent_analytics.transcripts.schedule import scheduled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from otel_agent_analytics.transcripts.transcript import Transcript

_DAY: Final = datetime(2026, 1, 5, tzinfo=UTC)


class SdkPlayer(Player):
    """Plays with the SDK alone: its spans go to a processor that counts them, and nothing of ours is installed."""

    def __init__(self) -> None:
        super().__init__(_settings(), registry=CollectorRegistry())
        self.processor = NoopTraceProcessor()

    @contextmanager
    def installed(self) -> Iterator[Installation | None]:  # type: ignore[override]
        """Put the player's trace provider in place of the process's."""
        before = sdk_setup.GLOBAL_TRACE_PROVIDER
        provider = ReplayTraceProvider(self._clock, self._ids)
        provider.register_processor(self.processor)
        sdk_setup.set_trace_provider(provider)
        try:
            yield None
        finally:
            sdk_setup.GLOBAL_TRACE_PROVIDER = before


class BridgePlayer(Player):
    """Plays with the bridge, which makes OpenTelemetry spans, and without conversation metrics."""

    def __init__(self) -> None:
        super().__init__(_settings(), registry=CollectorRegistry())

    @contextmanager
    def installed(self) -> Iterator[Installation]:
        """Put the player's providers in place of the process's."""
        before = sdk_setup.GLOBAL_TRACE_PROVIDER
        sdk_setup.set_trace_provider(ReplayTraceProvider(self._clock, self._ids))
        provider = TracerProvider(ALWAYS_ON, self._resource, id_generator=self._ids, shutdown_on_exit=False)
        installation = Installation(provider, self._settings, conversation_metrics=False, clock=self._clock.tick)
        replace_installation(installation)
        try:
            yield installation
        finally:
            replace_installation(None)
            sdk_setup.GLOBAL_TRACE_PROVIDER = before


def whole_player() -> Player:
    """Return the player as ``replay`` and ``demo`` use it, with metrics and a ledger of records."""
    return Player(_settings(), registry=CollectorRegistry(), sinks=(Ledger(),))


def transcripts_of(files: Sequence[str], conversations: int) -> list[Transcript]:
    """Return the transcripts of the files; where none is given, those of the demo's day."""
    if files:
        return scheduled([one for name in files for one in _read(Path(name).read_bytes().splitlines(), name)])
    day = synthetic_day(conversations=conversations, start=_DAY)
    return scheduled(_read([json.dumps(one).encode() for one in day], "day"))


def _read(lines: list[bytes], name: str) -> list[Transcript]:
    def refuse(problem: Exception) -> None:
        raise problem

    return list(read_transcripts(lines, name, refuse))


def _settings() -> Settings:
    return replace(Settings(), user_key=b"benchmark")
