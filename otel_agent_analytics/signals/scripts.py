"""Which language do the letters of a text say, where most of them are not Latin?"""

from __future__ import annotations

import re
from typing import Final

UNKNOWN: Final = "unknown"

_LONGEST: Final = 200
_LATIN: Final = re.compile(r"[a-z\u00df-\u024f\u1e00-\u1eff]")
_OTHER: Final = re.compile(r"[^\W\d_\u0000-\u024f\u02b0-\u036f\u1e00-\u1eff]")
# The first that is found decides: letters that one language alone has come before those of its script.
_LANGUAGES: Final = tuple(
    (re.compile(f"[{letters}]"), language)
    for letters, language in (
        ("\u3041-\u30ff", "ja"),
        ("\uac00-\ud7af\u1100-\u11ff", "ko"),
        ("\u4e00-\u9fff\u3400-\u4dbf", "zh"),
        ("\u0e01-\u0e5b", "th"),
        ("\u0370-\u03ff\u1f00-\u1fff", "el"),
        ("\u0590-\u05ff", "he"),
        # Persian and Urdu, Belarusian, Kazakh, Serbian and Macedonian: told apart by nothing that is certain here.
        ("\u0679\u067e\u0686\u0688\u0691\u0698\u06a9\u06af\u06ba\u06c1\u06cc\u06d2", UNKNOWN),
        ("\u0600-\u06ff", "ar"),
        ("\u0452\u0453\u0455\u0458-\u045c\u045e\u045f\u0492-\u04ff", UNKNOWN),
        ("\u0454\u0456\u0457\u0491", "uk"),
        ("\u044b\u044d\u0451", "ru"),
    )
)


def language_of_script(lowered: str) -> str | None:
    """Return a language for a text in lower case that is written in another script than Latin.

    Returns:
        The language where its script or a letter of its own says it, ``unknown`` where several share them, None where
        most letters are Latin or there are none.
    """
    lowered = lowered[:_LONGEST]
    others = _OTHER.findall(lowered)
    if not others or len(others) < len(_LATIN.findall(lowered)):
        return None
    letters = "".join(others)
    return next((language for pattern, language in _LANGUAGES if pattern.search(letters)), UNKNOWN)
