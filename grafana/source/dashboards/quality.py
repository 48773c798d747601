"""The dashboard of quality: where users give up, what was resolved, how they felt, and what they said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import quality_agreement, quality_judge, quality_ratings, quality_signals, quality_wants
from grafana.source.dashboards import shaping as s
from grafana.source.dashboards.board import Board, Row
from grafana.source.dashboards.links import of_series
from grafana.source.dashboards.looks import (
    GREEN,
    GREY,
    ORANGE,
    RED,
    SHARE,
    YELLOW,
    Look,
    Override,
)
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import over_time, rows
from grafana.source.dashboards.variables import data_sources, environment, service, window
from grafana.source.promql import increase, share, wilson_lower, wilson_upper
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

_TURN: Final = ("turn",)
_ASSUMED: Final = 'kind="assumed"'


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid="agent-quality",
        title="Agents / Quality and drop-off",
        description="Where users give up, what was resolved, how they felt, and what they said themselves.",
        variables=[*data_sources("prometheus", "loki", "tempo"), service(), environment(), window()],
        rows=[
            Row("In which turn do they give up?", [_hazard(), _reached()]),
            Row("Was it resolved?", [_resolutions(), _status()]),
            Row("What do they want?", quality_wants.wanted()),
            Row("What did users say themselves?", quality_ratings.ratings()),
            Row("What do their words tell?", quality_signals.felt()),
            Row("Do the two say the same?", quality_agreement.compared()),
            Row("How hard was it for them?", quality_signals.hardships()),
            Row(
                "What of it is not known, and what was held back?",
                quality_signals.unknown_and_held_back(),
            ),
            Row("What does a judge say?", quality_judge.said()),
            Row("How does the judge fare?", quality_judge.at_work()),
        ],
    )


def _turns(expression: str) -> str:
    """Return an expression by turn with turns of two digits, so that they stand in order as texts too."""
    return f'label_replace({expression}, "turn", "0$1", "turn", "([0-9])")'


def _hazard() -> sdk.Panel:
    told = Told(
        "Hazard by turn",
        "Of the conversations that reached a turn, the share given up in it; other outcomes stay in the denominator, "
        "open conversations are not in it. A high bar over few reached ones says little: see the counts.",
        (13, 10),
    )
    given_up, reached = f.count(c.TURN_ABANDONED, f.RANGE, by=_TURN), increase(c.TURN_REACHED, f.RANGE, f.of(), _TURN)
    questions = [rows(_turns(share(given_up, reached))), rows(_turns(f"{reached} > 0"))]
    overrides = (
        Override("given up here", {"unit": SHARE, "decimals": 1, "color": {"mode": "fixed", "fixedColor": ORANGE}}),
        Override(
            "reached", {"custom.axisPlacement": "right", "color": {"mode": "fixed", "fixedColor": GREY}, "decimals": 0}
        ),
    )
    panel = p.columns(told, questions, Look(), "turn", overrides)
    in_order = ("sortBy", {"fields": {}, "sort": [{"field": "turn"}]})
    panel = s.transformed(panel, *s.as_columns({"turn": "turn"}, "given up here", "reached"), in_order)
    return s.about(panel, "Abandoned conversations", outcome="abandoned")


def _reached() -> sdk.Panel:
    told = Told(
        "Reached and given up",
        "How many conversations reached each turn, decided by the next turn or by the end, how many were abandoned in"
        " it, and the 95 % interval (Wilson) of that share.",
        (11, 10),
    )
    reached = increase(c.TURN_REACHED, f.RANGE, f.of(), _TURN)
    given_up = f.count(c.TURN_ABANDONED, f.RANGE, by=_TURN)
    hazard = (wilson_lower(given_up, reached), wilson_upper(given_up, reached))
    questions = [rows(_turns(question)) for question in (f"{reached} > 0", given_up, *hazard)]
    overrides = (
        Override("turn", {"custom.width": 70}),
        Override("reached", s.cell_bar("#5794F2")),
        Override("given up", s.cell_bar(ORANGE)),
        Override("/^hazard/", {"unit": SHARE, "decimals": 1, "custom.width": 90}),
    )
    panel = p.table(told, questions, Look(decimals=0), overrides, "turn", descending=False)
    few = {"type": "exclude", "match": "any", "filters": [{"fieldName": "reached", "config": {"id": "isNull"}}]}
    steps = (
        *s.as_columns({"turn": "turn"}, "reached", "given up", "hazard, low", "hazard, high"),
        ("filterByValue", few),
    )
    return s.about(s.transformed(panel, *steps), "Abandoned conversations", outcome="abandoned")


def _resolutions() -> sdk.Panel:
    told = Told(
        "Four ways to say resolved",
        "Contained: no human was asked for. Assumed: contained, completed or silent, and the user was not back within"
        " a day; counted a day later, so its whole is that of a day before. Confirmed: the application or the last "
        "rating says so. Verified: an evaluation, else the agent's last statement, says so. Containment is not "
        "resolution.",
        (13, 8),
    )
    at_once, a_day_later = 'kind!="assumed"', _ASSUMED
    kinds, assumed = (f.count(c.RESOLUTIONS, f.RANGE, kind, by=("kind",)) for kind in (at_once, a_day_later))
    whole, before = f.ended(f.RANGE), f.ended(f.DAY_BEFORE)
    questions = [rows(f"{shown(kinds, whole)} or {shown(assumed, before)}") for shown in (f.shares, f.lower, f.upper)]
    counts = rows(f"{kinds} or {assumed}")
    names = ("share", "95 % low", "95 % high", "conversations")
    overrides = (Override("share", s.cell_bar("green")), Override("conversations", {"unit": "short", "decimals": 0}))
    panel = p.table(told, [*questions, counts], Look(SHARE, decimals=1, most=1), overrides, "share")
    return s.transformed(panel, *s.as_columns({"kind": "resolution"}, *names))


def _status() -> sdk.Panel:
    told = Told(
        "Resolution status",
        "Ended conversations by what is known of the result. The resolution rate is resolved, of those that are not "
        "unknown.",
        (11, 8),
    )
    query = over_time(f.count(c.BY_STATUS, f.STEP, by=("status",)), "{{status}}")
    colors = (
        ("resolved", GREEN),
        ("partially_resolved", YELLOW),
        ("unresolved", RED),
        ("escalated", ORANGE),
        ("unknown", GREY),
    )
    return p.bars(told, [query], Look(decimals=0, colors=colors), [of_series("status")], step="6h")
