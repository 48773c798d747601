"""Words that tell a topic from the others, and give nobody away."""

from __future__ import annotations

from otel_agent_analytics.insights.documents import Document
from otel_agent_analytics.insights.labels import labels_of
from otel_agent_analytics.insights.limits import Limits

LIMITS = Limits(fewest_users=3, label_words=2)


def document(text: str, *users: str) -> Document:
    """Return what some users said."""
    return Document(tuple(text.split()), max(1, len(users)), frozenset(users), 0)


MANY = ("ann", "bob", "cid")


def test_words_of_one_topic_go_before_words_of_all() -> None:
    """``parcel`` is said in both topics, so that the words of each of them come first."""
    documents = [document("parcel late", *MANY), document("parcel refund", *MANY)]

    assert labels_of(documents, [0, 1], LIMITS) == {0: ("late", "parcel"), 1: ("refund", "parcel")}


def test_a_word_of_few_users_is_in_no_label() -> None:
    """However often two of them say it; three who say it in different messages are enough."""
    documents = [document("smith refund", "ann", "bob")] * 9 + [document("card", user) for user in MANY]

    assert labels_of(documents, [0] * 12, LIMITS) == {0: ("card",)}


def test_users_of_another_topic_do_not_count() -> None:
    """A word that two say here and one there is in neither label."""
    documents = [document("smith", "ann", "bob"), document("smith", "cid")]

    assert labels_of(documents, [0, 1], LIMITS) == {0: (), 1: ()}


def test_a_word_stands_in_a_label_once() -> None:
    """Words of one stem are one."""
    assert labels_of([document("payment payments late", *MANY)], [0], LIMITS) == {0: ("late", "payment")}


def test_messages_in_no_topic_give_no_label() -> None:
    """And count for none."""
    assert labels_of([document("late", *MANY), document("late", *MANY)], [-1, 0], LIMITS) == {0: ("late",)}
