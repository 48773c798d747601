"""Stored topics without some users, conversations and old messages: what goes, and what stays as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from otel_agent_analytics.insights.documents import Document
from otel_agent_analytics.insights.topic_names import NO_TOPICS, learn, name_of
from otel_agent_analytics.insights.topic_state import said_of, state_of
from otel_agent_analytics.insights.topic_trimming import Gone, oldest_ns, short_hash, trimmed
from otel_agent_analytics.insights.words import content_words
from tests.insights.shops import said
from tests.insights.test_topic_names import SOME, documents


def of_ann(words: str, user: str, conversation: str, time_ns: int = 5) -> Document:
    """Return a message as topics take it."""
    return Document(tuple(words.split()), 1, frozenset([user]), time_ns, (), frozenset([conversation]))


def stored(*more: Document) -> dict[str, Any]:
    """Return topics of a shop as they are stored, with some more messages."""
    return said_of(learn(NO_TOPICS, [*documents(200), *more], SOME).state)


@pytest.mark.parametrize(
    "gone",
    [
        Gone(users={"ann"}),
        Gone(conversations={"a1", "a2", "a3", "a4"}),
        Gone(before_ns=6),
    ],
)
def test_what_goes(gone: Gone) -> None:
    """Her messages, and the stems that only these had; all others, and what is told of them, stay as they were."""
    said_by_her = ("zyzzyva quixotic parcel", "zyzzyva quixotic refund") * 2
    whole = stored(*(of_ann(words, "ann", f"a{number}") for number, words in enumerate(said_by_her, 1)))
    assert {"zyzzyv", "quixot"} <= set(whole["learnt"]["terms"])
    left, count = trimmed(whole, gone)
    before, after = state_of(whole), state_of(left)

    assert count == 2
    assert left == {**whole, **{name: left[name] for name in ("documents", "known", "learnt")}}
    assert "zyzzyv" not in str(left)
    assert "quixot" not in str(left)
    assert [one for one in before.documents if "zyzzyva" not in one.words] == after.documents
    for one in said(100, seed=3):
        words = content_words(one.text)
        assert name_of(words, after.learnt, {}) == name_of(words, before.learnt, {})
    assert after.learnt.space is not None
    assert before.learnt.space is not None
    for term, row in after.learnt.space.terms.items():
        assert np.array_equal(after.learnt.space.basis[row], before.learnt.space.basis[before.learnt.space.terms[term]])


def test_what_others_said_too_stays() -> None:
    """A message that somebody else said as well stays, without her hash and without that of her conversation."""
    whole = stored(of_ann("zyzzyva quixotic", "ann", "a1"), of_ann("zyzzyva quixotic", "bob", "b1"))
    left, count = trimmed(whole, Gone(users={"ann"}, conversations={"a1"}))

    assert count == 1
    [document] = [one for one in state_of(left).documents if "zyzzyva" in one.words]
    assert document.users == {"bob"}
    assert document.conversations == {"b1"}
    assert document.said == 2
    assert "ann" not in str(left)


def test_nothing_goes() -> None:
    """Of somebody who is not in it nothing changes."""
    whole = stored()
    assert trimmed(whole, Gone(users={"eve"}, conversations={"e1"})) == (whole, 0)
    assert oldest_ns(whole) == min(one.last_ns for one in state_of(whole).documents)
    assert oldest_ns({"documents": []}) is None


@pytest.mark.parametrize("damaged", [{}, {"documents": [[1, 2]]}, {"documents": 4}])
def test_damaged(damaged: dict[str, Any]) -> None:
    """What is no stored topics is told to be damaged."""
    with pytest.raises(ValueError, match="damaged"):
        trimmed(damaged, Gone(users={"ann"}))


def test_short_hashes() -> None:
    """They are 12 digits, and of nobody nothing."""
    assert short_hash(None) == ""
    assert len(short_hash("ann")) == 12
    assert short_hash("ann") != short_hash("bob")
