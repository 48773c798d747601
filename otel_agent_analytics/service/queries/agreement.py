"""Counts of what two said of the same episodes → how far they agree. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.service.queries.figures import Rate
from otel_agent_analytics.service.queries.reckoning import share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from otel_agent_analytics.storage.rows import Row

RESOLUTION: Final = "resolution"
SENTIMENT: Final = "sentiment"
RATING: Final = "rating"
SIDES: Final = {
    **dict.fromkeys((v.RESOLVED, v.POSITIVE), v.POSITIVE),
    **dict.fromkeys((v.PARTIALLY_RESOLVED, v.UNRESOLVED, v.ESCALATED, v.NEGATIVE, v.FRUSTRATED), v.NEGATIVE),
}
"""What a value says on the side of a rating; what is not here says nothing of it."""
Pairs: TypeAlias = "Counter[tuple[str, str]]"
"""How many episodes there are of which the one and the other said these values."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two agree about the episodes of which both say something."""

    question: str
    """resolution or sentiment."""
    one: str
    """local (the rules), or the name of a judge."""
    other: str
    """The name of a judge, or rating: what users said, which is good or bad. Values are then taken as good or bad too;
    a neutral rating and a neutral sentiment are left out."""
    same: Rate | None
    """Episodes of which both say the same."""
    kappa: float | None
    """Cohen's kappa: 0 where they agree no more than by chance, 1 where always; None where it is not defined."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Episodes of which two said these values."""

    question: str
    """resolution or sentiment."""
    one: str
    """local (the rules), or the name of a judge."""
    other: str
    """The name of a judge, or rating."""
    one_value: str
    """What the one said, or unknown."""
    other_value: str
    """What the other said, or unknown."""
    conversations: int
    """How many there are."""


class Two(NamedTuple):
    """Who is compared, and about what."""

    question: str
    one: str
    other: str


def counted(of_rules: Iterable[Row], of_judges: Iterable[Row]) -> dict[Two, Pairs]:
    """Return how many episodes there are of each two values, for each two who are compared.

    Args:
        of_rules: status and sentiment by the rules, rating, and how many rated episodes have these.
        of_judges: a judge, status and sentiment by the rules, rating or None, status and sentiment by that judge, and
            how many episodes it judged have these.
    """
    counts: dict[Two, Pairs] = {}
    for two, one, other, count in (*_of_rules(of_rules), *_of_judges(of_judges)):
        counts.setdefault(two, Counter())[one or v.UNKNOWN, other or v.UNKNOWN] += count
    return dict(sorted(counts.items()))


def agreement(two: Two, pairs: Pairs) -> Agreement:
    """Return how far two agree."""
    value = SIDES.get if two.other == RATING else _known
    compared: Pairs = Counter()
    for (one, other), count in pairs.items():
        said = value(one), value(other)
        if said[0] is not None and said[1] is not None:
            compared[said[0], said[1]] += count
    return Agreement(*two, share(_same(compared), compared.total()), kappa_of(compared))


def pairs_of(two: Two, pairs: Pairs) -> Iterator[Pair]:
    """Yield pairs of values, the most frequent first."""
    for values, count in sorted(pairs.items(), key=lambda found: (-found[1], found[0])):
        yield Pair(*two, *values, count)


def kappa_of(pairs: Pairs) -> float | None:
    """Return Cohen's kappa (1960) of counts; None where there are none, or both always say one and the same."""
    whole = pairs.total()
    if not whole:
        return None
    one, other = Counter[str](), Counter[str]()
    for (first, second), count in pairs.items():
        one[first] += count
        other[second] += count
    by_chance = sum(one[value] * other[value] for value in one) / whole**2
    return None if by_chance == 1 else (_same(pairs) / whole - by_chance) / (1 - by_chance)


def _of_rules(rows: Iterable[Row]) -> Iterator[tuple[Two, str | None, str | None, int]]:
    for status, sentiment, rating, count in rows:
        yield Two(RESOLUTION, v.LOCAL, RATING), status, rating, int(count)
        yield Two(SENTIMENT, v.LOCAL, RATING), sentiment, rating, int(count)


def _of_judges(rows: Iterable[Row]) -> Iterator[tuple[Two, str | None, str | None, int]]:
    for judge, local_status, local_sentiment, rating, status, sentiment, count in rows:
        for question, local, judged in (RESOLUTION, local_status, status), (SENTIMENT, local_sentiment, sentiment):
            yield Two(question, v.LOCAL, judge), local, judged, int(count)
            if rating is not None:
                yield Two(question, judge, RATING), judged, rating, int(count)


def _same(pairs: Pairs) -> int:
    return sum(count for (one, other), count in pairs.items() if one == other)


def _known(value: str) -> str | None:
    return None if value == v.UNKNOWN else value
