"""Numbers as people write them: groups of digits with signs between, of which any neighbours may be one number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from otel_agent_analytics.personal_data.signs import joins

FEWEST: Final = 7
"""Digits of the shortest number that is looked at."""
_MOST_GROUPS: Final = 8
_MOST_DIGITS: Final = 19
_SMALLEST_MEAN: Final = 1.5
"""Digits of a group on average; nobody writes a number as single digits, and a list of them is none."""
# A digit and the signs before the next one have nothing in common, so there is one way only to match.
_RUN: Final = re.compile(r"[0-9](?:[ \u00a0\u202f./()\-\u2010-\u2013]{0,3}[0-9]){6,}")
_GROUP: Final = re.compile(r"[0-9]+")
_SINGLE: Final = re.compile(r"(?<![0-9])(?<![0-9][ -])[0-9](?:([ -])[0-9](?:\1[0-9]){8,17})(?![ -]?[0-9])")
"""Digits one by one, as somebody writes who wants to be read well: a phone number, a card."""
_WORD_END: Final = re.compile(r"[^\W_]+$")
_LONGEST_PART: Final = 16
_SHORTEST_SINGLE: Final = 18
"""Characters of ten digits with a sign between each two, but one."""
# A date that ends there: 06.12.34.56.78 is none.
_DATE: Final = re.compile(
    r"(?:(?:19|20)[0-9]{2}([-./])(?:0?[1-9]|1[0-2])\1(?:[0-2]?[0-9]|3[01])"
    r"|(?:[0-2]?[0-9]|3[01])([-./])(?:[0-2]?[0-9]|3[01])\2(?:(?:19|20)[0-9]{2}|[0-9]{2}))(?![0-9]|[-./][0-9])"
)


class Number(NamedTuple):
    """Some neighbours of a run, taken as one number."""

    start: int
    """Place of the first digit in the text."""
    end: int
    """Place behind the last one."""
    digits: str
    """The digits alone."""
    groups: tuple[int, ...]
    """How many digits each group has."""


def starts(text: str) -> Iterator[list[Number]]:
    """Yield, for each group of digits that a number may begin with, the numbers that do; the longest last."""
    for run in _RUN.finditer(text):
        single = _SINGLE.search(text, run.start(), run.end()) if run.end() - run.start() > _SHORTEST_SINGLE else None
        if single is not None:
            digits = single[0][::2]
            yield [Number(single.start(), single.end(), digits, (1,) * len(digits))]
        for groups in _without_dates(text, run.start(), run.end()):
            for first in range(len(groups)):
                found = _numbers(text, groups[first : first + _MOST_GROUPS])
                if found:
                    yield found


def _without_dates(text: str, begin: int, stop: int) -> Iterator[list[tuple[int, int]]]:
    """Yield start and end of groups of digits that stand together; a date among them divides them."""
    groups: list[tuple[int, int]] = []
    date_end = 0
    for group in _GROUP.finditer(text, begin, stop):
        start, end = group.span()
        date = _DATE.match(text, start) if start >= date_end else None
        if date is not None:
            date_end = date.end()
        if start >= date_end:
            groups.append((start, end))
        elif groups:
            yield groups
            groups = []
    yield groups


def _numbers(text: str, groups: list[tuple[int, int]]) -> list[Number]:
    start, digits = groups[0][0], ""
    sizes: list[int] = []
    found: list[Number] = []
    for begin, end in groups:
        digits += text[begin:end]
        if len(digits) > _MOST_DIGITS:
            break
        sizes.append(end - begin)
        if len(digits) >= max(FEWEST, _SMALLEST_MEAN * len(sizes)) and stands_alone(text, start, end):
            found.append(Number(start, end, digits, tuple(sizes)))
    return found


def stands_alone(text: str, start: int, end: int) -> bool:
    """Return whether a number is no part of a longer word, such as ``INV-20261234``; an extension may follow."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before and joins(before):
        return False
    if after and joins(after) and not (after in "xX" and text[end + 1 : end + 2].isdigit()):
        return False
    if before not in ("-", "/", "."):
        return True
    joined = _WORD_END.search(text, max(0, start - _LONGEST_PART), start - 1)
    return joined is None or joined[0].isdigit()
