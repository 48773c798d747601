"""Traffic without an end: conversations that come as they would in service, by the hour of the day."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from statistics import fmean

from otel_agent_analytics.demo.mix import plan_day
from otel_agent_analytics.demo.plan import Plan
from otel_agent_analytics.demo.recording import record
from otel_agent_analytics.demo.scenes import load
from otel_agent_analytics.demo.schedule import DAY, HOURS
from otel_agent_analytics.demo.traffic import Transcript, id_of, transcript_of
from otel_agent_analytics.demo.weights import DAYS, ORDINARY_DAY

BLOCK = 360
"""Conversations that are planned at once: enough for every kind to occur, and all that is held beside the present."""
_EVENLY = 0.5
"""Share that comes evenly over the day, so that the night is not empty; the rest follows the curve of the day."""
_CROWD = 10
"""Users there are for each conversation of a day: few of them come back on the same day."""


def endless_traffic(
    *, seed: int = 1, conversations: int, start: datetime, day: str = ORDINARY_DAY
) -> Iterator[Transcript]:
    """Yield transcripts in the order of their first event, without an end.

    Their ids tell the time of the start, so that traffic which begins anew has new ones. The same arguments give the
    same transcripts.

    Args:
        seed: any integer.
        conversations: how many come in a day, visits included; at least 1.
        start: nothing happens before it; without an offset it is UTC.
        day: which kind, a name in ``weights.DAYS``.
    """
    rng = Random(seed)
    moment = start.replace(tzinfo=UTC) if start.tzinfo is None else start.astimezone(UTC)
    name = f"live-{moment:%Y%m%dT%H%M%S}-{seed}"
    for number, plan in enumerate(_plans(rng, conversations, day), start=1):
        moment += timedelta(seconds=_gap(moment, conversations, rng))
        yield transcript_of(id_of(number, name), plan, record(plan, load(plan.language), rng), moment, rng)


def _plans(rng: Random, conversations: int, day: str) -> Iterator[Plan]:
    for _ in count():
        before = rng.randrange(_CROWD * conversations)
        for plan in plan_day(rng, BLOCK, DAYS[day]):
            yield plan if plan.user is None else replace(plan, user=plan.user + before)


def _gap(moment: datetime, conversations: int, rng: Random) -> float:
    """Return the seconds until the next conversation begins."""
    of_the_hour = _EVENLY + (1 - _EVENLY) * HOURS[moment.hour] / fmean(HOURS)
    return rng.expovariate(conversations * of_the_hour / DAY)
