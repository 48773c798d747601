"""When things happen: the curve of the day and the pauses between messages, in seconds."""

from datetime import datetime, timedelta
from random import Random

from otel_agent_analytics.demo.plan import deal

DAY = 86_400.0
MARGIN = 1.0

# Weight of each hour of the clock in UTC: quiet at night, most at 10 to 12 and 19 to 21.
HOURS = (2, 1, 1, 1, 1, 2, 4, 8, 12, 16, 22, 22, 15, 13, 13, 13, 13, 14, 16, 22, 22, 14, 8, 4)


def user_pause(rng: Random) -> float:
    """Return how long a user reads and writes: 10 to 120 s."""
    return rng.triangular(10, 120, 30)


def agent_pause(rng: Random) -> float:
    """Return how long an agent takes for a message: 1 to 20 s."""
    return rng.triangular(1, 20, 3)


def tool_pause(rng: Random) -> float:
    """Return how long a tool takes: 0.2 to 4 s."""
    return rng.triangular(0.2, 4, 0.6)


def silence(rng: Random) -> float:
    """Return how long a user stays away before coming back: 45 to 300 min."""
    return rng.uniform(45 * 60, 300 * 60)


def place(durations: list[float], start: datetime, rng: Random) -> list[float]:
    """Return for each conversation the seconds from `start` to its first message, so that it ends within the day."""
    half_past = [start + timedelta(hours=slot, minutes=30) for slot in range(24)]
    slots = deal(rng, {slot: HOURS[moment.hour] for slot, moment in enumerate(half_past)}, len(durations))
    offsets = [(slot + rng.random()) * 3_600 for slot in slots]
    return [_fit(offset, DAY - MARGIN - duration, rng) for offset, duration in zip(offsets, durations, strict=True)]


def _fit(offset: float, latest: float, rng: Random) -> float:
    # Drawn anew rather than moved to the limit: else the last minutes of the day would get a crowd.
    return offset if offset <= latest else rng.uniform(0, latest)
