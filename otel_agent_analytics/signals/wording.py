"""Small words of a user's turn: thanks, negation, a no at its beginning, a question. English but for the question."""

from __future__ import annotations

import re
from typing import Final

from otel_agent_analytics.signals.prepared import Said, prepared
from otel_agent_analytics.signals.question import QUESTION_MARKS
from otel_agent_analytics.signals.word_list import word_list

_THANKS: Final = word_list(
    words="thank thanks thx appreciate great perfect awesome wonderful",
    phrases=r"\b(that('s| is) (all|it|everything)|sounds good)\b",
    keys="that sounds",
)
_NEGATIONS: Final = frozenset(("no", "not", "never", "none", "nothing", "wrong", "incorrect", "instead", "actually"))
_SAYS_NO: Final = re.compile(r"\s*(no|nope|nah)\b")


def has_thanks(said: Said) -> bool:
    """Return whether a user's message thanks, praises or says that this was all."""
    return _THANKS.found_in(prepared(said))


def has_negation(said: Said) -> bool:
    """Return whether a user's message denies or corrects something."""
    said = prepared(said)
    return not _NEGATIONS.isdisjoint(said.words) or "n't" in said.lowered


def says_no(said: Said) -> bool:
    """Return whether a user's message begins with a no."""
    return _SAYS_NO.match(prepared(said).lowered) is not None


def has_question(said: Said) -> bool:
    """Return whether a question mark, of any script, is in the message."""
    plain = prepared(said).plain
    return any(mark in plain for mark in QUESTION_MARKS)
