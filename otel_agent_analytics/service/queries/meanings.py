"""The definitions as an answer: what each figure means, and with which numbers it is reckoned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from otel_agent_analytics.definitions.all_definitions import DEFINITIONS_VERSION, definitions

if TYPE_CHECKING:
    from otel_agent_analytics.definitions.definition import Definition


@dataclass(frozen=True, slots=True)
class Number:
    """A number that a definition rests on."""

    name: str
    value: float
    unit: str
    setting: str
    """The environment variable that changes it; empty for what is fixed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an ordered list, of which the first that holds counts; or one value of a few."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one term means."""

    name: str
    group: str
    title: str
    text: str
    """Markdown."""
    lines: list[Line]
    after: str
    figures: list[Number]
    metrics: list[str]


@dataclass(frozen=True, slots=True)
class Meanings:
    """What each figure means."""

    version: int
    """Goes up with every change of a meaning."""
    definitions: list[Meaning]


def meanings() -> Meanings:
    """Return what each figure means."""
    return Meanings(DEFINITIONS_VERSION, [_meaning(one) for one in definitions()])


def _meaning(one: Definition) -> Meaning:
    lines, figures = [Line(*line) for line in one.lines], [Number(*figure) for figure in one.figures]
    return Meaning(one.name, one.group, one.title, one.text, lines, one.after, figures, list(one.metrics))
