"""What ``replay`` and ``demo`` share: play transcripts with a progress bar, and keep or send what comes of them."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from prometheus_client import CollectorRegistry

from otel_agent_analytics.commands.progress import progress_bar
from otel_agent_analytics.outputs.ledger import Ledger
from otel_agent_analytics.transcripts.cues import WHOLE
from otel_agent_analytics.transcripts.player import Player
from otel_agent_analytics.transcripts.sending import FOR_EVER, GatheredRecords, GatheredSpans, Sender, sending
from otel_agent_analytics.values import LONGEST_ID, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from opentelemetry.sdk.trace import SpanProcessor

    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.settings import Settings
    from otel_agent_analytics.transcripts.cues import Share
    from otel_agent_analytics.transcripts.transcript import Transcript


class Played(NamedTuple):
    """What came of playing transcripts."""

    records: list[ConversationRecord]
    problems: list[str]
    """What could not be played, as ``FILE:LINE: why``."""
    registry: CollectorRegistry
    """Shows the metrics while the block lasts."""


class Sent(NamedTuple):
    """What came of playing and sending transcripts."""

    problems: list[str]
    """What could not be played, as ``FILE:LINE: why``."""
    lost: int
    """Spans and records that could not be sent."""


class Target(NamedTuple):
    """Where to send what is played."""

    endpoint: str
    """``http://HOST:PORT`` or ``https://…``."""
    protocol: str
    """http or grpc."""


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
        with progress_bar("conversations", len(transcripts)) as advance:
            problems = player.play(transcripts, advance)
        player.finish(installation)
        yield Played(ledger.records(), problems, registry)


def sent(
    transcripts: Sequence[Transcript],
    settings: Settings,
    target: Target,
    *,
    service: str,
    progress: Callable[[int], None],
    share: Share = WHOLE,
) -> Sent:
    """Play scheduled transcripts as an agent that derives nothing, and send spans and log records by OTLP.

    Args:
        transcripts: with a time for every message.
        settings: everything that can be set.
        target: where to send to.
        service: name of the service where the environment gives none.
        progress: called with the number of conversations that have been played to their end.
        share: which part of them is this process's.

    Raises:
        UsageError: the endpoint is no address.
    """
    with sending(target.endpoint, target.protocol) as sender:
        player = _sending_player(settings, sender, service)
        with player.installed():
            problems = player.play(transcripts, progress, share=share)
    return Sent(problems, sender.lost)


def sent_as_it_happens(
    transcripts: Iterable[Transcript],
    settings: Settings,
    target: Target,
    *,
    service: str,
    wait: Callable[[int, Callable[[], None]], bool],
    is_over: Callable[[], bool],
) -> Sent:
    """Play transcripts as an agent that derives nothing, in real time, and send each part of them when it is over.

    Where the receiver is away, the playing waits for it; then what is overdue follows at once.

    Args:
        transcripts: with a time for every message, in the order of their first event; there may be no end to them.
        settings: everything that can be set.
        target: where to send to.
        service: name of the service where the environment gives none.
        wait: is given a time, UTC nanoseconds, and what sends: does so, and returns when the time has come. False ends
            it, and so does what it raises. Only in here is anything waited for.
        is_over: whether somebody wants it to end: then nothing is sent again.

    Raises:
        UsageError: the endpoint is no address.
    """
    with sending(target.endpoint, target.protocol, FOR_EVER, is_over) as sender:
        player = _sending_player(settings, sender, service)

        def send_and_wait(at_ns: int) -> bool:
            return wait(at_ns, sender.flush if at_ns > time.time_ns() else sender.flush_full)

        with player.installed():
            problems = player.play_as_it_happens(transcripts, send_and_wait)
    return Sent(problems, sender.lost)


def _sending_player(settings: Settings, sender: Sender, service: str) -> Player:
    return Player(
        settings,
        registry=None,
        span_processors=[SimpleSpanProcessor(GatheredSpans(sender))],
        log_processors=[SimpleLogRecordProcessor(GatheredRecords(sender))],
        service=service,
    )


def ids_of(transcripts: Sequence[Transcript]) -> list[str]:
    """Return the ids of conversations as spans have them, each once."""
    return list(dict.fromkeys(text(transcript.id.strip(), LONGEST_ID) for transcript in transcripts))
