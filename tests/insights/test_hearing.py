"""What is said of a message where its text is: names, and never words."""

from __future__ import annotations

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.insights.hearing import Hearing
from otel_agent_analytics.insights.intents import Intents
from otel_agent_analytics.measuring import NOBODY, user_message

EXAMPLES = {"cancel an order": ["please cancel my order"], "change the address": ["I have moved to a new address"]}
WANTS = Hearing(Intents(EXAMPLES))


@pytest.mark.parametrize(
    ("text", "intent", "words"),
    [
        ("cancel the order please", "cancel an order", 2),
        ("my address is new", "change the address", 1),
        ("do you sell umbrellas", "other", 2),
    ],
)
def test_intent_of_a_message(text: str, intent: str, words: int) -> None:
    """The nearest of the user's own, ``other`` for none; with it how many words say something."""
    said = WANTS(text, "en", NOBODY)

    assert said[v.USER_MESSAGE_INTENT] == intent
    assert said[v.USER_MESSAGE_CONTENT_WORDS] == words
    assert 0 < float(str(said[v.USER_MESSAGE_INTENT_CONFIDENCE])) <= 1


def test_a_message_that_says_nothing() -> None:
    """Where no word says anything there is no intent."""
    assert WANTS("is it you?", "en", NOBODY) == {}


def test_beside_what_else_is_measured() -> None:
    """It is measured with the signals of a message, and not where these are switched off."""
    text = "cancel the order please"
    without = user_message(text, previous="")

    assert user_message(text, previous="", wants=WANTS) == {**without, **WANTS(text, "en", NOBODY)}
    assert v.USER_MESSAGE_INTENT not in user_message(text, previous="", signals=False, wants=WANTS)
