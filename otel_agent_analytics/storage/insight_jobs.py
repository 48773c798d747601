"""What waits for a judge: jobs that are taken, put off and done, and the budget of each day. One statement or two each.

Whoever takes a job leases it. Until that lease is over nobody else gets it; what was leased by a process that is gone
is taken by another one then. What a call may cost is reserved before it, and stays spent where nobody says otherwise.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.storage import tables as t

if TYPE_CHECKING:
    from otel_agent_analytics.storage.database import Database, Read, Transaction
    from otel_agent_analytics.storage.rows import Row

DAY_NS: Final = 86_400 * 1_000_000_000
FREE: Final = 0
"""The lease of a job that nobody has."""
SMALLEST: Final = Decimal("1e-15")
"""USD: what a column of money holds."""
_USD: Final = "CAST(? AS DECIMAL(38, 15))"
_KEY: Final = " AND ".join(f"{name} = ?" for name in t.INSIGHT_JOBS.key)

JobKey: TypeAlias = "tuple[str, int, str]"
"""Conversation id, number of the episode, hash of the transcript."""


class Job(NamedTuple):
    """An ended episode that is to be judged."""

    conversation_id: str
    episode: int
    transcript_hash: str
    service: Service
    ended_ns: int
    attempts: int
    """How often it was taken, this time included."""
    lease: int
    reserved_day: int = 0
    reserved_usd: Decimal = Decimal(0)

    @property
    def key(self) -> JobKey:
        """What tells it apart."""
        return self.conversation_id, self.episode, self.transcript_hash

    @property
    def of(self) -> tuple[str, int]:
        """Conversation id and number of its episode."""
        return self.conversation_id, self.episode


def new_row(key: JobKey, service: Service, ended_ns: int, now_ns: int) -> Row:
    """Return the row of a job that may be taken at once."""
    return (*key, *service, ended_ns, now_ns, 0, FREE, 0, Decimal(0), now_ns)


def take(transaction: Transaction, now_ns: int, until_ns: int, lease: int, most: int) -> list[Job]:
    """Lease jobs that are due, those that are so for longest; none that another analyzer is just about to take.

    Args:
        transaction: in which that is done.
        now_ns: the time now, UTC nanoseconds.
        until_ns: when the lease is over.
        lease: tells this one from others; not 0.
        most: how many.
    """
    columns = ", ".join((*t.INSIGHT_JOBS.key, *_SERVICE, "ended_ns", "attempts"))
    locked = " FOR UPDATE SKIP LOCKED" if transaction.shared else ""
    statement = f"SELECT {columns} FROM insight_jobs WHERE ? >= due_ns ORDER BY due_ns, conversation_id LIMIT ?{locked}"
    found = transaction.ask(statement, [now_ns, most])
    jobs = [Job(row[0], row[1], row[2], Service(*row[3:6]), row[6], row[7] + 1, lease) for row in found]
    for job in jobs:
        put_off(transaction, job, until_ns, attempts=job.attempts, lease=lease)
    return jobs


_SERVICE: Final = ("service_name", "service_namespace", "deployment_environment_name")


def put_off(transaction: Transaction, job: Job, due_ns: int, *, attempts: int, lease: int = FREE) -> None:
    """Leave a job until a time, UTC nanoseconds; ``attempts`` is how often it counts as taken."""
    statement = f"UPDATE insight_jobs SET due_ns = ?, attempts = ?, lease = ?, reserved_usd = 0 WHERE {_KEY}"
    transaction.ask(statement, [due_ns, attempts, lease, *job.key])


def is_held(transaction: Transaction, job: Job) -> bool:
    """Return whether a job is still there, and leased by whoever asks."""
    statement = f"SELECT 1 FROM insight_jobs WHERE {_KEY} AND lease = ?"
    return bool(transaction.ask(statement, [*job.key, job.lease]))


def release_all(transaction: Transaction, now_ns: int) -> None:
    """Let go of all leases: where one process at a time has the store, those who had them are gone."""
    transaction.ask("UPDATE insight_jobs SET due_ns = ?, lease = ? WHERE lease <> ?", [now_ns, FREE, FREE])


def reserve(transaction: Transaction, job: Job, usd: Decimal, budget_usd: Decimal, now_ns: int) -> Job | None:
    """Reserve what a call may cost; return the job with it, or None where the budget of the day does not pay for it."""
    day = now_ns // DAY_NS
    if transaction.shared:
        transaction.ask("LOCK TABLE judge_days IN SHARE ROW EXCLUSIVE MODE")
    rows = transaction.ask("SELECT spent_usd FROM judge_days WHERE day = ?", [day])
    if (rows[0][0] if rows else Decimal(0)) + usd > budget_usd:
        return None
    if not rows:
        transaction.ask(f"INSERT INTO judge_days (day, spent_usd) VALUES (?, {_USD})", [day, Decimal(0)])
    reserved = job._replace(reserved_day=day, reserved_usd=usd.quantize(SMALLEST))
    _spend(transaction, day, reserved.reserved_usd)
    statement = f"UPDATE insight_jobs SET reserved_day = ?, reserved_usd = {_USD} WHERE {_KEY}"
    transaction.ask(statement, [day, reserved.reserved_usd, *job.key])
    return reserved


def settle(transaction: Transaction, job: Job, usd: Decimal | None) -> None:
    """Put what a call cost in the place of what was reserved for it; None: nobody knows, so that stays."""
    if usd is not None and job.reserved_day:
        _spend(transaction, job.reserved_day, (usd - job.reserved_usd).quantize(SMALLEST))


def _spend(transaction: Transaction, day: int, usd: Decimal) -> None:
    statement = f"UPDATE judge_days SET spent_usd = CAST(spent_usd + {_USD} AS DECIMAL(38, 15)) WHERE day = ?"
    transaction.ask(statement, [usd, day])


def waiting(database: Database) -> int:
    """Return how many jobs there are."""
    count: int = database.read("SELECT count(*) FROM insight_jobs")[0][0]
    return count


def spent(database: Database, now_ns: int) -> Decimal:
    """Return what is spent, or reserved, of the budget of the day."""
    rows = database.read("SELECT spent_usd FROM judge_days WHERE day = ?", [now_ns // DAY_NS])
    return Decimal(rows[0][0]) if rows else Decimal(0)


def judged_before(read: Read, transcript_hash: str, extractor: str, version: str) -> bytes | None:
    """Return what a judge found last in the same words, in whichever conversation; None where it has not seen them."""
    statement = (
        "SELECT body FROM insights WHERE transcript_hash = ? AND extractor = ? AND extractor_version = ? "
        "ORDER BY judged_ns DESC LIMIT 1"
    )
    rows: list[Any] = read(statement, [transcript_hash, extractor, version])
    return bytes(rows[0][0]) if rows else None
