"""The days that the demo plays: made-up transcripts, each with its times."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.demo.live import endless_traffic
from otel_agent_analytics.demo.traffic import NAME, ids_of_day, synthetic_day
from otel_agent_analytics.demo.weights import ORDINARY_DAY
from otel_agent_analytics.transcripts.reader import read_transcripts
from otel_agent_analytics.transcripts.schedule import scheduled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from otel_agent_analytics.transcripts.transcript import Transcript

SERVICE: Final = "northwind-support"
WINDOW: Final = "from=2026-01-04&to=2026-01-06"
"""The days that it touches, as the JSON API takes them."""
_BEGIN: Final = datetime(2026, 1, 4, 18, tzinfo=UTC)
"""When the simulated day begins, a Sunday evening, so that on Monday some users return from the day before. Fixed, so
that a seed gives the same figures on any day."""


class Day(NamedTuple):
    """One day; the same values give the same conversations."""

    seed: int
    conversations: int
    """How many, visits included."""
    kind: str = ORDINARY_DAY
    """A name in ``weights.DAYS``."""
    name: str = NAME
    """What the ids of its conversations begin with."""
    begin: datetime = _BEGIN
    """When its 24 hours begin."""

    @property
    def ids(self) -> list[str]:
        """The ids of its conversations."""
        return ids_of_day(self.conversations, self.name)


def transcripts_of_day(seed: int, conversations: int) -> list[Transcript]:
    """Return the transcripts of the ordinary day in January 2026; the same arguments give the same day."""
    return transcripts_of(Day(seed, conversations))


def transcripts_of(day: Day) -> list[Transcript]:
    """Return the transcripts of a day."""
    return scheduled(
        list(
            _read(
                synthetic_day(
                    seed=day.seed, conversations=day.conversations, start=day.begin, day=day.kind, name=day.name
                )
            )
        )
    )


def transcripts_without_end(seed: int, conversations: int, kind: str, start: datetime) -> Iterator[Transcript]:
    """Yield the transcripts of traffic in real time, as ``endless_traffic`` does."""
    traffic = endless_traffic(seed=seed, conversations=conversations, start=start, day=kind)
    return (scheduled([one])[0] for one in _read(traffic))


def _read(traffic: Iterable[dict[str, object]]) -> Iterator[Transcript]:
    def refuse(problem: Exception) -> None:
        raise problem  # our own traffic must be readable

    lines = (json.dumps(transcript, ensure_ascii=False).encode() for transcript in traffic)
    return read_transcripts(lines, "demo", refuse)
