"""How often the alerts that wake somebody about conversations are wrong, and how soon they are right.

Streams of conversations are drawn at random, more by day than by night, and every minute is looked at, as Prometheus
does: with an alert that looks 1,440 times a day, what is rare in one look need not be rare in a day. Pages are counted
as they ring: those of one alert that lie less than its ``keep_firing_for`` apart are one.

  false pages   per 100 days of one service, all paging alerts of conversations together; its true shares are
                 good     70 % resolved, 15 % negative, 0.5 % failed
                 limit    exactly at the thresholds: 60 %, 25 %, 2 %
  found         share of services whose resolution rate fell, from the good value to 45 % unless said otherwise, at a
                random time of a day, for which somebody was paged about it within a day
"""

from __future__ import annotations

import argparse
import sys
from typing import Final, NamedTuple

import numpy as np

from benchmarks._alerting import DAY, Arithmetic, Stream, durations, firing
from benchmarks._measure import show, show_table

RESOLUTION: Final = "AgentResolutionRateLow"
WARM: Final = 8
"""Days before the first that is looked at: what the alerts compare with."""
NIGHT: Final = 0.2
"""Traffic at 3 o'clock, as a part of that at 15 o'clock."""


class Shares(NamedTuple):
    """The true shares of a service."""

    resolved: float
    negative: float
    failed: float
    known: float = 1.0
    """Of whose result, and sentiment, something is known."""


GOOD: Final = Shares(resolved=0.70, negative=0.15, failed=0.005)
LIMIT: Final = Shares(resolved=0.60, negative=0.25, failed=0.02)


def drawn(rng: np.random.Generator, a_day: float, days: int, shares: Shares, later: Shares, fall: int) -> Stream:
    """Return a stream by the minute.

    Args:
        rng: where the chance comes from.
        a_day: conversations, on average.
        days: how many.
        shares: true shares before the fall.
        later: true shares from then on.
        fall: minute of the fall.
    """
    minutes = np.arange(days * DAY)
    wave = 1 - (1 - NIGHT) / (1 + NIGHT) * np.cos(2 * np.pi * (minutes / DAY - 3 / 24))
    ended = rng.poisson(a_day * wave / DAY)
    share = {name: np.where(minutes < fall, before, after) for name, before, after in zip(
        Shares._fields, shares, later, strict=True)}  # fmt: skip
    known, judged = rng.binomial(ended, share["known"]), rng.binomial(ended, share["known"])
    resolved, negative = rng.binomial(known, share["resolved"]), rng.binomial(judged, share["negative"])
    failed = rng.binomial(ended, share["failed"])
    return Stream(*(np.asarray(one, dtype=float) for one in (ended, ended, known, resolved, judged, negative, failed)))


def pages(stream: Stream) -> dict[str, list[int]]:
    """Return at which minutes each alert rings, after the days of warming up."""
    held = durations()
    rings = {name: firing(true, held[name]) for name, true in Arithmetic(stream).verdicts().items()}
    return {name: [began for began, _ in spans if began >= WARM * DAY] for name, spans in rings.items()}


def false_pages(a_day: float, days: int, shares: Shares, seed: int) -> dict[str, float]:
    """Return how many pages there are per 100 days where nothing is wrong, by alert."""
    stream = drawn(np.random.default_rng(seed), a_day, days + WARM, shares, shares, 0)
    return {name: 100 * len(rung) / days for name, rung in pages(stream).items()}


def found(a_day: float, runs: int, later: Shares, seed: int, *, before: Shares = GOOD) -> float:
    """Return the share of falls that are paged within a day."""
    rng = np.random.default_rng(seed)
    return sum(_found(rng, a_day, before, later) for _ in range(runs)) / runs


def _found(rng: np.random.Generator, a_day: float, before: Shares, later: Shares) -> bool:
    fall = WARM * DAY + int(rng.integers(DAY))
    rung = pages(drawn(rng, a_day, WARM + 2, before, later, fall))[RESOLUTION]
    return any(fall <= minute < fall + DAY for minute in rung)


def _rows(days: int, runs: int, seed: int) -> dict[str, dict[str, float | str]]:
    rows: dict[str, dict[str, float | str]] = {}
    for a_day in (20, 50, 100, 300):
        for name, shares in (("good", GOOD), ("limit", LIMIT)):
            each = false_pages(a_day, days, shares, seed)
            rows[f"false pages, {a_day} a day, {name}"] = {"per_100_days": round(sum(each.values()), 2)}
    for a_day, known, resolved in ((20, 1.0, 0.2), (100, 1.0, 0.45), (100, 0.8, 0.45), (300, 1.0, 0.5)):
        later = GOOD._replace(resolved=resolved, known=known)
        share = found(a_day, runs, later, seed, before=GOOD._replace(known=known))
        rows[f"found, {a_day} a day, {known:.0%} known, to {resolved:.0%}"] = {"share": round(share, 3)}
    return rows


def main() -> int:
    """Simulate, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=1000, help="days of each service (%(default)s)")
    parser.add_argument("--runs", type=int, default=400, help="falls (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the chance (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    rows = _rows(given.days, given.runs, given.seed)
    if given.json:
        show({f"{row} {name}": value for row, cells in rows.items() for name, value in cells.items()}, as_json=True)
    else:
        show_table(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
