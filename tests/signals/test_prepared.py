from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agent_analytics.signals.prepared import LONGEST, prepared
from tests.signals.texts import MESSAGES


def test_apostrophes_case_and_words() -> None:
    """Typographic apostrophes become plain, letters small, and words are told apart at the apostrophe."""
    said = prepared("I Can\u2019t, really")
    assert (said.plain, said.lowered) == ("I Can't, really", "i can't, really")
    assert said.words == {"i", "can", "t", "really"}


def test_what_is_prepared_stays_as_it_is() -> None:
    """A text is prepared once."""
    said = prepared("Hello")
    assert prepared(said) is said


def test_beginning_and_end_of_a_long_text() -> None:
    """Of a long text the beginning and the end are measured, so that the cost is bounded and a last word counts."""
    said = prepared("first " + "x" * 1_000_000 + " last")
    assert len(said.plain) == LONGEST + 1
    assert {"first", "last"} <= said.words


@given(st.one_of(st.text(), MESSAGES))
@settings(deadline=None)
def test_words_are_those_of_the_pattern(text: str) -> None:
    r"""ASCII or not, the words are what \w+ finds in the lower-case text."""
    said = prepared(text)
    assert said.words == set(re.findall(r"\w+", said.lowered))
