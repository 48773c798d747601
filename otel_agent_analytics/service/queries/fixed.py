"""Two answers whose shapes others rely on: plain numbers, and beside them the rates with all that belongs to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.service.queries.answers import Window, window
from otel_agent_analytics.service.queries.course import Day, days
from otel_agent_analytics.service.queries.figures import Figures, Mean, Rate
from otel_agent_analytics.service.queries.overview import tally_of_window
from otel_agent_analytics.service.queries.reckoning import figures
from otel_agent_analytics.service.queries.wants import Intent, Topic, UnresolvedTopic, all_topics, intents, unresolved

if TYPE_CHECKING:
    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.storage.database import Read

_FIRST: Final = 10
"""Intents and topics in one look; all of them have addresses of their own."""


@dataclass(frozen=True, slots=True)
class SentimentDay:
    """Episodes that ended on a local day, by sentiment."""

    day: str
    positive: int
    neutral: int
    negative: int
    frustrated: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures as plain numbers; rates from 0 to 1, None where there is nothing to know them from."""

    total_conversations: int
    avg_turns: float | None
    avg_duration: float | None
    """Seconds."""
    avg_effort: float | None
    """1 to 5."""
    avg_tokens: float | None
    """Over the conversations of which tokens are known."""
    resolution_rate: float | None
    negative_rate: float | None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One look at a window."""

    overview: Totals
    top_intents: Sequence[Intent]
    sentiment_trend: Sequence[SentimentDay]
    unresolved_topics: Sequence[UnresolvedTopic]
    window: Window
    figures: Figures


@dataclass(frozen=True, slots=True)
class Analytics:
    """The few figures that say most."""

    total_conversations: int
    ai_resolution_rate: float | None
    avg_csat: float | None
    """Mean of the ratings from 1 to 5."""
    top_topics: Sequence[Topic]
    avg_turns: float | None
    estimated_savings: Decimal | None
    """USD."""
    window: Window
    figures: Figures


def dashboard(read: Read, asked: Asked) -> Dashboard:
    """Answer: how has it gone lately?"""
    found = _figures(read, asked)
    totals = Totals(
        found.conversations,
        _value(found.turns),
        _value(found.duration_seconds),
        _value(found.effort),
        _value(found.tokens),
        _value(found.resolution_rate),
        _value(found.negative_rate),
    )
    wanted, open_ = intents(read, asked)[:_FIRST], unresolved(read, asked)[:_FIRST]
    return Dashboard(totals, wanted, [_plain(day) for day in days(read, asked)], open_, window(asked), found)


def analytics(read: Read, asked: Asked) -> Analytics:
    """Answer: how is it going?"""
    found = _figures(read, asked)
    return Analytics(
        found.conversations,
        _value(found.resolution_rate),
        _value(found.rating),
        all_topics(read, asked)[:_FIRST],
        _value(found.turns),
        found.money.savings_usd,
        window(asked),
        found,
    )


def _figures(read: Read, asked: Asked) -> Figures:
    return figures(tally_of_window(read, asked), asked.human_cost_usd)


def _plain(day: Day) -> SentimentDay:
    found = day.sentiments
    return SentimentDay(day.day, found.positive, found.neutral, found.negative, found.frustrated)


def _value(figure: Rate | Mean | None) -> float | None:
    return None if figure is None else figure.value
