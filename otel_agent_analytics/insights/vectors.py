"""How messages become vectors: by words that are used alike in the messages themselves, or by an embedder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from otel_agent_analytics.insights.documents import weights_of
from otel_agent_analytics.insights.lsa import Space, Vectors, normalised, space_of, vectors_of
from otel_agent_analytics.insights.partition import Closeness
from otel_agent_analytics.insights.words import stems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.insights.documents import Document

WITHOUT_EMBEDDER: Final = Closeness(near=0.40, alike=0.60, asked=0.25)
"""For vectors of the latent semantic analysis, and for nearness by letters."""


class Embedder(Protocol):
    """Turns texts into vectors by what it has learnt elsewhere."""

    @property
    def name(self) -> str:
        """Name and version: vectors of two names are never compared."""
        ...

    @property
    def closeness(self) -> Closeness:
        """What near means among its vectors."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a row of length 1 for each text, always with as many columns."""
        ...


def learnt_space(documents: Sequence[Document], embedder: Embedder | None) -> Space | None:
    """Return the space of documents; None where an embedder has one of its own."""
    if embedder is not None:
        return None
    return space_of([stems(document.words) for document in documents], weights_of(documents).tolist())


def vectors(documents: Sequence[Document], space: Space | None) -> Vectors:
    """Return a row for each document: its own vector, or where it lies in the space."""
    if space is not None:
        return vectors_of([stems(document.words) for document in documents], space)
    return normalised(np.array([document.vector for document in documents], dtype=np.float32))
