"""Does a user say again what the message before said: in other words (a rephrase) or in the same (a repeat)?

Compared are English messages. Of 4,175 true paraphrases a cosine above .40 finds .77, with 2.6 % false alarms in
dialogue; with the guards 1.4 % of the messages in 569 smooth dialogues are taken for a rephrase.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from otel_agent_analytics.signals.four_grams import closer_than
from otel_agent_analytics.signals.prepared import Prepared, Said, prepared
from otel_agent_analytics.signals.wording import has_thanks

LONGEST: Final = 400
"""Characters of a message whose 4-grams are compared; who says it again says it shorter."""
ALIKE: Final = 0.40
"""A cosine above this says that two messages mean the same."""
# Words that say little of what a message is about. "no" and "not" are none of them: they change what is said.
_STOP_WORDS: Final = (
    "a an the and or but if so of in on at to for from with by about as is are was be been am do does did have has had"
    " will would can could should i i'm i'd i've i'll me my we us our you your it it's its this that that's these those"
    " there here he she they them what which who when where how please hi hello hey just like want need"
)
STOP_WORDS: Final = frozenset(_STOP_WORDS.split())
"""The words that are left out where content words are compared."""

_TOKEN: Final = re.compile(r"[a-z0-9']+")
# Splits ASCII text as the pattern above does, in a third of the time.
_SPACES: Final = "".join(chr(code) if _TOKEN.fullmatch(chr(code)) else " " for code in range(128))
_NUMBER: Final = re.compile(r"\d+")
_ANSWERS: Final = frozenset(
    ("yes", "yeah", "yep", "yup", "no", "nope", "nah", "ok", "okay", "sure", "thanks", "thank", "great")
)
_WORDS: Final = re.compile(r"\w+")
# Scripts that put no spaces between words.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_FEWEST_WORDS: Final = 4
_FEWEST_CHARACTERS: Final = 8


class Comparison(NamedTuple):
    """A user's message beside the one before."""

    overlap: float
    """Jaccard index of the content words, 0 to 1."""
    rephrase: bool
    """The same in other words."""
    repeat: bool
    """The same in the same words."""


NOTHING_BEFORE: Final = Comparison(0.0, rephrase=False, repeat=False)


def compared(said: Said, previous: Said) -> Comparison:
    """Return how an English message stands to the user's message before; an empty one says that there was none."""
    said, previous = prepared(said), prepared(previous)
    tokens, before = _tokens(said), _tokens(previous)
    if not tokens or not before:
        return NOTHING_BEFORE
    content, content_before = frozenset(tokens) - STOP_WORDS, frozenset(before) - STOP_WORDS
    every = len(content | content_before)
    overlap = len(content & content_before) / every if every else 0.0
    if not every or _guarded(said, previous, tokens) or not _alike(tokens, before):
        return Comparison(overlap, rephrase=False, repeat=False)
    same = content == content_before
    return Comparison(overlap, rephrase=not same, repeat=same)


def says_the_same(said: Said, previous: Said) -> bool:
    """Return whether two messages, of any language, are the same, word by word, and longer than thanks or a yes."""
    said, previous = prepared(said), prepared(previous)
    if said.words != previous.words:
        return False
    words = _WORDS.findall(said.lowered)
    unspaced = len(said.lowered) >= _FEWEST_CHARACTERS and _UNSPACED.search(said.lowered) is not None
    return (len(words) >= _FEWEST_WORDS or unspaced) and words == _WORDS.findall(previous.lowered)


def _alike(tokens: list[str], before: list[str]) -> bool:
    return tokens == before or closer_than(ALIKE, " ".join(tokens)[:LONGEST], " ".join(before)[:LONGEST])


def _guarded(said: Prepared, previous: Prepared, tokens: list[str]) -> bool:
    """Return whether the message answers, thanks, or says a number that is new: then it says something else."""
    if tokens[0] in _ANSWERS or has_thanks(said):
        return True
    numbers = _NUMBER.findall(said.lowered)
    return bool(numbers) and not set(numbers) <= set(_NUMBER.findall(previous.lowered))


def _tokens(said: Prepared) -> list[str]:
    return said.lowered.translate(_SPACES).split() if said.lowered.isascii() else _TOKEN.findall(said.lowered)
