"""Rates of conversations over time, each with its 95 % interval and what it was a week before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import parts
from grafana.source.dashboards import shaping as s
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import over_time
from grafana.source.promql import share
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

_COMPLETED: Final = 'outcome="completed"'
_ABANDONED: Final = 'outcome="abandoned"'
_FAILED: Final = 'outcome="failed"'


def moving() -> list[sdk.Panel]:
    """Return the panels of how rates move."""
    large = [_completion_over_time(), _resolution_over_time()]
    return [*large, _abandonment_over_time(), _escalation_over_time(), _failure_over_time()]


def _completion_over_time() -> sdk.Panel:
    panel = _outcome_over_time(_COMPLETED, "completed", "Completion rate over time", (12, 9))
    return s.about(panel, "Completed conversations", outcome="completed")


def _resolution_over_time() -> sdk.Panel:
    told = Told(
        "Resolution rate over time",
        "Conversations with the status resolved, of those whose status is known, with its 95 % interval (Wilson). The"
        " coverage is the share whose status is known.",
        (12, 9),
    )
    known, week = f.known_status(f.WINDOW), f.WINDOW_WEEK_BEFORE
    before = share(f.resolved(week), f.known_status(week))
    panel = parts.with_band(told, "resolved", f.resolved(f.WINDOW), known, before)
    panel = s.also(panel, over_time(share(known, f.count(c.BY_STATUS, f.WINDOW)), "coverage"))
    return s.limited(panel, f.highest_limit("resolution_rate"))


def _abandonment_over_time() -> sdk.Panel:
    panel = _outcome_over_time(_ABANDONED, "abandoned", "Abandonment over time", (8, 8))
    return s.about(panel, "Abandoned conversations", outcome="abandoned")


def _failure_over_time() -> sdk.Panel:
    panel = _outcome_over_time(_FAILED, "failed", "Failure over time", (8, 8))
    panel = s.limited(panel, f.lowest_limit("failure_budget"), "error budget")
    return s.about(panel, "Failed conversations", outcome="failed")


def _escalation_over_time() -> sdk.Panel:
    told = Told(
        "Escalation over time",
        "Share of the ended conversations in which a human was asked for, whatever the outcome, with its 95 % "
        "interval (Wilson).",
        (8, 8),
    )
    week = f.WINDOW_WEEK_BEFORE
    before = share(f.count(c.ESCALATED, week), f.ended(week))
    return parts.with_band(told, "escalated", f.count(c.ESCALATED, f.WINDOW), f.ended(f.WINDOW), before)


def _outcome_over_time(outcome: str, name: str, title: str, size: tuple[int, int]) -> sdk.Panel:
    """Return the share of one outcome over time."""
    told = Told(
        title,
        f"Share of the ended conversations whose outcome is {name}, with its 95 % interval (Wilson), over the window "
        "chosen above. Dashed: a week before.",
        size,
    )
    before = share(f.ended(f.WINDOW_WEEK_BEFORE, outcome), f.ended(f.WINDOW_WEEK_BEFORE))
    return parts.with_band(told, name, f.ended(f.WINDOW, outcome), f.ended(f.WINDOW), before)
