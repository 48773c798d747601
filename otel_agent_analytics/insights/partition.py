"""Vectors of messages → groups that mean alike: from nothing, or from the groups that were there before.

From nothing the groups depend on the messages alone. Where there were groups, these stay as long as messages are near
them; what is near none may make new ones, and groups that have come near each other become one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from otel_agent_analytics.insights.lsa import normalised
from otel_agent_analytics.insights.ward import groups

if TYPE_CHECKING:
    from otel_agent_analytics.insights.lsa import Vectors


class Closeness(NamedTuple):
    """What near means among the vectors of one kind."""

    near: float
    """Cosine to the middle of a group from which on a message belongs to it."""
    alike: float
    """Cosine between two middles from which on they are of one group."""
    asked: float
    """Cosine to the middle of an intent's examples from which on a message has that intent."""


_CUT: Final = 9.0
"""Height of Ward's clustering; of a thousand messages it makes some tens of groups."""
_MOST_POINTS: Final = 2_048
"""Points from which groups are made; the others join them."""
_ROUNDS: Final = 3
Weights: TypeAlias = NDArray[np.float64]
"""How many messages each point stands for."""
NONE: Final = -1
"""The group of what is near none."""


Labels: TypeAlias = NDArray[np.int64]
"""The group of each point, from 0, or ``NONE``."""


def from_nothing(points: Vectors, weights: Weights, closeness: Closeness, most: int) -> Labels:
    """Return the groups of points, at most ``most``. The first points should be any, as by lot."""
    said = np.flatnonzero(points.any(axis=1))[:_MOST_POINTS]
    labels = np.full(len(points), NONE, dtype=np.int64)
    if len(said):
        labels[said] = groups(points[said], weights[said], cut=_CUT, most=most)
    return _without_gaps(_merged(points, _settled(points, labels, closeness), closeness))


def from_before(
    points: Vectors, weights: Weights, labels: Labels, closeness: Closeness, most: int, fewest: int
) -> Labels:
    """Return the groups of points, where ``labels`` are those that they were in.

    A new group has at least the weight ``fewest``; of more than ``most`` groups those with the most points stay.
    """
    labels = _settled(points, labels, closeness)
    left = np.flatnonzero((labels == NONE) & points.any(axis=1))[:_MOST_POINTS]
    if len(left):
        found = groups(points[left], weights[left], cut=_CUT, most=most)
        large = np.bincount(found, weights[left]) >= fewest
        labels[left] = np.where(large[found], found + labels.max(initial=NONE) + 1, NONE)
    labels = _merged(points, _settled(points, labels, closeness), closeness)
    sizes = np.bincount(labels[labels >= 0], minlength=1)
    kept = np.argsort(-sizes, kind="stable")[:most]
    return _without_gaps(np.where(np.isin(labels, kept), labels, NONE))


def middles(points: Vectors, labels: Labels) -> Vectors:
    """Return the direction in which each group lies; zeros for a group without points."""
    return normalised(_sums(points, labels))


def nearest(points: Vectors, centres: Vectors, near: float) -> Labels:
    """Return the centre that is nearest to each point, or ``NONE`` where none has a cosine of ``near``."""
    if not len(centres):
        return np.full(len(points), NONE, dtype=np.int64)
    cosines = points @ centres.T
    return np.where(cosines.max(axis=1) >= near, cosines.argmax(axis=1), NONE)


def _settled(points: Vectors, labels: Labels, closeness: Closeness) -> Labels:
    """Return the groups after each point has gone to the nearest, some times."""
    for _ in range(_ROUNDS):
        labels = nearest(points, middles(points, labels), closeness.near)
    return labels


def _merged(points: Vectors, labels: Labels, closeness: Closeness) -> Labels:
    """Return the groups after those whose middles are alike were joined, the nearest first."""
    sums = _sums(points, labels)
    while len(sums) > 1:
        centres = normalised(sums)
        cosines = np.triu(centres @ centres.T, 1)
        one, other = np.unravel_index(cosines.argmax(), cosines.shape)
        if cosines[one, other] < closeness.alike:
            break
        labels = np.where(labels == other, one, labels)
        sums[one] += sums[other]
        sums[other] = 0
    return labels


def _sums(points: Vectors, labels: Labels) -> Vectors:
    sums = np.zeros((labels.max(initial=NONE) + 1, points.shape[1]), dtype=np.float32)
    np.add.at(sums, labels[labels >= 0], points[labels >= 0])
    return sums


def _without_gaps(labels: Labels) -> Labels:
    kept = labels >= 0
    labels[kept] = np.unique(labels[kept], return_inverse=True)[1]
    return labels
