"""What the messages of a conversation want: the user's own intents, else the topic that was found.

Without intents of one's own a conversation has the intent of its topic: the topic's id, whose label says what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from otel_agent_analytics.conversations.wanted import SUBSTANTIVE, TOPIC_CONFIDENCE, Wanted
from otel_agent_analytics.insights.intents import OTHER
from otel_agent_analytics.insights.words import content_words, first_substantive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.insights.intents import Intents


class Wants(NamedTuple):
    """What a conversation is about."""

    intents: tuple[Wanted, ...]
    """The first is the primary one."""
    topics: tuple[Wanted, ...]


def wants_of(messages: Sequence[str | None], intents: Intents | None, topic: str | None) -> Wants:
    """Return what a conversation is about.

    Args:
        messages: what the user said, in order; None for a text that is not to be had.
        intents: the user's own, if there are any.
        topic: what ``Topics`` said of the first substantive message; None where that is unknown.
    """
    first = first_substantive(messages)
    topics = () if topic is None else (Wanted(topic, TOPIC_CONFIDENCE, 1 if first is None else first + 1),)
    if intents is None:
        return Wants(topics, topics)
    if first is None:
        return Wants((), topics)
    found = [
        (place, intents.of(text))
        for place, text in enumerate(messages)
        if text is not None and place >= first and (place == first or len(content_words(text)) >= SUBSTANTIVE)
    ]
    return Wants(
        tuple(
            Wanted(guess.name, guess.confidence, place + 1)
            for place, guess in found
            if place == first or guess.name != OTHER
        ),
        topics,
    )
