"""Ward's clustering against its definition."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agent_analytics.insights.ward import groups

LINE = np.array([[0.0], [1.0], [10.0], [11.0]], dtype=np.float32)
ONES = np.ones(4)


@pytest.mark.parametrize(
    ("cut", "most", "expected"),
    [
        (0.5, 4, [0, 1, 2, 3]),
        (1.0, 4, [0, 0, 1, 1]),
        # Two groups of two, their middles 10 apart: 2 · 2 · 2 / (2 + 2) · 10² = 200.
        (199.0, 4, [0, 0, 1, 1]),
        (200.0, 4, [0, 0, 0, 0]),
        (0.0, 2, [0, 0, 1, 1]),
        (0.0, 1, [0, 0, 0, 0]),
    ],
)
def test_points_on_a_line(cut: float, most: int, expected: list[int]) -> None:
    """Groups are joined up to the height that was worked out by hand, and beyond it where there are too many."""
    found = groups(LINE, ONES, cut=cut, most=most).tolist()

    assert [found.index(group) for group in found] == [expected.index(group) for group in expected]


def test_a_weight_is_as_many_points() -> None:
    """A point of weight 3 is three points in one place: 2 · 3 · 1 / (3 + 1) · 2² = 6."""
    points, weights = np.array([[0.0], [2.0]], dtype=np.float32), np.array([3.0, 1.0])

    assert groups(points, weights, cut=5.9, most=2).tolist() == [0, 1]
    assert groups(points, weights, cut=6.1, most=2).tolist() == [0, 0]


def test_one_point() -> None:
    """A single point is a group."""
    assert groups(LINE[:1], ONES[:1], cut=1.0, most=5).tolist() == [0]


def by_definition(points: list[list[float]], most: int) -> set[frozenset[int]]:
    """Join, again and again, the two groups that raise the squared distances to their means least."""
    array = np.array(points, dtype=np.float64)
    parts = [frozenset([number]) for number in range(len(points))]

    def squares(part: frozenset[int]) -> float:
        inside = array[sorted(part)]
        return float(((inside - inside.mean(axis=0)) ** 2).sum())

    while len(parts) > most:
        pairs = itertools.combinations(parts, 2)
        one, other = min(pairs, key=lambda pair: squares(pair[0] | pair[1]) - squares(pair[0]) - squares(pair[1]))
        parts = [part for part in parts if part not in (one, other)] + [one | other]
    return set(parts)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10**6), size=st.integers(2, 14), most=st.integers(1, 6))
def test_as_by_definition(seed: int, size: int, most: int) -> None:
    """Chains of nearest neighbours find the groups that joining the best pair each time finds."""
    points = np.random.default_rng(seed).standard_normal((size, 3))
    found = groups(points.astype(np.float32), np.ones(size), cut=0.0, most=most)

    parts = {frozenset(np.flatnonzero(found == group).tolist()) for group in set(found.tolist())}
    assert parts == by_definition(points.tolist(), most)
