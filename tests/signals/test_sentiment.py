"""Sentiment of an English message."""

from __future__ import annotations

import math
import time
from collections import Counter

import pytest
from hypothesis import given, settings

from otel_agent_analytics.signals.sentiment import LONGEST, SERVICE_LEXICON, load, sentiment_of
from tests.signals.texts import HARD, MESSAGES


def normal(valence: float) -> float:
    """Return VADER's score of a sum of valences."""
    return valence / math.sqrt(valence**2 + 15)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0.0),
        ("which seat is mine", 0.0),
        ("the parcel is late", normal(-1.2)),
        ("the flight is delayed", normal(-1.6)),
        ("the app crashed", normal(-2.0)),
        ("it is wrong", normal(-2.1)),  # the library's own, which is stronger
        ("late and delayed", normal(-1.2 - 1.6)),
        ("it is not working", -0.35),
        ("it isn\u2019t working", -0.35),
        ("there was no response", -0.35 + normal(-1.2)),  # "no" is a word of the lexicon
        ("what the", -0.40),
        ("I ordered two weeks ago", -0.25),
        ("nothing happens", -0.15),
        ("let me talk to a supervisor", -0.25),
        ("thank you", 0.10 + normal(1.5)),
        ("it works now", 0.35),
        ("they hung up and left me on hold for an hour", -0.40 + normal(-1.2)),
        ("@sad_bad_company are you open", 0.0),
        ("see https://bad.example/terrible or www.awful.example", 0.0),
        ("write to bob@example.com", 0.0),
    ],
)
def test_sentiment_by_hand(text: str, expected: float) -> None:
    """VADER with the service lexicon, plus the phrases; names and addresses left out."""
    assert sentiment_of(text) == pytest.approx(expected, abs=0.00015)


def test_never_beyond_one() -> None:
    """What the phrases add stays within -1 and 1."""
    assert sentiment_of("terrible awful useless, waste of time, fed up, nobody helps, no response") == -1.0
    assert sentiment_of("great wonderful excellent love perfect best, thank you, that worked, solved!!!") == 1.0


def test_a_phrase_counts_once() -> None:
    """Said twice, a phrase weighs as said once."""
    assert sentiment_of("it does not work, it does not work") == -0.35


def test_length_that_is_measured() -> None:
    """Words of the lexicon beyond the first characters count no more."""
    assert sentiment_of("x " * (LONGEST // 2) + "terrible") == 0.0


def test_service_lexicon() -> None:
    """53 words, each with one of three weights."""
    weights = Counter(SERVICE_LEXICON.values())
    assert weights == {-1.2: 13, -1.6: 20, -2.0: 20}


@given(MESSAGES)
@settings(deadline=None)
def test_any_text_has_a_sentiment(text: str) -> None:
    """Any text has a sentiment from -1 to 1, of 4 decimals."""
    sentiment = sentiment_of(text)
    assert -1 <= sentiment <= 1
    assert sentiment == round(sentiment, 4)


@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_hard_texts_take_no_time(text: str) -> None:
    """No text takes long: not one of a megabyte, nor one made to be slow."""
    load()
    began = time.thread_time()
    assert -1 <= sentiment_of(text) <= 1
    assert time.thread_time() - began < 0.1
