"""Does a user take leave?"""

from __future__ import annotations

import pytest

from otel_agent_analytics.signals.closing import has_closing_words


@pytest.mark.parametrize(
    "text",
    [
        "thanks", "Thank you so much!", "thx", "bye", "Goodbye.", "that's all", "that\u2019s all", "That is everything",
        "that'll be all", "thats it", "have a nice day", "You're welcome", "no, nothing else, thanks", "nothing more",
        "no that is it", "all set", "I appreciate it", "all good", "that will be everything", "that all",
        "have a good one", "have a great day", "Have a wonderful weekend", "youre welcome", "no more", "nothing, that",
        "I am grateful for it", "No, I'm good.", "nope, I\u2019m fine", "no im good",
        "nothing else", "x" * 3_000 + " bye",
    ],
)  # fmt: skip
def test_closing_words(text: str) -> None:
    """Thanks, farewells and "that's all" close a conversation."""
    assert has_closing_words(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "hello", "thankfulness is no word here", "where is my order?", "I need a refund", "byenary", "allsetting",
        "that is allowed", "have a look", "no morello", "welcome", "a great idea",
        "I'm good with the second", "no, I'm finishing it",
    ],
)  # fmt: skip
def test_no_closing_words(text: str) -> None:
    """Anything else, and parts of other words, do not."""
    assert not has_closing_words(text)
