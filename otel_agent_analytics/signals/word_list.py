"""A list of words and phrases, and whether a text holds one: a look at its words first, the pattern where needed."""

from __future__ import annotations

import re
from typing import NamedTuple

from otel_agent_analytics.signals.prepared import Prepared


class WordList(NamedTuple):
    """Words and phrases that mean one thing. The same as one pattern of them all, several times as fast."""

    words: frozenset[str]
    """Each alone is enough."""
    keys: frozenset[str]
    """Every phrase of the pattern has at least one of these as a whole word."""
    stems: tuple[str, ...]
    """What the pattern finds without one of the keys has one of these in it."""
    phrases: re.Pattern[str]
    """What takes more than one word, or parts of a word; for text in lower case."""

    def found_in(self, said: Prepared) -> bool:
        """Return whether one of the words or phrases is in the text."""
        if not self.words.isdisjoint(said.words):
            return True
        lowered = said.lowered
        if self.keys.isdisjoint(said.words) and not any(stem in lowered for stem in self.stems):
            return False
        return self.phrases.search(lowered) is not None


def word_list(words: str, phrases: str, keys: str, stems: str = "") -> WordList:
    """Return a list from words, keys and stems with spaces between them, and the pattern of the phrases."""
    return WordList(frozenset(words.split()), frozenset(keys.split()), tuple(stems.split()), re.compile(phrases))
