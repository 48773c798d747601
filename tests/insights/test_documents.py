"""The sample of messages from which topics are learnt."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agent_analytics.insights.documents import Document, Documents
from otel_agent_analytics.insights.limits import Limits

DAY_NS = 86_400 * 10**9
FEW = Limits(documents=20, fewest_users=3)


def document(*words: str, user: str = "u", day: int = 0) -> Document:
    """Return what one user said on a day."""
    return Document(words, 1, frozenset([user]), day * DAY_NS)


def test_messages_of_the_same_stems_are_one() -> None:
    """They are counted, with the last time and as many users as must be known, the words in one form."""
    documents = Documents(FEW)
    documents.add(document("payments", "late", user="d", day=2))
    for user in "cba":
        documents.add(document("late", "payment", user=user, day=1))

    [held] = documents.sample()
    assert held == Document(("late", "payment"), 4, frozenset("abc"), 2 * DAY_NS)


def test_of_two_vectors_the_same_is_kept_in_any_order() -> None:
    """Two texts may have the same content words and other vectors."""
    one, other = document("late")._replace(vector=(0.0, 1.0)), document("late")._replace(vector=(1.0, 0.0))
    for said in ((one, other), (other, one)):
        documents = Documents(FEW)
        for each in said:
            documents.add(each)
        assert documents.sample()[0].vector == (0.0, 1.0)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10**6))
def test_any_order_gives_the_same_sample(seed: int) -> None:
    """The sample depends on what was said and when, not on what came first."""
    said = [
        document("word" + chr(0x4E00 + number % 40), user=f"u{number % 5}", day=number % 9) for number in range(235)
    ]
    shuffled = random.Random(seed).sample(said, len(said))
    one, other = Documents(Limits(documents=50)), Documents(Limits(documents=50))
    for plain, mixed in zip(said, shuffled, strict=True):
        one.add(plain)
        other.add(mixed)

    assert one.sample() == other.sample()


def test_the_sample_is_bounded_and_any_order_keeps_the_same() -> None:
    """However many different messages come, so many are held; which ones does not depend on their order."""
    said = [document("w" + chr(0x4E00 + number)) for number in range(500)]
    one, other = Documents(FEW), Documents(FEW)
    for place in range(500):
        one.add(said[place])
        other.add(said[-1 - place])
        assert len(one) <= 25

    assert one.sample() == other.sample()
    assert len(one.sample()) == 20


@pytest.mark.parametrize(("age", "least", "most"), [(0, 400, 600), (30, 567, 767), (300, 990, 1000)])
def test_later_messages_are_likelier(age: int, least: int, most: int) -> None:
    """Of as many old and new messages half of the sample is new; two thirds where the old are a half-life older."""
    documents = Documents(Limits(documents=1_000))
    for number in range(2_000):
        documents.add(document("old" + chr(0x4E00 + number), day=400 - age))
        documents.add(document("new" + chr(0x4E00 + number), day=400))

    new = sum(held.words[0].startswith("new") for held in documents.sample())
    assert least <= new <= most
