"""Check digits: whether a number is one that somebody may have been given. Every function takes digits only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_D5: Final = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5), (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7), (4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3), (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)  # fmt: skip
"""How the symmetries of a pentagon follow each other."""
_TURN: Final = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def luhn(digits: str) -> bool:
    """Return whether a number passes the test of Luhn: payment cards and some national ids."""
    own = sum(map(int, digits[-1::-2]))
    return (own + sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])) % 10 == 0


def verhoeff(digits: str) -> bool:
    """Return whether a number passes the test of Verhoeff: Aadhaar."""
    check, turned = 0, tuple(range(10))
    for digit in reversed(digits):
        check = _D5[check][turned[int(digit)]]
        turned = tuple(_TURN[place] for place in turned)
    return check == 0


def iso_7064_11_10(digits: str) -> bool:
    """Return whether a number passes ISO 7064 MOD 11,10: the German tax id."""
    product = 10
    for digit in digits[:-1]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def weighted(digits: str, weights: Sequence[int]) -> int:
    """Return the sum of the digits, each times its weight; digits without one do not count."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def mod_97(letters: str) -> bool:
    """Return whether letters and digits pass ISO 7064 MOD 97-10 as an IBAN does: its first four signs go last."""
    turned = letters[4:] + letters[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def day_and_month(day: str, month: str) -> bool:
    """Return whether two texts of digits may be a day and a month."""
    return 1 <= int(day) <= 31 and 1 <= int(month) <= 12  # noqa: PLR2004 - as the calendar has it
