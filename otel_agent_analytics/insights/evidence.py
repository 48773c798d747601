"""Turns of an ended episode → the numbers of those that show how it went. Turn n is the n-th user message, from 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.escalation import means_human
from otel_agent_analytics.conversations.quality import NEGATIVE_TO, POSITIVE_FROM, statements_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from otel_agent_analytics.conversations.rules import Rules
    from otel_agent_analytics.conversations.turns import Turn

_THIRDS: Final = 3


def of_sentiment(turns: Sequence[Turn], sentiment: str | None) -> list[int]:
    """Return the turns that were felt so; none for neutral, which is the absence of both."""
    felt = _FELT.get(sentiment or "")
    return [] if felt is None else _where(turns, felt)


def of_trajectory(turns: Sequence[Turn], trajectory: str | None) -> list[int]:
    """Return the first and the last third of the turns, which were compared; none where they were alike."""
    if trajectory not in (v.IMPROVED, v.DECLINED):
        return []
    last = len(turns) - 1
    size = max(1, last // _THIRDS)
    return [*range(1, size + 1), *range(last - size + 1, last + 1)]


def of_resolution(turns: Sequence[Turn], status: str | None, rules: Rules) -> list[int]:
    """Return the turns that say so: who asked for a human, what was said of the result, else the last turn."""
    if status is None or len(turns) <= 1:
        return []
    if status == v.ESCALATED:
        return _where(
            turns, lambda turn: any(means_human(tool.tool, rules) and tool.error_type is None for tool in turn.tools)
        )
    said = _where(turns, lambda turn: bool(statements_of([turn])))
    if status == v.PARTIALLY_RESOLVED:
        return said
    return said[-1:] or [len(turns) - 1]


def of_effort(turns: Sequence[Turn], rules: Rules) -> list[int]:
    """Return the turns in which something made it hard: a rephrase, a tool that failed, a human asked for."""

    def hard(turn: Turn) -> bool:
        rephrased = turn.message is not None and bool(turn.message.signs.rephrase)
        return rephrased or any(tool.error_type is not None or means_human(tool.tool, rules) for tool in turn.tools)

    return _where(turns, hard)


def _where(turns: Sequence[Turn], holds: Callable[[Turn], bool]) -> list[int]:
    return [number for number, turn in enumerate(turns) if number > 0 and holds(turn)]


def _sentiment(turn: Turn) -> float:
    return (turn.message.signs.sentiment or 0.0) if turn.message is not None else 0.0


def _negative(turn: Turn) -> bool:
    return _sentiment(turn) <= NEGATIVE_TO


def _frustrated(turn: Turn) -> bool:
    signs = turn.message.signs if turn.message is not None else None
    return signs is not None and _negative(turn) and bool(signs.complaint or signs.repeat or signs.human_request)


_FELT: Final = {
    v.POSITIVE: lambda turn: _sentiment(turn) >= POSITIVE_FROM,
    v.NEGATIVE: _negative,
    v.FRUSTRATED: _frustrated,
}
