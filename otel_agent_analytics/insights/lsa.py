"""Latent semantic analysis: documents of stems → vectors in which words that are used alike lie near each other.

TF-IDF with sublinear term frequency, then a truncated singular value decomposition by a randomised range finder
(N. Halko et al., 2011) with a fixed seed: the same documents in the same order give the same space.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Vectors: TypeAlias = NDArray[np.float32]
"""A row for each document; rows have length 1, or 0 where nothing is known."""

DIMENSIONS: Final = 50
MOST_TERMS: Final = 4_096
_FEWEST_DOCUMENTS: Final = 2
_KNOWN: Final = 1 / 2
"""Share of a document's stems that must be terms: of the others nothing is known."""
_SPARE: Final = 10
_POWER_ITERATIONS: Final = 4
_SEED: Final = 20_261_121


class Space(NamedTuple):
    """Turns documents into vectors."""

    terms: dict[str, int]
    """Stem → its row of ``basis``."""
    basis: Vectors
    """A row for each term: its direction, times how much its rarity weighs."""


class _Sparse(NamedTuple):
    """A matrix of which only the cells that are not 0 are held, row by row."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float32]
    shape: tuple[int, int]

    def times(self, other: Vectors) -> Vectors:
        """Return the product with a dense matrix."""
        return _summed(self.rows, self.values[:, None] * other[self.columns], self.shape[0])

    def transposed(self) -> _Sparse:
        """Return the transpose."""
        order = np.argsort(self.columns, kind="stable")
        return _Sparse(self.columns[order], self.rows[order], self.values[order], self.shape[::-1])


def space_of(documents: Sequence[Sequence[str]], weights: Sequence[float]) -> Space:
    """Return the space of documents, each a sequence of stems.

    Terms of a single document are left out, unless its weight is that of two.
    """
    frequencies = Counter(stem for document in documents for stem in set(document))
    heaviest: dict[str, float] = {}
    for document, weight in zip(documents, weights, strict=True):
        heaviest.update({stem: max(weight, heaviest.get(stem, 0)) for stem in document})
    known = [stem for stem, count in frequencies.items() if max(count, heaviest[stem]) >= _FEWEST_DOCUMENTS]
    known = sorted(known, key=lambda stem: (-frequencies[stem], stem))[:MOST_TERMS]
    terms = {stem: row for row, stem in enumerate(known)}
    counts = np.array([frequencies[stem] for stem in known], dtype=np.float32)
    rarity = (np.log((1 + len(documents)) / (1 + counts)) + 1).astype(np.float32)
    cells = _cells(documents, terms)
    weighted = cells._replace(values=(cells.values * rarity[cells.columns]).astype(np.float32))
    lengths = np.sqrt(_summed(weighted.rows, weighted.values[:, None] ** 2, len(documents)))[:, 0]
    directions = _principal(weighted._replace(values=(weighted.values / lengths[weighted.rows]).astype(np.float32)))
    return Space(terms, (directions * rarity[:, None]).astype(np.float32))


def vectors_of(documents: Sequence[Sequence[str]], space: Space) -> Vectors:
    """Return a vector for each document; one of which less than half is known is all zeros."""
    known = [[stem for stem in document if stem in space.terms] for document in documents]
    pairs = zip(known, documents, strict=True)
    told = [stems if len(stems) >= _KNOWN * len(document) else [] for stems, document in pairs]
    return normalised(_cells(told, space.terms).times(space.basis))


def normalised(vectors: Vectors) -> Vectors:
    """Return rows of length 1; rows of zeros stay as they are."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _cells(documents: Sequence[Sequence[str]], terms: dict[str, int]) -> _Sparse:
    counted = [Counter(terms[stem] for stem in document if stem in terms) for document in documents]
    rows = np.repeat(np.arange(len(documents)), [len(counts) for counts in counted])
    columns = np.array([column for counts in counted for column in counts], dtype=np.int64)
    values = np.array([count for counts in counted for count in counts.values()], dtype=np.float32)
    return _Sparse(rows, columns, (1 + np.log(values)).astype(np.float32), (len(documents), len(terms)))


def _principal(matrix: _Sparse) -> Vectors:
    """Return the principal directions of the rows, a column each."""
    size = min(DIMENSIONS, *matrix.shape)
    turned = matrix.transposed()
    random = np.random.default_rng(_SEED).standard_normal((matrix.shape[1], min(size + _SPARE, *matrix.shape)))
    basis = random.astype(np.float32)
    for _ in range(_POWER_ITERATIONS):
        basis = np.linalg.qr(turned.times(matrix.times(basis)))[0]
    _, _, directions = np.linalg.svd(matrix.times(basis), full_matrices=False)
    return np.asarray(basis @ directions[:size].T, dtype=np.float32)


def _summed(rows: NDArray[np.int64], values: Vectors, size: int) -> Vectors:
    """Return the sums of the values of each row; ``rows`` ascend."""
    sums = np.zeros((size, values.shape[1]), dtype=np.float32)
    if len(rows):
        starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
        sums[rows[starts]] = np.add.reduceat(values, starts, axis=0)
    return sums
