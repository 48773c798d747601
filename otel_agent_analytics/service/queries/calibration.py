"""How far rules, judge and ratings agree, and how often a judgement is right that is so sure of itself."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.service.queries.answers import Window, window
from otel_agent_analytics.service.queries.figures import Rate
from otel_agent_analytics.service.queries.reckoning import share
from otel_agent_analytics.service.queries.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.storage.database import Read
    from otel_agent_analytics.storage.rows import Row

_JUDGED: Final = """
    FROM (
        SELECT conversation_id, episode, ended_ns, resolution_status AS local_status, sentiment AS local_sentiment,
            rating
        {engaged}
    ) c JOIN insights i ON i.conversation_id = c.conversation_id AND i.episode = c.episode AND i.ended_ns = c.ended_ns
    JOIN (
        SELECT conversation_id, episode, extractor, max(revision) AS revision FROM insights
        WHERE ended_ns >= :from_ns AND ended_ns < :to_ns GROUP BY conversation_id, episode, extractor
    ) latest ON latest.conversation_id = i.conversation_id AND latest.episode = i.episode
        AND latest.extractor = i.extractor AND latest.revision = i.revision
"""
PAIRS: Final = Statement(
    """
    SELECT i.extractor, local_status, local_sentiment, rating, i.resolution_status, i.sentiment, count(*)
    {judged} WHERE i.extractor <> 'local'
    GROUP BY i.extractor, local_status, local_sentiment, rating, i.resolution_status, i.sentiment
    """,
    judged=_JUDGED,
)
RATED: Final = Statement(
    "SELECT i.extractor, rating, i.resolution_status, i.sentiment, i.body {judged} "
    "WHERE rating IN ('positive', 'negative') ORDER BY i.extractor",
    judged=_JUDGED,
)
RESOLUTION: Final = "resolution"
SENTIMENT: Final = "sentiment"
RATING: Final = "rating"
_TENTHS: Final = 10
# What a value says on the side of a rating; what is not here says nothing of it.
_GOOD: Final = {
    **dict.fromkeys((v.RESOLVED, v.POSITIVE), v.POSITIVE),
    **dict.fromkeys((v.PARTIALLY_RESOLVED, v.UNRESOLVED, v.ESCALATED, v.NEGATIVE, v.FRUSTRATED), v.NEGATIVE),
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two agree about the judged episodes of which both say something."""

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
    """Judged episodes of which two said these values."""

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


@dataclass(frozen=True, slots=True)
class Confidence:
    """Judgements of rated episodes that are as sure of themselves."""

    extractor: str
    """local, or the name of a judge."""
    question: str
    """resolution or sentiment."""
    confidence_from: float
    """Part of it; up to .1 more."""
    mean_confidence: float
    """Of these judgements: where they are right as often as that, the judge is calibrated."""
    right: Rate | None
    """Those that the rating bears out: resolved, or positive, where it is positive, else where it is negative."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Rules, judge and ratings side by side, over the engaged episodes that ended in the window and were judged."""

    window: Window
    judged: int
    """Judged episodes, for each judge."""
    agreement: list[Agreement]
    """Each two of them, for each question."""
    confidence: list[Confidence]
    """By tenths of confidence, those that have a judgement."""
    pairs: list[Pair]
    """Counts of all pairs of values, the most frequent first."""


class _Two(NamedTuple):
    question: str
    one: str
    other: str


def calibration(read: Read, asked: Asked) -> Calibration:
    """Answer: how far can the rules and the judge be believed?"""
    rows = PAIRS.rows(read, asked.values())
    counts = _counts(rows)
    agreement = [_agreement(two, pairs) for two, pairs in counts.items()]
    pairs = [
        Pair(*two, *values, count)
        for two, found in counts.items()
        for values, count in sorted(found.items(), key=_most)
    ]
    judged = sum(int(row[-1]) for row in rows)
    return Calibration(window(asked), judged, agreement, _confidences(RATED.rows(read, asked.values())), pairs)


def kappa_of(pairs: Counter[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa of counts of pairs; None where there are none, or both always say one and the same."""
    whole = pairs.total()
    if not whole:
        return None
    one, other = Counter[str](), Counter[str]()
    for (first, second), count in pairs.items():
        one[first] += count
        other[second] += count
    by_chance = sum(one[value] * other[value] for value in one) / whole**2
    observed = sum(count for (first, second), count in pairs.items() if first == second) / whole
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


def _most(found: tuple[tuple[str, str], int]) -> tuple[int, tuple[str, str]]:
    values, count = found
    return -count, values


def _counts(rows: Iterable[Row]) -> dict[_Two, Counter[tuple[str, str]]]:
    counts: dict[_Two, Counter[tuple[str, str]]] = {}
    for extractor, local_status, local_sentiment, rating, status, sentiment, count in rows:
        for question, local, judged in ((RESOLUTION, local_status, status), (SENTIMENT, local_sentiment, sentiment)):
            said = [(_Two(question, v.LOCAL, extractor), local, judged)]
            if rating is not None:
                said.append((_Two(question, v.LOCAL, RATING), local, rating))
                said.append((_Two(question, extractor, RATING), judged, rating))
            for two, one, other in said:
                counts.setdefault(two, Counter())[one or v.UNKNOWN, other or v.UNKNOWN] += int(count)
    return dict(sorted(counts.items()))


def _agreement(two: _Two, pairs: Counter[tuple[str, str]]) -> Agreement:
    compared = Counter[tuple[str, str]]()
    for (one, other), count in pairs.items():
        values = (_GOOD.get(one), _GOOD.get(other)) if two.other == RATING else (_known(one), _known(other))
        if values[0] is not None and values[1] is not None:
            compared[values[0], values[1]] += count
    same = sum(count for (one, other), count in compared.items() if one == other)
    return Agreement(*two, share(same, compared.total()), kappa_of(compared))


def _known(value: str) -> str | None:
    return None if value == v.UNKNOWN else value


class _Judgement(NamedTuple):
    confidence: float
    right: bool


def _confidences(rows: Iterable[Row]) -> list[Confidence]:
    found: dict[tuple[str, str, int], list[_Judgement]] = {}
    for extractor, question, judgement in chain.from_iterable(map(_judgements, rows)):
        tenth = min(int(judgement.confidence * _TENTHS), _TENTHS - 1)
        found.setdefault((extractor, question, tenth), []).append(judgement)
    return [
        Confidence(
            extractor,
            question,
            tenth / _TENTHS,
            sum(one.confidence for one in some) / len(some),
            share(sum(one.right for one in some), len(some)),
        )
        for (extractor, question, tenth), some in sorted(found.items())
    ]


def _judgements(row: Row) -> Iterator[tuple[str, str, _Judgement]]:
    extractor, rating, status, sentiment, body = row
    said = json.loads(bytes(body))
    for question, value, field in ((RESOLUTION, status, "resolution_status"), (SENTIMENT, sentiment, "sentiment")):
        side, confidence = _GOOD.get(value), said.get(field, {}).get("confidence")
        if side is not None and confidence is not None:
            yield extractor, question, _Judgement(float(confidence), side == rating)
