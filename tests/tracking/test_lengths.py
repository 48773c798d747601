"""Which number of turns is usual for a service: the third quartile of the week that ended two days ago."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.tracking.lengths import TurnLengths
from tests.helpers.script import SERVICE, play

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agent_analytics.conversations.record import ConversationRecord

DAY_NS = 86_400 * 10**9
TODAY = 20_000
RECORD = play("user a | agent x").record


def record(turns: int, days_ago: int = 0, points: int = 0, service: Service = SERVICE) -> ConversationRecord:
    """Return a record of so many turns that ended so many days ago."""
    ended_ns = (TODAY - days_ago) * DAY_NS + 5
    return RECORD._replace(user_turns=turns, ended_ns=ended_ns, effort_points=points, service=service)


def usual(lengths: Iterable[int], days_ago: int = 2) -> TurnLengths:
    """Return what is known after episodes of these lengths on one day."""
    known = TurnLengths()
    for turns in lengths:
        known.note(record(turns, days_ago))
    return known


@pytest.mark.parametrize("points", [0, 1, 2, 3])
@pytest.mark.parametrize(("turns", "longer"), [(3, 0), (4, 0), (5, 1)])
def test_one_more_for_who_takes_more_turns_than_usual(points: int, turns: int, longer: int) -> None:
    """Of 20 episodes 15 have up to four turns: the 75th percentile is four, and five are more than usual."""
    known = usual([1, 2, 3, 4, 4] * 3 + [7] * 5)

    assert known.effort(record(turns, points=points)) == 1 + points + longer


@pytest.mark.parametrize(("fourths", "usual_turns"), [(15, 2), (14, 9)])
def test_third_quartile(fourths: int, usual_turns: int) -> None:
    """The least number of turns that three in four do not exceed: with 14 of 20 it is the next one."""
    known = usual([2] * fourths + [9] * (20 - fourths))

    assert known.effort(record(usual_turns)) == 1
    assert known.effort(record(usual_turns + 1)) == 2


def test_few_episodes_say_nothing() -> None:
    """With fewer than twenty nothing is usual, and nobody was longer."""
    assert usual([1] * 19).effort(record(50)) == 1
    assert usual([1] * 20).effort(record(50)) == 2


@pytest.mark.parametrize(("days_ago", "counts"), [(0, False), (1, False), (2, True), (8, True), (9, False)])
def test_only_the_week_that_ended_two_days_ago(days_ago: int, *, counts: bool) -> None:
    """What ended yesterday or today may still change, and what is older than that week is past."""
    assert usual([1] * 20, days_ago).effort(record(5)) == 1 + counts


def test_days_are_added_up() -> None:
    """Ten on one day and ten on another are twenty."""
    known = TurnLengths()
    for days_ago in (2, 8):
        for _ in range(10):
            known.note(record(1, days_ago))

    assert known.effort(record(5)) == 2


def test_what_is_taken_back_does_not_count() -> None:
    """Twenty-one less one, and less two."""
    known = usual([1] * 21)
    known.note(record(1, 2), -1)
    assert known.effort(record(5)) == 2
    known.note(record(1, 2), -1)

    assert known.effort(record(5)) == 1


def test_services_are_kept_apart() -> None:
    """What is usual elsewhere says nothing of this service."""
    assert usual([1] * 20).effort(record(5, service=Service("bank"))) == 1


def test_it_stays_small() -> None:
    """A year of days leaves eleven of them."""
    known = TurnLengths()
    for days_ago in range(365, -1, -1):
        known.note(record(1, days_ago))

    assert len(known._days[SERVICE]) <= 11
    known.clear()
    assert known._days == {}
