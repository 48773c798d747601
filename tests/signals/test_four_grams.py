"""The cosine of two texts by their character 4-grams."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from otel_agent_analytics.signals.four_grams import closer_than, cosine

TEXTS = st.one_of(st.text("ab ", max_size=40), st.text(st.characters(max_codepoint=127), max_size=40))


def plain_cosine(one: str, other: str) -> float:
    """Return the cosine, computed as it is defined."""
    counts = [Counter(text[at : at + 4] for at in range(len(text) - 3)) for text in (one, other)]
    lengths = [math.sqrt(sum(count**2 for count in each.values())) for each in counts]
    product = sum(counts[0][gram] * counts[1][gram] for gram in counts[0])
    return product / (lengths[0] * lengths[1]) if all(lengths) else 0.0


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("abcd", "abcd", 1.0),
        ("abcde", "abcdx", 1 / 2),  # abcd of (abcd, bcde) and (abcd, bcdx)
        ("aaaaa", "aaaab", 2 / (2 * math.sqrt(2))),  # (2) · (1, 1) over 2 and √2
        ("abcd", "efgh", 0.0),
        ("abc", "abc", 0.0),
        ("", "abcd", 0.0),
    ],
)
def test_cosine_by_hand(one: str, other: str, expected: float) -> None:
    """Counts of 4-grams as vectors; a text of three characters has none."""
    assert cosine(one, other) == pytest.approx(expected)


@given(TEXTS, TEXTS)
@settings(deadline=None, max_examples=300)
def test_cosine_is_what_it_is_defined_as(one: str, other: str) -> None:
    """However the 4-grams are taken from a text, the cosine is that of their counts."""
    assert cosine(one, other) == pytest.approx(plain_cosine(one, other))


@given(TEXTS, TEXTS, st.floats(0, 0.999))
@settings(deadline=None, max_examples=300)
def test_closer_than_a_threshold(one: str, other: str, threshold: float) -> None:
    """What is not counted, since it cannot be above the threshold, is not above it."""
    exact = plain_cosine(one, other)
    assume(abs(exact - threshold) > 1e-9)
    assert closer_than(threshold, one, other) is (exact > threshold)
