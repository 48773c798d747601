"""What a user's message wants, as attributes: found where its text is, so that only names leave, and never words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.insights.words import content_words

if TYPE_CHECKING:
    from otel_agent_analytics.insights.intents import Intents
    from otel_agent_analytics.measuring import Speaker


class Hearing:
    """Tells the intents of messages. Safe to use from any thread.

    Args:
        intents: the user's own.
    """

    def __init__(self, intents: Intents) -> None:
        self._intents = intents

    def __call__(self, text: str, language: str, speaker: Speaker) -> dict[str, object]:
        """Return the intent of a message and how sure that is; nothing where no word of it says anything."""
        words = content_words(text, language)
        if not words:
            return {}
        guess = self._intents.of(text)
        return {
            v.USER_MESSAGE_CONTENT_WORDS: len(words),
            v.USER_MESSAGE_INTENT: guess.name,
            v.USER_MESSAGE_INTENT_CONFIDENCE: round(guess.confidence, 3),
        }
