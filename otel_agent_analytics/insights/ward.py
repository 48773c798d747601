"""Ward's clustering: points → groups, joined as long as that raises the squared distance to their means by little.

By chains of nearest neighbours (F. Murtagh, 1983): time and memory grow with the square of the points. No chance and no
beginning has a say, so the same points give the same groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from otel_agent_analytics.insights.lsa import Vectors


class Join(NamedTuple):
    """Two groups become one."""

    height: float
    """Twice what the join adds to the squared distances of the points to their means."""
    one: int
    """A point of one group."""
    other: int
    """A point of the other."""


def groups(points: Vectors, weights: NDArray[np.float64], *, cut: float, most: int) -> NDArray[np.int64]:
    """Return the number of each point's group, from 0.

    Args:
        points: a row for each; at most some thousands.
        weights: how many points each of them stands for.
        cut: groups are joined up to this height; see ``Join``.
        most: and beyond it until there are no more groups than this, at least 1.
    """
    joins = sorted(_joins(points, weights))
    within = sum(join.height <= cut for join in joins)
    leaders = np.arange(len(points))
    for join in joins[: max(within, len(points) - most)]:
        leaders[leaders == leaders[join.other]] = leaders[join.one]
    return np.unique(leaders, return_inverse=True)[1]


def _joins(points: Vectors, weights: NDArray[np.float64]) -> list[Join]:
    size = len(points)
    distances = _heights(points, weights)
    sizes = weights.copy()
    joins: list[Join] = []
    chain: list[int] = []
    alive = np.ones(size, dtype=bool)
    while len(joins) < size - 1:
        if not chain:
            chain.append(int(np.argmax(alive)))
        while True:
            last = chain[-1]
            nearest = int(np.argmin(distances[last]))
            # Of equally near ones the one before it in the chain, or the chain would go in a circle.
            if len(chain) > 1 and distances[last, chain[-2]] <= distances[last, nearest]:
                break
            chain.append(nearest)
        one, other = chain.pop(), chain.pop()
        joins.append(Join(float(distances[one, other]), one, other))
        _join(distances, sizes, one, other)
        alive[other] = False
    return joins


def _heights(points: Vectors, weights: NDArray[np.float64]) -> Vectors:
    """Return the height at which each two points alone would be joined."""
    lengths = (points**2).sum(axis=1)
    heights: Vectors = points @ points.T
    heights *= -2
    heights += lengths[:, None]
    heights += lengths[None, :]
    np.maximum(heights, 0, out=heights)
    if (weights != 1).any():
        light = weights.astype(np.float32)
        heights *= 2 * light[:, None] * (light / np.add.outer(light, light))
    np.fill_diagonal(heights, np.inf)
    return heights


def _join(distances: Vectors, sizes: NDArray[np.float64], one: int, other: int) -> None:
    """Put the group of both in the place of ``one``: the formula of Lance and Williams for Ward's distance."""
    total = sizes[one] + sizes[other] + sizes
    joined = (sizes[one] + sizes) * distances[one] + (sizes[other] + sizes) * distances[other]
    joined = (joined - sizes * distances[one, other]) / total
    distances[one] = distances[:, one] = joined
    distances[other] = distances[:, other] = np.inf
    distances[one, one] = np.inf
    sizes[one] += sizes[other]
