"""In which language is a text? The word lists are English, so what is evidently not English must not meet them."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from otel_agent_analytics.signals import language_model
from otel_agent_analytics.signals.function_words import ENGLISH, ENGLISH_WORDS, LANGUAGES_OF, NAME_PARTS, OTHER_WORDS
from otel_agent_analytics.signals.prepared import Prepared, Said, prepared
from otel_agent_analytics.signals.scripts import UNKNOWN, language_of_script

_TAG: Final = re.compile(r"\s*([a-z]{2,3})(?:[-_.@]|\s*\Z)", re.IGNORECASE)
# Beyond Latin-1, whose letters words and names in English texts have too.
_FAR_LETTER: Final = re.compile("[\u0100-\u024f\u1e00-\u1eff]")
# ISO 639-2 codes that name English, or no language at all.
_SAME: Final = {"eng": ENGLISH, "und": None, "mul": None, "mis": None, "zxx": None}

# Set by measuring: of 10,000 English messages of users, in three public data sets, 99.9 % are taken for English.
_SURE: Final = 0.2
"""Share of a text's words: this many English small words, and more than of any other language, are proof."""
_DOUBTFUL: Final = 0.12
"""A text of many words with fewer English small words than this is not taken for English."""
_MANY: Final = 8
_SEVERAL: Final = 4
"""As many words with next to no English small word among them are not English; fewer may be a name, or an answer."""
_FEW: Final = 3
_NAMED: Final = 0.3
"""Share of small words of another language at which it is named."""
_MODEL_CHARACTERS: Final = 12
_MODEL_LIKELY: Final = 0.6
"""Confidence at which the model tells English from what is not."""
_MODEL_SURE: Final = 0.8
"""Confidence at which it names another language."""


class _Votes(NamedTuple):
    """How many words of a text are small words of a language."""

    english: int
    other: int
    """Of the language, not English, that has the most."""
    language: str
    """That language; unknown where two have as many, or it has too few to be named."""


def is_english(tag: Any) -> bool:
    """Return whether a language tag, such as ``en-GB``, means English. Without a tag a text is taken for it."""
    if not isinstance(tag, str) or not tag:
        return True
    return tag.lower().replace("_", "-").split("-")[0] == ENGLISH


def language_of(said: Said, tag: object = None) -> str:
    """Return the language of a text: that of the tag where there is a usable one, else what the text shows.

    Returns:
        A language code of two or three letters, such as ``en``; ``unknown`` for a text that is not English and not
        known. A short text that shows nothing is taken for English.
    """
    return language_of_tag(tag) or detected(said) or ENGLISH


def language_of_tag(tag: object) -> str | None:
    """Return the language of a tag such as ``en-GB`` or ``de_AT.UTF-8``; None where it names none."""
    found = _TAG.match(tag) if isinstance(tag, str) else None
    if found is None:
        return None
    language = found.group(1).lower()
    return _SAME.get(language, language)


def detected(said: Said) -> str | None:
    """Return the language that a text shows: ``unknown`` for one that is not English, None where it shows none."""
    said = prepared(said)
    if "@" in said.plain or "://" in said.plain:
        said = prepared(" ".join(word for word in said.plain.split() if "@" not in word and "://" not in word))
    if not said.plain.isascii():
        language = language_of_script(said.lowered)
        if language is not None:
            asked = _asked(said) if language == UNKNOWN else language
            return UNKNOWN if asked in (None, ENGLISH) else asked
    votes = _votes(said.words)
    if votes.english > votes.other and votes.english >= _SURE * len(said.words):
        return ENGLISH
    return _asked(said) or _judged(said, votes)


def load() -> None:
    """Load the model now, where there is one, so that the first message need not wait for it."""
    language_model.load()


def _asked(said: Prepared) -> str | None:
    """Return what the model of the extra says, where it is there, confident, and has enough to see."""
    if len(said.lowered) < _MODEL_CHARACTERS:
        return None
    guess = language_model.guess(said.lowered)
    if guess is None or guess.confidence < _MODEL_LIKELY:
        return None
    return guess.language if guess.language == ENGLISH or guess.confidence >= _MODEL_SURE else UNKNOWN


def _judged(said: Prepared, votes: _Votes) -> str | None:
    """Return what small words say that prove nothing."""
    if votes.other > votes.english:
        return votes.language
    words = len(said.words) - sum(map(str.isdigit, said.words))
    if votes.english > votes.other:
        return ENGLISH if words < _MANY or votes.english >= _DOUBTFUL * words else UNKNOWN
    if words >= _SEVERAL and votes.english < _SURE * words:
        return UNKNOWN
    return UNKNOWN if votes.english == 0 and words >= _FEW and _has_foreign_letters(said) else None


def _has_foreign_letters(said: Prepared) -> bool:
    """Return whether half of the words have letters that English has not, or one has letters far from it."""
    if said.plain.isascii():
        return False
    accented = sum(not word.isascii() for word in said.words)
    return 2 * accented >= len(said.words) or _FAR_LETTER.search(said.plain) is not None


def _votes(words: frozenset[str]) -> _Votes:
    english, others = len(words & ENGLISH_WORDS), words & OTHER_WORDS
    counts: dict[str, int] = {}
    for word in others:
        for language in LANGUAGES_OF[word]:
            counts[language] = counts.get(language, 0) + 1
    if not counts or others <= NAME_PARTS:
        return _Votes(english, 0, UNKNOWN)
    most = max(counts.values())
    leaders = [language for language, count in counts.items() if count == most]
    named = len(leaders) == 1 and most >= _NAMED * len(words)
    return _Votes(english, most, leaders[0] if named else UNKNOWN)
