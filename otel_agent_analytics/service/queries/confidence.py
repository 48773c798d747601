"""How often a judgement is right that is so sure of itself: beside ratings, by tenths of confidence. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.service.queries.agreement import RESOLUTION, SENTIMENT, SIDES
from otel_agent_analytics.service.queries.figures import Rate
from otel_agent_analytics.service.queries.reckoning import share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from otel_agent_analytics.storage.rows import Row

_TENTHS: Final = 10


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


class _Judgement(NamedTuple):
    confidence: float
    right: bool


def confidences(rows: Iterable[Row]) -> list[Confidence]:
    """Return judgements by extractor, question and tenth of confidence.

    Args:
        rows: extractor, rating, status, sentiment, and the body of its insights.
    """
    found: dict[tuple[str, str, int], list[_Judgement]] = {}
    for extractor, question, judgement in chain.from_iterable(map(_judgements, rows)):
        tenth = min(int(judgement.confidence * _TENTHS), _TENTHS - 1)
        found.setdefault((extractor, question, tenth), []).append(judgement)
    return [_confidence(*key, some) for key, some in sorted(found.items())]


def _confidence(extractor: str, question: str, tenth: int, some: list[_Judgement]) -> Confidence:
    mean = sum(one.confidence for one in some) / len(some)
    return Confidence(extractor, question, tenth / _TENTHS, mean, share(sum(one.right for one in some), len(some)))


def _judgements(row: Row) -> Iterator[tuple[str, str, _Judgement]]:
    extractor, rating, status, sentiment, body = row
    said = json.loads(bytes(body))
    for question, value, field in ((RESOLUTION, status, "resolution_status"), (SENTIMENT, sentiment, "sentiment")):
        side, confidence = SIDES.get(value), said.get(field, {}).get("confidence")
        if side is not None and confidence is not None:
            yield extractor, question, _Judgement(float(confidence), side == rating)
