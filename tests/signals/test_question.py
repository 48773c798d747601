"""Does the agent leave a question open?"""

from __future__ import annotations

import pytest

from otel_agent_analytics.signals.question import ends_with_question


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
