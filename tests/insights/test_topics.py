"""Topics while conversations come in: what is shown, what stays, what is held."""

from __future__ import annotations

import pickle
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks._agreement import adjusted_rand
from otel_agent_analytics.insights.limits import Limits
from otel_agent_analytics.insights.lsa import Vectors, normalised
from otel_agent_analytics.insights.partition import Closeness
from otel_agent_analytics.insights.topics import Topics
from tests.insights.shops import WANTS, Said, said

if TYPE_CHECKING:
    from collections.abc import Sequence

SMALL = Limits(fewest_conversations=5, fewest_users=3, first=30)


def streamed(topics: Topics, messages: Sequence[Said]) -> list[str | None]:
    """Let topics observe messages, learning whenever it is due; return what was told."""
    told = []
    for one in messages:
        told.append(topics.observe(one.text, one.user, one.time_ns))
        if topics.due:
            topics.learn()
    return told


def known(topics: Topics, messages: Sequence[Said]) -> list[str | None]:
    """Return the topics of messages by what is known now."""
    return [topics.topic_of(one.text) for one in messages]


def test_topics_are_what_people_want() -> None:
    """Six wants are told apart: of each topic nearly all messages want the same."""
    topics = Topics(SMALL)
    messages = said(300)
    streamed(topics, messages)
    topics.learn()

    told = known(topics, messages)
    groups: dict[str | None, list[str]] = {}
    for topic, message in zip(told, messages, strict=True):
        groups.setdefault(topic, []).append(message.want)
    assert len(groups) >= len(WANTS)
    assert sum(max(map(wants.count, set(wants))) for wants in groups.values()) >= 0.97 * len(messages)


def test_labels_are_words_of_the_topic() -> None:
    """Each label is of words that were said for one want."""
    topics = Topics(SMALL)
    streamed(topics, said(300))

    assert len(topics.shown()) >= len(WANTS)
    for topic in topics.shown():
        assert topic.label
        assert any(set(topic.label) <= set(words.split()) for words in WANTS.values()), topic.label


def test_nothing_is_known_before_anything_was_learnt() -> None:
    """That is None, as for a message without a word that says anything. Later, what is far from all is other."""
    topics = Topics(SMALL)
    first = topics.observe("my parcel is late", "ann", 0)
    streamed(topics, said(100))

    assert first is None
    assert topics.observe("hello, 4711?", "ann", 0) is None
    assert topics.topic_of("giraffes sing opera") == "other"


@pytest.mark.parametrize(
    ("users", "conversations", "shown"), [(2, 40, False), (3, 40, True), (3, 4, False), (3, 5, True)]
)
def test_a_topic_is_shown_when_enough_came_for_it(users: int, conversations: int, shown: bool) -> None:
    """At least five conversations and three users; until then its messages are ``other``."""
    topics = Topics(SMALL)
    for number in range(conversations):
        text = f"parcel late {('courier', 'tracking')[number % 2]}"
        topics.observe(text, f"user {number % users}", number)
    for number in range(40):
        topics.observe(f"refund money {('card', 'bank')[number % 2]}", f"other {number}", number)
    topics.learn()

    labels = [word for topic in topics.shown() for word in topic.label]
    assert ("parcel" in labels) is shown
    assert (topics.topic_of("parcel late courier") != "other") is shown


def test_users_that_are_unknown_are_one() -> None:
    """Where nobody says who they are, nothing is shown that takes several users."""
    topics = Topics(SMALL)
    for one in said(200):
        topics.observe(one.text, None, one.time_ns)
    topics.learn()

    assert topics.shown() == []
    assert set(known(topics, said(50))) == {"other"}


def test_nobody_is_given_away() -> None:
    """What few say, and numbers, addresses and ids, are in no label, however often they are said."""
    topics = Topics(SMALL)
    for number, one in enumerate(said(300)):
        secret = f"Smithson ann{number % 9}@example.com 4711{number % 7} AB{number % 5}CD +44 20 7493 4545"
        known_by_few = one.user in ("user 1", "user 2")
        topics.observe(f"{one.text} {secret}" if known_by_few else one.text, one.user, one.time_ns)
    topics.learn()

    allowed = {word for words in WANTS.values() for word in words.split()}
    assert topics.shown()
    assert {word for topic in topics.shown() for word in topic.label} <= allowed


def test_the_same_data_on_two_days_has_the_same_topics() -> None:
    """What was known at the end of a day is told on the next, in another order, for the same messages."""
    topics = Topics(SMALL)
    messages = said(400)
    streamed(topics, messages)
    topics.learn()
    before = known(topics, messages)
    again = random.Random(5).sample(range(len(messages)), len(messages))
    told = dict(zip(again, streamed(topics, [messages[place] for place in again]), strict=True))

    assert adjusted_rand(before, [told[place] for place in range(len(messages))]) >= 0.9


def test_any_order_gives_the_same_topics() -> None:
    """Two processes that were told the same in another order divide the messages alike."""
    messages = said(400)
    one, other = Topics(SMALL), Topics(SMALL)
    streamed(one, messages)
    streamed(other, messages[200:] + messages[:200])
    one.learn()
    other.learn()

    assert adjusted_rand(known(one, messages), known(other, messages)) >= 0.9


