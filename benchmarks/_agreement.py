"""How far two ways of dividing the same things agree, whatever the parts are called."""

from __future__ import annotations

from collections import Counter
from math import comb, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


def mutual_information(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    """Return the normalised mutual information, 0 to 1: twice the shared entropy over the sum of both."""
    total = len(one)
    both, ones, others = Counter(zip(one, other, strict=True)), Counter(one), Counter(other)
    shared = sum(
        count / total * log(total * count / (ones[left] * others[right])) for (left, right), count in both.items()
    )
    entropies = _entropy(ones, total) + _entropy(others, total)
    return 2 * shared / entropies if entropies else 1.0


def adjusted_rand(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    """Return the adjusted Rand index: 1 for the same parts, about 0 for parts by chance."""
    same = _pairs(Counter(zip(one, other, strict=True)))
    in_one, in_other, every = _pairs(Counter(one)), _pairs(Counter(other)), comb(len(one), 2)
    expected = in_one * in_other / every
    most = (in_one + in_other) / 2
    return (same - expected) / (most - expected) if most != expected else 1.0


def _pairs(counts: Counter[Hashable]) -> int:
    return sum(comb(count, 2) for count in counts.values())


def _entropy(counts: Counter[Hashable], total: int) -> float:
    return -sum(count / total * log(count / total) for count in counts.values())
