"""What a transaction writes of conversations that are to be judged, or were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from otel_agent_analytics.storage.rows import Row


class Queued(NamedTuple):
    """Rows of tables, in the order of their columns; the fields are those of a batch."""

    insights: list[Row]
    insight_jobs: list[Row]
    jobs_done: list[tuple[str, int, str]]
    """Jobs that are there no more, by their keys."""
    agreement: list[Row]
    disagreed: list[tuple[str, int]]
    """Episodes, by conversation id and number, that count for no agreement any more."""


NOTHING: Final = Queued([], [], [], [], [])
