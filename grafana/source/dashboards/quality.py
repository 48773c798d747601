"""The dashboard of quality: where users give up, what was resolved, how they felt, and what they said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import parts
from grafana.source.dashboards.board import Board, Row
from grafana.source.dashboards.links import of_series
from grafana.source.dashboards.looks import (
    BLUE,
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
from grafana.source.dashboards.queries import now, over_time, rows
from grafana.source.dashboards.variables import data_sources, environment, service, window
from grafana.source.promql import increase, share, wilson_lower, wilson_upper
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

_TURN: Final = ("turn",)
_RATED_GOOD: Final = 'rating="positive"'
_NEGATIVE: Final = 'sentiment=~"negative|frustrated"'
_KNOWN_SENTIMENT: Final = 'sentiment!="unknown"'
_ASSUMED: Final = 'kind="assumed"'
_RATINGS: Final = (("positive", GREEN), ("neutral", GREY), ("negative", RED))
_SENTIMENTS: Final = (
    ("positive", GREEN),
    ("neutral", BLUE),
    ("negative", ORANGE),
    ("frustrated", RED),
    ("unknown", GREY),
)
_TRAJECTORIES: Final = (("improved", GREEN), ("stable", BLUE), ("declined", RED), ("unknown", GREY))


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
            Row("What did users say themselves?", [*_said(), _csat_over_time(), _lost_ratings()]),
            Row("What do their words tell?", [_negative_rate(), _sentiments(), _satisfaction()]),
            Row("How hard was it for them?", [_dissatisfied(), _trajectory(), _effort()]),
            Row(
                "What of it is not known, and what was held back?",
                [_without_signals(), _guardrails(), _guardrail_table()],
            ),
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
    panel = p.transformed(panel, *p.as_columns({"turn": "turn"}, "given up here", "reached"), in_order)
    return p.about(panel, "Abandoned conversations", outcome="abandoned")


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
        Override("reached", p.cell_bar("#5794F2")),
        Override("given up", p.cell_bar(ORANGE)),
        Override("/^hazard/", {"unit": SHARE, "decimals": 1, "custom.width": 90}),
    )
    panel = p.table(told, questions, Look(decimals=0), overrides, "turn", descending=False)
    few = {"type": "exclude", "match": "any", "filters": [{"fieldName": "reached", "config": {"id": "isNull"}}]}
    steps = (
        *p.as_columns({"turn": "turn"}, "reached", "given up", "hazard, low", "hazard, high"),
        ("filterByValue", few),
    )
    return p.about(p.transformed(panel, *steps), "Abandoned conversations", outcome="abandoned")


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
    overrides = (Override("share", p.cell_bar("green")), Override("conversations", {"unit": "short", "decimals": 0}))
    panel = p.table(told, [*questions, counts], Look(SHARE, decimals=1, most=1), overrides, "share")
    return p.transformed(panel, *p.as_columns({"kind": "resolution"}, *names))


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
    return parts.with_band(told, "positive", good, rated, before)


def _lost_ratings() -> sdk.Panel:
    told = Told(
        "Ratings without a conversation",
        "Ratings whose conversation never came, counted when they are let go. They are in no figure.",
        (8, 8),
    )
    query = over_time(f.count(c.FEEDBACK_UNMATCHED, f.STEP), "unmatched")
    return p.bars(told, [query], Look(decimals=0, colors=(("unmatched", ORANGE),)), step="6h")


def _negative_rate() -> sdk.Panel:
    told = Told(
        "Inferred: negative rate",
        "Negative or frustrated conversations, of those whose sentiment is known, with the 95 % interval (Wilson). "
        "Inferred from words; no rating is in it.",
        (8, 9),
    )
    part, known = f.count(c.BY_SENTIMENT, f.WINDOW, _NEGATIVE), f.count(c.BY_SENTIMENT, f.WINDOW, _KNOWN_SENTIMENT)
    week = f.WINDOW_WEEK_BEFORE
    before = share(f.count(c.BY_SENTIMENT, week, _NEGATIVE), f.count(c.BY_SENTIMENT, week, _KNOWN_SENTIMENT))
    return p.about(
        parts.with_band(told, "negative", part, known, before), "Frustrated conversations", sentiment="frustrated"
    )


def _sentiments() -> sdk.Panel:
    told = Told(
        "Inferred: sentiment",
        "Ended conversations by sentiment. Frustrated: a message is negative and complains, repeats or asks for a "
        "human. Unknown: no English text was seen.",
        (8, 9),
    )
    query = over_time(f.count(c.BY_SENTIMENT, f.STEP, by=("sentiment",)), "{{sentiment}}")
    return p.bars(told, [query], Look(decimals=0, colors=_SENTIMENTS), [of_series("sentiment")], step="6h")


def _satisfaction() -> sdk.Panel:
    told = Told(
        "Inferred: satisfaction",
        "How many conversations have so much estimated satisfaction, 0 to 1, which is 1 less the mean probability "
        "that a turn was dissatisfied. It tells this week from last, not one conversation from another. One that was "
        "reopened counts at each end.",
        (8, 9),
    )
    expression = f.buckets(c.SATISFACTION, window=f.RANGE)
    return parts.distribution(told, expression, c.SATISFACTION, parts.plain, Look(decimals=0))


def _dissatisfied() -> sdk.Panel:
    told = Told(
        "Dissatisfied, rephrased and repeated",
        "Dissatisfied: share of the judged user turns. Rephrased, repeated: user messages that say the one before "
        "again, per judged turn, in other words or in the same.",
        (10, 9),
    )
    judged = f.count(c.JUDGED_TURNS, f.WINDOW)
    metrics = {"dissatisfied": c.DISSATISFIED_TURNS, "rephrased": c.REPHRASES, "repeated": c.REPEATS}
    queries = [over_time(share(f.count(metric, f.WINDOW), judged), name) for name, metric in metrics.items()]
    look = Look(SHARE, decimals=1, colors=(("dissatisfied", RED), ("rephrased", ORANGE), ("repeated", YELLOW)))
    return p.lines(told, queries, look)


def _trajectory() -> sdk.Panel:
    told = Told(
        "Inferred: trajectory",
        "Whether the last third of the judged turns went better or worse than the first; with fewer than three turns:"
        " stable.",
        (7, 9),
    )
    query = now(f.count(c.BY_TRAJECTORY, f.RANGE, by=("trajectory",)), "{{trajectory}}")
    return p.donut(told, [query], Look(decimals=0, colors=_TRAJECTORIES))


def _effort() -> sdk.Panel:
    told = Told(
        "Effort",
        "1, and one more for each of: a rephrase, a tool that failed, an escalation, more turns than usual.",
        (7, 9),
    )
    query = now(f.count(c.BY_EFFORT, f.RANGE, by=("effort",)), "{{effort}}")
    colors = (("1", GREEN), ("2", BLUE), ("3", YELLOW), ("4", ORANGE), ("5", RED))
    return p.ranking(told, [query], Look(decimals=0, colors=colors))


def _without_signals() -> sdk.Panel:
    told = Told(
        "Decided without a signal",
        "Share of the ended conversations whose outcome was decided while a signal was unknown: another language, or "
        "no text.",
        (8, 8),
    )
    week = f.WINDOW_WEEK_BEFORE
    before = share(f.count(c.WITHOUT_SIGNALS, week), f.ended(week))
    return parts.with_band(told, "without a signal", f.count(c.WITHOUT_SIGNALS, f.WINDOW), f.ended(f.WINDOW), before)


def _guardrails() -> sdk.Panel:
    told = Told("Guardrails that were triggered", "By guardrail.", (8, 8))
    query = over_time(f.count(c.GUARDRAIL_TRIPS, f.STEP, by=("guardrail",)), "{{guardrail}}")
    return p.bars(told, [query], Look(decimals=0, nothing="no guardrail has run"), step="6h")


def _guardrail_table() -> sdk.Panel:
    told = Told("Guardrails", "How often each was run and triggered, and the share of the runs.", (8, 8))
    by = ("guardrail",)
    checks, trips = f.count(c.GUARDRAIL_CHECKS, f.RANGE, by=by), f.count(c.GUARDRAIL_TRIPS, f.RANGE, by=by)
    questions = [rows(checks), rows(trips), rows(share(trips, checks))]
    overrides = (Override("share", {"unit": SHARE, "decimals": 1}),)
    panel = p.table(told, questions, Look(decimals=0, nothing="no guardrail has run"), overrides, "triggered")
    return p.transformed(panel, *p.as_columns({"guardrail": "guardrail"}, "run", "triggered", "share"))
