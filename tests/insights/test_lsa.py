"""Words that are used alike lie near each other."""

from __future__ import annotations

import numpy as np
import pytest

from otel_agent_analytics.insights import lsa

SHOP = [
    *[["parcel", "late"], ["courier", "late"], ["parcel", "tracking"], ["courier", "tracking"]] * 3,
    *[["refund", "card"], ["money", "card"], ["refund", "back"], ["money", "back"]] * 3,
]


def space_of(documents: list[list[str]]) -> lsa.Space:
    """Return the space of documents that all weigh the same."""
    return lsa.space_of(documents, [1.0] * len(documents))


def test_what_is_used_alike_is_near() -> None:
    """Two words that never meet, but meet the same others, are near; words of other company are not."""
    space = space_of(SHOP)
    # In the full space, which has as many dimensions as terms, words that never meet would be at right angles.
    space = space._replace(basis=space.basis[:, :2])
    parcel, courier, refund = lsa.vectors_of([["parcel"], ["courier"], ["refund"]], space)

    assert parcel @ courier > 0.95
    assert abs(parcel @ refund) < 0.05


def test_rows_have_length_one_or_zero() -> None:
    """A document has a direction, unless less than half of it is known."""
    vectors = lsa.vectors_of([["parcel"], ["parcel", "zebra"], ["parcel", "zebra", "yak"], []], space_of(SHOP))

    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 0, 0])


def test_terms_of_one_document_are_left_out() -> None:
    """A word that was said once tells nothing of what is alike."""
    words = {word for words in SHOP for word in words}

    assert set(space_of([*SHOP, ["giraffe", "parcel"]]).terms) == words
    assert set(lsa.space_of([*SHOP, ["giraffe"]], [1.0] * 24 + [2.0]).terms) == {*words, "giraffe"}


def test_nothing_in_common() -> None:
    """Documents without a common word give a space in which everything is nowhere."""
    space = space_of([["one"], ["two"]])

    assert lsa.vectors_of([["one"]], space).shape[0] == 1
    assert not lsa.vectors_of([["one"]], space).any()


def test_cosines_are_those_of_the_weights() -> None:
    """Distances in the space are those of the weights themselves, where no dimension is left out."""
    source = np.random.default_rng(3)
    documents = [[f"w{word}" for word in source.choice(30, 6, replace=False)] for _ in range(200)]
    space = space_of(documents)
    vectors = lsa.vectors_of(documents, space)

    names = sorted(space.terms, key=space.terms.__getitem__)
    counts = np.array([[float(name in document) for name in names] for document in documents])
    weights = counts * (np.log(201 / (1 + counts.sum(axis=0))) + 1)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    # 30 terms and 50 dimensions: nothing is left out, so the cosines are those of the weights.
    assert vectors @ vectors.T == pytest.approx(weights @ weights.T, abs=2e-3)
