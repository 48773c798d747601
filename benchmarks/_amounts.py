"""What one conversation adds to which figure: counted, or, where it is not drawn but weighed, expected.

Every amount is a product of independent draws, each 0 or 1 or how likely it is, so one formula serves both.
"""

from __future__ import annotations

from collections import defaultdict
from math import comb
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from benchmarks._telling import INPUT_TOKENS, OUTPUT_TOKENS
from benchmarks._world import DISSATISFIED, TOOL_FAILED, UNHEARD, Branch, Ending, World
from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Sequence

Amounts: TypeAlias = "defaultdict[str, float]"
"""How many, or how many on average, by name."""

INPUT_USD: Final = 2e-6
"""A token."""
OUTPUT_USD: Final = 8e-6
HUMAN_USD: Final = 5.0
CALL_USD: Final = INPUT_TOKENS * INPUT_USD + OUTPUT_TOKENS * OUTPUT_USD
"""Every turn with a run makes one model call."""


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


def add_turn(amounts: Amounts, weight: float, turn: int, branch: Branch, tool_works: float, *, wordless: bool) -> None:
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


def add_ending(amounts: Amounts, weight: float, turns: int, ending: Ending, draws: Draws) -> None:
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


def add_sentiment(amounts: Amounts, weight: float, sentiment: str) -> None:
    amounts["sentiment known"] += weight
    amounts[f"sentiment {sentiment}"] += weight
    if sentiment in (v.NEGATIVE, v.FRUSTRATED):
        amounts["negative or frustrated"] += weight


def trajectory(kinds: Sequence[str]) -> str:
    """Return how it went on from the first third to the last: one dissatisfied turn of three decides."""
    if len(kinds) < 3:
        return v.STABLE
    size = len(kinds) // 3
    change = kinds[-size:].count(DISSATISFIED) - kinds[:size].count(DISSATISFIED)
    return v.IMPROVED if change < 0 else v.DECLINED if change > 0 else v.STABLE


def add_trajectory(amounts: Amounts, weight: float, world: World, turns: int, last_kind: str) -> None:
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
