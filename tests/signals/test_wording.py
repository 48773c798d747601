"""Thanks, negation, a no at the beginning, a question."""

from __future__ import annotations

import pytest

from otel_agent_analytics.signals.wording import has_negation, has_question, has_thanks, says_no


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thanks!", True), ("thank you", True), ("THX", True), ("I appreciate that", True), ("Great, go on", True),
        ("perfect", True), ("awesome", True), ("wonderful", True), ("that's it", True), ("that\u2019s all", True),
        ("That is everything", True), ("sounds good", True),
        ("", False), ("thankful", False), ("that all", False), ("it sounds bad", False), ("greater", False),
    ],
)  # fmt: skip
def test_thanks(text: str, expected: bool) -> None:
    """Thanks, praise and "that is all" are thanks; words that only begin like them are none."""
    assert has_thanks(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no", True), ("not that one", True), ("I didn't", True), ("I didn\u2019t", True), ("never", True),
        ("none of them", True), ("nothing", True), ("the wrong one", True), ("incorrect", True), ("this instead", True),
        ("actually, two", True),
        ("", False), ("know", False), ("nobody", False), ("I cannot", False), ("wrongly", False), ("dont", False),
    ],
)  # fmt: skip
def test_negation(text: str, expected: bool) -> None:
    """A no, a not or a correction is a negation."""
    assert has_negation(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No, the other", True), ("  nope", True), ("Nah.", True), ("no", True),
        ("", False), ("Now", False), ("I said no", False), ("not that", False), ("nobody", False), ("- no", False),
    ],
)  # fmt: skip
def test_says_no(text: str, expected: bool) -> None:
    """A message says no where it begins with it."""
    assert says_no(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Why?", True), ("Why? Tell me.", True), ("\u4e3a\u4ec0\u4e48\uff1f", True),
        ("\u0644\u0645\u0627\u0630\u0627\u061f", True), ("Why", False), ("", False),
    ],
)  # fmt: skip
def test_question(text: str, expected: bool) -> None:
    """A question mark anywhere, in any script, is a question."""
    assert has_question(text) is expected
