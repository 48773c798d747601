"""What is inferred of how users felt, how hard it was for them, and of how many that is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import parts
from grafana.source.dashboards import shaping as s
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
from grafana.source.promql import share
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

_NEGATIVE: Final = 'sentiment=~"negative|frustrated"'
_KNOWN_SENTIMENT: Final = 'sentiment!="unknown"'
_SENTIMENTS: Final = (
    ("positive", GREEN),
    ("neutral", BLUE),
    ("negative", ORANGE),
    ("frustrated", RED),
    ("unknown", GREY),
)
_TRAJECTORIES: Final = (("improved", GREEN), ("stable", BLUE), ("declined", RED), ("unknown", GREY))


def felt() -> list[sdk.Panel]:
    """Return the panels of what their words tell."""
    return [_negative_rate(), _sentiments(), _satisfaction()]


def hardships() -> list[sdk.Panel]:
    """Return the panels of how hard it was for them."""
    return [_dissatisfied(), _trajectory(), _effort()]


def unknown_and_held_back() -> list[sdk.Panel]:
    """Return the panels of what is not known, and what was held back."""
    return [_without_signals(), _guardrails(), _guardrail_table()]


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
    panel = s.limited(parts.with_band(told, "negative", part, known, before), f.lowest_limit("negative_rate"))
    return s.about(panel, "Frustrated conversations", sentiment="frustrated")


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
    threshold = f.lowest_limit("rephrase_rate")
    return s.limited(p.lines(told, queries, look), threshold, "threshold of the alert on rephrased")


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
    told = Told("Guardrails that were triggered", "How often each guardrail was triggered.", (8, 8))
    query = over_time(f.count(c.GUARDRAIL_TRIPS, f.STEP, by=("guardrail",)), "{{guardrail}}")
    return p.bars(told, [query], Look(decimals=0, nothing="no guardrail has run"), step="6h")


def _guardrail_table() -> sdk.Panel:
    told = Told("Guardrails", "How often each was run and triggered, and the share of the runs.", (8, 8))
    by = ("guardrail",)
    checks, trips = f.count(c.GUARDRAIL_CHECKS, f.RANGE, by=by), f.count(c.GUARDRAIL_TRIPS, f.RANGE, by=by)
    questions = [rows(checks), rows(trips), rows(share(trips, checks))]
    overrides = (Override("share", {"unit": SHARE, "decimals": 1}),)
    panel = p.table(told, questions, Look(decimals=0, nothing="no guardrail has run"), overrides, "triggered")
    return s.transformed(panel, *s.as_columns({"guardrail": "guardrail"}, "run", "triggered", "share"))
