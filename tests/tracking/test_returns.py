"""Who spoke when: asked exactly, remembered for as long as it may be asked, and bounded."""

from __future__ import annotations

import random

import pytest

from otel_agent_analytics.tracking import returns as module
from otel_agent_analytics.tracking.returns import Episode, Returns

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
FIRST = Episode("c", 1, 1_000 * SECOND)


@pytest.mark.parametrize(
    ("spoke_ns", "back"),
    [
        (FIRST.ended_ns - 1, False),
        (FIRST.ended_ns, False),
        (FIRST.ended_ns + 1, True),
        (FIRST.ended_ns + DAY, True),
        (FIRST.ended_ns + DAY + 1, False),
    ],
)
def test_back_within_the_time_after_the_end(spoke_ns: int, *, back: bool) -> None:
    """After the end, and up to a day after it; whether it is known before the question or comes after it."""
    known, learned = Returns(DAY), Returns(DAY)
    known.spoke("mia", spoke_ns)
    learned.wait("mia", FIRST)

    assert known.is_back("mia", FIRST.ended_ns) is back
    assert learned.spoke("mia", spoke_ns) == ([FIRST] if back else [])


def test_each_return_is_told_once() -> None:
    """What was brought back is not waited for any more."""
    returns = Returns(DAY)
    returns.wait("mia", FIRST)

    assert returns.spoke("mia", FIRST.ended_ns + 1) == [FIRST]
    assert returns.spoke("mia", FIRST.ended_ns + 2) == []


def test_users_are_kept_apart() -> None:
    """What one says brings back nobody else."""
    returns = Returns(DAY)
    returns.wait("mia", FIRST)

    assert returns.spoke("ben", FIRST.ended_ns + 1) == []
    assert not returns.is_back("mia", FIRST.ended_ns)


def test_one_message_may_bring_back_several() -> None:
    """All conversations of the user that ended within the day before it."""
    returns = Returns(DAY)
    episodes = [Episode(f"c{number}", 1, number * DAY // 2) for number in range(1, 5)]
    for episode in episodes:
        returns.wait("mia", episode)

    assert returns.spoke("mia", episodes[2].ended_ns + 1) == episodes[1:3]


def test_episode_that_is_settled_again_waits_once() -> None:
    """An end that was moved by a late event takes the place of the one before."""
    returns = Returns(DAY)
    returns.wait("mia", FIRST)
    moved = FIRST._replace(ended_ns=FIRST.ended_ns + 10 * SECOND)
    returns.wait("mia", moved)

    assert returns.spoke("mia", moved.ended_ns) == []
    assert returns.spoke("mia", moved.ended_ns + 1) == [moved]


def test_what_is_kept_answers_as_the_whole_would() -> None:
    """Of five minutes only the first and the last message are kept; no question about a longer time shows that."""
    chance = random.Random(5)
    for _ in range(300):
        returns, return_ns = Returns(3600 * SECOND), 3600 * SECOND
        times = [chance.randrange(1, 20_000) * SECOND // 2 for _ in range(chance.randrange(1, 40))]
        for time in times:
            returns.spoke("mia", time)
        for _ in range(20):
            ended = chance.randrange(0, 10_000) * SECOND
            assert returns.is_back("mia", ended) is any(ended < time <= ended + return_ns for time in times)


# --- bounds -----------------------------------------------------------------------------------------------------------


def test_a_chatty_user_costs_two_times_for_five_minutes() -> None:
    """Ten thousand messages of a day are 288 pairs of times."""
    returns = Returns(DAY)
    for number in range(10_000):
        returns.spoke("mia", number * 8 * SECOND)

    assert len(returns._spoke["mia"]) == -(-10_000 * 8 // 300)


def test_users_who_were_quiet_longest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many users are remembered, those who spoke or are waited for last."""
    monkeypatch.setattr(module, "_MOST_USERS", 3)
    returns = Returns(DAY)
    for user in ("a", "b", "c", "a", "d"):
        returns.spoke(user, SECOND)
        returns.wait(user, Episode(user, 1, 0))

    assert list(returns._spoke) == list(returns._waiting) == ["c", "a", "d"]


def test_episodes_of_a_user_are_bounded() -> None:
    """Of a program that opens a conversation a second, the last 256 are waited for."""
    returns = Returns(DAY)
    for number in range(1_000):
        returns.wait("robot", Episode(f"c{number}", 1, number))

    assert returns.spoke("robot", 1_000) == [Episode(f"c{number}", 1, number) for number in range(744, 1_000)]


def test_what_nobody_asks_for_any_more_is_let_go() -> None:
    """Messages and ends older than what is held are forgotten, the others stay."""
    returns = Returns(DAY)
    for number, user in enumerate(("early", "late")):
        returns.spoke(user, number * DAY + 1)
        returns.wait(user, Episode(user, 1, number * DAY + 1))
    returns.forget_before(2 * DAY, DAY)

    assert list(returns._spoke) == list(returns._waiting) == ["late"]
    returns.forget_before(2 * DAY + 2, DAY)
    assert (returns._spoke, returns._waiting) == ({}, {})


def test_nothing_is_left_after_clear() -> None:
    """A forked child knows nobody."""
    returns = Returns(DAY)
    returns.spoke("mia", 5)
    returns.wait("mia", FIRST)
    returns.clear()

    assert not returns.is_back("mia", 1)
    assert returns.spoke("mia", FIRST.ended_ns + 1) == []
