"""Asks a judge about ended conversations, on a thread of its own: takes what waits, and has each judged.

Killed at any moment it has lost nothing: a job is done when what came of it is stored, and else it is taken again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import threading
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.errors import guard
from otel_agent_analytics.insights.extractor import opened
from otel_agent_analytics.outputs.exposition import JudgeState
from otel_agent_analytics.service.judge_case import LEASE_SPARE_SECONDS
from otel_agent_analytics.service.judge_limits import SECOND_NS, left_usd
from otel_agent_analytics.storage import insight_jobs as jobs
from otel_agent_analytics.storage.errors import ConflictError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.insights.extractor import Endpoint, Extractor
    from otel_agent_analytics.service.judge_case import Cases
    from otel_agent_analytics.service.judge_limits import Limits
    from otel_agent_analytics.storage.database import Database
    from otel_agent_analytics.storage.insight_jobs import Job

logger = logging.getLogger("otel_agent_analytics")

_LOOK_SECONDS: Final = 1.0
_LEASE_BITS: Final = 62
_RUNNING: Final = guard("judge.run")
_LOOKING: Final = guard("judge.look")


class Judge:
    """Judges as long as it runs. Several analyzers on one database share what waits, and the budget.

    Args:
        cases: judges one job.
        database: has the jobs.
        endpoint: where and how the judge is asked.
        clock: returns the time now, UTC nanoseconds.
        limits: how much it may do.
    """

    def __init__(
        self, cases: Cases, database: Database, endpoint: Endpoint, clock: Callable[[], int], limits: Limits
    ) -> None:
        self._cases = cases
        self._database = database
        self._endpoint = endpoint
        self._clock = clock
        self._limits = limits
        self._stopping = threading.Event()
        self._patience_seconds = 0.0
        self._thread = threading.Thread(target=self._run, name="agent-analytics-judge", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, patience_seconds: float = 5.0) -> None:
        """Wait so long for calls under way, and end; what was not answered by then is asked again later."""
        self._patience_seconds = patience_seconds
        self._stopping.set()
        self._thread.join(patience_seconds + LEASE_SPARE_SECONDS)
        if self._thread.is_alive():
            logger.warning("the judge waits for the store and is left behind; what it found is asked for again later")

    def state(self) -> JudgeState:
        """Return where it stands.

        Raises:
            StorageError: the store cannot be read.
        """
        spent_usd = jobs.spent(self._database, self._clock())
        return JudgeState(jobs.waiting(self._database), float(left_usd(self._limits, spent_usd)))

    # --- on the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        with _RUNNING:
            asyncio.run(self._work())

    async def _work(self) -> None:
        # One for as long as it runs: each wait takes a thread that what asks the store needs too.
        stopped = asyncio.create_task(asyncio.to_thread(self._stopping.wait))
        try:
            await asyncio.to_thread(self._take_over)
            async with opened(self._endpoint) as extractor:
                await self._judge_all(extractor, stopped)
        finally:
            self._stopping.set()  # else a thread would wait for it for ever
            await stopped

    async def _judge_all(self, extractor: Extractor, stopped: asyncio.Task[bool]) -> None:
        """Take what waits, as much as may be under way, until it is time to stop."""
        under_way: set[asyncio.Task[None]] = set()
        while not self._stopping.is_set():
            room = self._limits.concurrency - len(under_way)
            taken = await asyncio.to_thread(self._take, room) if room else []
            under_way |= {asyncio.create_task(self._cases.judge(extractor, job)) for job in taken}
            await asyncio.wait({*under_way, stopped}, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            under_way = {task for task in under_way if not _is_done(task)}
        await self._finish(under_way)

    async def _finish(self, under_way: set[asyncio.Task[None]]) -> None:
        """Wait for what is under way as long as may be, and let go of the rest."""
        if under_way:
            answered, late = await asyncio.wait(under_way, timeout=self._patience_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*answered, *late, return_exceptions=True)

    # --- on other threads ---------------------------------------------------------------------------------------------

    def _take_over(self) -> None:
        """Take over what a process that is gone had under way."""
        with (
            _LOOKING,
            contextlib.suppress(UnavailableError, ConflictError),
            self._database.transaction() as transaction,
        ):
            if not transaction.shared:
                jobs.release_all(transaction, self._clock())

    def _take(self, most: int) -> list[Job]:
        """Lease jobs that are due, so many at most; none where the store cannot be used just now."""
        now_ns = self._clock()
        until_ns = now_ns + round((self._endpoint.timeout_seconds + LEASE_SPARE_SECONDS) * SECOND_NS)
        lease = secrets.randbits(_LEASE_BITS) + 1
        with (
            _LOOKING,
            contextlib.suppress(UnavailableError, ConflictError),
            self._database.transaction() as transaction,
        ):
            return jobs.take(transaction, now_ns, until_ns, lease, most)
        return []


def _is_done(task: asyncio.Task[None]) -> bool:
    """Return whether a call is done. What it raised is a fault that is counted; under pytest it is raised on."""
    if task.done():
        task.result()
    return task.done()
