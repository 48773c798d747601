"""Sentiment of an English message: VADER with the words and phrases in which customers complain.

On 14,600 messages to airlines F1 of the negative ones is .74, of VADER alone .65. The lexicon is English.
"""

from __future__ import annotations

import functools
import re
from typing import Final

from otel_agent_analytics.signals.prepared import Said, prepared
from otel_agent_analytics.signals.vader import Vader
from otel_agent_analytics.signals.word_list import word_list

LONGEST: Final = 2_000
"""Characters of a message that are measured."""
SERVICE_LEXICON: Final = {
    word: valence
    for valence, words in (
        (-1.2, "late wait waiting waited hold stuck again still pending confusing confused unclear manually"),
        (-1.6, """delayed delay delays cancelled canceled cancellation missing error errors issue issues problem
                  problems wrong incorrect unable declined stopped slow expired"""),
        (-2.0, """broken failed failing fails fail crash crashed crashes bug buggy overcharged scam rude ignored
                  unresponsive disconnected useless incompetent unacceptable ridiculous"""),
    )
    for word in words.split()
}  # fmt: skip
"""Valences, on VADER's scale of -4 to 4, of words that a general lexicon does not know or takes too lightly."""

# What is added to the score, once, where a phrase is found.
PHRASES: Final = (
    (-0.35, word_list(
        words="",
        phrases=r"\b(not|isn'?t|doesn'?t|don'?t|didn'?t|won'?t) "
        r"(work|working|load|loading|help|helping|helpful|respond|understand|happening)",
        keys="not t isnt doesnt dont didnt wont",
    )),
    (-0.35, word_list(
        words="", phrases=r"\bno (one|response|answer|reply|help|luck|idea why)\b", keys="no",
    )),
    (-0.40, word_list(
        words="", phrases=r"\b(hung up|on hold|waste of|fed up|sick of|let down|how (hard|difficult)|what the)\b",
        keys="hung hold waste fed sick down hard difficult what",
    )),
    (-0.25, word_list(
        words="", phrases=r"\b(hours?|days?|weeks?|months?) (late|ago|now|later|and counting|on hold|waiting)\b",
        keys="hour hours day days week weeks month months",
    )),
    (-0.15, word_list(words="", phrases=r"\b(never|nothing|nobody) \w+", keys="never nothing nobody")),
    (-0.25, word_list(
        words="", phrases=r"\b(speak|talk) (to|with) (a |an |your |the )?"
        r"(human|person|agent|manager|supervisor|representative)",
        keys="speak talk",
    )),
    (+0.10, word_list(words="thanks", phrases=r"\bthank you\b", keys="thank")),
    (+0.35, word_list(
        words="solved", phrases=r"\b(works now|that worked|fixed it|got it working)\b",
        keys="works worked fixed working",
    )),
)  # fmt: skip
_KEYS: Final = frozenset().union(*(phrase.keys | phrase.words for _, phrase in PHRASES))
_ADDRESS: Final = re.compile(r"https?://\S+|\bwww\.\S+|(?<!\w)@\w+", re.IGNORECASE)
_DIGITS: Final = 4


def sentiment_of(said: Said) -> float:
    """Return the sentiment of an English message, -1 (most negative) to 1, rounded to 4 decimals.

    VADER's compound score (Hutto and Gilbert 2014) with the service lexicon, plus what the phrases add. Names that
    begin with @ and addresses are left out.
    """
    said = prepared(said)
    if "@" in said.lowered or "://" in said.lowered or "www." in said.lowered:
        said = prepared(_ADDRESS.sub(" ", said.plain))
    score = _vader().compound(said.plain[:LONGEST])
    if not _KEYS.isdisjoint(said.words):
        score += sum([change for change, phrase in PHRASES if phrase.found_in(said)])
    return round(min(1.0, max(-1.0, score)), _DIGITS)


def load() -> None:
    """Load the lexicon now (30 ms), so that the first message need not wait for it."""
    _vader()


@functools.cache
def _vader() -> Vader:
    return Vader(SERVICE_LEXICON)
