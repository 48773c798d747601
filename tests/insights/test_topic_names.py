"""Names of topics as the analyzer tells them: the same from the same state, and not before enough people came."""

from __future__ import annotations

from collections import Counter

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.insights.documents import Document
from otel_agent_analytics.insights.learning import NOTHING_LEARNT
from otel_agent_analytics.insights.limits import Limits
from otel_agent_analytics.insights.service_topics import ServiceTopics, TopicHearing, Words
from otel_agent_analytics.insights.topic_names import NO_TOPICS, NamedTopics, learn, name_of, new_name
from otel_agent_analytics.insights.words import content_words
from otel_agent_analytics.measuring import Speaker
from tests.insights.shops import WANTS, said

SOME = Limits(fewest_conversations=5, fewest_users=3, first=30)


def documents(count: int, seed: int = 1, users: int = 50) -> list[Document]:
    """Return messages of a shop's users as topics take them."""
    return [
        Document(content_words(one.text), 1, frozenset([one.user]), one.time_ns, (), frozenset([f"c{number}"]))
        for number, one in enumerate(said(count, seed, users))
    ]


def told(topics: NamedTopics, seed: int = 9) -> dict[str, str]:
    """Return the most frequent name of what each message wants."""
    names = [(one.want, name_of(content_words(one.text), topics.state.learnt, topics.names)) for one in said(200, seed)]
    return {want: Counter(name for about, name in names if about == want).most_common(1)[0][0] for want in WANTS}


def test_each_want_has_a_name() -> None:
    """It is of words that were said for it; what is far from all is other, and what says nothing unknown."""
    topics = learn(NO_TOPICS, documents(300), SOME)

    names = told(topics)
    assert all(set(name.split()) <= set(WANTS[want].split()) for want, name in names.items()), names
    assert name_of(("giraffes", "sing", "opera"), topics.state.learnt, topics.names) == v.OTHER_LABEL
    assert name_of((), topics.state.learnt, topics.names) == v.UNKNOWN
    assert name_of(("parcel", "courier"), NOTHING_LEARNT, {}) == v.UNKNOWN


@pytest.mark.parametrize(("count", "users"), [(300, 2), (12, 50)])
def test_nothing_is_named_before_enough_came(count: int, users: int) -> None:
    """Neither many conversations of two users are enough, nor two conversations about each thing."""
    topics = learn(NO_TOPICS, documents(count, users=users), SOME)

    assert topics.state.known
    assert topics.names == {}
    assert set(told(topics).values()) == {v.OTHER_LABEL}


def test_names_stay() -> None:
    """A topic that is still there keeps its name, whatever is learnt later."""
    before = learn(NO_TOPICS, documents(300), SOME)
    after = learn(before, documents(300, seed=2), SOME)

    kept = before.names.keys() & after.state.known.keys()
    assert len(kept) >= len(WANTS)
    assert {topic: after.names[topic] for topic in kept} == {topic: before.names[topic] for topic in kept}
    assert after.names.keys() <= after.state.known.keys()


def test_no_two_topics_have_the_same_name() -> None:
    """The second one of the same words has a number; no topic is called as what is none."""
    assert new_name(["money", "back"], []) == "money back"
    assert new_name(["money", "back"], ["money back", "money back 2"]) == "money back 3"
    assert new_name(["other"], []) == "other 2"


def test_services_and_how_many() -> None:
    """Each tells what was learnt of it; of one more than may be nothing is told, and nothing is taken."""
    topics, learnt = ServiceTopics(most=1), learn(NO_TOPICS, documents(300), SOME)
    shop, bank = ("shop", "", ""), ("bank", "", "")
    assert topics.takes(shop)
    topics.put(shop, learnt)

    assert topics.name(shop, ("parcel", "courier", "tracking")) in learnt.names.values()
    assert topics.name(bank, ("parcel", "courier", "tracking")) == v.UNKNOWN
    assert (topics.takes(shop), topics.takes(bank)) == (True, False)
    topics.put_unreadable(shop)
    assert (topics.takes(shop), topics.name(shop, ("parcel", "courier", "tracking"))) == (False, v.UNKNOWN)
    topics.drop(shop)
    assert topics.takes(bank)


def test_words_are_those_that_may_be_kept() -> None:
    """What redaction takes out of a text is not learnt from; without a service nobody's topics are meant."""
    hearing = TopicHearing(
        lambda *_: {v.USER_MESSAGE_CONTENT_WORDS: 3}, ServiceTopics(), lambda text: text.replace("Zbigniew", "[name:1]")
    )
    heard = hearing("Zbigniew, repair his parcel", "en", Speaker("c", None, ("shop", "", "")))

    assert heard[v.USER_MESSAGE_WORDS] == Words(("repair", "parcel"))
    assert heard[v.USER_MESSAGE_TOPIC] == v.UNKNOWN
    assert hearing("Zbigniew, repair his parcel", "en", Speaker("c")).keys() == {v.USER_MESSAGE_CONTENT_WORDS}
