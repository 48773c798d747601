"""What users say themselves: ratings, and nothing inferred."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import parts
from grafana.source.dashboards import shaping as s
from grafana.source.dashboards.looks import (
    GREEN,
    GREY,
    ORANGE,
    RED,
    SHARE,
    YELLOW,
    Look,
)
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import now, over_time
from grafana.source.promql import share
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

_RATED_GOOD: Final = 'rating="positive"'
_RATINGS: Final = (("positive", GREEN), ("neutral", GREY), ("negative", RED))


def ratings() -> list[sdk.Panel]:
    """Return the panels of what users say themselves."""
    return [*_said(), _csat_over_time(), _lost_ratings()]


def _said() -> list[sdk.Panel]:
    return [_csat(), _response_rate(), _mean_score(), _ratings(), _rated()]


def _csat() -> sdk.Panel:
    told = Told("CSAT", "Positive share of the rated conversations. Ratings alone; nothing inferred is in it.", (5, 5))
    rated = f.count(c.RATED, f.RANGE)
    look = Look(SHARE, decimals=1, steps=((0.0, RED), (0.6, YELLOW), (0.8, GREEN)), nothing="no ratings")
    return parts.rate(told, "positive", f.count(c.RATED, f.RANGE, _RATED_GOOD), rated, look)


def _response_rate() -> sdk.Panel:
    told = Told(
        "Response rate", "Rated share of the ended conversations. With few ratings CSAT speaks for few.", (5, 5)
    )
    return parts.rate(told, "rated", f.count(c.RATED, f.RANGE), f.ended(f.RANGE), Look(SHARE, decimals=1))


def _mean_score() -> sdk.Panel:
    told = Told("Mean score", "Mean of the ratings from 1 to 5; thumbs are no part of it.", (4, 5))
    query = now(share(f.count(c.SCORES, f.RANGE), f.count(c.SCORED, f.RANGE)), "mean")
    return p.stat(told, [query], Look(decimals=2, steps=((1.0, RED), (3.0, YELLOW), (4.0, GREEN)), nothing="no scores"))


def _ratings() -> sdk.Panel:
    told = Told("Ratings", "The last rating of each rater: thumbs up, 4, 5; 3; thumbs down, 1, 2.", (5, 5))
    query = now(f.count(c.FEEDBACK, f.RANGE, by=("rating",)), "{{rating}}")
    return p.ranking(told, [query], Look(decimals=0, colors=_RATINGS, nothing="no ratings"))


def _rated() -> sdk.Panel:
    told = Told("Rated conversations", "By the side of 3 on which the mean of their raters lies.", (5, 5))
    query = now(f.count(c.RATED, f.RANGE, by=("rating",)), "{{rating}}")
    return p.ranking(told, [query], Look(decimals=0, colors=_RATINGS, nothing="no ratings"))


def _csat_over_time() -> sdk.Panel:
    told = Told(
        "CSAT over time", "Positive share of the rated conversations, with its 95 % interval (Wilson).", (16, 8)
    )
    good, rated = f.count(c.RATED, f.WINDOW, _RATED_GOOD), f.count(c.RATED, f.WINDOW)
    before = share(f.count(c.RATED, f.WINDOW_WEEK_BEFORE, _RATED_GOOD), f.count(c.RATED, f.WINDOW_WEEK_BEFORE))
    return s.limited(parts.with_band(told, "positive", good, rated, before), f.highest_limit("csat"))


def _lost_ratings() -> sdk.Panel:
    told = Told(
        "Ratings without a conversation",
        "Ratings whose conversation never came, counted when they are let go. They are in no figure.",
        (8, 8),
    )
    query = over_time(f.count(c.FEEDBACK_UNMATCHED, f.STEP), "unmatched")
    return p.bars(told, [query], Look(decimals=0, colors=(("unmatched", ORANGE),)), step="6h")
