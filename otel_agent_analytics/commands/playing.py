"""What ``replay`` and ``demo`` share: play transcripts with a progress bar, and keep what came of them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from otel_agent_analytics.outputs.ledger import Ledger
from otel_agent_analytics.transcripts.player import Player

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from opentelemetry.sdk.trace import SpanProcessor

    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.settings import Settings
    from otel_agent_analytics.transcripts.transcript import Transcript


class Played(NamedTuple):
    """What came of playing transcripts."""

    records: list[ConversationRecord]
    problems: list[str]
    """What could not be played, as ``FILE:LINE: why``."""
    registry: CollectorRegistry
    """Shows the metrics while the block lasts."""


@contextmanager
def played(
    transcripts: Sequence[Transcript],
    settings: Settings,
    *,
    service: str,
    span_processors: Sequence[SpanProcessor] = (),
) -> Iterator[Played]:
    """Play scheduled transcripts until every conversation has ended; the metrics are there until the block ends."""
    ledger, registry = Ledger(), CollectorRegistry()
    player = Player(settings, registry=registry, sinks=(ledger,), span_processors=span_processors, service=service)
    with player.installed() as installation:
        with _bar(len(transcripts)) as bar:
            task = bar.add_task("conversations", total=len(transcripts))
            problems = player.play(transcripts, lambda done: bar.advance(task, done))
        player.finish(installation)
        yield Played(ledger.records(), problems, registry)


def _bar(total: int) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal or not total)
