"""The word lists find what the one pattern of each of them finds; the patterns are those that were measured."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from otel_agent_analytics.signals.closing import has_closing_words
from otel_agent_analytics.signals.complaint import complains
from otel_agent_analytics.signals.outcome_words import succeeded
from otel_agent_analytics.signals.prepared import prepared
from otel_agent_analytics.signals.refusal import refuses
from otel_agent_analytics.signals.sentiment import PHRASES
from otel_agent_analytics.signals.wording import has_negation, has_thanks, says_no
from tests.signals.texts import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.signals.prepared import Said

SUCCESS = (
    r"\b(success\w*|confirmed|booked|reserved|reservation (is|has been) (made|confirmed)|has been (made|added|scheduled"
    r"|reserved|booked|sent|completed|transferred|set)|have been (reserved|booked|made|scheduled|purchased)|all set"
    r"|you(r|'re).{0,30}(scheduled|set|booked)|(?<!may )(?<!might )(?<!i )enjoy"
    r"(?! (the rest of )?(your|the|this) (\w+ )?(day|evening|night|afternoon|morning|week|weekend)\b))\b"
)
FAILURE = (
    r"\b(fail\w*|couldn'?t|could not|wasn'?t able|was not able|unable|not (available|possible|successful|able)"
    r"|unsuccessful|error|(?<!no )(?<!not a )problem|sorry|unfortunately|went wrong"
    r"|didn'?t (work|go)|can'?t|cannot|try again)\b"
)
PATTERNS: dict[Callable[[Said], bool], str] = {
    has_closing_words: r"\b(thanks?|thank you|thx|bye|goodbye|that('s| is|'ll be| will be|s)? (all|it|everything)"
    r"|have a (great|good|nice|wonderful)|you'?re welcome|no(thing)?,? (that|more|else)|all (set|good)"
    r"|no(pe)?,? i'?m (good|fine)|appreciate|grateful)\b",
    has_thanks: r"\b(thanks?|thank you|thx|appreciate|great|perfect|awesome|wonderful"
    r"|that('s| is) (all|it|everything)|sounds good)\b",
    has_negation: r"\b(no|not|n't|never|none|nothing|wrong|incorrect|instead|actually)\b|n't",
    says_no: r"^\s*(no|nope|nah)\b",
    complains: r"\b(frustrat\w*|annoy\w*|ridiculous|unacceptable|disappoint\w*|upset|angry|terrible|awful|useless|waste"
    r"|again|already (told|said|gave|provided)|i said|as i said|still (not|don't|doesn't|haven't)|doesn'?t work"
    r"|not working|what do you mean|that'?s not what|are you sure|why (can'?t|not|is|are|did)|don'?t understand"
    r"|supervisor|manager|complain\w*)\b",
    refuses: r"\b(unable|cannot|can'?t|can not|unfortunately|not (possible|allowed|available|eligible|able)"
    r"|no (options?|results?|matches|flights?|rooms?)|sorry|apologi[sz]e|regret|does not|doesn'?t|not found|couldn'?t"
    r"|could not)\b",
}
NOT_WORKING = (
    r"\b(not|isn'?t|doesn'?t|don'?t|didn'?t|won'?t) "
    r"(work|working|load|loading|help|helping|helpful|respond|understand|happening)"
)
PHRASE_PATTERNS = (
    (-0.35, NOT_WORKING),
    (-0.35, r"\bno (one|response|answer|reply|help|luck|idea why)\b"),
    (-0.40, r"\b(hung up|on hold|waste of|fed up|sick of|let down|how (hard|difficult)|what the)\b"),
    (-0.25, r"\b(hours?|days?|weeks?|months?) (late|ago|now|later|and counting|on hold|waiting)\b"),
    (-0.15, r"\b(never|nothing|nobody) \w+"),
    (-0.25, r"\b(speak|talk) (to|with) (a |an |your |the )?(human|person|agent|manager|supervisor|representative)"),
    (+0.10, r"\bthank(s| you)\b"),
    (+0.35, r"\b(works now|that worked|solved|fixed it|got it working)\b"),
)  # fmt: skip


def found(pattern: str, text: str) -> bool:
    """Return whether the plain pattern finds something in the text, apostrophes plain and without regard to case."""
    return re.search(pattern, text.replace("\u2019", "'"), re.IGNORECASE) is not None


def texts(*patterns: str) -> st.SearchStrategy[str]:
    """Return texts of all kinds, most of which hold or nearly hold what the patterns find."""
    return st.one_of(MESSAGES, *map(st.from_regex, patterns))


@pytest.mark.parametrize("signal", PATTERNS, ids=lambda signal: signal.__name__)
@settings(deadline=None, max_examples=400)
@given(data=st.data())
def test_signal_is_its_pattern(signal: Callable[[Said], bool], data: st.DataObject) -> None:
    """A signal says of any text what the pattern that was measured says of it."""
    text = data.draw(texts(PATTERNS[signal]))
    assert signal(text) is found(PATTERNS[signal], text)


@settings(deadline=None, max_examples=400)
@given(text=texts(SUCCESS, FAILURE))
@example("your reservation has been made, but something went wrong")
@example("you're all reset")
def test_outcome_is_its_two_patterns(text: str) -> None:
    """Failure goes before success; neither is neither."""
    expected = False if found(FAILURE, text) else True if found(SUCCESS, text) else None
    assert succeeded(text) is expected


@pytest.mark.parametrize("at", range(len(PHRASE_PATTERNS)))
@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_phrases_of_sentiment_are_their_patterns(at: int, data: st.DataObject) -> None:
    """So do the phrases that change a sentiment, each with its weight."""
    (weight, phrase), (expected, pattern) = PHRASES[at], PHRASE_PATTERNS[at]
    text = data.draw(texts(pattern))
    assert weight == expected
    assert phrase.found_in(prepared(text)) is found(pattern, text)
