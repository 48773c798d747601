"""The metrics of a service → every rate of the definitions, as a reader of the metrics would work it out.

Read are counters alone, each less its twin of what was taken back.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from benchmarks._amounts import HUMAN_USD
from benchmarks._truth import Money, hazard_name
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.rates import (
    Priced,
    Rate,
    cost_per_resolved,
    csat,
    drop_off,
    escalation_rate,
    negative_rate,
    outcome_rate,
    rate,
    resolution,
    savings,
)
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.outputs.totals import Totals


class Readings:
    """The net counters of one service.

    Args:
        totals: the sums behind the metrics.
        service: whose series are read.
    """

    def __init__(self, totals: Totals, service: Service) -> None:
        self._series = totals.counters()
        self._service = service

    def sums(self, metric: c.Metric, label: str) -> dict[str, Decimal]:
        """Return net sums by the values of one label, summed over the others, exactly."""
        place, sums = metric.labels.index(label), dict[str, Decimal]()
        for (service, values), total in self._series.get(metric, {}).items():
            if service == self._service:
                net = Decimal(total.value) - Decimal(total.retracted)
                sums[values[place]] = sums.get(values[place], Decimal(0)) + net
        return sums

    def by(self, metric: c.Metric, label: str) -> dict[str, int]:
        """Return net counts by the values of one label, summed over the others."""
        return {value: int(count) for value, count in self.sums(metric, label).items()}

    def sum(self, metric: c.Metric) -> Decimal:
        """Return the net sum of a metric over all its labels, exactly."""
        series = self._series.get(metric, {}).items()
        mine = (total for (service, _), total in series if service == self._service)
        return sum((Decimal(total.value) - Decimal(total.retracted) for total in mine), Decimal(0))

    def count(self, metric: c.Metric) -> int:
        """Return the net count of a metric over all its labels."""
        return int(self.sum(metric))


def estimates(read: Readings) -> dict[str, Rate]:
    """Return every rate with its interval; not those that nothing was counted for."""
    outcomes, ended = read.by(c.ENDED, "outcome"), read.count(c.ENDED)
    found = {
        "completion": outcome_rate(outcomes, v.COMPLETED),
        "abandonment": outcome_rate(outcomes, v.ABANDONED),
        "failure": outcome_rate(outcomes, v.FAILED),
        "escalated as outcome": outcome_rate(outcomes, v.ESCALATED),
        "silent": outcome_rate(outcomes, v.SILENT),
        "escalation": escalation_rate(read.count(c.ESCALATED), ended),
        **{f"resolution {kind}": rate(count, ended) for kind, count in read.by(c.RESOLUTIONS, "kind").items()},
        **_of_status(read.by(c.BY_STATUS, "status")),
        **_of_sentiment(read.by(c.BY_SENTIMENT, "sentiment")),
        **_of_trajectory(read.by(c.BY_TRAJECTORY, "trajectory")),
        **_of_turns(read),
        "CSAT": csat(read.by(c.RATED, "rating"), ended).satisfied,
        "response to ratings": csat(read.by(c.RATED, "rating"), ended).response,
        "without signals": rate(read.count(c.WITHOUT_SIGNALS), ended),
        "visits": rate(read.count(c.VISITS), read.count(c.VISITS) + read.count(c.STARTED)),
        "reopened": rate(read.count(c.REOPENED), ended),
        "tool errors": rate(read.count(c.TOOL_ERRORS), read.count(c.TOOL_CALLS)),
    }
    hazards = drop_off(read.by(c.TURN_REACHED, "turn"), read.by(c.TURN_ABANDONED, "turn"))
    found |= {hazard_name(turn.turn): turn.hazard for turn in hazards}
    return {name: one for name, one in found.items() if one is not None}


def money(read: Readings) -> Money:
    """Return what is no share; NaN where there is nothing to divide by."""
    resolved, ended = read.by(c.BY_STATUS, "status").get(v.RESOLVED, 0), read.count(c.ENDED)
    average = csat({}, ended, read.sum(c.SCORES), read.count(c.SCORED)).average
    each = cost_per_resolved(read.sum(c.ENDED_COST), resolved)
    episodes, costs = read.by(c.SAVINGS_CONVERSATIONS, "side"), read.sums(c.SAVINGS_COST, "side")
    verified, escalated = (
        Priced(episodes.get(side, 0), costs.get(side, Decimal(0))) for side in (v.VERIFIED, v.ESCALATED)
    )
    saved = savings(verified, escalated, Decimal(str(HUMAN_USD)))
    return Money(
        float("nan" if average is None else average),
        float("nan" if each is None else each),
        float(saved) / ended if ended else float("nan"),
    )


def _of_status(statuses: dict[str, int]) -> dict[str, Rate | None]:
    found = resolution(statuses)
    known = found.coverage.part if found.coverage is not None else 0
    rest = (v.PARTIALLY_RESOLVED, v.UNRESOLVED)
    return {
        "resolution rate": found.resolved,
        "resolution rate: coverage": found.coverage,
        **{f"status {status}": rate(statuses.get(status, 0), known) for status in rest},
    }


def _of_sentiment(sentiments: dict[str, int]) -> dict[str, Rate | None]:
    known = _known(sentiments)
    return {
        "negative": negative_rate(sentiments),
        "frustrated": rate(sentiments.get(v.FRUSTRATED, 0), known),
        "positive": rate(sentiments.get(v.POSITIVE, 0), known),
    }


def _of_trajectory(trajectories: dict[str, int]) -> dict[str, Rate | None]:
    known = _known(trajectories)
    return {f"trajectory {one}": rate(trajectories.get(one, 0), known) for one in (v.IMPROVED, v.DECLINED)}


def _of_turns(read: Readings) -> dict[str, Rate | None]:
    judged = read.count(c.JUDGED_TURNS)
    # The first message of a conversation has none before it that it could say again.
    later = judged - _known(read.by(c.BY_SENTIMENT, "sentiment"))
    return {
        "dissatisfied turns": rate(read.count(c.DISSATISFIED_TURNS), judged),
        "rephrases": rate(read.count(c.REPHRASES), later),
        "repeats": rate(read.count(c.REPEATS), later),
    }


def _known(by_class: dict[str, int]) -> int:
    return sum(count for name, count in by_class.items() if name != v.UNKNOWN)