def test_topics_stay_when_the_sample_is_full() -> None:
    """From then on ids only move: what was known is told again, while messages of other words come too."""
    topics = Topics(SMALL._replace(documents=40))
    messages = said(300)
    streamed(topics, messages)
    before = known(topics, messages)
    streamed(topics, said(300, seed=2))

    assert topics.state().learnt.full
    after = [topics.resolved(topic or "") for topic in known(topics, messages)]
    assert adjusted_rand([topics.resolved(topic or "") for topic in before], after) >= 0.9


def test_learning_corrects_what_was_told() -> None:
    """It says which of the latest conversations have another topic now, and which: that which is told of them now."""
    topics, messages = Topics(SMALL), said(150)
    told: dict[str, str | None] = {}
    for number, one in enumerate(messages):
        told[str(number)] = topics.observe(one.text, one.user, one.time_ns, conversation=str(number))
    changed = topics.learn()

    assert set(told.values()) == {None}
    assert set(changed) == set(told)
    assert list(changed.values()) == known(topics, messages)
    assert topics.learn() == {}


def test_a_new_topic_appears() -> None:
    """What people suddenly want becomes a topic, with the time at which it began."""
    topics = Topics(SMALL._replace(documents=60))
    streamed(topics, said(300))
    old = {topic.id for topic in topics.shown()}
    began_ns = said(301)[-1].time_ns
    for number in range(60):
        text = f"outage network tower signal w{chr(0x4E00 + number)}"
        topics.observe(text, f"user {number}", began_ns + number)
    topics.learn()

    [new] = [topic for topic in topics.shown() if topic.id not in old and "outage" in topic.label]
    assert began_ns <= new.first_ns < began_ns + 60
    assert topics.topic_of("outage network tower") == new.id


def test_no_more_topics_than_told() -> None:
    """However many things people want."""
    topics = Topics(SMALL._replace(most_topics=3))
    streamed(topics, said(300))

    assert 1 <= len(topics.shown()) <= 3


def test_due_when_enough_was_said() -> None:
    """First after so many different messages, then whenever as many again were said as it had learnt from."""
    topics = Topics(SMALL)
    due = []
    for number in range(100):
        topics.observe("word" + chr(0x4E00 + number), "u", number)
        if topics.due:
            due.append(number + 1)
            topics.learn()

    assert due == [30, 60]


def test_what_is_held_is_bounded() -> None:
    """Messages, topics, the users of each, and topics that are no more."""
    limits = SMALL._replace(documents=30, most_topics=4)
    topics = Topics(limits)
    for seed in range(4):
        streamed(topics, said(200, seed, users=500))
    state = topics.state()

    assert len(state.documents) <= 30
    assert len(state.known) <= 4
    assert all(len(topic.users) <= 3 for topic in state.known.values())
    assert all(len(document.users) <= 3 for document in state.documents)


def test_a_topic_that_went_into_another_is_known_as_that() -> None:
    """Its conversations are counted there."""
    topics = Topics(SMALL)
    messages = said(200)
    streamed(topics, messages)
    topics.learn()
    learnt = topics.state().learnt
    one, other = learnt.ids[:2]
    total = sum(topic.conversations for topic in topics.state().known.values())
    joined = learnt._replace(
        ids=(one, *learnt.ids[2:]),
        labels=(learnt.labels[0], *learnt.labels[2:]),
        centres=np.delete(learnt.centres, 1, axis=0),
        gone_into=((other, one),),
        founded=(),
    )
    topics.adopt(joined)

    assert topics.resolved(other) == one
    assert topics.resolved(one) == one
    assert other not in topics.state().known
    assert sum(topic.conversations for topic in topics.state().known.values()) == total


def test_state_goes_on() -> None:
    """With the state of another, pickled in between, it goes on as if it had been there from the start."""
    messages = said(400)
    whole = Topics(SMALL)
    streamed(whole, messages[:200])
    resumed = Topics(SMALL, state=pickle.loads(pickle.dumps(whole.state())))  # noqa: S301 - its own

    assert streamed(resumed, messages[200:]) == streamed(whole, messages[200:])
    assert resumed.shown() == whole.shown()


class Letters:
    """An embedder: how often each letter stands in a text."""

    name = "letters"
    closeness = Closeness(near=0.5, alike=0.98, asked=0.5)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a row for each text."""
        counts = [[text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]
        return normalised(np.array(counts, dtype=np.float32))


def test_an_embedder_makes_the_vectors() -> None:
    """Messages that share no word are of one topic where the embedder says that they are alike."""
    topics = Topics(SMALL, Letters())
    for number in range(30):
        topics.observe(("abab", "baba", "aabb")[number % 3], f"user {number}", number)
        topics.observe(("xyxy", "yxyx", "xxyy")[number % 3], f"user {number}", number)
    topics.learn()

    assert len(topics.shown()) == 2
    assert topics.topic_of("bbaa") == topics.topic_of("abab") != topics.topic_of("yyxx")
    assert topics.topic_of("mmm") == "other"
