"""The rates of the definitions: values worked out by hand, and hazards that a simulator knows beforehand."""

from __future__ import annotations

from decimal import Decimal
from math import comb, sqrt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks._estimates import Readings
from benchmarks._months import played
from benchmarks._world import DROP_OFF, hazard_of
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.conversations.rates import (
    Csat,
    Priced,
    Resolution,
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


def test_wilson_interval_of_a_tenth() -> None:
    """10 of 100: with z² = 3.8415 the center is .119207 / 1.038415 and half the width .061857 / 1.038415."""
    found = rate(10, 100)
    assert found is not None

    assert (found.part, found.whole, found.value) == (10, 100, 0.1)
    # center: .1 + 3.841459 / 200 = .1192073; half: 1.959964 · √(.1 · .9 / 100 + 3.841459 / 40000) = .0618565
    assert found.low == pytest.approx((0.1192073 - 0.0618565) / 1.0384146, abs=1e-6)
    assert found.high == pytest.approx((0.1192073 + 0.0618565) / 1.0384146, abs=1e-6)


def test_wilson_interval_at_both_ends() -> None:
    """None of n: from 0 to z² / (n + z²); all of n: the mirror image."""
    none, every = rate(0, 20), rate(20, 20)
    assert none is not None
    assert every is not None

    assert (none.low, every.high) == (0, 1)
    assert none.high == pytest.approx(3.8414588 / 23.8414588)
    assert every.low == pytest.approx(1 - 3.8414588 / 23.8414588)


def test_nothing_is_no_rate() -> None:
    """Without a whole there is no rate, rather than 0."""
    assert rate(0, 0) is None
    assert rate(3, -1) is None


def test_more_was_taken_back_than_added() -> None:
    """A window in which earlier ends were taken back gives a share of 0 or 1, and never an error."""
    assert rate(-3, 10) == rate(0, 10)
    assert rate(12, 10) == rate(10, 10)


@given(st.integers(-5, 2000), st.integers(1, 1500))
def test_interval_holds_the_share(part: int, whole: int) -> None:
    """The interval lies within 0 and 1, and the share within the interval."""
    found = rate(part, whole)

    assert found is not None
    assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize(("share", "whole"), [(0.1, 100), (0.4, 60), (0.75, 200)])
def test_interval_holds_the_truth_as_often_as_it_says(share: float, whole: int) -> None:
    """Over all that n draws can give, each weighted by its probability, 93 to 97 % of the intervals hold the truth."""
    held = 0.0
    for part in range(whole + 1):
        found = rate(part, whole)
        assert found is not None
        if found.low <= share <= found.high:
            held += comb(whole, part) * share**part * (1 - share) ** (whole - part)

    assert 0.93 < held < 0.97


def test_drop_off_by_hand() -> None:
    """100, 60, 30 reach the first three turns, 20, 6, 0 give up there: survival .8, then .8 · .9, then that · 1."""
    found = drop_off({"1": 100, "2": 60, "3": 30}, {"1": 20, "2": 6})

    assert [turn.turn for turn in found] == ["1", "2", "3"]
    assert [turn.hazard.value for turn in found] == [0.2, 0.1, 0.0]
    assert [turn.survival for turn in found] == pytest.approx([0.8, 0.72, 0.72])
    assert found[0].hazard == rate(20, 100)


def test_where_people_give_up_is_no_matter_of_counts() -> None:
    """More people give up in turn 1, but turn 3 is the broken one: one half of those who reach it."""
    found = drop_off({"1": 1000, "2": 200, "3": 100}, {"1": 100, "2": 10, "3": 50})

    assert max(found, key=lambda turn: turn.hazard.part).turn == "1"
    assert max(found, key=lambda turn: turn.hazard.value).turn == "3"


def test_late_turns_have_a_hazard_and_no_survival() -> None:
    """`21+` is many turns: its hazard is a mean over them, and no product goes on from it."""
    found = drop_off({"20": 10, "21+": 40}, {"20": 1, "21+": 4})

    assert [turn.turn for turn in found] == ["20", "21+"]
    assert found[1].hazard.value == 0.1
    # Nobody is known to have reached turns 1 to 19, so nobody knows how many survived them.
    assert [turn.survival for turn in found] == [None, None]


def test_drop_off_without_conversations() -> None:
    """Nothing reached, nothing said; also where an abandonment stands alone, as after a restart."""
    assert drop_off({}, {}) == []
    assert drop_off({"1": 0}, {"1": 3}) == []


def test_hazards_of_a_simulator() -> None:
    """Hazards read from the metrics of 2,500 drawn conversations are those that were drawn from.

    The share of n draws has the standard deviation √(h (1 - h) / n). An error beyond four of them comes by chance once
    in 15,000 times; in 21 turns, once in 750 runs with new seeds, and this seed is fixed. With 50,000 conversations
    four of them are less than .01 in every turn: ``benchmarks/month.py`` shows that.
    """
    service = Service("shop")
    totals, _ = played({service: DROP_OFF}, 2_500, Random(5), working=False)
    read = Readings(totals, service)
    found = drop_off(read.by(c.TURN_REACHED, "turn"), read.by(c.TURN_ABANDONED, "turn"))

    assert [turn.turn for turn in found] == list(v.TURNS)
    assert found[0].hazard.whole == 2_500
    for number, turn in enumerate(found, 1):
        true = hazard_of(DROP_OFF, number)
        assert turn.hazard.value == pytest.approx(true, abs=4 * sqrt(true * (1 - true) / turn.hazard.whole)), turn


def test_outcomes_escalation_and_sentiment() -> None:
    """Shares of all ended ones; of sentiment, of those that are known, and frustrated ones are negative."""
    assert outcome_rate({"completed": 30, "abandoned": 10}, "completed") == rate(30, 40)
    assert outcome_rate({"completed": 30}, "failed") == rate(0, 30)
    assert outcome_rate({}, "failed") is None
    assert escalation_rate(3, 40) == rate(3, 40)
    sentiments = {"positive": 3, "neutral": 4, "negative": 2, "frustrated": 1, "unknown": 90}
    assert negative_rate(sentiments) == rate(3, 10)
    assert negative_rate({"unknown": 5}) is None


def test_csat_with_response_rate_and_average() -> None:
    """8 of 10 ratings are positive, 10 of 50 were given; numbers 5, 4 and 2 are 3.67 on average."""
    found = csat({"positive": 8, "neutral": 1, "negative": 1}, 50, Decimal(11), 3)

    assert found == Csat(rate(8, 10), rate(10, 50), Decimal(11) / 3)
    assert csat({"positive": 2}, 4).average is None
    assert csat({}, 4) == Csat(None, rate(0, 4), None)
    assert csat({}, 0) == Csat(None, None, None)


def test_resolution_rate_with_coverage() -> None:
    """Escalated and partially resolved ones are known and not resolved; unknown ones lower the coverage alone."""
    statuses = {"resolved": 6, "partially_resolved": 1, "unresolved": 2, "escalated": 1, "unknown": 10}

    assert resolution(statuses) == Resolution(rate(6, 10), rate(10, 20))
    assert resolution(statuses).enough
    assert not resolution({**statuses, "unknown": 11}).enough
    assert resolution({"unknown": 3}) == Resolution(None, rate(0, 3))
    assert resolution({}) == Resolution(None, None)
    assert not resolution({}).enough


def test_money_is_exact() -> None:
    """Decimal in, decimal out: .30 USD for 3 resolved; 10 · 5 - .20 for those solved, .15 lost on those passed on."""
    assert cost_per_resolved(Decimal("0.30"), 3) == Decimal("0.1")
    assert cost_per_resolved(Decimal("0.30"), 0) is None
    saved = savings(Priced(10, Decimal("0.20")), Priced(4, Decimal("0.15")), Decimal(5))
    assert saved == Decimal("49.65")
    assert isinstance(saved, Decimal)
    # Nothing was solved, and asking a human cost as much as the agent had before.
    assert savings(Priced(0, Decimal(0)), Priced(1, Decimal("0.02")), Decimal(5)) == Decimal("-0.02")
