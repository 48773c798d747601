"""How many conversations there are, what becomes of them, and how that compares with before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import shaping as s
from grafana.source.dashboards.links import of_series
from grafana.source.dashboards.looks import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SHARE,
    Look,
    Override,
)
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import over_time, rows
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

OUTCOME_COLORS: Final = (
    ("completed", GREEN), ("escalated", PURPLE), ("failed", RED), ("abandoned", ORANGE), ("silent", GREY),
)  # fmt: skip
_COMPLETED: Final = 'outcome="completed"'
_ABANDONED: Final = 'outcome="abandoned"'
_SHARE: Final = Look(SHARE, decimals=1, least=0, most=1)
_COMPARED: Final = {
    "started": (c.STARTED, ()),
    "ended": (c.ENDED, ()),
    "completed": (c.ENDED, (_COMPLETED,)),
    "abandoned": (c.ENDED, (_ABANDONED,)),
    "escalated": (c.ESCALATED, ()),
    "reopened": (c.REOPENED, ()),
    "user messages": (c.MESSAGES, ('role="user"',)),
    "visits": (c.VISITS, ()),
}


def became() -> list[sdk.Panel]:
    """Return the panels of what became of the conversations."""
    return [_outcomes(), _outcome_table()]


def beside_before() -> list[sdk.Panel]:
    """Return the panels of how that compares with before."""
    return [_compared(), _traffic()]


def _outcomes() -> sdk.Panel:
    told = Told(
        "Outcomes",
        "Conversations by outcome, when their end was decided: an end that is not said is decided 30 minutes after "
        "the last event. What was taken back is subtracted.",
        (13, 9),
    )
    query = over_time(f.ended(f.STEP, by=("outcome",)), "{{outcome}}")
    return p.bars(told, [query], Look(decimals=0, colors=OUTCOME_COLORS), [of_series("outcome")])


def _outcome_table() -> sdk.Panel:
    part, whole = f.ended(f.RANGE, by=("outcome",)), f.ended(f.RANGE)
    before = f.shares(f.ended(f.RANGE_BEFORE, by=("outcome",)), f.ended(f.RANGE_BEFORE))
    last_week = f.shares(f.ended(f.WEEK_BEFORE, by=("outcome",)), f.ended(f.WEEK_BEFORE))
    told = Told(
        "Shares of the outcomes",
        "Each outcome as a share of the ended conversations, with its 95 % interval (Wilson), and that share in the "
        "time just before and a week before. Where intervals overlap, the difference may be chance.",
        (11, 9),
    )
    questions = (part, f.shares(part, whole), f.lower(part, whole), f.upper(part, whole), before, last_week)
    names = ("conversations", "share", "95 % low", "95 % high", "just before", "a week before")
    overrides = (Override("conversations", {"unit": "short", "decimals": 0}), Override("share", s.cell_bar()))
    panel = p.table(told, [rows(question) for question in questions], _SHARE, overrides, "conversations")
    return s.transformed(panel, *s.as_columns({"outcome": "outcome"}, *names))


def _compared() -> sdk.Panel:
    told = Told(
        "Compared with before",
        "Counts in the time shown, in as long a time just before it, and at the same time a week before. "
        "Conversations, but for the messages; a visit is one in which the user said nothing.",
        (11, 9),
    )
    windows = {"now": f.RANGE, "just before": f.RANGE_BEFORE, "a week before": f.WEEK_BEFORE}
    questions = [rows(_all_counts(window)) for window in windows.values()]
    panel = p.table(told, questions, Look(decimals=0), (Override("/change/", {"unit": SHARE, "decimals": 1}),))
    return s.transformed(panel, *s.as_columns({"figure": "figure"}, *windows), *_change("a week before"))


def _all_counts(window: str) -> str:
    counted = ((name, f.count(metric, window, *matchers)) for name, (metric, matchers) in _COMPARED.items())
    return " or ".join(f.named(expression, "figure", name) for name, expression in counted)


def _change(since: str) -> tuple[tuple[str, dict[str, object]], ...]:
    """Return the steps that add by what share the first column is more than an earlier one."""
    ratio = {"left": "now", "operator": "/", "right": since}
    less_one = {"left": "ratio", "operator": "-", "right": "1"}
    return (
        ("calculateField", {"mode": "binary", "alias": "ratio", "binary": ratio}),
        ("calculateField", {"mode": "binary", "alias": f"change to {since}", "binary": less_one}),
        ("organize", {"excludeByName": {"ratio": True}, "renameByName": {}, "indexByName": {}, "includeByName": {}}),
    )


def _traffic() -> sdk.Panel:
    told = Told(
        "Started, ended, reopened",
        "Conversations by the hour or longer. Started: the user said something for the first time. Reopened: the user"
        " came back within a day after the end; what the end had counted is taken back.",
        (13, 9),
    )
    queries = [
        over_time(f.count(c.STARTED, f.STEP), "started"),
        over_time(f.ended(f.STEP), "ended"),
        over_time(f.count(c.REOPENED, f.STEP), "reopened"),
    ]
    look = Look(decimals=0, colors=(("started", BLUE), ("ended", GREEN), ("reopened", ORANGE)))
    return p.bars(told, queries, look, stacked=False)
