"""Net counts of a window, by service: what was counted less what was taken back, never below 0. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

from grafana.source import promql
from grafana.source.rules import naming
from grafana.source.rules.writing import Group, recording
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs.catalogue import Metric


class Count(NamedTuple):
    """What is counted in which windows."""

    name: str
    metric: Metric
    windows: tuple[str, ...]
    selector: str = ""
    by: tuple[str, ...] = ()
    """Labels that are kept beside those of the service."""

    @property
    def level(self) -> str:
        """The labels that are kept, as the first part of the name."""
        return "_".join(("service", *self.by))


# Shares of conversations are asked about by the day; the seven days before that are what they are compared with.
COUNTS: Final = (
    Count("conversations_ended", c.ENDED, ("1h", "6h", "1d", "3d", "7d")),
    Count("conversations_completed", c.ENDED, ("1d", "7d"), 'outcome="completed"'),
    Count("conversations_abandoned", c.ENDED, ("1d", "7d"), 'outcome="abandoned"'),
    Count("conversations_failed", c.ENDED, ("1h", "6h", "1d", "3d"), 'outcome="failed"'),
    Count("conversations_escalated", c.ESCALATED, ("1d", "7d")),
    Count("conversations_resolved", c.BY_STATUS, ("1d", "7d"), 'status="resolved"'),
    Count("conversations_of_known_status", c.BY_STATUS, ("1d", "7d"), 'status!="unknown"'),
    Count("conversations_negative", c.BY_SENTIMENT, ("1d", "7d"), 'sentiment=~"negative|frustrated"'),
    Count("conversations_of_known_sentiment", c.BY_SENTIMENT, ("1d", "7d"), 'sentiment!="unknown"'),
    Count("conversations_rated_positive", c.RATED, ("7d",), 'rating="positive"'),
    Count("conversations_rated", c.RATED, ("7d",)),
    Count("conversations_about", c.BY_TOPIC, ("1d", "7d"), 'topic!~"unknown|other"', by=("topic",)),
    Count("conversations_unresolved_about", c.UNRESOLVED_BY_TOPIC, ("1d",), 'topic!~"unknown|other"', by=("topic",)),
    Count("rephrases", c.REPHRASES, ("1d",)),
    Count("judged_turns", c.JUDGED_TURNS, ("1d",)),
    Count("conversations_started", c.STARTED, ("1h", "6h", "1d")),
    Count("user_messages", c.MESSAGES, ("6h",), 'role="user"'),
    Count("loops", c.LOOPS, ("6h",)),
    Count("tool_calls", c.TOOL_CALLS, ("6h",), by=("tool",)),
    Count("tool_errors", c.TOOL_ERRORS, ("6h",), by=("tool",)),
    Count("cost_usd", c.COST, ("6h", "7d")),
    Count("model_calls", c.MODEL_CALLS, ("1d",)),
    Count("unpriced_calls", c.UNPRICED, ("1d",)),
    Count("spans_received", c.RECEIVED, ("1h",)),
    Count("spans_dropped", c.DROPPED, ("1h",)),
    Count("spans_late", c.LATE, ("1h",)),
    Count("spans_without_conversation", c.WITHOUT_CONVERSATION, ("1h",)),
)


def of(name: str) -> Count:
    """Return the count of a name; KeyError where there is none."""
    return {count.name: count for count in COUNTS}[name]


def _expr(count: Count, window: str) -> str:
    by = (*promql.OF_SERVICE, *count.by)
    gross, *less = (
        f"sum by ({', '.join(by)}) (increase({promql.recorded(name)}{{{count.selector}}}[{window}]))".replace("{}", "")
        for name in (count.metric.name, count.metric.twin)
        if name
    )
    return f"clamp_min(\n  {gross}\n  - {less[0]},\n  0\n)" if less else gross


INTERVALS: Final = {"3d": "2m", "7d": "2m"}
"""How often the long windows are counted: a week has 20,000 samples of each series, and moves slowly."""


def groups() -> tuple[Group, ...]:
    """Return a group for each length of window, so that the dear ones do not hold up the others."""
    windows = dict.fromkeys(window for count in COUNTS for window in count.windows)
    return tuple(
        Group(f"agent_analytics_counts_{window}", _rules(window), INTERVALS.get(window, naming.INTERVAL))
        for window in windows
    )


def _rules(window: str) -> tuple[dict[str, str], ...]:
    return tuple(
        recording(naming.count(count.name, window, count.level), _expr(count, window))
        for count in COUNTS
        if window in count.windows
    )
