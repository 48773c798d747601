"""A text made ready for the word lists, once for all signals: typographic apostrophes, lower case, words."""

from __future__ import annotations

import re
from typing import Final, NamedTuple, TypeAlias

LONGEST: Final = 4_000
"""Characters of a text that are measured: half of them from its beginning, half from its end, where people sum up."""

_WORD: Final = re.compile(r"\w+")
# Splits ASCII text as the pattern above does, in a third of the time.
_SPACES: Final = "".join(chr(code) if _WORD.fullmatch(chr(code)) else " " for code in range(128))
# Letters that a pattern without regard to case takes for ASCII ones, and ``str.lower`` does not.
_LOOKALIKES: Final = str.maketrans({"\N{LATIN SMALL LETTER LONG S}": "s", "\u0130": "i", "\u0131": "i"})


class Prepared(NamedTuple):
    """A text as the word lists take it."""

    plain: str
    """The text, at most ``LONGEST`` characters, with plain apostrophes."""
    lowered: str
    """The same in lower case."""
    words: frozenset[str]
    """Its words in lower case: what ``\\w+`` finds, so that ``can't`` is ``can`` and ``t``."""


Said: TypeAlias = str | Prepared
"""A message: as it came, or prepared where several signals read it."""


def prepared(said: Said) -> Prepared:
    """Return a text made ready for the word lists; what is ready is returned as it is."""
    if isinstance(said, Prepared):
        return said
    if len(said) > LONGEST:
        said = f"{said[: LONGEST // 2]}\n{said[-LONGEST // 2 :]}"
    if said.isascii():
        lowered = said.lower()
        return Prepared(said, lowered, frozenset(lowered.translate(_SPACES).split()))
    plain = said.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    lowered = plain.translate(_LOOKALIKES).lower()
    return Prepared(plain, lowered, frozenset(_WORD.findall(lowered)))
