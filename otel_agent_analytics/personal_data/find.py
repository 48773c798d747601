"""What a detector is, what it is given and what it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Final, NamedTuple

from otel_agent_analytics.personal_data.digit_runs import Number, starts

_DIGIT: Final = re.compile(r"[0-9]")


class Find(NamedTuple):
    """A place in a text that has personal data."""

    start: int
    """Its first character."""
    end: int
    """The one behind its last."""
    kind: str
    """What it is, one of ``KINDS``."""
    canonical: str
    """The same for every way to write it."""


class Message:
    """A text, with what several detectors look at; each part is made when it is first asked for.

    Args:
        text: what is searched.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def lowered(self) -> str:
        """The text in small letters, as long as the text is: what grows by it stays as it is."""
        found = self.text.lower()
        return found if len(found) == len(self.text) else "".join(_lowered(sign) for sign in self.text)

    @cached_property
    def has_digits(self) -> bool:
        """Whether there is any; most of what is found has some."""
        return _DIGIT.search(self.text) is not None

    @cached_property
    def numbers(self) -> list[list[Number]]:
        """The numbers of seven digits or more, by the place at which they begin; of each place the longest last."""
        return list(starts(self.text)) if self.has_digits else []


def _lowered(sign: str) -> str:
    found = sign.lower()
    return found if len(found) == 1 else sign


Detector = Callable[[Message], Iterator[Find]]
"""Yields what it finds in a message, from left to right."""
