"""Phone numbers: international ones, and national ones that are written or announced as such."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Final

from otel_agent_analytics.personal_data.digit_runs import Number
from otel_agent_analytics.personal_data.find import Find, Message
from otel_agent_analytics.personal_data.kinds import PHONE
from otel_agent_analytics.personal_data.nearby_words import is_money, names_phone, names_thing

_EXTENSION: Final = re.compile(r"\s?(?:x|ext\.?|extension|durchwahl|poste|#)\s?[0-9]{1,6}(?![0-9])", re.IGNORECASE)
_PLUS: Final = re.compile(r"[+\uff0b][\s(]?$")
_WRITTEN: Final = {
    (3, 3, 4): "23456789",  # North America, Italy
    (1, 3, 3, 4): "1",
    (3, 7): "23456789",
    (1, 3, 7): "1",
    (10,): "23456789",  # North America, India, Italy
    (9,): "6789",  # Spain, Portugal, Poland
    (3, 3, 3): "56789",  # Spain, Portugal, Poland
    (3, 2, 2, 2): "56789",  # Spain
    (3, 3, 2, 2): "59",  # Turkey, Russia
    (2, 2, 2, 2): "23456789",  # Denmark, Norway
    (2, 3, 2, 2): "6789",  # Switzerland, Belgium
    (5, 5): "6789",  # India
    (2, 5, 4): "123456789",  # Brazil
    (2, 4, 4): "123456789",  # Brazil, Mexico
}
"""Numbers without a leading zero: the groups in which they are written, and the first digits that they have there."""
_PAIRS: Final = (2, 2, 2, 2)
_ALIKE: Final = re.compile(r"[0-9]{2}([^0-9-]*)[0-9]{2}(?:\1[0-9]{2})*")
_TRUNK_DIGITS: Final = range(8, 13)
_BARE_TRUNK_DIGITS: Final = range(9, 12)
_DATES: Final = ((2, 2, 4), (1, 2, 4), (2, 1, 4))
"""Groups that are a day, a month and a year rather than a short number."""
_CALLED_DIGITS: Final = range(7, 14)
_AREA_DIGITS: Final = range(8, 14)
_JOINED: Final = frozenset(".-/")
_MINUS: Final = " - "
"""Makes a sum of two prices."""
_MOST_ABROAD: Final = 15
_LONGEST_AT_HOME: Final = 10
_RUSSIAN: Final = ((1, 3, 3, 2, 2), (1, 3, 3, 4), (1, 10), (11,))
_BRAZILIAN: Final = ((2, 5, 4), (2, 9), (2, 1, 4, 4))
"""Groups of numbers at home that may look like one with the code of a country."""


def phones(message: Message) -> Iterator[Find]:
    """Find phone numbers; of those that begin at the same place the longest."""
    end = 0
    for begun in message.numbers:
        found = None if begun[0].start < end else _longest(message, begun)
        if found is not None:
            end = found.end
            yield found


def _longest(message: Message, begun: list[Number]) -> Find | None:
    text, start = message.text, begun[0].start
    plus = _PLUS.search(text, max(0, start - 3), start)
    opening = int(text[max(0, start - 1) : start] == "(" and ")" in text[start : start + 8])
    called = names_phone(message.lowered, start)
    for number in reversed(begun):
        canonical = _abroad(text, number, announced=plus is not None)
        if canonical is None and _is_at_home(message, number, called=called, opening=bool(opening)):
            canonical = _national(number)
        if canonical is not None:
            extension = _EXTENSION.match(text, number.end)
            end = number.end if extension is None else extension.end()
            return Find(start - opening if plus is None else plus.start(), end, PHONE, canonical)
    return None


def _abroad(text: str, number: Number, *, announced: bool) -> str | None:
    """Return a number with the code of its country as it is called within that; None for none."""
    digits, code_begins = number.digits, 0
    if not announced:
        if not digits.startswith("00") or digits[2:3] == "0":
            return None
        digits, code_begins = digits[2:], 2
    before, trunk, _ = text[number.start : number.end].partition("(0)")
    if trunk:  # +49 (0) 30: the zero is left out when one calls from abroad
        size = sum(map(str.isdigit, before)) - code_begins
        digits = digits[:size] + digits[size + 1 :]
    return _within(digits) if len(digits) <= _MOST_ABROAD else None


def _national(number: Number) -> str:
    """Return a number without what is dialled before it at home; with the code of its country, without that.

    So it is the same as the number that comes from abroad. Which country is at home is not known, so numbers that are
    alike but for their countries have one placeholder.
    """
    digits = number.digits
    if digits[0] == "0":
        return digits.lstrip("0")
    if digits[0] == "8" and number.groups in _RUSSIAN:
        return digits[1:]
    if len(digits) > _LONGEST_AT_HOME and number.groups not in _BRAZILIAN:
        return _within(digits, sure=True) or digits
    return digits


def _within(digits: str, *, sure: bool = False) -> str | None:
    """Return what follows the code of the country, without zeros before it; None where digits begin with none."""
    library = _library()
    try:
        found = library.parse(f"+{digits}")
    except library.NumberParseException:
        return None
    fits = library.is_valid_number if sure else library.is_possible_number
    return str(found.national_number) if fits(found) else None


@functools.cache
def _library() -> ModuleType:
    import phonenumbers

    return phonenumbers


def _is_at_home(message: Message, number: Number, *, called: bool, opening: bool) -> bool:
    """Return whether digits without the code of a country are written or announced as a phone number."""
    start, end = number.start, number.end
    bare = len(number.groups) == 1 and message.is_field(start, end)  # an id as likely as anything
    text = message.text
    # Chrome/126.0.6478.127, 978-0-306-40615-7, the sets of a match
    within = text[start - 1 : start] in _JOINED and text[start - 2 : start - 1].isdigit() if start > 1 else False
    odd = (
        within
        or _MINUS in text[start:end]
        or (number.groups == _PAIRS and number.digits[0] != "0" and not _ALIKE.fullmatch(text, start, end))
    )
    written = not bare and not odd and _is_written_so(number, opening=opening)
    if not written and not (called and len(number.digits) in _CALLED_DIGITS):
        return False
    return not names_thing(message.lowered, start) and not is_money(message.lowered, start, end)


def _is_written_so(number: Number, *, opening: bool) -> bool:
    digits, groups = number.digits, number.groups
    if opening and len(groups) > 1:
        return len(digits) in _AREA_DIGITS
    if digits[0] == "0":
        wanted = _TRUNK_DIGITS if len(groups) > 1 else _BARE_TRUNK_DIGITS
        return len(digits) in wanted and digits[1] != "0" and groups not in _DATES
    return digits[0] in _WRITTEN.get(groups, "")
