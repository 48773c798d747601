"""Cosine of two texts by their character 4-grams."""

from __future__ import annotations

import math
from collections import Counter
from struct import unpack_from
from typing import Final

_SIZE: Final = 4


def cosine(one: str, other: str) -> float:
    """Return the cosine of the counts of character 4-grams of two ASCII texts, 0 to 1."""
    return _cosine(_grams(one), _grams(other))


def closer_than(threshold: float, one: str, other: str) -> bool:
    """Return whether the cosine of two ASCII texts is above a threshold of 0 to 1; most pairs need no counting."""
    grams, others = _grams(one), _grams(other)
    kinds, other_kinds = set(grams), set(others)
    shared = len(kinds & other_kinds)
    if not shared:
        return False
    # By Cauchy and Schwarz, were every repeated gram the same shared one: the cosine cannot be more than this.
    most = _most(shared, len(grams), len(kinds)) * _most(shared, len(others), len(other_kinds))
    return most > threshold * threshold and _cosine(grams, others) > threshold


def _most(shared: int, grams: int, kinds: int) -> float:
    """Return the greatest share of the squared length that ``shared`` kinds of 4-grams can have."""
    return min(1.0, (shared - 1 + (1 + grams - kinds) ** 2) / kinds)


def _cosine(grams: list[int], others: list[int]) -> float:
    counts, other_counts = Counter(grams), Counter(others)
    if not counts or not other_counts:
        return 0.0
    count = other_counts.get
    product = sum([number * count(gram, 0) for gram, number in counts.items()])
    return product / (math.hypot(*counts.values()) * math.hypot(*other_counts.values()))


def _grams(text: str) -> list[int]:
    """Return the 4-grams, each as the integer that its four bytes are: as quick as a list of them can be had."""
    data = text.encode("ascii")
    found: list[int] = []
    for start in range(_SIZE):
        found += unpack_from(f"={max(0, len(data) - start) // _SIZE}I", data, min(start, len(data)))
    return found
