"""Jobs of a judge in the store: taken once, put off, and a budget that is reserved before it is spent."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.storage import insight_jobs as jobs
from otel_agent_analytics.storage.database import Batch

if TYPE_CHECKING:
    from otel_agent_analytics.storage.database import Database
    from otel_agent_analytics.storage.insight_jobs import Job

NOON_NS = 20_000 * jobs.DAY_NS + jobs.DAY_NS // 2
SECOND_NS = 10**9
BUDGET = Decimal(1)


def fill(database: Database, count: int) -> None:
    """Add jobs, the first due first."""
    with database.transaction() as transaction:
        rows = [jobs.new_row((f"c{n}", 1, "ab"), Service("shop"), 7, NOON_NS + n) for n in range(count)]
        transaction.write(Batch(insight_jobs=rows))


def taken(database: Database, now_ns: int, most: int = 10, lease: int = 1) -> list[Job]:
    """Lease jobs for a minute."""
    with database.transaction() as transaction:
        return jobs.take(transaction, now_ns, now_ns + 60 * SECOND_NS, lease, most)


def test_a_job_is_taken_by_one(database: Database) -> None:
    """Those that are due for longest come first; nobody else gets them until their lease is over, and counts on."""
    fill(database, 3)

    assert [job.conversation_id for job in taken(database, NOON_NS + 1)] == ["c0", "c1"]
    assert [job.conversation_id for job in taken(database, NOON_NS + SECOND_NS, lease=2)] == ["c2"]
    again = taken(database, NOON_NS + 62 * SECOND_NS, most=1, lease=3)
    assert [(job.conversation_id, job.attempts, job.lease) for job in again] == [("c0", 2, 3)]


def test_only_the_last_lease_holds(database: Database) -> None:
    """Whose lease is over and was given to another has nothing any more; nor has anybody of a job that is gone."""
    fill(database, 1)
    [first] = taken(database, NOON_NS)
    [second] = taken(database, NOON_NS + 61 * SECOND_NS, lease=2)
    with database.transaction() as transaction:
        assert [jobs.is_held(transaction, job) for job in (first, second)] == [False, True]
        transaction.write(Batch(jobs_done=[second.key]))
    with database.transaction() as transaction:
        assert not jobs.is_held(transaction, second)


def test_leases_of_those_who_are_gone(database: Database) -> None:
    """Where one process at a time has the store, what it had under way is due at once after a restart."""
    fill(database, 2)
    taken(database, NOON_NS + 1)
    with database.transaction() as transaction:
        jobs.release_all(transaction, NOON_NS + 2)

    assert [job.attempts for job in taken(database, NOON_NS + 2)] == [2, 2]


def test_what_is_put_off_waits(database: Database) -> None:
    """A job that is put off is not due before its time, and has as many attempts as was said."""
    fill(database, 1)
    [job] = taken(database, NOON_NS)
    with database.transaction() as transaction:
        jobs.put_off(transaction, job, NOON_NS + 5 * SECOND_NS, attempts=0)

    assert taken(database, NOON_NS + 5 * SECOND_NS - 1) == []
    assert [one.attempts for one in taken(database, NOON_NS + 5 * SECOND_NS)] == [1]


def reserve(database: Database, job: Job, usd: str, now_ns: int = NOON_NS) -> Job | None:
    """Reserve so much for a job."""
    with database.transaction() as transaction:
        return jobs.reserve(transaction, job, Decimal(usd), BUDGET, now_ns)


def test_reservations_never_exceed_the_budget(database: Database) -> None:
    """What is reserved counts as spent: the budget is given out to the last cent, and not one call more."""
    fill(database, 4)
    found = taken(database, NOON_NS + SECOND_NS)

    assert [reserve(database, job, "0.4") is not None for job in found] == [True, True, False, False]
    assert jobs.spent(database, NOON_NS) == Decimal("0.8")
    assert reserve(database, found[2], "0.2") is not None
    assert reserve(database, found[3], "0.000000000000001") is None
    assert reserve(database, found[3], "0") is not None


@pytest.mark.parametrize(("usd", "left"), [("0.1", "0.1"), ("0", "0"), ("0.7", "0.7"), (None, "0.4")])
def test_what_it_cost_takes_the_place_of_what_was_reserved(database: Database, usd: str | None, left: str) -> None:
    """Less or more; where nobody knows, what was reserved stays. It counts on the day of the call."""
    fill(database, 1)
    [job] = taken(database, NOON_NS)
    reserved = reserve(database, job, "0.4")
    assert reserved is not None
    with database.transaction() as transaction:
        jobs.settle(transaction, reserved, None if usd is None else Decimal(usd))

    assert jobs.spent(database, NOON_NS) == Decimal(left)
    assert jobs.spent(database, NOON_NS + jobs.DAY_NS) == 0


def test_each_day_has_its_budget(database: Database) -> None:
    """The day is that of UTC: a nanosecond before midnight it is the old one."""
    fill(database, 2)
    found = taken(database, NOON_NS + SECOND_NS)
    midnight_ns = NOON_NS + jobs.DAY_NS // 2

    assert reserve(database, found[0], "1", midnight_ns - 1) is not None
    assert reserve(database, found[1], "1", midnight_ns - 1) is None
    assert reserve(database, found[1], "1", midnight_ns) is not None
