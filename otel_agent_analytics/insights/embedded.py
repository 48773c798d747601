"""How near a message is to each of some groups of examples, by the vectors of an embedder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from otel_agent_analytics.insights.lsa import normalised

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from otel_agent_analytics.insights.vectors import Embedder


class Embedded:
    """Examples of each name, made ready.

    Args:
        examples: texts by name.
        embedder: makes their vectors.
    """

    def __init__(self, examples: Mapping[str, Sequence[str]], embedder: Embedder) -> None:
        self._embedder = embedder
        self._names = list(examples)
        self._middles = normalised(np.array([embedder.embed(texts).mean(axis=0) for texts in examples.values()]))

    def closeness(self, text: str) -> dict[str, float]:
        """Return the cosine of a text to each name."""
        cosines = self._middles @ self._embedder.embed([text])[0]
        return dict(zip(self._names, cosines.tolist(), strict=True))
