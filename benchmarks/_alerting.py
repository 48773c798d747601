"""The arithmetic of the alerts that wake somebody about conversations, on arrays of whole years at once.

It says what the shipped expressions say, from the same thresholds and quantiles; ``tests/rules/test_arithmetic.py``
holds it against Prometheus itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from grafana.source.rules.alerts import ALERTS
from grafana.source.rules.alerts.alert import CRITICAL
from grafana.source.rules.alerts.errors import FAST
from grafana.source.rules.shares import CERTAIN, PROBABLE, SHOWN, SURE, Z

Counts = NDArray[np.float64]
Truth = NDArray[np.bool_]

HOUR: Final = 60
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
_THRESHOLDS: Final = Path(__file__).parents[1] / "grafana" / "rules" / "thresholds.yaml"
_DURATIONS: Final = {"m": 1, "h": HOUR, "d": DAY}


class Stream(NamedTuple):
    """What a service counted in each step."""

    started: Counts
    ended: Counts
    known: Counts
    """Conversations of whose result something is known."""
    resolved: Counts
    judged: Counts
    """Conversations whose sentiment is known."""
    negative: Counts
    failed: Counts


class Held(NamedTuple):
    """For how long an alert must hold, and goes on; minutes."""

    hold: int
    keep: int


def thresholds() -> dict[str, float]:
    """Return the shipped thresholds of all services, by name."""
    rules = yaml.safe_load(_THRESHOLDS.read_text())["groups"][0]["rules"]
    return {rule["record"].rpartition(":")[2]: float(rule["expr"][len("vector(") : -1]) for rule in rules}


def durations() -> dict[str, Held]:
    """Return for how long each alert holds, by its name."""
    told = (alert for family in ALERTS.values() for alert in family if alert.keep)
    return {alert.name: Held(_minutes(alert.hold), _minutes(alert.keep)) for alert in told}


def paging() -> frozenset[str]:
    """Return the names of the alerts of conversations that are critical."""
    families = (*ALERTS["conversations"], *ALERTS["errors"], *ALERTS["cost"], *ALERTS["traffic"])
    return frozenset(alert.name for alert in families if alert.severity == CRITICAL and alert.of_service)


def _minutes(duration: str) -> int:
    return int(duration[:-1]) * _DURATIONS[duration[-1]]


class Arithmetic:
    """What each alert says of a stream, at each step.

    Args:
        stream: counts by step.
        step: minutes of a step.
    """

    def __init__(self, stream: Stream, step: int = 1) -> None:
        self._step, self._limits = step, thresholds()
        self._totals = Stream(*(np.cumsum(counts) for counts in stream))

    def verdicts(self) -> dict[str, Truth]:
        """Return where the expression of each paging alert has a result."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return {
                "AgentResolutionRateLow": self._resolution(),
                "AgentNegativeSentimentHigh": self._negative(),
                "AgentErrorBudgetBurnFast": self._burn(),
                "AgentConversationsStopped": self._stopped(),
            }

    def _resolution(self) -> Truth:
        totals, limits = self._totals, self._limits
        coverage = self._grown(totals.known, DAY) / self._grown(totals.ended, DAY)
        low = self._beyond(totals.known - totals.resolved, totals.known, 1 - limits["resolution_rate"])
        return low & (coverage >= limits["resolution_coverage"])

    def _negative(self) -> Truth:
        return self._beyond(self._totals.negative, self._totals.judged, self._limits["negative_rate"])

    def _beyond(self, part: Counts, whole: Counts, limit: float) -> Truth:
        """Return where a bad share is too high; that a good one is too low is the same, seen from its rest."""
        bad, counted = self._grown(part, DAY), self._grown(whole, DAY)
        bad_week, counted_week = self._grown(part, WEEK), self._grown(whole, WEEK)
        share = bad / counted
        before, counted_before = self._back(bad_week, DAY), self._back(counted_week, DAY)
        rise = _least_rise(before, counted_before, bad, counted, Z[SURE])
        beyond = _lower(bad, counted, Z[CERTAIN]) > limit
        beyond |= _lower(bad_week, counted_week, Z[CERTAIN]) > limit
        compared = counted >= self._limits["minimum_conversations_compared"]
        beyond |= (_lower(bad, counted, Z[PROBABLE]) > limit) & (rise > 0) & compared
        enough: Truth = counted >= self._limits["minimum_conversations"]
        return (share > limit) & beyond & enough

    def _burn(self) -> Truth:
        burns = np.zeros(len(self._totals.ended), dtype=bool)
        for window, recent, factor in ((_minutes(long), _minutes(short), factor) for long, short, factor in FAST):
            limit = factor * self._limits["failure_budget"]
            failed, ended = (self._grown(total, window) for total in (self._totals.failed, self._totals.ended))
            now = self._grown(self._totals.failed, recent) / self._grown(self._totals.ended, recent)
            enough = ended >= self._limits["minimum_conversations_failing"]
            burns |= (_lower(failed, ended, Z[SHOWN]) > limit) & (now > limit) & enough
        return burns

    def _stopped(self) -> Truth:
        stopped = np.zeros(len(self._totals.ended), dtype=bool)
        for window in (HOUR, 6 * HOUR, DAY):
            now = self._grown(self._totals.started, window)
            stopped |= (self._back(now, WEEK) >= self._limits["minimum_conversations_expected"]) & (now < 0.5)
        return stopped

    def _grown(self, total: Counts, window: int) -> Counts:
        """Return what ``increase`` says: extrapolated by a step, but not to below 0; nothing before a whole window."""
        between = window // self._step - 1
        grown = np.full(len(total), np.nan)
        first = total[:-between]
        seen = total[between:] - first
        more = np.minimum(1.0, between * np.divide(first, seen, out=np.full(len(seen), np.inf), where=seen > 0))
        grown[between:] = seen * (between + more) / between
        return grown

    def _back(self, counts: Counts, offset: int) -> Counts:
        steps = offset // self._step
        return np.concatenate([np.full(min(steps, len(counts)), np.nan), counts[:-steps]])


def _lower(part: Counts, whole: Counts, z: float) -> Counts:
    """Return the lower end of Wilson's interval."""
    share = part / whole
    root: Counts = np.sqrt((share * (1 - share) + z * z / (4 * whole)) / whole)
    return (share + z * z / (2 * whole) - z * root) / (1 + z * z / whole)


def _least_rise(part: Counts, whole: Counts, later: Counts, later_whole: Counts, z: float) -> Counts:
    """Return the lower end of Newcombe's interval of how much the later share is above the other."""
    share, now = part / whole, later / later_whole
    upper = 1 - _lower(whole - part, whole, z)
    end: Counts = np.sqrt((now - _lower(later, later_whole, z)) ** 2 + (upper - share) ** 2)
    return now - share - end


def firing(true: Truth, held: Held, step: int = 1) -> Iterator[tuple[int, int]]:
    """Yield from which step on to before which one an alert fires.

    Args:
        true: where its expression has a result.
        held: how long it must hold, and goes on.
        step: minutes of a step.
    """
    hold, keep = math.ceil(held.hold / step), math.ceil(held.keep / step)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], true, [False]]).astype(np.int8)))
    began = ended = -1
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        if began >= 0 and first <= ended:
            ended = int(after) + keep
            continue
        if began >= 0:
            yield began, ended
            began = -1
        if after - first > hold:
            began, ended = int(first) + hold, int(after) + keep
    if began >= 0:
        yield began, min(ended, len(true))
