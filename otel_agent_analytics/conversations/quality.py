"""Turns of an ended episode → how it went: satisfaction, sentiment, trajectory, statements of the result, effort.

Everything is worked out from numbers that were measured where the texts are. What was not measured is None: unknown,
which is neither good nor neutral.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.satisfaction import DISSATISFIED_ABOVE, dissatisfactions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.conversations.events import UserMessage
    from otel_agent_analytics.conversations.turns import Turn

NEGATIVE_TO: Final = -0.05
POSITIVE_FROM: Final = 0.30
TREND_CHANGE: Final = 0.1
_THIRDS: Final = 3


class Quality(NamedTuple):
    """How an engaged episode went."""

    satisfaction: float | None
    """1 - mean probability of dissatisfaction over the turns, 0 to 1."""
    dissatisfied_turns: int | None
    judged_turns: int
    """Turns of which it is known whether they were dissatisfied."""
    last_dissatisfied: bool | None
    rephrases: int | None
    repeats: int | None
    sentiment: str | None
    """positive, neutral, negative or frustrated."""
    trajectory: str | None
    """improved, stable or declined."""
    statement: str | None
    """What the agent last said of the result: success or failure; None when nothing, or when it is unknown."""
    mixed: bool
    """Whether a success stands for one tool and a failure for another."""


def quality_of(turns: Sequence[Turn]) -> Quality:
    """Return how an episode went. ``turns`` begins with turn 0."""
    odds = dissatisfactions(turns)
    known = [odd for odd in odds if odd is not None]
    messages = [turn.message for turn in turns if turn.message is not None]
    statements = statements_of(turns)
    return Quality(
        satisfaction=1 - sum(known) / len(known) if known else None,
        dissatisfied_turns=sum(odd > DISSATISFIED_ABOVE for odd in known) if known else None,
        judged_turns=len(known),
        last_dissatisfied=odds[-1] > DISSATISFIED_ABOVE if odds and odds[-1] is not None else None,
        rephrases=_count([message.signs.rephrase for message in messages]),
        repeats=_count([message.signs.repeat for message in messages]),
        sentiment=_sentiment(messages),
        trajectory=_trajectory(odds),
        statement=statements[-1] if statements else None,
        mixed=len(set(_standing(turns).values())) > 1,
    )


def statements_of(turns: Sequence[Turn]) -> list[str]:
    """Return what the agent said of the result, success or failure, in the order in which it was said."""
    said = [answer.statement for turn in turns for answer in turn.answers]
    return [statement for statement in said if statement is not None and statement != v.STATEMENT_NONE]


def _standing(turns: Sequence[Turn]) -> dict[str, str]:
    """Return, for each tool, what was said last after it was called."""
    standing: dict[str, str] = {}
    tool = ""
    for turn in turns:
        tool = turn.tools[-1].tool if turn.tools else tool
        standing.update((tool, statement) for statement in statements_of([turn]))
    return standing


def _count(flags: list[bool | None]) -> int | None:
    known = [flag for flag in flags if flag is not None]
    return sum(known) if known else None


def _sentiment(messages: Sequence[UserMessage]) -> str | None:
    known = [message.signs for message in messages if message.signs.sentiment is not None]
    if not known:
        return None
    if any(_is_frustrated(message) for message in messages):
        return v.FRUSTRATED
    # The words of leave-taking are polite whatever came before; they count only where nothing else was said.
    heard = known[:-1] if len(known) > 1 and messages[-1].signs is known[-1] and known[-1].closing else known
    mean = sum(signs.sentiment or 0.0 for signs in heard) / len(heard)
    return v.NEGATIVE if mean <= NEGATIVE_TO else v.POSITIVE if mean >= POSITIVE_FROM else v.NEUTRAL


def _is_frustrated(message: UserMessage) -> bool:
    signs = message.signs
    negative = signs.sentiment is not None and signs.sentiment <= NEGATIVE_TO
    return negative and bool(signs.complaint or signs.repeat or signs.human_request)


def _trajectory(odds: Sequence[float | None]) -> str | None:
    known = [odd for odd in odds if odd is not None]
    if not known:
        return None
    if len(odds) < _THIRDS:
        return v.STABLE
    size = max(1, len(known) // _THIRDS)
    change = (sum(known[-size:]) - sum(known[:size])) / size
    return v.IMPROVED if change < -TREND_CHANGE else v.DECLINED if change > TREND_CHANGE else v.STABLE
