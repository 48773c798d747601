"""What users said beside what the rules say of the same conversations: compared, and never mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import shaping as s
from grafana.source.dashboards.looks import GREEN, SHARE, Look, Override
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import over_time, rows
from grafana.source.promql import share, wilson_lower, wilson_upper
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk
    from otel_agent_analytics.outputs.catalogue import Metric

_NOTHING: Final = "no ratings"
_GOOD: Final = 'rating="positive"'
_BAD: Final = 'rating="negative"'
_SIDES: Final = {
    "resolution": (c.RATED_RESOLUTION, 'status="resolved"', 'status=~"partially_resolved|unresolved|escalated"'),
    "sentiment": (c.RATED_SENTIMENT, 'sentiment="positive"', 'sentiment=~"negative|frustrated"'),
}
"""For each question where it is counted, and which values are on the side of a good rating, and of a bad one."""


def compared() -> list[sdk.Panel]:
    """Return the panels of ratings beside what was inferred."""
    return [
        _csat_by("CSAT by inferred sentiment", c.RATED_SENTIMENT, "sentiment"),
        _csat_by("CSAT by resolution status", c.RATED_RESOLUTION, "status"),
        _agreement(),
    ]


def _csat_by(title: str, metric: Metric, label: str) -> sdk.Panel:
    told = Told(
        title,
        "Of the rated conversations of which the rules say so, how many there are, and the share that was rated "
        "positive, with its 95 % interval (Wilson). The two are compared here and mixed nowhere.",
        (8, 8),
    )
    good, rated = (f.count(metric, f.RANGE, *matchers, by=(label,)) for matchers in ((_GOOD,), ()))
    columns = {
        "rated": f"{rated} > 0",
        "positive": share(good, rated),
        "95 % low": wilson_lower(good, rated),
        "95 % high": wilson_upper(good, rated),
    }
    overrides = (
        Override("rated", {"decimals": 0}),
        Override("positive", s.cell_bar(GREEN)),
        Override("/^(positive|95 %)/", {"unit": SHARE, "decimals": 1}),
    )
    questions = [rows(question) for question in columns.values()]
    panel = p.table(told, questions, Look(nothing=_NOTHING), overrides, "rated")
    return s.transformed(panel, *s.as_columns({label: label}, *columns))


def _agreement() -> sdk.Panel:
    told = Told(
        "Ratings and rules agree",
        "Rated conversations of which both say good, or both bad; good is resolved, or positive. Neutral ones and "
        "those of which the rules know nothing are left out. What would agree by chance is in it: the query "
        "calibration has kappa, and how well the estimate of satisfaction tells good ratings from bad ones.",
        (8, 8),
    )
    queries = [over_time(_same(*sides), question) for question, sides in _SIDES.items()]
    return p.lines(told, queries, Look(SHARE, decimals=0, least=0, most=1, nothing=_NOTHING))


def _same(metric: Metric, good: str, bad: str) -> str:
    """Return the share of the rated conversations with two sides in which these are the same."""
    said = {(one, rating): f.count(metric, f.WINDOW, one, rating) for one in (good, bad) for rating in (_GOOD, _BAD)}
    return share(f"({said[good, _GOOD]} + {said[bad, _BAD]})", f"({' + '.join(said.values())})")
