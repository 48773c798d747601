"""Topics of one process: named when enough people came for them, by names that stay."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.insights.finder import TopicFinder
from otel_agent_analytics.insights.hearing import Hearing
from otel_agent_analytics.insights.limits import Limits
from otel_agent_analytics.measuring import Speaker
from tests.insights.shops import START_NS, WANTS, said

SOME = Limits(fewest_conversations=5, fewest_users=3, first=30)
PARCEL = "my parcel, courier tracking"


def finder(limits: Limits = SOME) -> TopicFinder:
    """Return one for which time stands still, and which learns at once."""
    return TopicFinder(limits, lambda: START_NS, beside=False)


def heard(one: TopicFinder, count: int = 300, seed: int = 1, users: int = 50) -> list[tuple[str, str | None]]:
    """Return what each message wants, and what is said of that; each is in a conversation of its own."""
    return [
        (told.want, one.topic(told.text, "en", Speaker(f"c{seed}-{number}", told.user)))
        for number, told in enumerate(said(count, seed, users))
    ]


def names(told: list[tuple[str, str | None]]) -> dict[str, str | None]:
    """Return the most frequent name of what each message wants."""
    return {want: Counter(name for one, name in told if one == want).most_common(1)[0][0] for want in WANTS}


def of_parcels(name: str | None) -> bool:
    """Return whether a name is of words that are said of parcels."""
    return set(str(name).split()) <= set(WANTS["parcel"].split())


def test_unknown_then_named() -> None:
    """Nothing is known of the first conversations; then those about one thing have a name, of words that are said."""
    told = heard(finder())

    assert {topic for _, topic in told[:30]} == {v.UNKNOWN}
    found = names(told[200:])
    assert all(set(str(name).split()) <= set(WANTS[want].split()) for want, name in found.items()), found
    assert len(set(found.values())) == len(WANTS)


def test_names_stay() -> None:
    """What is learnt later changes no name."""
    one = finder()
    before = names(heard(one, 600)[300:])

    assert names(heard(one, 600, seed=2)[300:]) == before


def test_few_people_give_no_name() -> None:
    """Topics of two users are ``other``, however often they come."""
    assert {topic for _, topic in heard(finder(), users=2)[60:]} == {v.OTHER_LABEL}


def test_only_the_first_message_decides() -> None:
    """A greeting of one word does not, nor what comes after the first message that says something."""
    one = finder()
    heard(one)
    speaker = Speaker("new", "user 1")

    assert one.topic("giraffes", "en", speaker) == v.OTHER_LABEL
    assert of_parcels(one.topic(PARCEL, "en", speaker))
    assert one.topic("I want a refund", "en", speaker) is None
    assert one.topic("I want a refund", "en", Speaker()) is None


def test_beside_the_intent() -> None:
    """A message's topic is an attribute of its own; without intents there is nothing said of them."""
    topics = finder()
    heard(topics)
    attributes = Hearing(None, topics)(PARCEL, "en", Speaker("new", "user 1"))

    assert attributes.keys() == {v.USER_MESSAGE_TOPIC, v.USER_MESSAGE_CONTENT_WORDS}


def test_on_a_thread_of_its_own() -> None:
    """Whoever speaks does not wait: topics are learnt on another thread."""
    one = TopicFinder(SOME)
    heard(one, 60)
    for thread in threading.enumerate():
        if thread.name == "agent-analytics-topics":
            thread.join(30)

    assert {topic for _, topic in heard(one, 15, seed=3)} != {v.UNKNOWN}


def test_after_a_fork() -> None:
    """A child goes on with what was learnt, though the lock was held when it was made."""
    one = finder()
    heard(one)
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    with one._lock:
        child = context.Process(target=lambda: answers.put(one.topic(PARCEL, "en", Speaker("x", "u"))))
        child.start()
    child.join(30)

    assert child.exitcode == 0
    assert of_parcels(answers.get())
