"""The area under the curve: its value by hand, its interval by its own equation, and how often that holds the truth."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from otel_agent_analytics.conversations.ranking import area

Z = NormalDist().inv_cdf(0.975)


def test_nothing_to_compare() -> None:
    """Without a good one or without a bad one there is no pair, and no area."""
    assert area(0, 0, 5) is None
    assert area(0, 5, 0) is None


def variance(value: float, good: int, bad: int) -> float:
    """Return Hanley's and McNeil's, with the mean of both numbers in the place of each, as Newcombe has it."""
    q1, q2 = value / (2 - value), 2 * value**2 / (1 + value)
    of_each = (good + bad) / 2 - 1
    return (value * (1 - value) + of_each * (q1 - value**2) + of_each * (q2 - value**2)) / (good * bad)


@pytest.mark.parametrize(("twice", "good", "bad"), [(15, 4, 2), (900, 30, 40), (2_000_000, 1_500, 1_000)])
def test_ends_lie_as_far_away_as_their_errors_allow(twice: int, good: int, bad: int) -> None:
    """Each end is 1.96 of its own standard errors from the area, whose formula is written in another way here."""
    found = area(twice, good, bad)

    assert found is not None
    assert found.value == twice / (2 * good * bad)
    for end in found.low, found.high:
        assert abs(end - found.value) == pytest.approx(Z * variance(end, good, bad) ** 0.5, rel=1e-6)


def test_all_in_order_is_not_certain() -> None:
    """Where all 12 pairs are in order, or none is, one end is that area and the other lies well away from it."""
    best, worst = area(24, 4, 3), area(0, 4, 3)

    assert best is not None
    assert worst is not None
    assert (best.value, best.high, worst.value, worst.low) == (1, 1, 0, 0)
    assert 0.3 < best.low < 0.8
    assert worst.high == pytest.approx(1 - best.low, abs=0.05)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Of 1,500 samples of 25 good and 40 bad ones, drawn from two normal distributions, .93 to .98 hold the truth."""
    rng = np.random.default_rng(7)
    truth = NormalDist().cdf(1 / 2**0.5)  # one standard deviation apart
    held = 0
    for _ in range(1500):
        good, bad = rng.normal(1, 1, 25), rng.normal(0, 1, 40)
        found = area(2 * int((good[:, None] > bad[None, :]).sum()), 25, 40)
        assert found is not None
        held += found.low <= truth <= found.high

    assert 0.93 <= held / 1500 <= 0.98
