"""Digits, dashes and spaces of all scripts, and what stands for signs in JSON and URLs, as those that are looked for.

Every text keeps its length, so that a place in one is the same place in the other.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# In the order in which they are replaced.
_ESCAPES: Final = (("\\n", "  "), ("\\r", "  "), ("\\t", "  "), ('\\"', '""'))
_IN_URL: Final = re.compile("%(?:2[0bBdDfF]|3[aA])")
_OF_URL: Final = {"%20": "   ", "%2b": "  +", "%2d": "  -", "%2f": "  /", "%3a": "  :"}
_ODD: Final = re.compile(
    "[\u00ad\u0660-\u0669\u06f0-\u06f9\u07c0-\u07c9\u0966-\u0d6f\u0e50-\u0e59\u1040-\u1049"
    "\u2000-\u2015\u202f\u205f\u2060\u2212\u3000\ufe58\ufe63\ufeff\uff08\uff09\uff0b-\uff19\uff1a]"
)
_DASHES: Final = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d")
_WIDE: Final = {"\uff08": "(", "\uff09": ")", "\uff0b": "+", "\uff0c": ",", "\uff0e": ".", "\uff0f": "/", "\uff1a": ":"}
_FIRST_OF_NO_SPACES: Final = "\u3040"
_LAST_OF_NO_SPACES: Final = "\uffdc"


def plain(text: str) -> str:
    """Return a text in which numbers are written with the signs of ASCII, and nothing hides where a word begins."""
    if "\\" in text:
        for escape, signs in _ESCAPES:
            text = text.replace(escape, signs)
    if "%" in text:
        text = _IN_URL.sub(_of_url, text)
    return text if text.isascii() else _ODD.sub(_of_ascii, text)


def joins(sign: str) -> bool:
    """Return whether a sign is of the same word as a digit beside it; Chinese and Japanese put no space between."""
    return sign == "_" or (sign.isalnum() and not _FIRST_OF_NO_SPACES <= sign <= _LAST_OF_NO_SPACES)


def _of_url(found: re.Match[str]) -> str:
    return _OF_URL[found[0].lower()]


def _of_ascii(found: re.Match[str]) -> str:
    sign = found[0]
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    if sign in _DASHES:
        return "-"
    return _WIDE.get(sign) or (" " if not sign.isalnum() else sign)
