"""Asks a judge about ended conversations, on a thread of its own: takes what waits, asks, and stores what was found.

Killed at any moment it has lost nothing: a job is done when what came of it is stored, and else it is taken again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import secrets
import threading
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.errors import guard, note_fault
from otel_agent_analytics.insights.extractor import JudgeError, Used, most_tokens, opened
from otel_agent_analytics.outputs.exposition import JudgeState
from otel_agent_analytics.service.judgements import Failure, Verdict, findings_in
from otel_agent_analytics.service.transcripts import Stretch, Transcripts
from otel_agent_analytics.storage import insight_jobs as jobs
from otel_agent_analytics.storage.errors import ConflictError, StorageError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.insights.extractor import Endpoint, Extractor, Judgement
    from otel_agent_analytics.insights.transcript import Transcript
    from otel_agent_analytics.service.analyzer import Analyzer
    from otel_agent_analytics.storage.insight_jobs import Job

logger = logging.getLogger("otel_agent_analytics")

_SECOND_NS: Final = 1_000_000_000
_LOOK_SECONDS: Final = 1.0
_LEASE_SPARE_SECONDS: Final = 15.0
"""Beyond the time-out of a call: for what comes before it and after it."""
_LONGEST_REST_SECONDS: Final = 3600.0
_GROWS: Final = 4
_JITTER: Final = 0.5
"""A rest is up to this share longer than it must be, so that what failed together is not tried together."""
_NOT_ALLOWED_SECONDS: Final = 300.0
"""Rest where the endpoint takes no request of ours: a setting is to be put right first."""
_SPREAD_SECONDS: Final = 300.0
"""After midnight, over which what waited for the next budget is tried."""
_PERMANENT: Final = frozenset({v.JUDGE_REFUSED})
"""Failures after which the same request would fail again."""
_CONFIGURED: Final = frozenset({v.JUDGE_NOT_ALLOWED})
_TRIES: Final = 5
_RUNNING: Final = guard("judge.run")
_LOOKING: Final = guard("judge.look")
_JUDGING: Final = guard("judge.judge")


class Limits(NamedTuple):
    """How much a judge may do."""

    budget_usd: Decimal = Decimal(1)
    """On a UTC day."""
    concurrency: int = 4
    """Calls at once."""
    attempts: int = 5
    """How often a conversation is tried."""
    backoff_seconds: float = 2.0
    """Rest after a first failure."""


class Judge:
    """Judges as long as it runs. Several analyzers on one database share what waits, and the budget.

    Args:
        analyzer: has the jobs, and stores what was found.
        endpoint: where and how the judge is asked.
        transcripts: makes what it is shown.
        price: returns what tokens cost, USD; None where there is no price.
        clock: returns the time now, UTC nanoseconds.
        limits: how much it may do.
    """

    def __init__(
        self,
        analyzer: Analyzer,
        endpoint: Endpoint,
        transcripts: Transcripts,
        price: Callable[[Used], Decimal | None],
        clock: Callable[[], int],
        limits: Limits,
    ) -> None:
        self._analyzer = analyzer
        self._database = analyzer.database
        self._endpoint = endpoint
        self._transcripts = transcripts
        self._price = price
        self._clock = clock
        self._limits = limits
        self._store_key = b""
        self._told: set[str] = set()
        self._stopping = threading.Event()
        self._patience = 0.0
        self._thread = threading.Thread(target=self._run, name="agent-analytics-judge", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, patience_seconds: float = 5.0) -> None:
        """Wait so long for calls under way, and end; what was not answered by then is asked again later."""
        self._patience = patience_seconds
        self._stopping.set()
        self._thread.join(patience_seconds + _LEASE_SPARE_SECONDS)

    def state(self) -> JudgeState:
        """Return where it stands.

        Raises:
            StorageError: the store cannot be read.
        """
        spent = jobs.spent(self._database, self._clock())
        return JudgeState(jobs.waiting(self._database), float(max(Decimal(0), self._limits.budget_usd - spent)))

    # --- on the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        with _RUNNING:
            asyncio.run(self._work())

    async def _work(self) -> None:
        await self._begin()
        async with opened(self._endpoint) as extractor:
            under_way: set[asyncio.Task[None]] = set()
            while not self._stopping.is_set():
                taken: list[Job] = []
                with _LOOKING, contextlib.suppress(UnavailableError, ConflictError):
                    taken = await asyncio.to_thread(self._take, self._limits.concurrency - len(under_way))
                under_way |= {asyncio.create_task(self._judge(extractor, job)) for job in taken}
                under_way = await self._some_done(under_way)
            await self._finish(under_way)

    async def _begin(self) -> None:
        """Take over what a process that is gone had under way."""
        with (
            _LOOKING,
            contextlib.suppress(UnavailableError, ConflictError),
            self._database.transaction() as transaction,
        ):
            if not transaction.shared:
                jobs.release_all(transaction, self._clock())

    async def _some_done(self, under_way: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
        """Wait for a call that is answered, for a second, or for the end; return what is still under way."""
        stopped = asyncio.create_task(asyncio.to_thread(self._stopping.wait, _LOOK_SECONDS))
        await asyncio.wait({*under_way, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if len(under_way) < self._limits.concurrency and not any(task.done() for task in under_way):
            await stopped
        return {task for task in under_way if not task.done()}

    async def _finish(self, under_way: set[asyncio.Task[None]]) -> None:
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=self._patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _take(self, most: int) -> list[Job]:
        if most <= 0:
            return []
        now_ns = self._clock()
        until_ns = now_ns + round((self._endpoint.timeout_seconds + _LEASE_SPARE_SECONDS) * _SECOND_NS)
        with self._database.transaction() as transaction:
            self._store_key = self._store_key or transaction.store_key()
            return jobs.take(transaction, now_ns, until_ns, secrets.randbits(62) + 1, most)

    async def _judge(self, extractor: Extractor, job: Job) -> None:
        with _JUDGING:
            try:
                await self._judge_one(extractor, job)
            except (UnavailableError, ConflictError) as problem:
                # What was found is lost, and the job is taken again when its lease is over.
                logger.warning("a judgement could not be stored: %s", problem)

    async def _judge_one(self, extractor: Extractor, job: Job) -> None:
        if (
            job.attempts > self._limits.attempts
        ):  # whoever had it each time was killed, or could not store what came of it
            await self._store(Verdict(job, v.GIVEN_UP, usd=Decimal(0)))
            return
        transcript = await asyncio.to_thread(self._transcript, job)
        if transcript is None:
            await self._store(Verdict(job, v.WITHOUT_TEXT, usd=Decimal(0)))
            return
        found = transcript.hash(self._store_key)
        before = await asyncio.to_thread(self._judged_before, found)
        if before is not None:
            await self._store(Verdict(job, v.JUDGED_BEFORE, findings_in(before), found, Decimal(0)))
            return
        reserved = await asyncio.to_thread(self._reserve, job, transcript)
        if reserved is None:
            return
        try:
            judgement = await extractor.judge(transcript)
        except JudgeError as problem:
            await self._failed(reserved, problem)
        else:
            self._back()
            await self._store(self._verdict(reserved, judgement, found))

    def _transcript(self, job: Job) -> Transcript | None:
        statement = "SELECT started_ns, ended_ns FROM conversations WHERE conversation_id = ? AND episode = ?"
        with self._database.snapshot() as read:
            rows = read(statement, [job.conversation_id, job.episode])
            stretches = [Stretch(job.conversation_id, job.episode, *row) for row in rows]
            return next(iter(self._transcripts.of(read, stretches).values()), None)

    def _judged_before(self, transcript_hash: str) -> bytes | None:
        judge = self._analyzer.judge
        if judge is None:
            return None
        with self._database.snapshot() as read:
            return jobs.judged_before(read, transcript_hash, judge.name, judge.version)

    def _reserve(self, job: Job, transcript: Transcript) -> Job | None:
        """Reserve the cost of a call; return None where it is put off to the next day."""
        usd, now_ns = self._price(most_tokens(transcript, self._endpoint)), self._clock()
        # A price that is not known any more pays for nothing.
        reserved = None if usd is None else self._reserved(job, usd, now_ns)
        if reserved is None:
            midnight_ns = (now_ns // jobs.DAY_NS + 1) * jobs.DAY_NS
            due_ns = midnight_ns + round(random.uniform(0, _SPREAD_SECONDS) * _SECOND_NS)  # noqa: S311 - no secret
            self._analyzer.not_judged(lambda judge, transaction: judge.postpone(transaction, job, due_ns))
            self._warn_once("budget", "the budget of the judge for today is spent: what waits is judged tomorrow")
        return reserved

    def _reserved(self, job: Job, usd: Decimal, now_ns: int) -> Job | None:
        for _ in range(_TRIES - 1):
            with contextlib.suppress(ConflictError), self._database.transaction() as transaction:
                return jobs.reserve(transaction, job, usd, self._limits.budget_usd, now_ns)
        with self._database.transaction() as transaction:
            return jobs.reserve(transaction, job, usd, self._limits.budget_usd, now_ns)

    def _verdict(self, job: Job, judgement: Judgement, transcript_hash: str) -> Verdict:
        usd = None if judgement.used is None else self._price(judgement.used)
        return Verdict(job, v.JUDGED, judgement.findings, transcript_hash, usd)

    async def _failed(self, job: Job, problem: JudgeError) -> None:
        if problem.failure == v.JUDGE_FAULT:
            note_fault("judge.judge", problem)
        self._warn_once(problem.failure, f"the judge could not be asked, or gave no judgement: {problem}")
        configured = problem.failure in _CONFIGURED
        usd = Decimal(0) if problem.free else None if problem.used is None else self._price(problem.used)
        rest = max(problem.rest_seconds, _NOT_ALLOWED_SECONDS if configured else self._rest(job.attempts))
        due_ns = self._clock() + round(rest * (1 + random.uniform(0, _JITTER)) * _SECOND_NS)  # noqa: S311 - no secret
        last = not configured and (problem.failure in _PERMANENT or job.attempts >= self._limits.attempts)
        failure = Failure(job, problem.failure, due_ns, usd, counts=not configured, last=last)
        await asyncio.to_thread(self._analyzer.not_judged, lambda judge, transaction: judge.fail(transaction, failure))

    def _rest(self, attempts: int) -> float:
        """Return how long to rest after so many attempts, seconds."""
        return min(self._limits.backoff_seconds * float(_GROWS ** min(attempts - 1, 20)), _LONGEST_REST_SECONDS)

    async def _store(self, verdict: Verdict) -> None:
        """Store a verdict; where the store cannot be used just now, again until the lease is over."""
        give_up = time.monotonic() + _LEASE_SPARE_SECONDS
        while True:
            try:
                await asyncio.to_thread(self._analyzer.judged, verdict)
            except StorageError:
                if time.monotonic() > give_up:
                    raise
                await asyncio.sleep(_LOOK_SECONDS)
            else:
                return

    def _back(self) -> None:
        if self._told - {"budget"}:
            self._told &= {"budget"}
            logger.info("the judge answers again")

    def _warn_once(self, what: str, message: str) -> None:
        if what not in self._told:
            self._told.add(what)
            logger.warning("%s", message)
