"""How near a message is to each of some groups of examples, by its letters alone; nothing is needed for it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from math import hypot, log
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.insights.words import LONGEST, stems

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_GRAM: Final = 4
_WORD: Final = re.compile(r"[^\W\d_]+")


class Lexical:
    """Examples of each name, made ready.

    Args:
        examples: texts by name.
    """

    def __init__(self, examples: Mapping[str, Sequence[str]]) -> None:
        counted = {name: [_features(text) for text in texts] for name, texts in examples.items()}
        documents = [features for texts in counted.values() for features in texts]
        frequencies = Counter(feature for features in documents for feature in features)
        self._rarity = {feature: log((1 + len(documents)) / (1 + count)) + 1 for feature, count in frequencies.items()}
        self._names: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for name, texts in counted.items():
            for feature, weight in _scaled(_mean([self._weighted(features) for features in texts])).items():
                self._names[feature].append((name, weight))

    def closeness(self, text: str) -> dict[str, float]:
        """Return the cosine of a text to each name that it has anything in common with, 0 to 1."""
        found: dict[str, float] = defaultdict(float)
        for feature, weight in self._weighted(_features(text)).items():
            for name, other in self._names.get(feature, ()):
                found[name] += weight * other
        return dict(found)

    def _weighted(self, features: Counter[str]) -> dict[str, float]:
        # A feature that no example has is as rare as can be: a message of many such is near none.
        rarest = max(self._rarity.values(), default=1.0)
        return _scaled({one: (1 + log(count)) * self._rarity.get(one, rarest) for one, count in features.items()})


def _features(text: str) -> Counter[str]:
    words = _WORD.findall(text[:LONGEST].lower())
    padded = " " + "  ".join(words) + " "
    grams = (padded[start : start + _GRAM] for start in range(len(padded) - _GRAM + 1))
    return Counter([*stems(words), *(f"#{gram}" for gram in grams if "  " not in gram)])


def _scaled(weights: dict[str, float]) -> dict[str, float]:
    length = hypot(*weights.values())
    return {feature: weight / length for feature, weight in weights.items()} if length else {}


def _mean(vectors: Sequence[dict[str, float]]) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for vector in vectors:
        for feature, weight in vector.items():
            sums[feature] += weight
    return sums
