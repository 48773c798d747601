"""How far rules, judge and ratings agree, and how far each can be believed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.service.queries.agreement import Agreement, Pair, agreement, counted, pairs_of
from otel_agent_analytics.service.queries.answers import Window, window
from otel_agent_analytics.service.queries.confidence import Confidence, confidences
from otel_agent_analytics.service.queries.inferred import SatisfactionBin, Separation, inferred
from otel_agent_analytics.service.queries.statement import Statement

if TYPE_CHECKING:
    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.storage.database import Read

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
OF_RULES: Final = Statement(
    "SELECT resolution_status, sentiment, rating, count(*) {engaged} AND rating IS NOT NULL "
    "GROUP BY resolution_status, sentiment, rating"
)
OF_JUDGES: Final = Statement(
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


@dataclass(frozen=True, slots=True)
class Calibration:
    """Rules, judge and ratings side by side, over the engaged episodes that ended in the window."""

    window: Window
    judged: int
    """Judged episodes, for each judge."""
    rated: int
    """Rated episodes."""
    rated_without_estimate: int
    """Those of them of which no satisfaction is estimated."""
    separation: Separation | None
    """How well the estimate tells good ratings from bad ones; None where one of the two is missing."""
    satisfaction: list[SatisfactionBin]
    """Rated episodes by tenths of the estimate of satisfaction, those that have one."""
    agreement: list[Agreement]
    """Each two of them, for each question: rules and ratings over the rated episodes, a judge and the others over those
    that it judged."""
    confidence: list[Confidence]
    """By tenths of confidence, those that have a judgement."""
    pairs: list[Pair]
    """Counts of all pairs of values, the most frequent first."""


def calibration(read: Read, asked: Asked) -> Calibration:
    """Answer: how far can the rules, the estimate and the judge be believed?"""
    values = asked.values()
    of_judges = OF_JUDGES.rows(read, values)
    counts = counted(OF_RULES.rows(read, values), of_judges)
    return Calibration(
        window(asked),
        sum(int(row[-1]) for row in of_judges),
        *inferred(read, asked),
        [agreement(two, pairs) for two, pairs in counts.items()],
        confidences(RATED.rows(read, values)),
        list(chain.from_iterable(pairs_of(two, pairs) for two, pairs in counts.items())),
    )
