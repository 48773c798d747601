"""Does an agent refuse or apologise?"""

from __future__ import annotations

import pytest

from otel_agent_analytics.signals.refusal import refuses


@pytest.mark.parametrize(
    "text",
    [
        "I am unable to", "We cannot", "I can't", "I can\u2019t", "you cant", "I can not", "Unfortunately,",
        "it is not possible", "not allowed", "not available", "not eligible", "I am not able", "There are no options",
        "no option", "no results", "no matches", "no flights", "no room", "Sorry!", "I apologise", "I apologize",
        "we regret", "it does not", "it doesn't", "it doesnt", "not found", "I couldn't", "couldnt", "I could not",
    ],
)  # fmt: skip
def test_refusals(text: str) -> None:
    """What cannot be done, what is not there, and regret are refusals."""
    assert refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "Your table is booked.", "I can do that", "it is possible", "no worries", "not today", "does it",
        "I could", "found", "apology", "sorrow", "there is no roommate",
    ],
)  # fmt: skip
def test_no_refusals(text: str) -> None:
    """Other messages, and parts of the words, are none."""
    assert not refuses(text)
