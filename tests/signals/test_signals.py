"""What a message says, measured where the text is."""

from __future__ import annotations

import pytest

from otel_agent_analytics.signals.closing import has_closing_words
from otel_agent_analytics.signals.language import is_english
from otel_agent_analytics.signals.question import ends_with_question
from otel_agent_analytics.signals.tool_result import says_failed


@pytest.mark.parametrize(
    "text",
    [
        "thanks", "Thank you so much!", "thx", "bye", "Goodbye.", "that's all", "that\u2019s all", "That is everything",
        "that'll be all", "thats it", "have a nice day", "You're welcome", "no, nothing else, thanks", "nothing more",
        "no that is it", "all set", "I appreciate it", "all good",
    ],
)  # fmt: skip
def test_closing_words(text: str) -> None:
    """Thanks, farewells and "that's all" close a conversation."""
    assert has_closing_words(text)


@pytest.mark.parametrize(
    "text",
    ["", "hello", "thankfulness is no word here", "where is my order?", "I need a refund", "byenary", "allsetting"],
)
def test_no_closing_words(text: str) -> None:
    """Anything else, and parts of other words, do not."""
    assert not has_closing_words(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Which one?", True), ("Which one? ", True), ('He asked "which one?"', True), ("**Which one?**", True),
        ("Which one\uff1f", True), ("Which one? Tell me.", False), ("", False), ("?", True), ("Done.", False),
    ],
)  # fmt: skip
def test_question_at_the_end(text: str, expected: bool) -> None:
    """A message ends with a question when a question mark is its last word, whatever stands around it."""
    assert ends_with_question(text) is expected


@pytest.mark.parametrize(
    ("result", "pattern", "expected"),
    [
        ("Error: no such order", "^Error", True),
        ("no Error here", "^Error", False),
        ("", "^Error", False),
        ('{"status": "failed"}', r'"status": "failed"', True),
    ],
)
def test_failed_tool_result(result: str, pattern: str, expected: bool) -> None:
    """A tool failed when its result matches the pattern of the settings."""
    assert says_failed(result, pattern) is expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("en", True), ("en-GB", True), ("EN_us", True), (None, True), ("", True), ("de", False), ("enm", False)],
)
def test_language_of_the_word_lists(tag: str | None, expected: bool) -> None:
    """The word lists are for English; without a tag a text is taken for English."""
    assert is_english(tag) is expected
