"""Numbers that states give to persons: which digits in which groups, and the test that they pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from otel_agent_analytics.personal_data import check_digits as c
from otel_agent_analytics.personal_data.digit_runs import Number
from otel_agent_analytics.personal_data.find import Find, Message
from otel_agent_analytics.personal_data.kinds import NATIONAL_ID
from otel_agent_analytics.personal_data.nearby_words import is_money, names_phone, names_thing, words_before


class NumberId(NamedTuple):
    """A national id of digits alone."""

    country: str
    """Who gives it, ISO 3166."""
    digits: int
    """How many it has."""
    groups: tuple[tuple[int, ...], ...]
    """How they are written in groups; one group, where they stand without signs between."""
    passes: Callable[[str], bool]
    """Whether digits can be one."""
    words: frozenset[str] = frozenset()
    """Where it has some, one of them must stand before digits without groups: too many other numbers pass."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _us_ssn(digits: str) -> bool:
    """Return whether area, group and serial are none that are never given; taxpayer numbers begin with 9."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    taxpayer = digits[0] != "9" or group[0] in "5678" or group in ("90", "91", "92", "94", "95", "96", "97", "98", "99")
    return area not in ("000", "666") and group != "00" and serial != "0000" and taxpayer


def _german_tax(digits: str) -> bool:
    counts = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    return digits[0] != "0" and counts[-1] in (2, 3) and counts.count(1) >= 7 and c.iso_7064_11_10(digits)  # noqa: PLR2004 - as the office has it


def _dutch(digits: str) -> bool:
    padded = digits.zfill(9)
    return int(digits) > 0 and (c.weighted(padded[:8], range(9, 1, -1)) - int(padded[8])) % 11 == 0


def _french(digits: str) -> bool:
    month = int(digits[3:5])
    known = digits[0] in "123478" and (1 <= month <= 12 or 20 <= month <= 42 or month >= 50)  # noqa: PLR2004 - 20 on: not known
    return known and 97 - int(digits[:13]) % 97 == int(digits[13:])


def _brazilian(digits: str) -> bool:
    first, second = (c.weighted(digits[:size], range(size + 1, 1, -1)) * 10 % 11 % 10 for size in (9, 10))
    return len(set(digits)) > 1 and (first, second) == (int(digits[9]), int(digits[10]))


def _aadhaar(digits: str) -> bool:
    return digits[0] in "23456789" and c.verhoeff(digits)


def _canadian(digits: str) -> bool:
    return digits[0] not in "08" and c.luhn(digits)


def _polish(digits: str) -> bool:
    month = int(digits[2:4]) % 20
    day = c.day_and_month(digits[4:6], str(month))
    return day and c.weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def _swedish(digits: str) -> bool:
    short = digits[-10:]
    day = int(short[4:6]) % 60  # sixty more: a number that waits for a final one
    return c.day_and_month(str(day), short[2:4]) and c.luhn(short)


def _belgian(digits: str) -> bool:
    base, check = int(digits[:9]), int(digits[9:])
    dated = int(digits[2:4]) % 20 <= 12 and int(digits[4:6]) <= 31  # noqa: PLR2004 - as the calendar has it; 0: not known
    return dated and check in (97 - base % 97, 97 - (2_000_000_000 + base) % 97)


def _swiss(digits: str) -> bool:
    return digits.startswith("756") and c.weighted(digits, (1, 3) * 6 + (1,)) % 10 == 0


def _norwegian(digits: str) -> bool:
    dated = c.day_and_month(str(int(digits[:2]) % 40), str(int(digits[2:4]) % 40))
    first = c.weighted(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11
    return dated and first == 0 and c.weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def _danish(digits: str) -> bool:
    return c.day_and_month(digits[:2], digits[2:4])


def _portuguese(digits: str) -> bool:
    return digits[0] in "1235689" and (11 - c.weighted(digits[:8], range(9, 1, -1)) % 11) % 11 % 10 == int(digits[8])


def _chinese(digits: str) -> bool:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1)
    return c.day_and_month(digits[12:14], digits[10:12]) and c.weighted(digits, weights) % 11 == 1


def _korean(digits: str) -> bool:
    return int(digits[4:6]) <= 31 and int(digits[2:4]) <= 12 and digits[6] in "12345678"  # noqa: PLR2004 - 0: not known


def _turkish(digits: str) -> bool:
    odd, even = sum(map(int, digits[0:9:2])), sum(map(int, digits[1:8:2]))
    tenth = (odd * 7 - even) % 10
    return digits[0] != "0" and tenth == int(digits[9]) and sum(map(int, digits[:10])) % 10 == int(digits[10])


def _south_african(digits: str) -> bool:
    return c.day_and_month(digits[4:6], digits[2:4]) and digits[10] in "012" and c.luhn(digits)


def _british_health(digits: str) -> bool:
    return 11 - c.weighted(digits[:9], range(10, 1, -1)) % 11 in (int(digits[9]), int(digits[9]) + 11)


NUMBER_IDS: Final = (
    NumberId("US", 9, ((3, 2, 4),), _us_ssn),
    NumberId("US", 9, ((9,),), _us_ssn, _words("ssn social security itin taxpayer tin")),
    NumberId("DE", 11, ((11,), (2, 3, 3, 3)), _german_tax),
    NumberId("NL", 9, ((9,), (4, 2, 3), (3, 3, 3), (2, 3, 4)), _dutch),
    NumberId("FR", 15, ((15,), (13, 2), (1, 2, 2, 2, 3, 3, 2)), _french),
    NumberId("BR", 11, ((11,), (3, 3, 3, 2), (9, 2)), _brazilian),
    NumberId("IN", 12, ((12,), (4, 4, 4)), _aadhaar),
    NumberId("CA", 9, ((3, 3, 3),), _canadian),
    NumberId("CA", 9, ((9,),), _canadian, _words("sin social insurance nas assurance")),
    NumberId("PL", 11, ((11,),), _polish),
    NumberId("SE", 10, ((6, 4),), _swedish),
    NumberId("SE", 10, ((10,),), _swedish, _words("personnummer samordningsnummer")),
    NumberId("SE", 12, ((12,), (8, 4)), _swedish),
    NumberId("BE", 11, ((11,), (2, 2, 2, 3, 2), (6, 3, 2)), _belgian),
    NumberId("CH", 13, ((13,), (3, 4, 4, 2)), _swiss),
    NumberId("NO", 11, ((11,), (6, 5)), _norwegian),
    NumberId("DK", 10, ((6, 4),), _danish),
    NumberId("DK", 10, ((10,),), _danish, _words("cpr cpr-nummer personnummer")),
    NumberId("PT", 9, ((9,), (3, 3, 3)), _portuguese, _words("nif contribuinte fiscal")),
    NumberId("CN", 18, ((18,),), _chinese),
    NumberId("KR", 13, ((6, 7),), _korean),
    NumberId("TR", 11, ((11,),), _turkish),
    NumberId("ZA", 13, ((13,), (6, 4, 2, 1), (6, 4, 3)), _south_african),
    NumberId("GB", 10, ((10,), (3, 3, 4)), _british_health, _words("nhs health")),
)
_LONGEST_PHONE: Final = 13
_BY_DIGITS: Final = {
    size: tuple(one for one in NUMBER_IDS if one.digits == size) for size in {one.digits for one in NUMBER_IDS}
}


def number_ids(message: Message) -> Iterator[Find]:
    """Find national ids of digits alone."""
    for begun in message.numbers:
        for number in begun:
            if _is_id(message, number):
                yield Find(number.start, number.end, NATIONAL_ID, number.digits)


def _is_id(message: Message, number: Number) -> bool:
    for one in _BY_DIGITS.get(len(number.digits), ()):
        if number.groups in one.groups and one.passes(number.digits) and _may_be(message, number, one):
            return True
    return False


def _may_be(message: Message, number: Number, one: NumberId) -> bool:
    lowered, start = message.lowered, number.start
    if one.words:
        return not one.words.isdisjoint(words_before(lowered, start))
    called = number.groups == (one.digits,) and one.digits <= _LONGEST_PHONE and names_phone(lowered, start)
    return not called and not names_thing(lowered, start) and not is_money(lowered, start, number.end)
