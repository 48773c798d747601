"""What the turns of an episode say of what its user wanted."""

from __future__ import annotations

from otel_agent_analytics.conversations.wanted import Wanted, Wants, wants_of_turns
from tests.conversations.made import agent, turns, unheard, user


def test_first_that_says_something() -> None:
    """A greeting of one word says less than the message after it; further intents come once, in their order."""
    found = wants_of_turns(
        turns(
            user(content_words=1, intent="greeting", intent_confidence=0.9),
            agent(),
            user(content_words=3, intent="refund", intent_confidence=0.8),
            user(content_words=2, intent="address", intent_confidence=0.7),
            user(content_words=2, intent="refund", intent_confidence=0.5),
            user(content_words=1, intent="greeting", intent_confidence=0.5),
            user(content_words=4, intent="other", intent_confidence=0.4),
        )
    )

    assert found.intents == (Wanted("refund", 0.8, 2), Wanted("address", 0.7, 3))


def test_a_single_word_where_there_is_no_more() -> None:
    """A conversation of single words has the intent of the first, be it none of those that are known."""
    first = user(content_words=1, intent="other", intent_confidence=0.4)

    found = wants_of_turns(turns(unheard(), first, user(content_words=1, intent="refund", intent_confidence=1.0)))

    assert found.intents == (Wanted("other", 0.4, 2),)


def test_topic_and_intents_stand_for_each_other() -> None:
    """Where only one of them is looked for it is both."""
    only_topic = wants_of_turns(turns(user(content_words=2, topic="parcel late")))
    only_intent = wants_of_turns(turns(user(content_words=2, intent="refund", intent_confidence=0.8)))
    both = wants_of_turns(turns(user(content_words=2, intent="refund", intent_confidence=0.8, topic="parcel late")))

    assert only_topic == Wants((Wanted("parcel late", 0.5, 1),), Wanted("parcel late", 0.5, 1))
    assert only_intent == Wants((Wanted("refund", 0.8, 1),), Wanted("refund", 0.8, 1))
    assert both == Wants((Wanted("refund", 0.8, 1),), Wanted("parcel late", 0.5, 1))


def test_a_topic_that_is_not_known_yet() -> None:
    """Where topics are looked for, what the user came for is not taken for one; and for no intent either."""
    found = wants_of_turns(turns(user(content_words=2, intent="refund", intent_confidence=0.8, topic="unknown")))

    assert found == Wants((Wanted("refund", 0.8, 1),), None)
    assert wants_of_turns(turns(user(content_words=2, topic="unknown"))) == Wants()


def test_nothing_known() -> None:
    """Without a word that says anything, and without a message, nothing is wanted."""
    assert wants_of_turns(turns(user(), unheard(), agent())) == Wants()
    assert wants_of_turns(turns(agent())) == Wants()
