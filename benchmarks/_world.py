"""Users and an agent with known rates: what becomes of a conversation is drawn here, turn by turn, and nowhere else.

A turn is one draw from a table of branches: what the turn is like (its kind), and whether the conversation goes on or
ends there, and how. ``_stories.py`` draws from the table, ``_telling.py`` makes the spans, and ``_truth.py`` works the
true rates out from the same table. So what is true is decided before the tracker sees anything.

What is drawn for each turn has the same probability in every turn, whatever came before it, but for the hazards; so a
share of turns is a share of independent trials, as the intervals take it to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

PLAIN: Final = "plain"
DISSATISFIED: Final = "dissatisfied"
REPHRASED: Final = "rephrased"
REPEATED: Final = "repeated"
TOOL_FAILED: Final = "tool failed"
_OF_WORDS: Final = frozenset({DISSATISFIED, REPHRASED, REPEATED})
"""Kinds of turns that only the user's words tell."""


class Ending(NamedTuple):
    """How a conversation ends: what its last turn shows, and what that means by the definitions."""

    outcome: str
    statement: str = v.STATEMENT_NONE
    """What the last answer says of the result."""
    answered: bool = True
    closing: bool = False
    """Whether the user takes leave."""
    question: bool = False
    """Whether the last answer asks something."""
    requested: str | None = None
    """What the application says of the outcome at the end."""
    human: str = ""
    """How a human is asked for: by a tool or a handoff; empty: not at all."""
    mixed: bool = False
    """Whether the turn before it reports a success, for another tool."""


_SUCCESS, _FAILURE = v.STATEMENT_SUCCESS, v.STATEMENT_FAILURE
CLOSING: Final = Ending(v.COMPLETED, closing=True)
TOLD: Final = Ending(v.COMPLETED, _SUCCESS)
SAID: Final = Ending(v.COMPLETED, requested=v.COMPLETED)
UNHEARD: Final = Ending(v.ABANDONED, answered=False)
ASKED: Final = Ending(v.ABANDONED, question=True)
SHOWN_BY_KIND: Final = Ending(v.ABANDONED)
BY_TOOL: Final = Ending(v.ESCALATED, human="tool")
BY_HANDOFF: Final = Ending(v.ESCALATED, human="handoff")
SOLVED_BY_HUMAN: Final = Ending(v.COMPLETED, human="tool", requested=v.COMPLETED)
ERROR: Final = Ending(v.FAILED, answered=False)
QUIET: Final = Ending(v.SILENT)
NO_RESULT: Final = Ending(v.SILENT, _FAILURE)
MIXED: Final = Ending(v.SILENT, _FAILURE, mixed=True)

# By the fate of a turn: how it may end, and each one's share.
_ENDINGS: Final[dict[str, dict[Ending, float]]] = {
    v.COMPLETED: {CLOSING: 0.4, CLOSING._replace(statement=_SUCCESS): 0.15, TOLD: 0.25, SAID: 0.2},
    v.ABANDONED: {UNHEARD: 0.5, ASKED: 0.5},
    v.ESCALATED: {BY_TOOL: 0.5, BY_HANDOFF: 0.3, SOLVED_BY_HUMAN: 0.2},
    v.FAILED: {ERROR: 1.0},
    v.SILENT: {QUIET: 0.6, NO_RESULT: 0.2, MIXED: 0.2},
}


class World(NamedTuple):
    """One service. All shares are probabilities, 0 to 1."""

    hazards: tuple[float, ...] = (0.12, 0.10, 0.08, 0.07, 0.06, 0.05)
    """That a user gives up in turn 1, 2, …; the last one holds for all later turns."""
    completed: float = 0.10
    """That a turn is the last one, and the matter done; so for the next three."""
    escalated: float = 0.025
    failed: float = 0.012
    silent: float = 0.04
    most_turns: int = 11
    """Whoever is still there in this turn and does nothing else is done with it."""
    dissatisfied: float = 0.12
    """That a turn is of this kind; so for the next three."""
    rephrased: float = 0.08
    """But for the first turn, which has none before it; so for the next one."""
    repeated: float = 0.05
    tool_failed: float = 0.05
    tool_used: float = 0.3
    """That a tool is called, and works, in a turn in which none fails."""
    wordless: float = 0.12
    """That the words of a conversation cannot be read: another language."""
    sentiments: tuple[float, float, float, float] = (0.3, 0.45, 0.17, 0.08)
    """Shares of positive, neutral, negative and frustrated among the others."""
    visits: float = 0.06
    """That nobody says a word."""
    reopened: float = 0.1
    """That a user of two turns or more falls silent for long, and then goes on."""
    returned: float = 0.15
    """That the user has another conversation within the next day."""
    response: float = 0.2
    """That a completed conversation is rated; the others by ``_RESPONSE``."""
    satisfied: float = 0.8
    """That such a rating is positive; the others by ``_SATISFIED``."""
    judged: float = 0.1
    """That somebody who can know judges the result."""
    unpriced: float = 0.05
    """That the model has no price."""


