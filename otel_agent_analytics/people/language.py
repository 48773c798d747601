"""In which language a user talks: the primary subtag of a language tag, as a label may have it."""

from __future__ import annotations

import re
from typing import Final

# BCP 47 (en-GB), POSIX (en_GB.UTF-8), and the header Accept-Language, whose first language counts.
_TAG: Final = re.compile(r"([A-Za-z]{2,3})(?![^-_.@,;])")
# No language, several, one without a code, or one that is not known: ISO 639-2.
_NONE: Final = frozenset({"und", "mul", "mis", "zxx"})
_READ: Final = 256


def language_name(said: object) -> str | None:
    """Return the two or three letters of a language, in lower case: ``en`` for ``EN``, ``en-GB`` and ``en_GB.UTF-8``.

    None for anything else, the name of a language too. Of a text 256 characters count.
    """
    tag = _TAG.match(said.strip()[:_READ]) if isinstance(said, str) else None
    name = tag[1].lower() if tag is not None else None
    return None if name in _NONE else name
