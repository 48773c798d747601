"""A message → the words that tell what it is about, without names of accounts, numbers, addresses and small words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.signals.function_words import ENGLISH, ENGLISH_WORDS, LANGUAGES_OF

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST: Final = 4_000
"""Characters of a message that are read."""
MOST_WORDS: Final = 48
"""Content words of a message that are kept."""
STEM: Final = 6
"""Characters of a word that tell it from others: so that ``payment`` and ``payments`` are the same."""
_LONGEST_WORD: Final = 24
_FEWEST_WORDS: Final = 2
# What has a digit, an @ or an underscore in it, or is an address, is an id or a number and no word.
_NO_WORD: Final = re.compile(r"[\d@_]|://|www\.|\.(?:com|org|net|io)\b")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")


def content_words(text: str, language: str = ENGLISH) -> tuple[str, ...]:
    """Return the words of a message that say what it is about, in lower case and in their order.

    Args:
        text: the message.
        language: its language, such as ``en``; decides which small words are left out.
    """
    lowered = text[:LONGEST].replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower()
    found = _WORD.findall(" ".join(chunk for chunk in lowered.split() if not _NO_WORD.search(chunk)))
    kept = [word for word in found if len(word) <= _LONGEST_WORD and not _is_small(word, language)]
    return tuple(kept[:MOST_WORDS])


def stems(words: Sequence[str]) -> tuple[str, ...]:
    """Return the stem of each word: its first characters."""
    return tuple(word[:STEM] for word in words)


def first_substantive(messages: Sequence[str | None]) -> int | None:
    """Return the place of the first message that says what its user wants.

    That is the first with two content words, since many begin with a greeting; else the first with one. None where no
    message has any. A message that is not to be had is None.
    """
    counts = [0 if text is None else len(content_words(text)) for text in messages]
    enough = (place for place, count in enumerate(counts) if count >= _FEWEST_WORDS)
    some = (place for place, count in enumerate(counts) if count)
    return next(enough, next(some, None))


def _is_small(word: str, language: str) -> bool:
    return word in ENGLISH_WORDS if language == ENGLISH else language in LANGUAGES_OF.get(word, ())
