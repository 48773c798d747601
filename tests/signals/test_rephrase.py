"""Does a user say again what was said before?"""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from otel_agent_analytics.signals.four_grams import cosine
from otel_agent_analytics.signals.rephrase import ALIKE, NOTHING_BEFORE, STOP_WORDS, compared, says_the_same
from tests.signals.texts import MESSAGES


@pytest.mark.parametrize(
    ("said", "previous", "overlap"),
    [
        ("cancel my order", "where is my order", 1 / 2),  # order of cancel, order
        ("Where is my order?", "where IS my order", 1.0),
        ("cancel the blue shoes", "cancel the red shoes now", 2 / 5),  # cancel, shoes of cancel, blue, shoes, red, now
        ("I don\u2019t know", "i don't know", 1.0),  # don't, know
        ("is it", "was it", 0.0),  # nothing but stop words
        ("hello", "refund", 0.0),
        ("refund", "", 0.0),
        ("", "refund", 0.0),
        ("?!", "refund", 0.0),
        ("caf\u00e9 5", "caf 5", 1.0),  # the words are of a-z, 0-9 and apostrophe
    ],
)
def test_overlap_by_hand(said: str, previous: str, overlap: float) -> None:
    """Content words in common over content words in all."""
    assert compared(said, previous).overlap == pytest.approx(overlap)


@pytest.mark.parametrize(
    ("said", "previous"),
    [
        ("When will my parcel be delivered?", "When is the parcel going to be delivered?"),
        ("please cancel the order of my red shoes", "I want to cancel the order of shoes"),
        ("I said I need to change my password", "how do I change my password"),
        ("change flight 12 to Monday", "change my flight 12 for Monday morning"),
    ],
)
def test_rephrases(said: str, previous: str) -> None:
    """The same in other words is a rephrase and no repeat."""
    _, rephrase, repeat = compared(said, previous)
    assert (rephrase, repeat) == (True, False)


@pytest.mark.parametrize(
    ("said", "previous"),
    [
        ("Where is my order?", "where is my order"),
        ("representative", "Representative!"),
        ("where's the refund", "where's my refund"),
        ("12345", "12345"),
        ("fax", "fax"),
    ],
)
def test_repeats(said: str, previous: str) -> None:
    """The same content words in much the same text are a repeat and no rephrase."""
    _, rephrase, repeat = compared(said, previous)
    assert (rephrase, repeat) == (False, True)


@pytest.mark.parametrize(
    ("said", "previous"),
    [
        ("a table for 4 people on Friday", "a table for 3 people on Friday"),
        ("yes, cancel my order", "cancel my order"),
        ("no, cancel my order", "cancel my order"),
        ("Ok cancel my order", "cancel my order"),
        ("sure, cancel my order", "cancel my order"),
        ("thanks, cancel my order", "cancel my order"),
        ("great, cancel my order", "cancel my order"),
        ("cancel my order, thank you", "cancel my order"),
        ("cancel my order", "which shops do you have in Rome"),
        ("yes", "yes"),
        ("it is", "it is"),
        ("cancel my order", ""),
        ("", ""),
    ],
)
def test_neither(said: str, previous: str) -> None:
    """A new number, an answer, thanks, another matter, or nothing before is neither."""
    comparison = compared(said, previous)
    assert (comparison.rephrase, comparison.repeat) == (False, False)


def test_threshold() -> None:
    """Above the threshold it is a rephrase, at it or below it is none: that alone decides."""
    previous = "i lost my card in town"
    for said in ("i lost my wallet at home", "i lost my card at home", "i lost my card", "my card was stolen in town"):
        assert compared(said, previous).rephrase is (cosine(said, previous) > ALIKE)
    assert cosine("i lost my wallet at home", previous) < ALIKE < cosine("i lost my card at home", previous)


def test_nothing_before() -> None:
    """Without a message before, nothing is said again."""
    assert compared("cancel my order", "") == NOTHING_BEFORE == (0.0, False, False)


def test_stop_words() -> None:
    """About 75 words say nothing of the matter; what changes the sense is none of them."""
    assert 70 <= len(STOP_WORDS) <= 80
    assert not {"no", "not", "don't", "cancel", "order"} & STOP_WORDS


@pytest.mark.parametrize(
    ("said", "previous", "expected"),
    [
        ("Wo ist meine Bestellung?", "wo ist meine bestellung", True),
        ("Wo ist meine Bestellung?", "wo ist meine Rechnung", False),
        ("meine Bestellung wo ist", "wo ist meine Bestellung", False),
        ("Vielen Dank!", "vielen dank", False),
        ("Ja", "ja", False),
        ("\u6211\u7684\u8ba2\u5355\u5728\u54ea\u91cc\uff1f", "\u6211\u7684\u8ba2\u5355\u5728\u54ea\u91cc?", True),
        ("\u8c22\u8c22", "\u8c22\u8c22", False),
        ("", "", False),
    ],
)
def test_the_same_in_any_language(said: str, previous: str, expected: bool) -> None:
    """Word by word the same, and more than thanks or a yes, is a repeat in every language."""
    assert says_the_same(said, previous) is expected


@given(MESSAGES, MESSAGES)
@settings(deadline=None)
def test_any_two_texts(said: str, previous: str) -> None:
    """Any two texts: an overlap from 0 to 1, and never both rephrase and repeat."""
    overlap, rephrase, repeat = compared(said, previous)
    assert 0 <= overlap <= 1
    assert not (rephrase and repeat)
    assert overlap == compared(previous, said).overlap
    assert says_the_same(said, previous) is says_the_same(previous, said)
