"""A month of drawn conversations, in small: what the metrics say is what was drawn, and what was drawn is the truth."""

from __future__ import annotations

import json
import subprocess
import sys
from math import sqrt
from pathlib import Path
from random import Random

import pytest

from benchmarks._estimates import Readings, estimates, money
from benchmarks._months import BEGIN_NS, MONTH_NS, played
from benchmarks._stories import Simulator
from benchmarks._truth import RATES, counted, expected, hazard_name, money_of, shares_of, true_rates
from benchmarks._world import World, branches, varied
from benchmarks.month import Estimate, differing
from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.conversations.rates import Rate

ROOT = Path(__file__).parents[1]
SHOP, BANK = Service("shop"), Service("bank")


def test_metrics_say_what_was_drawn() -> None:
    """Part and whole of every rate are those that were drawn, to the last one, for each of two services.

    With users who come back within a day, in the same conversation or in another, ratings that come late or twice, and
    conversations whose words nobody can read.
    """
    rng = Random(11)
    totals, drawn = played({SHOP: varied(World(), rng), BANK: varied(World(), rng)}, 250, rng)

    for service in (SHOP, BANK):
        read = Readings(totals, service)
        assert differing(read, drawn[service]) == []
        assert estimates(read).keys() >= RATES.keys()
        assert money(read) == pytest.approx(money_of(counted(drawn[service])))
        assert any(story.silence_after for story in drawn[service])
        assert any(story.rating is not None and story.rating.late for story in drawn[service])


def test_what_is_not_told_is_seen() -> None:
    """The comparison is able to fail: with one more conversation drawn than played, the counts differ."""
    totals, drawn = played({SHOP: World()}, 50, Random(3))
    more = [*drawn[SHOP], next(story for story in drawn[SHOP] if story.ending is not None)]

    assert "completion" in differing(Readings(totals, SHOP), more)


def test_truth_is_the_mean_of_what_is_drawn() -> None:
    """What is worked out from the branches is what many draws come to, for every rate.

    Nobody plays these 20,000 conversations, so it costs little. A share of n draws is more than 4.5 standard deviations
    off once in 150,000 times; shares of turns, some of whose number is drawn too, differ hardly from that.
    """
    world = World()
    drawn = shares_of(counted(Simulator(world, Random(2)).stories(20_000, BEGIN_NS, BEGIN_NS + MONTH_NS)))
    true = true_rates(world)

    assert true.keys() == drawn.keys() == {*RATES, *(hazard_name(str(turn)) for turn in range(1, 12))}
    for name, (part, whole) in drawn.items():
        share = true[name]
        assert part / whole == pytest.approx(share, abs=4.5 * sqrt(share * (1 - share) / whole)), name


def test_truth_by_hand() -> None:
    """A world of one turn: half give up, a quarter is done, a quarter falls silent, and nothing else ever happens."""
    world = World(
        hazards=(0.5,), completed=0.25, escalated=0.0, failed=0.0, silent=0.25, most_turns=1, dissatisfied=0.0,
        tool_failed=0.0, wordless=0.0, visits=0.0, returned=0.2, response=0.4, satisfied=0.75, judged=0.0, unpriced=0.0,
    )  # fmt: skip
    true = true_rates(world)

    assert true["abandonment"] == true["hazard in turn 1"] == pytest.approx(0.5)
    assert true["resolution contained"] == pytest.approx(1)
    assert true["resolution assumed"] == pytest.approx(0.5 * 0.8)
    # All of the completed, and of the silent the fifth with a failure, are known; so are the abandoned.
    assert true["resolution rate: coverage"] == pytest.approx(0.5 + 0.25 + 0.25 * 0.2)
    assert true["resolution rate"] == pytest.approx(0.25 / 0.8)
    # Rated: .4 of the completed, half as many of the abandoned, six tenths as many of the silent.
    assert true["response to ratings"] == pytest.approx(0.25 * 0.4 + 0.5 * 0.2 + 0.25 * 0.24)
    positive = 0.25 * 0.4 * 0.75 + 0.5 * 0.2 * 0.15 + 0.25 * 0.24 * 0.525
    assert true["CSAT"] == pytest.approx(positive / 0.26)
    # One call of 1,000 tokens in at 2 and 200 out at 8 USD a million; half of those who give up are never heard.
    assert money_of(expected(world)).cost_per_resolved == pytest.approx(0.0036 * 0.75 / 0.25)


@pytest.mark.parametrize("turn", [1, 2, 5, 11])
@pytest.mark.parametrize("wordless", [False, True])
def test_shares_of_a_turn_add_up(turn: int, wordless: bool) -> None:
    """All that may become of a turn is there once: the shares are none below 0 and 1 together."""
    found = list(branches(varied(World(), Random(turn)), turn, wordless=wordless))

    assert sum(branch.share for branch in found) == pytest.approx(1)
    assert min(branch.share for branch in found) >= 0


def test_an_estimate_knows_whether_it_holds() -> None:
    """Inside or not, and whether 10 of either kind are to be expected."""
    half = Estimate(Rate(5, 10, 0.24, 0.76), 0.5)

    assert half.held
    assert not half.judged
    assert not Estimate(Rate(50, 100, 0.40, 0.60), 0.39).held
    assert Estimate(Rate(50, 100, 0.40, 0.60), 0.11).judged
    assert not Estimate(Rate(95, 100, 0.89, 0.98), 0.95).judged


def test_program_prints_every_rate_beside_the_true_one() -> None:
    """`month.py` ends with 0 and gives every rate its interval and the truth, and the hazards and many months too."""
    sizes = ("--conversations=200", "--drop-off=150", "--seeds=1", "--per-service=30", "--json")
    command = [sys.executable, str(ROOT / "benchmarks" / "month.py"), *sizes]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)

    assert done.returncode == 0, done.stderr + done.stdout
    month, hazards, months = json.loads(done.stdout).values()
    assert month["rows"].keys() > RATES.keys()
    for name in RATES:
        row = month["rows"][name]
        assert row["low"] <= row["estimate"] <= row["high"]
        assert 0 < row["true"] < 1
    assert hazards["rows"]["1"]["true"] == pytest.approx(0.12)
    assert months["rows"]["all"]["intervals"] > 0
