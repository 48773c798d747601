"""VADER's compound score, equal to the library's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vaderSentiment import vaderSentiment  # type: ignore[import-untyped]

from otel_agent_analytics.signals.sentiment import SERVICE_LEXICON
from otel_agent_analytics.signals.vader import Vader
from tests.signals.sentences import ENGLISH, OTHERS

MIXED = """
    great good bad late stuck happy upset problem love hate free no die right kind bomb ass stop heart like the my order
    is very really so this never without doubt not isn't don't least at or nor but kind of sort barely just enough yeah
    to for bus kiss death beating cannot n't great! GREAT BAD Not BUT Very :) :D ;-( ?? !!! (good) 'bad' good, bad.
    caf\u00e9 \u00a9 \U0001f600 \U0001f622x x\U0001f600 \u4e2d\u6587 \u0130 \ud83d
"""
SENTENCES = st.lists(st.one_of(st.sampled_from(MIXED.split()), st.text(max_size=4)), max_size=12).map(" ".join)


@pytest.fixture(scope="module")
def library() -> Any:
    """The library's analyzer with the service lexicon, added as it is written in the study."""
    analyzer = vaderSentiment.SentimentIntensityAnalyzer()
    for word, valence in SERVICE_LEXICON.items():
        if abs(analyzer.lexicon.get(word, 0.0)) < abs(valence):
            analyzer.lexicon[word] = valence
    return analyzer


@pytest.fixture(scope="module")
def ours() -> Vader:
    """Ours, with the same words."""
    return Vader(SERVICE_LEXICON)


@given(SENTENCES)
@settings(deadline=None, max_examples=1_000)
def test_equal_to_the_library(library: Any, ours: Vader, text: str) -> None:
    """Boosters, negations, idioms, capitals, "but", punctuation, emoticons and emoji: to the digit the library's."""
    assert ours.compound(text) == library.polarity_scores(text)["compound"]


@pytest.mark.parametrize(
    "text",
    [
        *ENGLISH, *(text for texts in OTHERS.values() for text in texts),
        "VERY good", "not very good", "never so bad", "never this good", "without doubt good", "without a doubt bad",
        "least good", "at least good", "the very least good", "no problem", "no good or bad", "no real problem",
        "kind of good", "good kind of thing", "just enough good", "the app is the bomb", "yeah right", "to die for",
        "good but bad but good good", "but good", "bad BUT bad", "good!!!!!", "bad??", "bad????", "GREAT", "GREAT day",
        "\U0001f600", "so\U0001f600good", "\U0001f600 \U0001f600", "sad \U0001f622\U0001f622!",
    ],
)  # fmt: skip
def test_equal_on_sentences(library: Any, ours: Vader, text: str) -> None:
    """Each rule of the library, alone."""
    assert ours.compound(text) == library.polarity_scores(text)["compound"]


def test_words_are_added_where_absent_or_weaker(ours: Vader) -> None:
    """The service lexicon adds to the library's, and replaces only what is weaker."""
    known = vaderSentiment.SentimentIntensityAnalyzer().lexicon
    assert "late" not in known
    assert (known["stuck"], known["wrong"]) == (-1.0, -2.1)
    assert (ours.lexicon["late"], ours.lexicon["stuck"], ours.lexicon["wrong"]) == (-1.2, -1.2, -2.1)