_RESPONSE: Final = {v.COMPLETED: 1.0, v.ESCALATED: 1.3, v.FAILED: 0.7, v.ABANDONED: 0.5, v.SILENT: 0.6}
_SATISFIED: Final = {v.COMPLETED: 1.0, v.ESCALATED: 0.5, v.FAILED: 0.1, v.ABANDONED: 0.2, v.SILENT: 0.7}
_JUDGED_RESOLVED: Final = {v.COMPLETED: 0.9, v.ESCALATED: 0.2, v.FAILED: 0.05, v.ABANDONED: 0.1, v.SILENT: 0.5}
NEUTRAL_SHARE: Final = 0.3
"""Of the ratings that are not positive."""
SCORED_SHARE: Final = 0.5
"""Of the ratings: a number from 1 to 5. The others are thumbs; a neutral one is always a number."""
SENTIMENTS: Final = v.SENTIMENTS[:4]

DROP_OFF: Final = World(
    hazards=(0.12, 0.09, 0.10, 0.05, 0.08, *[0.04] * 5, *[0.03] * 5, *[0.02] * 5, 0.03),
    completed=0.02,
    escalated=0.0,
    failed=0.0,
    silent=0.02,
    most_turns=30,
    dissatisfied=0.0,
    rephrased=0.0,
    repeated=0.0,
    tool_failed=0.0,
    tool_used=0.0,
    wordless=1.0,
    visits=0.0,
    returned=0.0,
    response=0.0,
    judged=0.0,
)
"""The light variant: turns and ends alone, and enough who stay for 20 turns."""


class Branch(NamedTuple):
    """What may become of one turn, and how likely."""

    share: float
    kind: str
    ending: Ending | None
    """None: the conversation goes on."""


def varied(world: World, rng: Random, by: float = 0.3) -> World:
    """Return a world whose rates differ from those of another, each by up to this share of it."""
    floats = {name: value for name, value in world._asdict().items() if isinstance(value, float)}
    # Less, and never more: they stay probabilities, and those of a turn still add up to less than 1.
    changed: dict[str, Any] = {name: value * rng.uniform(1 - by, 1) for name, value in floats.items()}
    hazards = tuple(hazard * rng.uniform(1 - by, 1 + by) for hazard in world.hazards)
    weights = [share * rng.uniform(1 - by, 1 + by) for share in world.sentiments]
    positive, neutral, negative, frustrated = (weight / sum(weights) for weight in weights)
    return world._replace(hazards=hazards, sentiments=(positive, neutral, negative, frustrated), **changed)


def hazard_of(world: World, turn: int) -> float:
    """Return the probability that a user gives up in a turn, counted from 1."""
    return world.hazards[min(turn, len(world.hazards)) - 1]


def response_of(world: World, outcome: str) -> float:
    """Return the probability that a conversation with this outcome is rated."""
    return world.response * _RESPONSE[outcome]


def satisfied_of(world: World, outcome: str) -> float:
    """Return the probability that such a rating is positive."""
    return world.satisfied * _SATISFIED[outcome]


def judged_resolved_of(outcome: str) -> float:
    """Return the probability that somebody who judges the result says resolved."""
    return _JUDGED_RESOLVED[outcome]


def branches(world: World, turn: int, *, wordless: bool) -> Iterator[Branch]:
    """Yield all that may become of a turn, counted from 1; the shares add up to 1."""
    ends = {
        v.ABANDONED: hazard_of(world, turn),
        v.COMPLETED: world.completed,
        v.ESCALATED: world.escalated,
        v.FAILED: world.failed,
        v.SILENT: world.silent,
    }
    rest = 1 - sum(ends.values())
    if turn >= world.most_turns:
        ends[v.COMPLETED] += rest
        rest = 0.0
    for fate, fate_share in (("", rest), *ends.items()):
        for kind, kind_share in _kinds(world, turn, fate, wordless=wordless):
            for ending, share in _endings(fate, kind, turn, wordless=wordless):
                yield Branch(fate_share * kind_share * share, kind, ending)


def _kinds(world: World, turn: int, fate: str, *, wordless: bool) -> Iterator[tuple[str, float]]:
    if fate == v.SILENT:  # a turn of any other kind would not be silent but abandoned
        yield PLAIN, 1.0
        return
    # So the others are that much likelier elsewhere: all in all each turn is of a kind as often as the world says.
    shares = {DISSATISFIED: world.dissatisfied, TOOL_FAILED: world.tool_failed}
    if turn > 1:
        shares |= {REPHRASED: world.rephrased, REPEATED: world.repeated}
    shares = {kind: share / (1 - world.silent) for kind, share in shares.items()}
    if wordless:
        shares = {kind: share for kind, share in shares.items() if kind not in _OF_WORDS}
    yield PLAIN, 1 - sum(shares.values())
    yield from shares.items()


def _endings(fate: str, kind: str, turn: int, *, wordless: bool) -> Iterator[tuple[Ending | None, float]]:
    if not fate:
        yield None, 1.0
    elif fate == v.ABANDONED and kind != PLAIN:
        yield SHOWN_BY_KIND, 1.0
    elif fate == v.COMPLETED and wordless:
        yield SAID, 1.0
    else:
        for ending, share in _ENDINGS[fate].items():
            yield _possible(ending, kind, turn, wordless=wordless), share


def _possible(ending: Ending, kind: str, turn: int, *, wordless: bool) -> Ending:
    """Return an ending as it can be in such a turn."""
    if ending is TOLD and kind == DISSATISFIED:  # a success that leaves the user dissatisfied completes nothing
        return CLOSING
    if fated_silent(ending) and (wordless or (ending.mixed and turn == 1)):
        return QUIET
    return ending


def fated_silent(ending: Ending) -> bool:
    """Return whether an ending is one of those in which nothing is to be seen."""
    return ending.outcome == v.SILENT
