"""What the messages of a conversation want."""

from __future__ import annotations

from otel_agent_analytics.insights.intents import Intents
from otel_agent_analytics.insights.wanted import wants_of

INTENTS = Intents({"cancel": ["cancel my order", "stop my order"], "address": ["my new address", "I have moved house"]})


def names(messages: list[str | None], topic: str | None = None) -> list[tuple[str, int]]:
    """Return the intents that are found, each with its turn."""
    return [(one.name, one.turn) for one in wants_of(messages, INTENTS, topic).intents]


def test_the_first_substantive_message_is_primary() -> None:
    """A greeting before it says nothing, nor do short answers after it."""
    assert names(["hello", "please cancel my order", "yes", "my new address is needed"]) == [
        ("cancel", 2),
        ("address", 4),
    ]


def test_near_none_is_other_only_where_it_is_primary() -> None:
    """A first message that is near none wants something else; later ones are talk."""
    assert names(["giraffes sing opera", "cancel my order", "giraffes dance ballet"]) == [("other", 1), ("cancel", 2)]


def test_no_text_no_intent() -> None:
    """Without texts nothing is known; a topic that the agent's process told is."""
    wants = wants_of([None, None], INTENTS, "t3")

    assert wants.intents == ()
    assert [(one.name, one.turn) for one in wants.topics] == [("t3", 1)]


def test_without_intents_of_ones_own_the_topic_is_the_intent() -> None:
    """And without a topic there is neither."""
    wants = wants_of(["hello", "my parcel is late"], None, "t3")

    assert [(one.name, one.turn) for one in wants.intents] == [("t3", 2)]
    assert wants.intents == wants.topics
    assert wants_of(["my parcel is late"], None, None) == ((), ())
