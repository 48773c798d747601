"""One conversation that is to be judged: from its job to what is stored of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.errors import guard, note_fault
from otel_agent_analytics.insights.extractor import JudgeError, most_tokens
from otel_agent_analytics.service.judge_limits import failure_of, next_day_ns
from otel_agent_analytics.service.judge_told import Told
from otel_agent_analytics.service.transcripts import Stretch
from otel_agent_analytics.service.verdicts import Verdict, findings_in
from otel_agent_analytics.storage import insight_jobs as jobs
from otel_agent_analytics.storage.errors import ConflictError, StorageError, UnavailableError
from otel_agent_analytics.storage.judged import store_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.insights.extractor import Endpoint, Extractor, Used
    from otel_agent_analytics.insights.schema import Findings
    from otel_agent_analytics.insights.transcript import Transcript
    from otel_agent_analytics.service.analyzer import Analyzer
    from otel_agent_analytics.service.judge_limits import Limits
    from otel_agent_analytics.service.judgements import Judgements
    from otel_agent_analytics.service.transcripts import Transcripts
    from otel_agent_analytics.storage.database import Transaction
    from otel_agent_analytics.storage.insight_jobs import Job

    Price = Callable[[Used], Decimal | None]

logger = logging.getLogger("otel_agent_analytics")

LEASE_SPARE_SECONDS: Final = 15.0
"""Beyond the time-out of a call: for what comes before it and after it."""
_AGAIN_SECONDS: Final = 1.0
_TRIES: Final = 5
_FREE: Final = Decimal(0)
_PLACE: Final = "judge.judge"
_JUDGING: Final = guard(_PLACE)


class Cases:
    """Judges what is taken, each job by itself. Used within one event loop; the store is asked on other threads.

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
        price: Price,
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
        self._told = Told()

    async def judge(self, extractor: Extractor, job: Job) -> None:
        """Judge a conversation; whatever goes wrong, its job is still there or what came of it is stored."""
        with _JUDGING:
            try:
                await self._judge(extractor, job)
            except (UnavailableError, ConflictError) as problem:
                logger.warning("a judgement could not be stored, so it is asked for again later: %s", problem)

    async def _judge(self, extractor: Extractor, job: Job) -> None:
        if job.attempts > self._limits.attempts:
            # Whoever had it was killed each time, or could not store what it found.
            await self._store(Verdict(job, v.GIVEN_UP, usd=_FREE))
            return
        shown = await asyncio.to_thread(self._shown, job)
        if shown is None:
            await self._store(Verdict(job, v.WITHOUT_TEXT, usd=_FREE))
            return
        transcript, transcript_hash = shown
        before = await asyncio.to_thread(self._found_before, transcript_hash)
        if before is not None:
            await self._store(Verdict(job, v.JUDGED_BEFORE, before, transcript_hash, _FREE))
            return
        reserved = await self._reserve(job, transcript)
        if reserved is not None:
            await self._ask(extractor, reserved, transcript, transcript_hash)

    async def _ask(self, extractor: Extractor, job: Job, transcript: Transcript, transcript_hash: str) -> None:
        try:
            judgement = await extractor.judge(transcript)
        except JudgeError as problem:
            await self._failed(job, problem)
        else:
            self._told.answered()
            usd = None if judgement.used is None else self._price(judgement.used)
            await self._store(Verdict(job, v.JUDGED, judgement.findings, transcript_hash, usd))

    async def _reserve(self, job: Job, transcript: Transcript) -> Job | None:
        """Reserve the cost of a call; return None where it is put off to the next day."""
        usd, now_ns = self._price(most_tokens(transcript, self._endpoint)), self._clock()
        # A price that is not known any more pays for nothing.
        reserved = None if usd is None else await asyncio.to_thread(self._reserved, job, usd, now_ns)
        if reserved is None:
            due_ns = next_day_ns(now_ns, random.random())  # noqa: S311 - no secret
            await self._not_judged(lambda judge, transaction: judge.postpone(transaction, job, due_ns))
            self._told.budget_spent(now_ns // jobs.DAY_NS)
        return reserved

    async def _failed(self, job: Job, problem: JudgeError) -> None:
        if problem.failure == v.JUDGE_FAULT:
            note_fault(_PLACE, problem)
        self._told.failed(problem.failure, problem)
        chance = random.random()  # noqa: S311 - no secret
        failure = failure_of(job, problem, self._price, self._limits, self._clock(), chance)
        await self._not_judged(lambda judge, transaction: judge.fail(transaction, failure))

    async def _store(self, verdict: Verdict) -> None:
        """Store a verdict; where the store cannot be used just now, again until the lease is over."""
        give_up = time.monotonic() + LEASE_SPARE_SECONDS
        while True:
            try:
                await asyncio.to_thread(self._analyzer.judged, verdict)
            except StorageError:
                if time.monotonic() > give_up:
                    raise
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                return

    async def _not_judged(self, what: Callable[[Judgements, Transaction], None]) -> None:
        await asyncio.to_thread(self._analyzer.not_judged, what)

    # --- on other threads ---------------------------------------------------------------------------------------------

    def _shown(self, job: Job) -> tuple[Transcript, str] | None:
        """Return what the judge is shown of a conversation, and its hash; None where no text is left of it."""
        statement = "SELECT started_ns, ended_ns FROM conversations WHERE conversation_id = ? AND episode = ?"
        with self._database.snapshot() as read:
            stretches = [Stretch(*job.of, *row) for row in read(statement, [*job.of])]
            for transcript in self._transcripts.of(read, stretches).values():
                return transcript, transcript.hash(store_key(read))
        return None

    def _found_before(self, transcript_hash: str) -> Findings | None:
        """Return what was found in the same words, in whichever conversation."""
        judge = self._analyzer.judge
        if judge is None:
            return None
        with self._database.snapshot() as read:
            body = jobs.judged_before(read, transcript_hash, judge.by.name, judge.by.version)
        return None if body is None else findings_in(body)

    def _reserved(self, job: Job, usd: Decimal, now_ns: int) -> Job | None:
        """Reserve so much; again where another analyzer was in the way."""
        for _ in range(_TRIES - 1):
            with contextlib.suppress(ConflictError):
                return self._reserved_once(job, usd, now_ns)
        return self._reserved_once(job, usd, now_ns)

    def _reserved_once(self, job: Job, usd: Decimal, now_ns: int) -> Job | None:
        with self._database.transaction() as transaction:
            return jobs.reserve(transaction, job, usd, self._limits.budget_usd, now_ns)
