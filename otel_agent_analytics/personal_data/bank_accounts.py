"""Accounts at banks: the length that the country of an IBAN has, and the test of ISO 7064 MOD 97-10."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from otel_agent_analytics.personal_data.check_digits import mod_97
from otel_agent_analytics.personal_data.find import Find, Message
from otel_agent_analytics.personal_data.kinds import IBAN

_LENGTHS: Final = {
    country: int(length)
    for length, countries in (
        line.split(":")
        for line in (
            "15:NO", "16:BE", "18:DK FI FO GL NL SD FK", "19:MK SI", "20:AT BA EE KZ LT LU MN XK", "21:CH HR LI LV",
            "22:BG BH CR DE GB GE IE ME RS VA", "23:AE GI IL IQ OM SO TL", "24:AD CZ ES MD PK RO SA SE SK TN VG",
            "25:LY PT ST", "26:IS TR", "27:BI DJ FR GR IT MC MR SM", "28:AL AZ BY CY DO GT HN HU LB NI PL SV",
            "29:BR EG PS QA UA", "30:JO KW MU YE", "31:MT SC", "33:RU", "32:LC",
        )
    )
    for country in countries.split()
}  # fmt: skip
"""Signs of an IBAN by country, as its registry has them."""
_SHORTEST: Final = 15
_LONGEST: Final = 34
_BETWEEN: Final = " -.\u00a0"
_BREAK: Final = re.compile("[ .\u00a0-]")
_BANK: Final = 4
_COUNTRY: Final = 2
_FOURS: Final = re.compile(
    r"[A-Za-z0-9]{15,34}|[A-Za-z0-9]{4}(?:[ .\u00a0-][A-Za-z0-9]{4}){2,7}(?:[ .\u00a0-][A-Za-z0-9]{1,3})?"
)
# Its check digits, found first since digits are rarer than letters, after the letters of a country.
_START: Final = re.compile(r"[0-9]{2}(?:(?<=[A-Za-z]{2}[0-9]{2})|(?<=[A-Za-z]{2}[ -][0-9]{2}))(?=[ .-]?[A-Za-z0-9])")


def ibans(message: Message) -> Iterator[Find]:
    """Find bank accounts."""
    text, end = message.text, 0
    for check in _START.finditer(text) if message.has_digits else ():
        start = check.start() - (_COUNTRY if text[check.start() - 1].isalpha() else _COUNTRY + 1)
        known = text[start : start + _COUNTRY].upper() in _LENGTHS
        if not known or start < end or _in_word(text, start):
            continue
        found, end = _account(text, start)
        if found:
            yield Find(start, end, IBAN, found)


def _in_word(text: str, start: int) -> bool:
    return start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_")


def _account(text: str, start: int) -> tuple[str, int]:
    """Return the account that begins at a place, and where it ends; else nothing, and the place."""
    length = _LENGTHS[text[start : start + 2].upper()]
    ends = _word_ends(text, start)
    # The length of the country goes first; what is written in fours may be longer or shorter, as typed by mistake.
    for found, end in sorted(ends, key=lambda one: (len(one[0]) == length, len(one[0])), reverse=True):
        written = text[start:end]
        if (_FOURS.fullmatch(written) or (len(found) == length and _is_no_prose(written))) and mod_97(found):
            return found, end
    return "", start


def _is_no_prose(written: str) -> bool:
    """Return whether every group has a digit; one of four letters may be the name of a bank."""
    letters = [part for part in _BREAK.split(written)[1:] if part.isalpha()]
    return not letters or (len(letters) == 1 and len(letters[0]) == _BANK)


def _word_ends(text: str, start: int) -> list[tuple[str, int]]:
    """Return letters and digits from a place on, up to each place where a word ends, with single signs left out."""
    signs, place = "", start
    found: list[tuple[str, int]] = []
    while place < len(text) and len(signs) <= _LONGEST:
        sign = text[place]
        if sign.isascii() and sign.isalnum():
            signs += sign.upper()
            if len(signs) >= _SHORTEST and not text[place + 1 : place + 2].isalnum():
                found.append((signs, place + 1))
        elif sign not in _BETWEEN or text[place - 1] in _BETWEEN:
            break
        place += 1
    return [one for one in found if len(one[0]) <= _LONGEST]
