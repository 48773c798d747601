"""What a detector is, what it is given and what it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final, NamedTuple

from otel_agent_analytics.personal_data.digit_runs import Number, starts

_WORD: Final = re.compile(r"[^\W\d_]+")
_LETTERS: Final = {code: chr(code) if chr(code).isalpha() else " " for code in range(128)}
"""What ASCII divides words by, as a space: a third of the time of the expression above."""
_LONG: Final = 16
_DIGIT: Final = re.compile(r"[0-9]")


class Find(NamedTuple):
    """A place in a text that has personal data."""

    start: int
    """Its first character."""
    end: int
    """The one behind its last."""
    kind: str
    """What it is, one of ``KINDS``."""
    canonical: str
    """The same for every way to write it."""


class Message:
    """A text, with what several detectors look at; what only some need is made when it is first asked for.

    Args:
        text: what is searched.
        begin: where the value of a field begins, after the field's name; 0 where it has none.
    """

    def __init__(self, text: str, begin: int = 0) -> None:
        self.text = text
        self._begin = begin
        lowered = text.lower()
        self.lowered = lowered if len(lowered) == len(text) else "".join(_lowered(sign) for sign in text)
        """The text in small letters, as long as the text is: what grows by it stays as it is."""
        ascii_only = self.lowered.isascii()
        words = self.lowered.translate(_LETTERS).split() if ascii_only else _WORD.findall(self.lowered)
        self.words: frozenset[str] = frozenset(words)
        """The words of the text in small letters, for a look whether any of some is there at all."""
        self.has_digits = _DIGIT.search(text) is not None
        """Whether there is any; most of what is found has some."""

    @cached_property
    def long_words(self) -> str:
        """The parts of sixteen signs or more without a space, divided by spaces."""
        return " ".join([part for part in self.text.split() if len(part) >= _LONG])

    def is_field(self, start: int, end: int) -> bool:
        """Return whether a place is the whole value of a field, or stands in quotation marks as in JSON."""
        if self._begin and start == self._begin and end == len(self.text):
            return True
        return self.text[start - 1 : start] == '"' == self.text[end : end + 1]

    @cached_property
    def numbers(self) -> list[list[Number]]:
        """The numbers of seven digits or more, by the place at which they begin; of each place the longest last."""
        return list(starts(self.text)) if self.has_digits else []


def by_word(phrases: Iterable[str]) -> Phrases:
    """Return phrases by the longest word of each, the longest of each word first."""
    found: dict[str, list[str]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        found.setdefault(max(_WORD.findall(phrase), key=len), []).append(phrase)
    return {word: tuple(those) for word, those in found.items()}


def phrases_in(message: Message, phrases: Phrases) -> Iterator[tuple[str, int]]:
    """Yield each of some phrases that a message has, from where a word begins, with the place behind it."""
    text = message.lowered
    for word in sorted(phrases.keys() & message.words):
        for phrase in phrases[word]:
            start = text.find(phrase)
            while start >= 0:
                if not text[start - 1 : start].isalnum():
                    yield phrase, start + len(phrase)
                start = text.find(phrase, start + 1)


def _lowered(sign: str) -> str:
    found = sign.lower()
    return found if len(found) == 1 else sign


Phrases = Mapping[str, tuple[str, ...]]
"""Phrases in small letters, by a word that each has."""
Detector = Callable[[Message], Iterator[Find]]
"""Yields what it finds in a message, from left to right."""
