"""Which words of a message say what it is about?"""

from __future__ import annotations

import time

import pytest

from otel_agent_analytics.insights.words import MOST_WORDS, content_words, first_substantive, stems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is my parcel?", ("parcel",)),
        ("PARCEL, parcel. Parcels!", ("parcel", "parcel", "parcels")),
        ("hello, I am not happy", ("happy",)),
        ("order 4711 and AB12CD, my_token", ("order",)),
        ("write to ann.lee@example.com or www.example.org or example.com", ("write",)),
        ("https://example.com/refund?id=ann", ()),
        ("x" * 25 + " parcel", ("parcel",)),
        ("I can\u2019t pay", ("pay",)),
        ("", ()),
        ("12:30 01/02/2026 +44 20 7493 4545", ()),
        ("Überweisung a b", ("überweisung",)),
    ],
)
def test_content_words(text: str, expected: tuple[str, ...]) -> None:
    """Small words, numbers, ids, addresses and words too long to be any are left out."""
    assert content_words(text) == expected


def test_small_words_of_another_language() -> None:
    """What is small in the language of the message is left out, and only that."""
    assert content_words("wo ist die Rechnung", "de") == ("rechnung",)
    assert content_words("die Rechnung", "en") == ("die", "rechnung")


def test_a_long_message_is_cut() -> None:
    """No message gives more than so many words."""
    assert len(content_words("parcel late refund " * 100)) == MOST_WORDS


def test_a_message_without_spaces_takes_no_time() -> None:
    """Time grows with the length, not with its square: a hundred messages of 4,000 letters take no second."""
    begun = time.process_time()
    for _ in range(100):
        content_words("a" * 4_000)

    assert time.process_time() - begun < 1


def test_stems() -> None:
    """Words with the same beginning are the same."""
    assert stems(["payment", "payments", "pay"]) == ("paymen", "paymen", "pay")


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (["hello", "my parcel is late", "refund please now"], 1),
        (["parcel", "thanks"], 0),
        (["parcel", "late parcel refund"], 1),
        (["hi", None, "thanks"], None),
        ([None, "parcel is broken"], 1),
        ([], None),
    ],
)
def test_first_substantive_message(messages: list[str | None], expected: int | None) -> None:
    """The first message with two content words, else with one; greetings are none."""
    assert first_substantive(messages) == expected
