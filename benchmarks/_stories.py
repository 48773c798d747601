"""Conversations that are drawn from a world: which turns they have, how they end, and what is said of them."""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks._world import (
    NEUTRAL_SHARE,
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
from otel_agent_analytics.conversations.rules import SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

MINUTE_NS: Final = 60 * SECOND_NS
HOUR_NS: Final = 3600 * SECOND_NS
SCORES: Final = {v.POSITIVE: (4, 5), v.NEUTRAL: (3,), v.NEGATIVE: (1, 2)}
"""The numbers that stand for each side of a rating, equally likely."""
TURN_NS: Final = MINUTE_NS
"""From the begin of one turn to that of the next."""
RUN_NS: Final = 6 * SECOND_NS
"""How long the agent takes for an answer."""


class Rating(NamedTuple):
    """What a user says of a conversation."""

    side: str
    """positive, neutral or negative."""
    score: int | None
    """1 to 5; None for thumbs."""
    late: bool
    """Whether it comes when the conversation has ended already."""
    second_thoughts: bool
    """Whether the user said the opposite before."""


class Story(NamedTuple):
    """One conversation, as it was decided."""

    number: int
    user: int
    begins_ns: int
    kinds: tuple[str, ...]
    """Of its turns; none for a visit."""
    tools: tuple[bool, ...]
    """Whether a tool works for it, by turn."""
    ending: Ending | None
    """None for a visit."""
    wordless: bool
    sentiment: str
    silence_after: int
    """After which turn the user falls silent for long; 0: never."""
    silence_ns: int
    rating: Rating | None
    judged: bool | None
    """What somebody who can know says of the result; None when nobody does."""
    returned: bool
    """Whether the same user begins another conversation within a day after the end."""
    unpriced: bool


class Simulator:
    """Draws the conversations of one world.

    Args:
        world: all rates.
        rng: the only source of chance.
    """

    def __init__(self, world: World, rng: Random) -> None:
        self._world = world
        self._rng = rng
        self._tables = {
            (turn, wordless): _table(branches(world, turn, wordless=wordless))
            for turn in range(1, world.most_turns + 1)
            for wordless in (False, True)
        }
        self._sentiments = list(accumulate(world.sentiments))

    def stories(self, number: int, from_ns: int, to_ns: int) -> Iterator[Story]:
        """Yield so many conversations, or a few more, that begin in a span of time; users who return begin later."""
        world, chance = self._world, self._rng.random
        told = user = 0
        while told < number:
            user += 1
            begins_ns = self._rng.randrange(from_ns, to_ns)
            if chance() < world.visits:
                story = Story(told, user, begins_ns, (), (), None, True, "", 0, 0, None, None, False, False)
            else:
                story = self._story(told, user, begins_ns)
            yield story
            told += 1
            while story.returned:  # whoever returns says something: else it would not be known who it is
                story = self._story(told, user, last_ns(story) + self._rng.randrange(3 * HOUR_NS, 20 * HOUR_NS))
                yield story
                told += 1

    def _story(self, number: int, user: int, begins_ns: int) -> Story:
        world, rng = self._world, self._rng
        chance = rng.random
        wordless = chance() < world.wordless
        kinds: list[str] = []
        ending = None
        while ending is None:
            shares, found = self._tables[len(kinds) + 1, wordless]
            branch = found[bisect(shares, chance(), 0, len(found) - 1)]
            kinds.append(branch.kind)
            ending = branch.ending
        silent = len(kinds) > 1 and chance() < world.reopened
        judged = world.judged and chance() < world.judged
        return Story(
            number=number,
            user=user,
            begins_ns=begins_ns,
            kinds=tuple(kinds),
            tools=tuple(chance() < world.tool_used for _ in kinds) if world.tool_used else (False,) * len(kinds),
            ending=ending,
            wordless=wordless,
            sentiment="" if wordless else SENTIMENTS[bisect(self._sentiments, chance(), 0, 3)],
            silence_after=rng.randrange(1, len(kinds)) if silent else 0,
            silence_ns=rng.randrange(45 * MINUTE_NS, 20 * HOUR_NS) if silent else 0,
            rating=self._rating(ending.outcome) if world.response else None,
            judged=chance() < judged_resolved_of(ending.outcome) if judged else None,
            returned=chance() < world.returned,
            unpriced=chance() < world.unpriced,
        )

    def _rating(self, outcome: str) -> Rating | None:
        chance = self._rng.random
        if chance() >= response_of(self._world, outcome):
            return None
        side = v.POSITIVE
        if chance() >= satisfied_of(self._world, outcome):
            side = v.NEUTRAL if chance() < NEUTRAL_SHARE else v.NEGATIVE
        scored = side == v.NEUTRAL or chance() < SCORED_SHARE
        score = SCORES[side][self._rng.randrange(len(SCORES[side]))] if scored else None
        return Rating(side, score, chance() < 0.5, chance() < 0.1)


def turn_ns(story: Story, turn: int) -> int:
    """Return when a turn, counted from 1, begins."""
    silence_ns = story.silence_ns if story.silence_after and turn > story.silence_after else 0
    return story.begins_ns + (turn - 1) * TURN_NS + silence_ns


def last_ns(story: Story) -> int:
    """Return when the last run of a conversation is over, UTC nanoseconds."""
    return turn_ns(story, len(story.kinds)) + RUN_NS


def _table(found: Iterator[Branch]) -> tuple[list[float], list[Branch]]:
    listed = [branch for branch in found if branch.share > 0]
    return list(accumulate(branch.share for branch in listed)), listed
