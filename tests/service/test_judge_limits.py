"""When a call of the judge is made again, and what a failed one means: values in, values out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.insights.extractor import JudgeError, Used
from otel_agent_analytics.service.judge_limits import Limits, failure_of, left_usd, next_day_ns, rest_seconds
from otel_agent_analytics.storage.insight_jobs import Job
from tests.helpers.judged import usd_of

DAY_NS = 24 * 3600 * 10**9
NOW_NS = 20_000 * DAY_NS + 5 * 3600 * 10**9
LIMITS = Limits(attempts=3, backoff_seconds=2)


def job(attempts: int = 1) -> Job:
    """Return a job that was taken so often."""
    return Job("c1", 1, "hash", Service("shop"), NOW_NS, attempts, 7)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 2), (2, 8), (3, 32), (6, 2048), (7, 3600), (10_000, 3600)])
def test_rests_are_four_times_as_long_each_time(attempts: int, seconds: float) -> None:
    """Up to an hour, after however many attempts."""
    assert rest_seconds(attempts, LIMITS) == seconds


def test_the_next_day_begins_within_five_minutes_of_midnight() -> None:
    """At midnight UTC at the soonest, five minutes later at the latest, wherever in the day it is now."""
    midnight_ns = 20_001 * DAY_NS

    assert next_day_ns(NOW_NS, 0) == next_day_ns(20_000 * DAY_NS, 0) == next_day_ns(midnight_ns - 1, 0) == midnight_ns
    assert next_day_ns(NOW_NS, 1) == midnight_ns + 300 * 10**9


def test_what_is_left_is_never_less_than_nothing() -> None:
    """A budget that was lowered in the middle of a day may have been overspent."""
    assert left_usd(LIMITS, Decimal("0.25")) == Decimal("0.75")
    assert left_usd(LIMITS, Decimal(2)) == 0


# What failed and after how many attempts; then how long it rests, whether that counts, and whether it was the last.
@pytest.mark.parametrize(
    ("failure", "attempts", "seconds", "counts", "last"),
    [
        (v.JUDGE_SERVER_ERROR, 1, 2, True, False),
        (v.JUDGE_TIMEOUT, 2, 8, True, False),
        (v.JUDGE_BAD_OUTPUT, 3, 32, True, True),
        (v.JUDGE_REFUSED, 1, 2, True, True),  # the same request would be refused again
        (v.JUDGE_NOT_ALLOWED, 1, 300, False, False),
        (v.JUDGE_NOT_ALLOWED, 9, 300, False, False),  # a setting is wrong, and the conversation is not
    ],
)
def test_what_a_failure_means(failure: str, attempts: int, seconds: int, counts: bool, last: bool) -> None:
    """Most are tried again until the attempts are used up."""
    found = failure_of(job(attempts), JudgeError(failure, "x"), usd_of, LIMITS, NOW_NS, 0)

    assert (found.failure, found.counts, found.last) == (failure, counts, last)
    assert found.due_ns == NOW_NS + seconds * 10**9


def test_the_endpoint_may_ask_for_a_longer_rest() -> None:
    """As long as it says, where that is longer; up to half as long again by chance."""
    long, short = (JudgeError(v.JUDGE_RATE_LIMITED, "x", free=True, rest_seconds=rest) for rest in (100, 0.5))

    assert failure_of(job(), long, usd_of, LIMITS, NOW_NS, 0).due_ns == NOW_NS + 100 * 10**9
    assert failure_of(job(), long, usd_of, LIMITS, NOW_NS, 1).due_ns == NOW_NS + 150 * 10**9
    assert failure_of(job(), short, usd_of, LIMITS, NOW_NS, 0).due_ns == NOW_NS + 2 * 10**9


@pytest.mark.parametrize(
    ("problem", "usd"),
    [
        (JudgeError(v.JUDGE_SERVER_ERROR, "x", free=True), Decimal(0)),
        (JudgeError(v.JUDGE_BAD_OUTPUT, "x", used=Used(1000, 100, 0, 0)), Decimal("0.002")),
        (JudgeError(v.JUDGE_TIMEOUT, "x"), None),
    ],
)
def test_what_it_cost(problem: JudgeError, usd: Decimal | None) -> None:
    """Nothing where it was refused, what it used where it says so, and else nobody knows."""
    assert failure_of(job(), problem, usd_of, LIMITS, NOW_NS, 0).usd == usd
