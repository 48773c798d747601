"""Does a user complain?"""

from __future__ import annotations

import pytest

from otel_agent_analytics.signals.complaint import complains


@pytest.mark.parametrize(
    "text",
    [
        "this is so frustrating", "I am frustrated", "how annoying", "Ridiculous!", "unacceptable", "disappointed",
        "I'm upset", "angry", "terrible service", "awful", "useless", "a waste of time", "it broke again",
        "I already told you", "I already said so", "I already gave it", "already provided", "I said Monday",
        "as I said", "still not here", "I still don't have it", "I still don\u2019t have it", "it still doesn't open",
        "I still haven't got it", "it doesn't work", "it doesnt work", "it is not working", "What do you mean?",
        "that's not what I asked", "thats not what I want", "Are you sure?", "why can't I", "why cant I", "why not",
        "why is it so", "Why are you", "why did you", "I don't understand", "I dont understand", "your supervisor",
        "the manager", "I want to complain", "a complaint",
    ],
)  # fmt: skip
def test_complaints(text: str) -> None:
    """Anger, having said it before, things that do not work and not being understood are complaints."""
    assert complains(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "where is my order", "she said Monday", "already paid", "still here", "does it work", "why me",
        "what do you sell", "are you there", "management", "against it", "I understand", "that is what I want",
    ],
)  # fmt: skip
def test_no_complaints(text: str) -> None:
    """Other messages, and halves of the phrases, are none."""
    assert not complains(text)
