"""Whether the rates that the metrics give are the true ones: 30 simulated days of users and agents with known rates.

What is true is decided in a simulator, and read back through tracker and metrics alone: counters, each less what was
taken back of it.

  month     every rate with its Wilson 95 % interval, beside the true one (--conversations, --seed)
  drop-off  the hazard of every turn where many stay for long, beside the true one (--drop-off)
  months    with --seeds N: N months of 8 services, whose true rates differ from service to service and from month to
            month: how many of the intervals hold the true rate

A rate is judged where 10 at least are to be expected of either kind, a hazard where so many reached the turn that
chance alone is .01 off once in 2,000 times. The exit status is 1 when a count is not what was drawn, a hazard is .01
off, or less than 93 % of the intervals of one rate hold the truth (judged from 1,000 intervals on).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks._estimates import Readings, estimates, money
from benchmarks._measure import Clock, show_table
from benchmarks._months import played
from benchmarks._truth import counted, expected, hazard_name, money_of, shares_of, true_rates
from benchmarks._world import DROP_OFF, World, hazard_of, varied
from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.conversations.rates import Rate, drop_off
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from benchmarks._stories import Story

SERVICES: Final = 8
FEWEST_EXPECTED: Final = 10
FEWEST_INTERVALS: Final = 1000
LEAST_HELD: Final = 0.93
MOST_OFF: Final = 0.01
_SIGMAS: Final = 3.5
"""A normal variable is further than that from its mean once in 2,150 times."""


class Estimate(NamedTuple):
    """A rate as the metrics give it, beside the true one."""

    rate: Rate
    true: float

    @property
    def held(self) -> bool:
        """Whether the interval holds the true rate."""
        return self.rate.low <= self.true <= self.rate.high

    @property
    def judged(self) -> bool:
        """Whether enough of either kind are to be expected."""
        return self.rate.whole * min(self.true, 1 - self.true) >= FEWEST_EXPECTED

    @property
    def enough(self) -> bool:
        """Whether chance alone hardly ever makes an error as large as is allowed."""
        return self.rate.whole >= (_SIGMAS / MOST_OFF) ** 2 * self.true * (1 - self.true)

    @property
    def off(self) -> float:
        """The error, with its sign."""
        return self.rate.value - self.true


def main() -> int:
    """Simulate, and print what came of it; return 1 when a figure is not what it should be."""
    given = _arguments()
    parts = []
    if given.conversations:
        parts.append(_month(given.conversations, given.seed))
    if given.drop_off:
        parts.append(_drop_off(given.drop_off, given.seed))
    if given.seeds:
        parts.append(_months(given.seeds, given.seed, given.per_service))
    if given.json:
        print(json.dumps({part.name: {"rows": part.rows, **part.facts} for part in parts}))
    else:
        for part in parts:
            part.show()
    return int(any(part.problems for part in parts))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the first seed (default %(default)s)")
    for name, default, text in (
        ("conversations", 10_000, "of the month, 0 for none (default %(default)s)"),
        ("drop-off", 50_000, "conversations for the hazards, 0 for none (default %(default)s)"),
        ("seeds", 0, "how many months of 8 services (default %(default)s; 200 take 8 minutes)"),
        ("per-service", 500, "conversations of each service in one of these months (default %(default)s)"),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N", help=text)
    return parser.parse_args()


class Part(NamedTuple):
    """A table, and what is to be said of it."""

    name: str
    rows: dict[str, dict[str, Any]]
    facts: dict[str, Any]
    problems: int

    def show(self) -> None:
        """Print it."""
        print(f"\n{self.name}")
        show_table({row: {name: _cell(value) for name, value in cells.items()} for row, cells in self.rows.items()})
        for name, value in self.facts.items():
            print(f"{name}: {_cell(value)}")


def compared(read: Readings, world: World) -> dict[str, Estimate]:
    """Return every rate that the metrics give, beside the true one."""
    true = true_rates(world)
    return {name: Estimate(rate, true[name]) for name, rate in estimates(read).items() if name in true}


def differing(read: Readings, stories: list[Story]) -> list[str]:
    """Return the rates of which part or whole is not exactly what was drawn."""
    drawn, found = shares_of(counted(stories)), estimates(read)
    return [
        name
        for name in sorted(drawn.keys() | found.keys())
        if name not in found or drawn.get(name) != (found[name].part, found[name].whole)
    ]


def _month(conversations: int, seed: int) -> Part:
    clock, world, service = Clock(), World(), Service("shop")
    totals, drawn = played({service: world}, conversations, Random(seed))
    read = Readings(totals, service)
    rows = {
        name: {
            "part": one.rate.part, "whole": one.rate.whole, "estimate": one.rate.value, "low": one.rate.low,
            "high": one.rate.high, "true": one.true, "": "" if one.held else "outside",
        }
        for name, one in compared(read, world).items()
    }  # fmt: skip
    of_metrics, of_drawn, true = money(read), money_of(counted(drawn[service])), money_of(expected(world))
    for name, estimate in of_metrics._asdict().items():
        rows[name.replace("_", " ")] = {
            "estimate": estimate, "drawn": getattr(of_drawn, name), "true": getattr(true, name)
        }  # fmt: skip
    unlike = differing(read, drawn[service])
    unlike += [name for name, one in of_metrics._asdict().items() if abs(one - getattr(of_drawn, name)) > 1e-9]
    inside = sum(not row.get("") for row in rows.values() if "low" in row)
    facts = {
        "true rates inside of their interval": f"{inside} of {sum('low' in row for row in rows.values())}",
        "rates whose counts are not those that were drawn": ", ".join(unlike) or "none",
        "seconds of CPU": clock.cpu(),
    }
    return Part(f"A month: {conversations:,} conversations, seed {seed}", rows, facts, len(unlike))


def _drop_off(conversations: int, seed: int) -> Part:
    clock, service = Clock(), Service("shop")
    totals, drawn = played({service: DROP_OFF}, conversations, Random(seed), working=False)
    read = Readings(totals, service)
    true, survival = true_rates(DROP_OFF), 1.0
    rows: dict[str, dict[str, Any]] = {}
    worst = 0.0
    for turn in drop_off(read.by(c.TURN_REACHED, "turn"), read.by(c.TURN_ABANDONED, "turn")):
        one = Estimate(turn.hazard, true[hazard_name(turn.turn)])
        rows[turn.turn] = {
            "reached": one.rate.whole, "abandoned": one.rate.part, "hazard": one.rate.value, "low": one.rate.low,
            "high": one.rate.high, "true": one.true, "off": one.off,
        }  # fmt: skip
        if turn.survival is not None:
            survival *= 1 - hazard_of(DROP_OFF, int(turn.turn))
            rows[turn.turn] |= {"survival": turn.survival, "true survival": survival}
        rows[turn.turn][""] = "" if one.enough else "too few reached it to judge"
        worst = max(worst, abs(one.off) if one.enough else 0.0)
    unlike = differing(read, drawn[service])
    facts = {
        "largest error of a hazard that is judged": worst,
        "rates whose counts are not those that were drawn": ", ".join(unlike) or "none",
        "seconds of CPU": clock.cpu(),
    }
    name = f"Drop-off by turn: {conversations:,} conversations, seed {seed}"
    return Part(name, rows, facts, len(unlike) + (worst >= MOST_OFF))


def _months(seeds: int, first_seed: int, per_service: int) -> Part:
    clock = Clock()
    found: dict[str, list[Estimate]] = defaultdict(list)
    unlike: set[str] = set()
    for seed in range(first_seed, first_seed + seeds):
        rng = Random(seed)
        worlds = {Service(f"service-{number}"): varied(World(), rng) for number in range(SERVICES)}
        totals, drawn = played(worlds, per_service, rng)
        for service, world in worlds.items():
            read = Readings(totals, service)
            unlike.update(differing(read, drawn[service]))
            for name, one in compared(read, world).items():
                if one.judged:
                    found[name].append(one)
    rows = {name: _coverage(ones) for name, ones in found.items()}
    rows["all"] = _coverage([one for ones in found.values() for one in ones])
    missed = [name for name, row in rows.items() if row["judged"] and row["held, %"] < 100 * LEAST_HELD]
    facts = {
        f"rates of whose intervals less than {LEAST_HELD:.0%} hold the truth": ", ".join(missed) or "none",
        "rates whose counts are not those that were drawn": ", ".join(sorted(unlike)) or "none",
        "seconds of CPU a seed": clock.cpu() / seeds,
    }
    name = f"{seeds} months of {SERVICES} services with {per_service} conversations each, from seed {first_seed} on"
    return Part(name, rows, facts, len(missed) + len(unlike))


def _coverage(ones: list[Estimate]) -> dict[str, Any]:
    held = sum(one.held for one in ones)
    return {
        "intervals": len(ones),
        "held": held,
        "held, %": 100 * held / len(ones),
        "mean true rate": sum(one.true for one in ones) / len(ones),
        "mean width": sum(one.rate.high - one.rate.low for one in ones) / len(ones),
        "judged": "yes" if len(ones) >= FEWEST_INTERVALS else "",
    }


def _cell(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
