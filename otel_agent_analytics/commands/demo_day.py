"""The day that the demo plays: made-up transcripts, each with its times."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.demo.traffic import synthetic_day
from otel_agent_analytics.transcripts.reader import read_transcripts
from otel_agent_analytics.transcripts.schedule import scheduled

if TYPE_CHECKING:
    from otel_agent_analytics.transcripts.transcript import Transcript

SERVICE: Final = "northwind-support"
WINDOW: Final = "from=2026-01-04&to=2026-01-06"
"""The days that it touches, as the JSON API takes them."""
_BEGIN: Final = datetime(2026, 1, 4, 18, tzinfo=UTC)
"""When the simulated day begins, a Sunday evening, so that on Monday some users return from the day before. Fixed, so
that a seed gives the same figures on any day."""


def transcripts_of_day(seed: int, conversations: int) -> list[Transcript]:
    """Return the transcripts of a day; the same arguments give the same day."""

    def refuse(problem: Exception) -> None:
        raise problem  # our own traffic must be readable

    day = synthetic_day(seed=seed, conversations=conversations, start=_BEGIN)
    lines = (json.dumps(transcript, ensure_ascii=False).encode() for transcript in day)
    return scheduled(list(read_transcripts(lines, "demo", refuse)))
