"""The true rates of a world, worked out from its branches; and the same figures counted over drawn conversations.

Both add up the same amounts: over all that may become of a conversation, each weighted by its probability, or over the
conversations that were drawn, each once. Every amount is a product of independent draws, so one formula serves both.
"""

from __future__ import annotations

from collections import defaultdict
from math import comb, nan
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from benchmarks._telling import INPUT_TOKENS, OUTPUT_TOKENS
from benchmarks._world import (
    DISSATISFIED,
    NEUTRAL_SHARE,
    REPEATED,
    REPHRASED,
    SCORED_SHARE,
    SCORES,
    SENTIMENTS,
    TOOL_FAILED,
    UNHEARD,
    Branch,
    Ending,
    Story,
    World,
    branches,
    judged_resolved_of,
    response_of,
    satisfied_of,
)
from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Amounts: TypeAlias = "defaultdict[str, float]"
"""How many, or how many on average, by name."""

INPUT_USD: Final = 2e-6
"""A token."""
OUTPUT_USD: Final = 8e-6
HUMAN_USD: Final = 5.0
CALL_USD: Final = INPUT_TOKENS * INPUT_USD + OUTPUT_TOKENS * OUTPUT_USD
"""Every turn with a run makes one model call."""

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


class Draws(NamedTuple):
    """What is drawn of a conversation beside its turns: 0 or 1, or how likely it is."""

    wordless: float
    rated: float
    positive: float
    """Of the rated ones."""
    scored: float
    score: float
    """Of the scored ones, 1 to 5."""
    judged: float
    resolved: float
    """Of the judged ones."""
    returned: float
    reopened: float
    unpriced: float


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
            _add_turn(amounts, 1, turn, Branch(1, kind, ending), story.tools[turn - 1], wordless=story.wordless)
        _add_ending(amounts, 1, len(story.kinds), story.ending, _drawn(story))
        if not story.wordless:
            _add_sentiment(amounts, 1, story.sentiment)
            amounts[_trajectory(story.kinds)] += 1
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
                _add_turn(amounts, weight, turn, branch, world.tool_used, wordless=wordless)
                if branch.ending is None:
                    goes_on += branch.share
                else:
                    _add_ending(amounts, weight, turn, branch.ending, _draws(world, branch.ending, turn, wordless))
                    if not wordless:
                        _add_trajectory(amounts, weight, world, turn, branch.kind)
            here *= goes_on
    for sentiment, share in zip(SENTIMENTS, world.sentiments, strict=True):
        _add_sentiment(amounts, (1 - visits) * (1 - world.wordless) * share, sentiment)
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


def _add_turn(amounts: Amounts, weight: float, turn: int, branch: Branch, tool_works: float, *, wordless: bool) -> None:
    """Add what one turn is counted for: drop-off, kinds of turns, tools."""
    label, ending = v.TURNS[min(turn, len(v.TURNS)) - 1], branch.ending
    amounts[f"reached {label}"] += weight
    if ending is not None and ending.outcome == v.ABANDONED:
        amounts[f"abandoned {label}"] += weight
    if not wordless:
        amounts["judged turns"] += weight
        amounts["later judged turns"] += weight if turn > 1 else 0
        amounts[branch.kind] += weight
    if ending != UNHEARD:  # nobody worked on that message
        failed = branch.kind == TOOL_FAILED
        sure = ending is not None and ending.mixed + (ending.human == "tool")
        amounts["tool errors"] += weight * failed
        amounts["tool calls"] += weight * ((1 if failed else tool_works) + sure)


def _add_ending(amounts: Amounts, weight: float, turns: int, ending: Ending, draws: Draws) -> None:
    """Add what an ended conversation is counted for."""
    facts = {
        "ended": 1,
        ending.outcome: 1,
        "human": bool(ending.human),
        **_resolutions(ending, draws),
        **_status(ending),
        "rated": draws.rated,
        "rated positive": draws.rated * draws.positive,
        "scored": draws.rated * draws.scored,
        "score": draws.rated * draws.scored * draws.score,
        "without signals": draws.wordless * (ending.outcome in (v.ABANDONED, v.SILENT)),
        "reopened": draws.reopened,
    }
    cost = CALL_USD * (turns - (ending == UNHEARD))
    priced = 1 - draws.unpriced * (cost > 0)
    facts["cost"] = cost * priced
    facts["savings"] = priced * (facts[v.VERIFIED] * (HUMAN_USD - cost) - facts["human"] * cost)
    for name, amount in facts.items():
        amounts[name] += weight * amount


def _resolutions(ending: Ending, draws: Draws) -> dict[str, float]:
    contained = not ending.human
    said, told = ending.requested == v.COMPLETED, ending.statement == v.STATEMENT_SUCCESS
    return {
        v.CONTAINED: contained,
        v.ASSUMED: contained and (1 - draws.returned) * (ending.outcome in (v.COMPLETED, v.SILENT)),
        v.CONFIRMED: 1 - (1 - said) * (1 - draws.rated * draws.positive),
        v.VERIFIED: draws.judged * draws.resolved + (1 - draws.judged) * told,
    }


def _status(ending: Ending) -> dict[str, float]:
    if ending.human:
        status = v.ESCALATED
    elif ending.mixed:
        status = v.PARTIALLY_RESOLVED
    elif ending.statement == v.STATEMENT_FAILURE or ending.outcome in (v.FAILED, v.ABANDONED):
        status = v.UNRESOLVED
    elif ending.statement == v.STATEMENT_SUCCESS or ending.outcome == v.COMPLETED:
        status = v.RESOLVED
    else:
        return {}
    return {f"status {status}": 1, "status known": 1}


def _add_sentiment(amounts: Amounts, weight: float, sentiment: str) -> None:
    amounts["sentiment known"] += weight
    amounts[f"sentiment {sentiment}"] += weight
    if sentiment in (v.NEGATIVE, v.FRUSTRATED):
        amounts["negative or frustrated"] += weight


def _trajectory(kinds: Sequence[str]) -> str:
    """Return how it went on from the first third to the last: one dissatisfied turn of three decides."""
    if len(kinds) < 3:
        return v.STABLE
    size = len(kinds) // 3
    change = kinds[-size:].count(DISSATISFIED) - kinds[:size].count(DISSATISFIED)
    return v.IMPROVED if change < 0 else v.DECLINED if change > 0 else v.STABLE


def _add_trajectory(amounts: Amounts, weight: float, world: World, turns: int, last_kind: str) -> None:
    """Add how likely each trajectory is, for conversations of so many turns with such a last one."""
    if turns < 3:
        return
    size, share = turns // 3, world.dissatisfied / (1 - world.silent)
    for first in range(size + 1):
        for before_last in range(size):
            both = weight * _binomial(first, size, share) * _binomial(before_last, size - 1, share)
            last = before_last + (last_kind == DISSATISFIED)
            if last != first:
                amounts[v.DECLINED if last > first else v.IMPROVED] += both


def _binomial(hits: int, trials: int, share: float) -> float:
    return comb(trials, hits) * share**hits * (1 - share) ** (trials - hits)
