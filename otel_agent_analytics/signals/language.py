"""Is a text in the language that the word lists are written in?"""

from __future__ import annotations

from typing import Any, Final

_ENGLISH: Final = "en"


def is_english(tag: Any) -> bool:
    """Return whether a language tag, such as ``en-GB``, means English. Without a tag a text is taken for it."""
    if not isinstance(tag, str) or not tag:
        return True
    return tag.lower().replace("_", "-").split("-")[0] == _ENGLISH
