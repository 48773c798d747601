"""The demo's traffic in real time: as many as asked for, by the hour of the day, each conversation a new one."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Any

import pytest

from otel_agent_analytics.demo.live import BLOCK, endless_traffic
from otel_agent_analytics.demo.weights import DAYS

START = datetime(2026, 11, 21, 7, tzinfo=UTC)
DAY = timedelta(days=1)


def first(transcript: dict[str, Any]) -> datetime:
    """Return when a conversation begins."""
    stamp = transcript["messages"][0]["timestamp"] if transcript["messages"] else transcript["timestamp"]
    return datetime.fromisoformat(stamp)


def days(conversations: int, number: int = 1) -> list[dict[str, Any]]:
    """Return what comes in so many days."""
    traffic = endless_traffic(conversations=conversations, start=START)
    return list(takewhile(lambda one: first(one) < START + number * DAY, traffic))


@pytest.mark.parametrize("conversations", [100, 2000])
def test_as_many_come_in_a_day_as_asked_for(conversations: int) -> None:
    """Within five standard deviations of a Poisson count, in order, and none before the start."""
    moments = [first(one) for one in days(conversations)]
    assert abs(len(moments) - conversations) < 5 * conversations**0.5
    assert moments == sorted(moments)
    assert moments[0] > START


def test_the_night_is_quiet_but_not_empty() -> None:
    """Half of the traffic is even, so that a watcher at night sees some; the rest follows the curve of the day."""
    by_hour = Counter(first(one).hour for one in days(4000))
    night, noon = sum(by_hour[hour] for hour in range(1, 5)) / 4, (by_hour[10] + by_hour[11]) / 2
    assert 4000 / 24 * 0.4 < night < 0.5 * noon


def test_every_conversation_is_a_new_one() -> None:
    """No id occurs twice, on any day, nor where the traffic begins anew a second later."""
    ids = [one["id"] for one in days(BLOCK, 3)]
    later = endless_traffic(conversations=BLOCK, start=START + timedelta(seconds=1))
    again = [str(one["id"]) for one in islice(later, len(ids))]
    assert len({*ids, *again}) == len(ids) + len(again)


def test_most_users_of_a_day_come_once() -> None:
    """As on the ordinary day: else nobody would stay away for a day, and nothing would count as resolved."""
    users = Counter(one["user_id"] for one in days(2 * BLOCK) if "user_id" in one)
    assert sum(count == 1 for count in users.values()) > 0.6 * len(users)


@pytest.mark.parametrize("kind", DAYS)
def test_the_same_arguments_give_the_same_traffic(kind: str) -> None:
    """Byte for byte, for any kind of day, and another one for another seed."""

    def text(seed: int) -> str:
        return json.dumps(list(islice(endless_traffic(seed=seed, conversations=50, start=START, day=kind), 40)))

    assert text(1) == text(1) != text(2)
