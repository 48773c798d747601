"""Sums that do not depend on their order, and twins that take back exactly what was added."""

from __future__ import annotations

import pickle
import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Context
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs.totals import Totals
from tests.helpers.script import SERVICE, play

if TYPE_CHECKING:
    from otel_agent_analytics.conversations.record import ConversationRecord

RECORD = play("user a | agent x").record

COSTS = st.none() | st.decimals(min_value=0, max_value=10**6, places=12, allow_nan=False)
RATINGS = st.dictionaries(
    st.sampled_from(("ann", "bob", "eve")),
    st.tuples(st.sampled_from(v.RATINGS), st.none() | st.floats(1, 5)),
).map(lambda by_rater: tuple((rater, *rating) for rater, rating in sorted(by_rater.items())))
CHANGES: dict[str, st.SearchStrategy[Any]] = {
    "outcome": st.sampled_from((*v.OUTCOMES, None)),
    "user_turns": st.integers(1, 40),
    "agent": st.sampled_from(("A", "B", "unknown")),
    "escalation_agent": st.sampled_from((None, "A", "B")),
    "without_signals": st.booleans(),
    "requested_outcome": st.sampled_from((None, *v.OUTCOMES)),
    "ratings": RATINGS,
    "last_rating": st.sampled_from((None, *v.RATINGS)),
    "cost": COSTS,
    "unpriced_calls": st.integers(0, 2),
    "satisfaction": st.none() | st.floats(0, 1),
    "judged_turns": st.integers(0, 5),
    "dissatisfied_turns": st.none() | st.integers(0, 5),
    "rephrases": st.none() | st.integers(0, 5),
    "repeats": st.none() | st.integers(0, 5),
    "sentiment": st.sampled_from((None, *v.SENTIMENTS[:-1])),
    "trajectory": st.sampled_from((None, *v.TRAJECTORIES[:-1])),
    "outcome_statement": st.sampled_from((None, "success", "failure")),
    "resolution_status": st.sampled_from((None, *v.RESOLUTION_STATUSES[:-1])),
    "judged_resolved": st.none() | st.booleans(),
    "effort": st.none() | st.integers(1, 5),
    "returned": st.none() | st.booleans(),
    "duration_ns": st.integers(0, 10**15),
    "context": st.builds(
        Context, channel=st.sampled_from((None, "web", "app")), device=st.sampled_from((None, "mobile", "toaster")),
        language=st.sampled_from((None, "en", "de")), country=st.sampled_from((None, "NL", "DE")),
    ),
}  # fmt: skip


def made(changes: dict[str, Any]) -> ConversationRecord:
    """Return a record."""
    return RECORD._replace(ended_ns=RECORD.started_ns + changes.pop("duration_ns"), **changes)


RECORDS = st.fixed_dictionaries(CHANGES).map(made)


def sums(totals: Totals) -> dict[Any, Any]:
    """Return the sums themselves, of the very types that they have; what is 0 is left out."""
    counters = {
        (metric.name, key): (total.value, total.retracted)
        for metric, series in totals.counters().items()
        for key, total in series.items()
        if total.value or total.retracted
    }
    histograms = {
        (metric.name, key): (one.counts, one.total)
        for metric, series in totals.histograms().items()
        for key, one in series.items()
    }
    return counters | histograms


@given(st.lists(RECORDS, min_size=2, max_size=12), st.randoms(use_true_random=False))
def test_order_changes_no_digit(records: list[ConversationRecord], chance: random.Random) -> None:
    """Costs, ratings, times and satisfaction add up to the same number in any order, not nearly but exactly."""
    straight, mixed = Totals(), Totals()
    for record in records:
        straight.ended(record)
    for record in chance.sample(records, k=len(records)):
        mixed.ended(record)

    assert sums(straight) == sums(mixed)


@given(RECORDS)
def test_what_is_reopened_is_taken_back_whole(record: ConversationRecord) -> None:
    """Of every counter that the end moved the twin moves by the same; only the reopening itself stays."""
    totals = Totals()
    totals.ended(record)
    totals.reopened(record)
    left = {
        metric: total.value - total.retracted
        for metric, series in totals.counters().items()
        for total in series.values()
        if total.value != total.retracted
    }

    assert left == ({c.REOPENED: 1} if record.engaged else {})


