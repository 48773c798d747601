"""The true rates of a world, worked out from its branches; and the same figures counted over drawn conversations.

Both add up the same amounts: over all that may become of a conversation, each weighed by its probability, or over the
conversations that were drawn, each once.
"""

from __future__ import annotations

from collections import defaultdict
from math import nan
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks._amounts import Amounts, Draws, add_ending, add_sentiment, add_trajectory, add_turn, trajectory
from benchmarks._stories import SCORES
from benchmarks._world import (
    DISSATISFIED,
    NEUTRAL_SHARE,
    REPEATED,
    REPHRASED,
    SCORED_SHARE,
    SENTIMENTS,
    Branch,
    Ending,
    World,
    branches,
    judged_resolved_of,
    response_of,
    satisfied_of,
)
from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks._stories import Story

RATES: Final[dict[str, tuple[str, str]]] = {
    "completion": (v.COMPLETED, "ended"),
    "abandonment": (v.ABANDONED, "ended"),
    "failure": (v.FAILED, "ended"),
    "escalated as outcome": (v.ESCALATED, "ended"),
    "silent": (v.SILENT, "ended"),
    "escalation": ("human", "ended"),
    "resolution contained": (v.CONTAINED, "ended"),
    "resolution assumed": (v.ASSUMED, "ended"),
    "resolution confirmed": (v.CONFIRMED, "ended"),
    "resolution verified": (v.VERIFIED, "ended"),
    "resolution rate": ("status resolved", "status known"),
    "resolution rate: coverage": ("status known", "ended"),
    "status partially_resolved": ("status partially_resolved", "status known"),
    "status unresolved": ("status unresolved", "status known"),
    "negative": ("negative or frustrated", "sentiment known"),
    "frustrated": ("sentiment frustrated", "sentiment known"),
    "positive": ("sentiment positive", "sentiment known"),
    "trajectory improved": (v.IMPROVED, "sentiment known"),
    "trajectory declined": (v.DECLINED, "sentiment known"),
    "dissatisfied turns": (DISSATISFIED, "judged turns"),
    "rephrases": (REPHRASED, "later judged turns"),
    "repeats": (REPEATED, "later judged turns"),
    "CSAT": ("rated positive", "rated"),
    "response to ratings": ("rated", "ended"),
    "without signals": ("without signals", "ended"),
    "visits": ("visits", "begun"),
    "reopened": ("reopened", "ended"),
    "tool errors": ("tool errors", "tool calls"),
}
"""Every rate as a share of one amount in another."""


def hazard_name(turn: str) -> str:
    """Return the name of the hazard of a turn, given by its label."""
    return f"hazard in turn {turn}"


class Money(NamedTuple):
    """Figures without an interval, USD but for the first."""

    average_rating: float
    """1 to 5."""
    cost_per_resolved: float
    savings_per_conversation: float


def true_rates(world: World) -> dict[str, float]:
    """Return the true value of every rate; not of those that nothing is counted for."""
    return {name: part / whole for name, (part, whole) in shares_of(expected(world)).items()}


def shares_of(amounts: Amounts) -> dict[str, tuple[float, float]]:
    """Return part and whole of every rate that something is counted for, hazards too."""
    hazards = {hazard_name(turn): (f"abandoned {turn}", f"reached {turn}") for turn in v.TURNS}
    pairs = {name: (amounts[part], amounts[whole]) for name, (part, whole) in (RATES | hazards).items()}
    return {name: pair for name, pair in pairs.items() if pair[1] > 0}


def money_of(amounts: Amounts) -> Money:
    """Return the figures that are no shares; NaN where there is nothing to divide by."""
    return Money(
        amounts["score"] / amounts["scored"] if amounts["scored"] else nan,
        amounts["cost"] / amounts["status resolved"] if amounts["status resolved"] else nan,
        amounts["savings"] / amounts["ended"] if amounts["ended"] else nan,
    )


def counted(stories: Iterable[Story]) -> Amounts:
    """Return the amounts of conversations that were drawn."""
    amounts: Amounts = defaultdict(float)
    for story in stories:
        amounts["begun"] += 1
        if story.ending is None:
            amounts["visits"] += 1
            continue
        for turn, kind in enumerate(story.kinds, 1):
            ending = story.ending if turn == len(story.kinds) else None
            add_turn(amounts, 1, turn, Branch(1, kind, ending), story.tools[turn - 1], wordless=story.wordless)
        add_ending(amounts, 1, len(story.kinds), story.ending, _drawn(story))
        if not story.wordless:
            add_sentiment(amounts, 1, story.sentiment)
            amounts[trajectory(story.kinds)] += 1
    return amounts


def expected(world: World) -> Amounts:
    """Return the mean amounts of one conversation of a world."""
    # Whoever returns says something, so there are more engaged conversations for each visit.
    engaged = (1 - world.visits) / (1 - world.returned)
    visits = world.visits / (world.visits + engaged)
    amounts: Amounts = defaultdict(float, begun=1.0, visits=visits)
    for wordless, share in ((True, world.wordless), (False, 1 - world.wordless)):
        here = (1 - visits) * share
        for turn in range(1, world.most_turns + 1):
            goes_on = 0.0
            for branch in branches(world, turn, wordless=wordless):
                weight = here * branch.share
                add_turn(amounts, weight, turn, branch, world.tool_used, wordless=wordless)
                if branch.ending is None:
                    goes_on += branch.share
                else:
                    add_ending(amounts, weight, turn, branch.ending, _draws(world, branch.ending, turn, wordless))
                    if not wordless:
                        add_trajectory(amounts, weight, world, turn, branch.kind)
            here *= goes_on
    for sentiment, share in zip(SENTIMENTS, world.sentiments, strict=True):
        add_sentiment(amounts, (1 - visits) * (1 - world.wordless) * share, sentiment)
    return amounts


def _drawn(story: Story) -> Draws:
    rating = story.rating
    return Draws(
        wordless=story.wordless,
        rated=rating is not None,
        positive=rating is not None and rating.side == v.POSITIVE,
        scored=rating is not None and rating.score is not None,
        score=0 if rating is None or rating.score is None else rating.score,
        judged=story.judged is not None,
        resolved=bool(story.judged),
        returned=story.returned,
        reopened=story.silence_after > 0,
        unpriced=story.unpriced,
    )


def _draws(world: World, ending: Ending, turns: int, wordless: bool) -> Draws:
    positive = satisfied_of(world, ending.outcome)
    sides = {v.POSITIVE: positive, v.NEUTRAL: (1 - positive) * NEUTRAL_SHARE}
    sides[v.NEGATIVE] = 1 - sum(sides.values())
    scored = {side: share * (1 if side == v.NEUTRAL else SCORED_SHARE) for side, share in sides.items()}
    total = sum(share * sum(SCORES[side]) / len(SCORES[side]) for side, share in scored.items())
    return Draws(
        wordless=wordless,
        rated=response_of(world, ending.outcome),
        positive=positive,
        scored=sum(scored.values()),
        score=total / sum(scored.values()),
        judged=world.judged,
        resolved=judged_resolved_of(ending.outcome),
        returned=world.returned,
        reopened=world.reopened if turns > 1 else 0,
        unpriced=world.unpriced,
    )
