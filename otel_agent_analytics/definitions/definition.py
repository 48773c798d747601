"""What a definition consists of."""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    """A number that a definition rests on."""

    name: str
    value: float
    unit: str
    """Seconds, USD and the like; empty for a plain number."""
    setting: str = ""
    """The environment variable that changes it; empty for what is fixed."""


class Line(NamedTuple):
    """One line of an ordered list, of which the first that holds counts; or one value of a few."""

    name: str
    """As it shows in labels and records."""
    text: str


class Definition(NamedTuple):
    """What one term means."""

    name: str
    """In snake_case; stays the same from version to version."""
    group: str
    """The chapter that it stands in."""
    title: str
    text: str
    """Markdown, one paragraph or several."""
    lines: tuple[Line, ...] = ()
    after: str = ""
    """What is to be said after the lines."""
    figures: tuple[Figure, ...] = ()
    metrics: tuple[str, ...] = ()
    """Names of the metrics in which it shows."""


def duration(seconds: float) -> str:
    """Return a length of time in the largest unit that it is a whole number of: ``30 minutes``, ``24 hours``."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size and seconds % size == 0 and (unit != "day" or seconds > size):
            number = round(seconds / size)
            return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
    return f"{seconds:g} seconds"


def listed(names: tuple[str, ...], word: str = "or") -> str:
    """Return two names or more as a list in a sentence: ``a``, ``b`` or ``c``."""
    *most, last = [f"`{name}`" for name in names]
    return f"{', '.join(most)} {word} {last}"