@given(RECORDS, RECORDS)
def test_a_change_leaves_what_the_later_record_says(earlier: ConversationRecord, later: ConversationRecord) -> None:
    """Counters less their twins are those of the later record alone, and what both say does not move at all."""
    changed, fresh = Totals(), Totals()
    changed.ended(earlier)
    before = sums(changed)
    changed.changed(later, earlier)
    fresh.ended(later)

    net = {
        (metric.name, key): total.value - total.retracted
        for metric, series in changed.counters().items()
        for key, total in series.items()
        if total.value != total.retracted
    }
    expected = {
        (metric.name, key): total.value
        for metric, series in fresh.counters().items()
        for key, total in series.items()
        if total.value
    }
    assert net == expected
    if earlier == later:
        assert sums(changed) == before


@given(RECORDS, RECORDS, RECORDS)
def test_changes_add_up(first: ConversationRecord, second: ConversationRecord, third: ConversationRecord) -> None:
    """By way of another record, and back again: the differences are those of the last."""
    totals = Totals()
    totals.ended(first)
    totals.changed(second, first)
    totals.changed(third, second)
    totals.changed(first, third)
    net = {
        (metric.name, key): total.value - total.retracted
        for metric, series in totals.counters().items()
        for key, total in series.items()
    }
    once = Totals()
    once.ended(first)

    expected = {
        (metric.name, key): total.value for metric, series in once.counters().items() for key, total in series.items()
    }
    assert {key: value for key, value in net.items() if value} == {key: n for key, n in expected.items() if n}


def test_a_tenth_ten_times_is_one() -> None:
    """As floats it would be .9999999999999999."""
    totals = Totals()
    for _ in range(10):
        totals.ended(RECORD._replace(cost=Decimal("0.1"), satisfaction=0.1))

    assert totals.counters()[c.ENDED_COST][SERVICE, ("silent",)].value == Decimal(1)
    assert totals.histograms()[c.SATISFACTION][SERVICE, ()].total == Decimal(1)


@pytest.mark.parametrize(
    ("metric", "on_the_bound", "above"),
    [
        (c.DURATION, 60 * 10**9, 60 * 10**9 + 1),
        (c.CONVERSATION_TURNS, 3, 4),
        (c.CONVERSATION_COST, Decimal("0.005"), Decimal("0.005000000001")),
        (c.SATISFACTION, 0.5, 0.500001),
    ],
)
def test_value_on_a_bound_falls_below_it(metric: c.Metric, on_the_bound: Any, above: Any) -> None:
    """Bounds include their value, to the nanosecond and to the last digit of a dollar."""
    buckets = []
    for value in (on_the_bound, above):
        totals, record = Totals(), RECORD
        if metric is c.DURATION:
            record = record._replace(ended_ns=record.started_ns + value)
        elif metric is c.CONVERSATION_TURNS:
            record = record._replace(user_turns=value)
        elif metric is c.CONVERSATION_COST:
            record = record._replace(cost=value)
        else:
            record = record._replace(satisfaction=value)
        totals.ended(record)
        buckets.append(totals.histograms()[metric][SERVICE, ()].counts.index(1))

    assert buckets[1] == buckets[0] + 1


def test_examples_are_the_latest_of_each_bucket() -> None:
    """A trace to look at, for a counter the last, for a histogram one in each bucket; none where nothing is known."""
    totals = Totals()
    for trace, seconds in (("1" * 32, 5), ("2" * 32, 80), ("3" * 32, 6), ("", 7)):
        totals.ended(RECORD._replace(trace_id=trace, ended_ns=RECORD.started_ns + seconds * 10**9))
    duration = totals.histograms()[c.DURATION][SERVICE, ()]
    ended = totals.counters()[c.ENDED][SERVICE, ("silent", "helper")]

    assert {bucket: example.trace_id for bucket, example in duration.examples.items()} == {0: "3" * 32, 1: "2" * 32}
    assert ended.example is not None
    assert ended.example.trace_id == "3" * 32


def test_copies_are_the_readers_own() -> None:
    """What a reader does with a copy changes nothing, and nothing changes it; a copy can be sent to another process."""
    totals = Totals()
    totals.ended(RECORD)
    counters, histograms = totals.counters(), totals.histograms()
    counters[c.ENDED][SERVICE, ("silent", "helper")].value = 99
    histograms[c.DURATION][SERVICE, ()].counts[0] = 99
    totals.ended(RECORD)

    assert totals.counters()[c.ENDED][SERVICE, ("silent", "helper")].value == 2
    assert sum(totals.histograms()[c.DURATION][SERVICE, ()].counts) == 2
    assert pickle.loads(pickle.dumps(totals.counters())) == totals.counters()  # noqa: S301
