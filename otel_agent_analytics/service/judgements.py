"""Which ended episodes are to be judged, and what a judgement changes: all of it with the transaction that it is of.

A sink of the tracker. An episode that ends gets a job; one that goes on loses its job, and what its judgement counted.
A judgement is a row of ``insights``, the end of its job, what the counters have of it, and an event of the conversation
that says whether it was resolved: written together, or nothing of it.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import ResolutionJudged, Service
from otel_agent_analytics.insights.schema import Findings, Insights
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs.agreement import Opinions, of_opinions
from otel_agent_analytics.outputs.measures import Amount
from otel_agent_analytics.service.queued import NOTHING, Queued
from otel_agent_analytics.service.transcripts import Stretch, Transcripts
from otel_agent_analytics.storage import insight_jobs as jobs
from otel_agent_analytics.storage import judged
from otel_agent_analytics.storage.rows import names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from otel_agent_analytics.conversations.events import Event
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.conversations.state import State
    from otel_agent_analytics.outputs.totals import Totals
    from otel_agent_analytics.storage.database import Transaction
    from otel_agent_analytics.storage.insight_jobs import Job
    from otel_agent_analytics.storage.judged import Episode
    from otel_agent_analytics.storage.rows import Row

_SHARES: Final = 1 << 64


class Verdict(NamedTuple):
    """What came of a job that is done."""

    job: Job
    result: str
    """One of ``vocabulary.JUDGE_RESULTS``."""
    findings: Findings | None = None
    transcript_hash: str = ""
    """Of what was judged."""
    usd: Decimal | None = None
    """What it cost; None where nobody knows."""


class Failure(NamedTuple):
    """What came of a call that failed."""

    job: Job
    failure: str
    """One of ``vocabulary.JUDGE_FAILURES``."""
    due_ns: int
    """When it is tried again, UTC nanoseconds."""
    usd: Decimal | None
    """What it cost; None where nobody knows."""
    counts: bool = True
    """Whether it uses up an attempt."""
    last: bool = False
    """Whether it is not tried again."""


class Judgements:
    """Collects what there is to judge, and what was judged, in one transaction; a sink of the tracker.

    Bounded by the transaction.

    Args:
        name: what the judge is called.
        version: what it is asked with: its model and its prompt.
        share: of the conversations, by a hash of their ids.
        transcripts: makes the transcripts.
        totals: count.
    """

    def __init__(self, name: str, version: str, share: float, transcripts: Transcripts, totals: Totals) -> None:
        self.name = name
        self.version = version
        self._share = share
        self._transcripts = transcripts
        self._totals = totals
        self.reset()

    def reset(self, now_ns: int = 0) -> None:
        """Begin another transaction. ``now_ns`` is the time of arrival, UTC nanoseconds."""
        self._now_ns = now_ns
        self._records: dict[Episode, ConversationRecord | None] = {}
        self._ended: set[Episode] = set()
        self._verdicts: list[Verdict] = []
        self._key = b""

    # --- as a sink ----------------------------------------------------------------------------------------------------

    def noted(self, what: str, service: Service, amount: int) -> None:
        """Take note of nothing."""

    def moved(self, before: State, after: State, events: list[Event]) -> None:
        """Take note of nothing: what is running is not judged."""

    def ended(self, record: ConversationRecord) -> None:
        """Take note of an end."""
        self._records[record.conversation_id, record.episode] = record
        if record.engaged:
            self._ended.add((record.conversation_id, record.episode))

    def changed(self, record: ConversationRecord, earlier: ConversationRecord) -> None:
        """Take note of a record in the place of another; it is judged anew where something was said or done later."""
        self._records[record.conversation_id, record.episode] = record
        if record.engaged and _said_and_done(record) != _said_and_done(earlier):
            self._ended.add((record.conversation_id, record.episode))

    def reopened(self, record: ConversationRecord) -> None:
        """Take note that an episode goes on."""
        self._records[record.conversation_id, record.episode] = None
        self._ended.discard((record.conversation_id, record.episode))

    # --- what was judged ----------------------------------------------------------------------------------------------

    def finish(self, transaction: Transaction, verdict: Verdict) -> ResolutionJudged | None:
        """Take a verdict; return the event that tells of it, if it says whether the conversation was resolved.

        Where the job is not there any more, as the conversation goes on or was deleted, nothing of it counts but cost.
        """
        job = verdict.job
        jobs.settle(transaction, job, verdict.usd)
        held = jobs.is_held(transaction, job)
        amounts = [Amount(c.JUDGEMENTS, (verdict.result if held else v.DISCARDED,))]
        if verdict.usd:
            amounts.append(Amount(c.JUDGE_COST, (), verdict.usd))
        self._totals.count(job.service, amounts)
        if not held:
            return None
        self._verdicts.append(verdict)
        status = verdict.findings.resolution_status.value if verdict.findings is not None else None
        if status is None:
            return None
        # Of the same end the later judgement holds: events of one moment are in the order of their ids.
        event_id = f"{self.name}:{self._now_ns:020d}:{verdict.transcript_hash}"
        return ResolutionJudged(event_id, job.ended_ns, job.ended_ns, job.service, "", None, status == v.RESOLVED)

    def fail(self, transaction: Transaction, failure: Failure) -> None:
        """Take note of a call that failed: its job waits, or is given up."""
        job = failure.job
        jobs.settle(transaction, job, failure.usd)
        amounts = [Amount(c.JUDGE_FAILURES, (failure.failure,))]
        if failure.usd:
            amounts.append(Amount(c.JUDGE_COST, (), failure.usd))
        if jobs.is_held(transaction, job):
            if failure.last:
                self._verdicts.append(Verdict(job, v.GIVEN_UP))
                amounts.append(Amount(c.JUDGEMENTS, (v.GIVEN_UP,)))
            else:
                jobs.put_off(transaction, job, failure.due_ns, attempts=job.attempts - (not failure.counts))
        self._totals.count(job.service, amounts)

    def postpone(self, transaction: Transaction, job: Job, due_ns: int) -> None:
        """Put a job off, since the budget of the day does not pay for it."""
        if jobs.is_held(transaction, job):
            jobs.put_off(transaction, job, due_ns, attempts=job.attempts - 1)
            self._totals.count(job.service, [Amount(c.JUDGE_POSTPONED, ())])

    # --- what is written ----------------------------------------------------------------------------------------------

    def queued(self, transaction: Transaction, texts: Sequence[Row], calls: Sequence[Row]) -> Queued:
        """Return the rows that this transaction writes, and count what they change.

        Args:
            transaction: in which that is asked what is needed.
            texts: the rows of texts that it writes.
            calls: the rows of calls that it writes.
        """
        touched = {*self._records, *((one.job.conversation_id, one.job.episode) for one in self._verdicts)}
        if not touched:
            return NOTHING
        agreed = judged.agreed(transaction, touched)
        found = Queued([], [], [one.job.key for one in self._verdicts], [], [])
        said = self._judged(transaction, found)
        self._queue(transaction, texts, calls, found, said)
        for episode in sorted(touched):
            self._recount(transaction, episode, agreed.get(episode), said.get(episode), found)
        return found

    def _judged(self, transaction: Transaction, found: Queued) -> dict[Episode, Findings]:
        """Add the rows of verdicts; return what they say."""
        said: dict[Episode, Findings] = {}
        for verdict in self._verdicts:
            job = verdict.job
            if verdict.findings is None:
                continue
            said[job.conversation_id, job.episode] = verdict.findings
            before = judged.revisions(transaction, job.conversation_id, job.episode, self.name)
            if verdict.transcript_hash not in before.values():
                found.insights.append(self._row(verdict, verdict.findings, max(before, default=0) + 1))
        return said

    def _queue(
        self,
        transaction: Transaction,
        texts: Sequence[Row],
        calls: Sequence[Row],
        found: Queued,
        said: dict[Episode, Findings],
    ) -> None:
        """Add a job for each end that is to be judged; what was judged in the same words holds again."""
        gone = [episode for episode, record in self._records.items() if record is None]
        ended = [self._records[episode] for episode in sorted(self._ended) if self._is_sampled(episode[0])]
        stretches = {_stretch(record): record for record in ended if record is not None}
        there = judged.jobs_of(transaction, [*gone, *((one.conversation_id, one.episode) for one in stretches)])
        found.jobs_done.extend(key for key in there if (key[0], key[1]) in gone)
        transcripts = self._transcripts.of(transaction.ask, list(stretches), texts, calls) if stretches else {}
        known = judged.found_before(transaction, [(one.conversation_id, one.episode) for one in transcripts], self.name)
        shown: set[Service] = set()
        for one, transcript in transcripts.items():
            key = one.conversation_id, one.episode, transcript.hash(self._store_key(transaction))
            others = [other for other in there if other[:2] == key[:2] and other != key]
            found.jobs_done.extend(others)
            if key in known:
                said.setdefault(key[:2], findings_in(known[key]))
            elif key not in there:
                service = stretches[one].service
                shown.add(service)
                found.insight_jobs.append(jobs.new_row(key, service, one.ended_ns, self._now_ns))
        for service in shown:
            self._totals.show_judge(service)

    def _recount(
        self,
        transaction: Transaction,
        episode: Episode,
        then: tuple[Service, Opinions] | None,
        findings: Findings | None,
        found: Queued,
    ) -> None:
        """Count what is said of an episode now in the place of what was said before."""
        service, before = then if then is not None else (None, None)
        now: Opinions | None = None
        if findings is not None or before is not None:
            local = self._local(transaction, episode)
            if local is not None:
                service, opinions = local
                now = _with(opinions, findings, before)
        if service is None or now == before:
            return
        self._totals.recount(service, of_opinions(now), of_opinions(before))
        if now is None:
            found.disagreed.append(episode)
        else:
            found.agreement.append((*episode, *service, *now, self._now_ns))

    def _local(self, transaction: Transaction, episode: Episode) -> tuple[Service, Opinions] | None:
        """Return what the rules say of an ended episode, and its raters; None where it goes on."""
        if episode in self._records:
            record = self._records[episode]
            if record is None:
                return None
            return record.service, Opinions(record.resolution_status, record.sentiment, record.rating, None, None)
        return judged.opinions_of_rules(transaction, episode)

    def _row(self, verdict: Verdict, findings: Findings, revision: int) -> Row:
        job = verdict.job
        body = Insights.by(self.name, self.version, findings).model_dump_json().encode()
        return (
            job.conversation_id, job.episode, self.name, revision, *job.service, job.ended_ns, self._now_ns,
            self.version, verdict.transcript_hash, findings.primary_intent.value, findings.sentiment.value,
            findings.sentiment_trajectory.value, findings.resolution_status.value,
            names(one.value for one in findings.secondary_intents), names(one.value for one in findings.topics),
            findings.effort_score.value, verdict.usd, body, self._now_ns,
        )  # fmt: skip

    def _is_sampled(self, conversation_id: str) -> bool:
        digest = blake2b(conversation_id.encode("utf-8", "replace"), digest_size=8, person=b"judge").digest()
        return int.from_bytes(digest) < self._share * _SHARES

    def _store_key(self, transaction: Transaction) -> bytes:
        self._key = self._key or transaction.store_key()
        return self._key


def findings_in(body: bytes) -> Findings:
    """Return the findings in the body of a row of ``insights``.

    Raises:
        pydantic.ValidationError: another version wrote it.
    """
    said = Insights.model_validate_json(body)
    return Findings(**{name: getattr(said, name) for name in Findings.model_fields})


def _said_and_done(record: ConversationRecord) -> tuple[int, ...]:
    return record.user_turns, record.agent_messages, record.tool_calls, record.handoffs, record.model_calls


def _stretch(record: ConversationRecord) -> Stretch:
    return Stretch(record.conversation_id, record.episode, record.started_ns, record.ended_ns)


def _with(local: Opinions, findings: Findings | None, before: Opinions | None) -> Opinions | None:
    if findings is not None:
        return local._replace(judge_status=findings.resolution_status.value, judge_sentiment=findings.sentiment.value)
    if before is None:
        return None
    return local._replace(judge_status=before.judge_status, judge_sentiment=before.judge_sentiment)
