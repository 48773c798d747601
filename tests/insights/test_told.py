"""What was told of the latest conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agent_analytics.insights.documents import Document
from otel_agent_analytics.insights.told import Told

if TYPE_CHECKING:
    from collections.abc import Sequence


def document(word: str) -> Document:
    """Return a message of one word."""
    return Document((word,), 1, frozenset(), 0)


def first_letter(documents: Sequence[Document]) -> list[str | None]:
    """Return as topic the first letter of each."""
    return [document.words[0][0] for document in documents]


def test_only_changes_are_told_and_once() -> None:
    """What is told now and was told before is no change; what was changed is remembered."""
    told = Told()
    told.note("one", document("apple"), "a")
    told.note("two", document("berry"), None)
    told.note("three", document("citron"), "other")

    assert told.changed(first_letter) == {"two": "b", "three": "c"}
    assert told.changed(first_letter) == {}


def test_the_oldest_are_forgotten() -> None:
    """Of more conversations than may be held; one that is noted again is new."""
    told = Told(most=2)
    told.note("one", document("apple"), None)
    told.note("two", document("berry"), None)
    told.note("one", document("citron"), None)
    told.note("three", document("date"), None)

    assert told.changed(first_letter) == {"one": "c", "three": "d"}
