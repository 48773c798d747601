"""Groups of messages: from nothing, and from the groups that were there before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from otel_agent_analytics.insights.lsa import Vectors, normalised
from otel_agent_analytics.insights.partition import NONE, Closeness, Labels, from_before, from_nothing, middles, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

NEAR = Closeness(near=0.5, alike=0.8, asked=0.5)
EAST, NORTH, UP, BETWEEN = (1, 0, 0), (0, 1, 0), (0, 0, 1), (0.95, 0.3, 0)


def around(*directions: Sequence[float], count: int = 20) -> Vectors:
    """Return points around directions, so many around each, one after the other."""
    noise = np.random.default_rng(7).standard_normal((count * len(directions), 3)) * 0.05
    return normalised((np.repeat(np.array(directions), count, axis=0) + noise).astype(np.float32))


def alone(points: Vectors, closeness: Closeness, most: int) -> Labels:
    """Return groups from nothing, every point of the same weight."""
    return from_nothing(points, np.ones(len(points)), closeness, most)


def after(points: Vectors, labels: Labels, closeness: Closeness, most: int, *, fewest: int) -> Labels:
    """Return groups from those that were there, every point of the same weight."""
    return from_before(points, np.ones(len(points)), labels, closeness, most, fewest)


def test_what_lies_together_is_a_group() -> None:
    """Three heaps are three groups; a point that lies nowhere is in none."""
    points = np.vstack([around(EAST, NORTH, UP), np.zeros((1, 3), dtype=np.float32)])

    labels = alone(points, NEAR, 10).tolist()
    assert [len(set(labels[start : start + 20])) for start in (0, 20, 40)] == [1, 1, 1]
    assert set(labels[:60]) == {0, 1, 2}
    assert labels[60] == NONE


def test_no_more_groups_than_told() -> None:
    """Where there are more heaps than groups may be, heaps share one, or are in none."""
    labels = alone(around(EAST, NORTH, UP), NEAR, 2)

    assert set(labels.tolist()) - {NONE} == {0, 1}


def test_nothing_said_gives_no_groups() -> None:
    """Points that all lie nowhere have no group, and no points have none."""
    assert alone(np.zeros((3, 3), dtype=np.float32), NEAR, 5).tolist() == [NONE] * 3
    assert alone(np.zeros((0, 3), dtype=np.float32), NEAR, 5).tolist() == []


def test_groups_that_were_there_stay() -> None:
    """What was in a group stays in one, and a new heap that is large enough makes a new one."""
    before = np.array([0] * 20 + [1] * 20 + [NONE] * 20)

    labels = after(around(EAST, NORTH, UP), before, NEAR, 10, fewest=10)
    assert labels.tolist() == [0] * 20 + [1] * 20 + [2] * 20


def test_a_heap_too_small_makes_no_group() -> None:
    """Fewer points than it takes stay in no group."""
    points = np.vstack([around(EAST), around(UP, count=4)])

    labels = after(points, np.array([0] * 20 + [NONE] * 4), NEAR, 10, fewest=5)
    assert labels.tolist() == [0] * 20 + [NONE] * 4


def test_groups_that_are_alike_become_one() -> None:
    """Two groups whose middles have come near each other are joined; a third is left alone."""
    points = around(EAST, BETWEEN, UP)

    labels = after(points, np.repeat([0, 1, 2], 20), NEAR, 10, fewest=5).tolist()
    assert len(set(labels[:40])) == 1
    assert labels[40:] == [1] * 20


def test_the_largest_groups_stay() -> None:
    """Of more groups than there may be, those with the most points stay, and are counted from 0."""
    points = np.vstack([around(EAST, count=5), around(NORTH, UP)])

    labels = after(points, np.array([0] * 5 + [1] * 20 + [2] * 20), NEAR, 2, fewest=5)
    assert labels.tolist() == [NONE] * 5 + [0] * 20 + [1] * 20


def test_nearest_centre() -> None:
    """A point goes to the nearest centre, if that is near; without centres to none."""
    centres = middles(around(EAST, NORTH), np.repeat([0, 1], 20))

    points = normalised(np.array([EAST, NORTH, (1, 0.9, 0), UP], dtype=np.float32))
    assert nearest(points, centres, 0.5).tolist() == [0, 1, 0, NONE]
    assert nearest(points, centres[:0], 0.5).tolist() == [NONE] * 4
