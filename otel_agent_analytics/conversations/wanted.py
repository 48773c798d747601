"""Turns of an ended episode → what its user wanted: intents in the order in which they were shown, and the topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from otel_agent_analytics.conversations.events import Signs
    from otel_agent_analytics.conversations.turns import Turn

TOPIC_CONFIDENCE: Final = 0.5
"""Messages whose topic is mostly of messages that mean the same: .38 with 77 fine intents, .85 with 40 coarse ones."""
SUBSTANTIVE: Final = 2
"""Content words from which on a message says what its user wants: many conversations begin with a greeting."""
_LEAST_CONFIDENCE: Final = 0.0
_UNKNOWN: Final = (None, v.UNKNOWN)


class Wanted(NamedTuple):
    """An intent or a topic that a user's message showed."""

    name: str
    confidence: float
    """0 to 1."""
    turn: int
    """Number of the message, from 1."""


class Wants(NamedTuple):
    """What an episode is about."""

    intents: tuple[Wanted, ...] = ()
    """Each once, as it was first shown; the first is the primary one."""
    topic: Wanted | None = None


def wants_of_turns(turns: Sequence[Turn]) -> Wants:
    """Return what an episode is about. ``turns`` begins with turn 0.

    The first message with two content words says what the user came for (else the first with one); later ones add what
    else was asked for. Of intents and topic each stands in the place of the other where only one of them is looked for.
    """
    signs = [turn.message.signs for turn in turns if turn.message is not None]
    first = _first_substantive(signs)
    if first is None:
        return Wants()
    name = signs[first].topic
    found = () if name in _UNKNOWN else (Wanted(str(name), TOPIC_CONFIDENCE, first + 1),)
    intents = tuple(each_once(_intents(signs, first)))
    about = intents[:1] if name is None else found
    return Wants(intents or found, about[0] if about else None)


def each_once(wanted: Iterable[Wanted]) -> list[Wanted]:
    """Return each name as it was first shown."""
    found: dict[str, Wanted] = {}
    for one in wanted:
        found.setdefault(one.name, one)
    return list(found.values())


def _first_substantive(signs: Sequence[Signs]) -> int | None:
    counts = [said.content_words or 0 for said in signs]
    enough = (place for place, count in enumerate(counts) if count >= SUBSTANTIVE)
    some = (place for place, count in enumerate(counts) if count)
    return next(enough, next(some, None))


def _intents(signs: Sequence[Signs], first: int) -> Iterator[Wanted]:
    for place, said in enumerate(signs):
        adds = place > first and (said.content_words or 0) >= SUBSTANTIVE and said.intent != v.OTHER_LABEL
        if said.intent is not None and (place == first or adds):
            yield Wanted(said.intent, said.intent_confidence or _LEAST_CONFIDENCE, place + 1)
