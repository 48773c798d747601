"""What a user's message wants, as attributes: found where its text is, so that only names leave, and never words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.errors import guard
from otel_agent_analytics.insights.words import content_words

if TYPE_CHECKING:
    from otel_agent_analytics.insights.finder import TopicFinder
    from otel_agent_analytics.insights.intents import Intents
    from otel_agent_analytics.measuring import Speaker

_HEARD: Final = guard("insights.heard")


class Hearing:
    """Tells intents and topics of messages. Safe to use from any thread.

    Args:
        intents: the user's own; None without.
        topics: finds topics; None: nobody does.
    """

    def __init__(self, intents: Intents | None, topics: TopicFinder | None = None) -> None:
        self._intents = intents
        self._topics = topics

    def __call__(self, text: str, language: str, speaker: Speaker) -> dict[str, object]:
        """Return the intent of a message, how sure that is, and its topic; nothing where no word says anything."""
        attributes: dict[str, object] = {}
        words = content_words(text, language)
        if not words:
            return attributes
        with _HEARD:
            if self._intents is not None:
                guess = self._intents.of(text)
                attributes[v.USER_MESSAGE_INTENT] = guess.name
                attributes[v.USER_MESSAGE_INTENT_CONFIDENCE] = round(guess.confidence, 3)
            topic = None if self._topics is None else self._topics.topic(text, language, speaker)
            if topic is not None:
                attributes[v.USER_MESSAGE_TOPIC] = topic
            attributes[v.USER_MESSAGE_CONTENT_WORDS] = len(words)
        return attributes
