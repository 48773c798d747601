"""National ids with letters in them: how each is written, and the test that it passes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from otel_agent_analytics.personal_data import check_digits as c
from otel_agent_analytics.personal_data.find import Find, Message
from otel_agent_analytics.personal_data.kinds import NATIONAL_ID
from otel_agent_analytics.personal_data.nearby_words import names_thing
from otel_agent_analytics.personal_data.signs import joins


class LetteredId(NamedTuple):
    """A national id with letters."""

    country: str
    """Who gives it, ISO 3166."""
    together: tuple[int, ...]
    """How many digits may stand together first."""
    written: re.Pattern[str]
    """How it is written, in small letters."""
    passes: Callable[[str], bool]
    """Whether its letters and digits, in capitals, can be one."""


_NOT_GIVEN: Final = ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")
_SPANISH: Final = "TRWAGMYFPDXBNJZSQVHLCKE"
_FINNISH: Final = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_ODD: Final = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
         10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip
"""What a sign on an odd place of a codice fiscale counts."""


def _british(sign: str) -> bool:
    return sign[:2] not in _NOT_GIVEN


def _spanish(sign: str) -> bool:
    number = str("XYZ".find(sign[0])) + sign[1:-1] if sign[0] in "XYZ" else sign[:-1]
    return _SPANISH[int(number) % 23] == sign[-1]


def _italian(sign: str) -> bool:
    even = sum(int(one) if one.isdigit() else ord(one) - ord("A") for one in sign[1:15:2])
    return (even + sum(_ODD[one] for one in sign[0:15:2])) % 26 == ord(sign[15]) - ord("A")


def _french_of_corsica(sign: str) -> bool:
    return 97 - int(sign[:13].replace("2A", "19").replace("2B", "18")) % 97 == int(sign[13:])


def _finnish(sign: str) -> bool:
    digits = sign[:6] + sign[-4:-1]
    return c.day_and_month(digits[:2], digits[2:4]) and _FINNISH[int(digits) % 31] == sign[-1]


def _german_pension(sign: str) -> bool:
    spelled = sign[:8] + f"{ord(sign[8]) - ord('A') + 1:02d}" + sign[9:11]
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(sum(map(int, str(int(one) * weight))) for one, weight in zip(spelled, weights, strict=True))
    return total % 10 == int(sign[11])


def _mexican(sign: str) -> bool:
    letters = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    total = sum(letters.index(one) * (18 - place) for place, one in enumerate(sign[:17]))
    return (10 - total % 10) % 10 == int(sign[17]) if sign[17].isdigit() else False


def _chinese(sign: str) -> bool:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return (c.weighted(sign, weights) + 10) % 11 == 1


def _any(_: str) -> bool:
    return True


def _pattern(written: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{written})(?![^\W_])")


_LETTERS_FIRST: Final = (
    LetteredId("GB", (2, 6), _pattern(r"[a-ceghj-pr-tw-z][a-ceghj-npr-tw-z][ -]?(?:[0-9]{2}[ -]?){3}[a-d]"), _british),
    LetteredId("ES", (7,), _pattern(r"[xyz][ -]?[0-9]{7}[ -]?[a-z]"), _spanish),
    LetteredId(
        "IT",
        (2,),
        _pattern(r"[a-z]{3} ?[a-z]{3} ?[0-9l-np-v]{2}[a-ehlmprst][0-9l-np-v]{2} ?[a-z][0-9l-np-v]{3} ?[a-z]"),
        _italian,
    ),
    LetteredId("IN", (4,), _pattern(r"[a-z]{3}[abcfghljpt][a-z][0-9]{4}[a-z]"), _any),
    LetteredId(
        "MX", (6,), _pattern(r"[a-z][aeioux][a-z]{2}[0-9]{2}[01][0-9][0-3][0-9][hmx][a-z]{5}[0-9a-z][0-9]"), _mexican
    ),
)
_DIGITS_FIRST: Final = (
    LetteredId("ES", (1, 2, 8), _pattern(r"(?:[0-9]{8}|[0-9]{1,2}\.[0-9]{3}\.[0-9]{3})[ -]?[a-z]"), _spanish),
    LetteredId(
        "FR", (1, 6), _pattern(r"[1-478] ?[0-9]{2} ?[0-9]{2} ?2[ab] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}"), _french_of_corsica
    ),
    LetteredId("FI", (6,), _pattern(r"[0-3][0-9][01][0-9]{3}[-+a-fu-y][0-9]{3}[0-9a-fhj-npr-y]"), _finnish),
    LetteredId("DE", (2, 8), _pattern(r"[0-9]{2} ?[0-9]{6} ?[a-z] ?[0-9]{3}"), _german_pension),
    LetteredId("CN", (17,), _pattern(r"[0-9]{6}(?:19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}x"), _chinese),
)
_SIGNS: Final = re.compile(r"[ .\-]")
# The first digits of an id that begins with letters, and of one that does not, each with what follows them there.
_AFTER: Final = re.compile(
    r"[0-9](?<![0-9][0-9])(?:(?<=[a-z][0-9])|(?<=[a-z][ -][0-9]))"
    r"(?:[0-9](?=[ -]?[0-9]{2}[ -]?[0-9]{2}|[a-z])|[0-9]{3}(?=[a-z])|[0-9]{5,6}(?=[ -]?[a-z]))(?![0-9])"
)
_FIRST: Final = re.compile(
    r"[0-9](?<![0-9][0-9])(?<![a-z][0-9])(?:(?=\.[0-9]{3}\.| [0-9]{2})|[0-9](?=\.[0-9]{3}\.| [0-9]{6})"
    r"|[0-9]{5}(?=[a-z+-])|[0-9]{7}(?=[ -]?[a-z])|[0-9]{16}(?=x))(?![0-9])"
)
# The letters before its first digit.
_LETTERS: Final = re.compile(r"(?<![^\W_])(?:[a-z]{3} ?[a-z]{3}|[a-z]{1,5})[ -]?$")
_MOST_LETTERS: Final = 8
_BEFORE: Final = frozenset(("", *" \n\t\u00a0([{<\"'“«=:#>|*_"))
"""What stands before one that begins with digits."""
_Ids = dict[int, tuple[LetteredId, ...]]


def _by_digits(ids: tuple[LetteredId, ...]) -> _Ids:
    sizes = {size for one in ids for size in one.together}
    return {size: tuple(one for one in ids if size in one.together) for size in sizes}


_AFTER_LETTERS: Final = _by_digits(_LETTERS_FIRST)
_AT_START: Final = _by_digits(_DIGITS_FIRST)


def lettered_ids(message: Message) -> Iterator[Find]:
    """Find national ids with letters in them."""
    text = message.lowered
    if not message.has_digits:
        return
    for digits in _AFTER.finditer(text):
        letters = _LETTERS.search(text, max(0, digits.start() - _MOST_LETTERS), digits.start())
        if letters is not None:
            yield from _beginning(text, letters.start(), _AFTER_LETTERS[len(digits[0])])
    for digits in _FIRST.finditer(text):
        before = text[digits.start() - 1 : digits.start()]
        if before in _BEFORE or (before.isalpha() and not joins(before)):
            yield from _beginning(text, digits.start(), _AT_START[len(digits[0])])


def _beginning(text: str, start: int, ids: tuple[LetteredId, ...]) -> Iterator[Find]:
    for one in ids:
        found = one.written.match(text, start)
        if found is not None:
            sign = _SIGNS.sub("", found[0]).upper()
            if one.passes(sign) and not names_thing(text, start):
                yield Find(start, found.end(), NATIONAL_ID, sign)
