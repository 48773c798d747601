"""Which ended episodes are to be judged, and what a judgement changes: all of it with the transaction that it is of.

A sink of the tracker. An episode that ends gets a job; one that goes on loses its job, and what its judgement counted.
A judgement is a row of ``insights``, the end of its job, what the counters have of it, and an event of the conversation
that says whether it was resolved: written together, or nothing of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs.measures import Amount
from otel_agent_analytics.service.agreeing import Sayings
from otel_agent_analytics.service.queued import NOTHING, JobChanges, Queued, ToJudge, job_changes
from otel_agent_analytics.service.sampling import is_chosen
from otel_agent_analytics.service.transcripts import Stretch, Transcripts
from otel_agent_analytics.service.verdicts import Verdict, event_of, of_failure, of_verdict, readable, row_of
from otel_agent_analytics.storage import insight_jobs as jobs
from otel_agent_analytics.storage import judged
from otel_agent_analytics.tracking.sink import SinkBase

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from decimal import Decimal

    from otel_agent_analytics.conversations.events import ResolutionJudged
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.insights.schema import Findings
    from otel_agent_analytics.outputs.totals import Totals
    from otel_agent_analytics.service.verdicts import Failure, Judging
    from otel_agent_analytics.storage.database import Transaction
    from otel_agent_analytics.storage.insight_jobs import Job, JobKey
    from otel_agent_analytics.storage.judged import Episode
    from otel_agent_analytics.storage.rows import Row


class Judgements(SinkBase):
    """Collects what there is to judge, and what was judged, in one transaction; a sink of the tracker.

    Bounded by the transaction.

    Args:
        by: who is asked.
        share: of the conversations, by a hash of their ids.
        transcripts: makes the transcripts.
        totals: count.
    """

    def __init__(self, by: Judging, share: float, transcripts: Transcripts, totals: Totals) -> None:
        self.by = by
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

    # --- as a sink ----------------------------------------------------------------------------------------------------

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
        held = self._settled(transaction, verdict.job, verdict.usd)
        self._totals.count(verdict.job.service, of_verdict(verdict, held=held))
        if not held:
            return None
        self._verdicts.append(verdict)
        return event_of(verdict, self.by, self._now_ns)

    def fail(self, transaction: Transaction, failure: Failure) -> None:
        """Take note of a call that failed: its job waits, or is given up."""
        job = failure.job
        held = self._settled(transaction, job, failure.usd)
        self._totals.count(job.service, of_failure(failure, held=held))
        if held and failure.last:
            self._verdicts.append(Verdict(job, v.GIVEN_UP))
        elif held:
            jobs.put_off(transaction, job, failure.due_ns, attempts=job.attempts - (not failure.counts))

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
        found = {one.job.of: one.findings for one in self._verdicts if one.findings is not None}
        touched = {*self._records, *(one.job.of for one in self._verdicts)}
        if not touched:
            return NOTHING
        changes = self._job_changes(transaction, texts, calls)
        for service in changes.services:
            self._totals.show_judge(service)
        sayings = Sayings(transaction, self._records, {**changes.said, **found})
        recounted = sayings.recount(touched, self._totals, self._now_ns)
        done = [*(one.job.key for one in self._verdicts), *changes.done]
        return Queued(list(self._rows(transaction)), changes.new, done, *recounted)

    def _settled(self, transaction: Transaction, job: Job, usd: Decimal | None) -> bool:
        """Settle what a call cost; return whether its job is still there, and leased to whoever made that call."""
        jobs.settle(transaction, job, usd)
        return jobs.is_held(transaction, job)

    def _rows(self, transaction: Transaction) -> Iterator[Row]:
        """Yield a row for each verdict on words that have none yet, or none that can be read."""
        found = [one for one in self._verdicts if one.findings is not None]
        known = self._known(transaction, [one.job.of for one in found]) if found else {}
        for one in found:
            if one.findings is not None and (*one.job.of, one.transcript_hash) not in known:
                revision = judged.last_revision(transaction, one.job.of, self.by.name) + 1
                yield row_of(one, one.findings, self.by, revision, self._now_ns)

    def _known(self, transaction: Transaction, episodes: Collection[Episode]) -> dict[JobKey, Findings]:
        """Return what this judge found in episodes, by their words."""
        return readable(judged.found_before(transaction, episodes, self.by.name))

    def _job_changes(self, transaction: Transaction, texts: Sequence[Row], calls: Sequence[Row]) -> JobChanges:
        """Return a job for each end that is to be judged; what was judged in the same words holds again."""
        gone = {episode for episode, record in self._records.items() if record is None}
        wanted = list(self._wanted(transaction, texts, calls))
        episodes = [one.key[:2] for one in wanted]
        there = judged.jobs_of(transaction, [*gone, *episodes])
        known = self._known(transaction, episodes)
        return job_changes(wanted, gone, there, known, self._now_ns)

    def _wanted(self, transaction: Transaction, texts: Sequence[Row], calls: Sequence[Row]) -> Iterator[ToJudge]:
        """Yield the ends that are to be judged, with the hashes of their transcripts; those without texts are none."""
        chosen = [self._records[episode] for episode in sorted(self._ended) if is_chosen(episode[0], self._share)]
        services = {_stretch(record): record.service for record in chosen if record is not None}
        if services:
            key = transaction.store_key()
            for one, transcript in self._transcripts.of(transaction.ask, list(services), texts, calls).items():
                yield ToJudge((*one.of, transcript.hash(key)), services[one], one.ended_ns)


def _said_and_done(record: ConversationRecord) -> tuple[int, ...]:
    return record.user_turns, record.agent_messages, record.tool_calls, record.handoffs, record.model_calls


def _stretch(record: ConversationRecord) -> Stretch:
    return Stretch(record.conversation_id, record.episode, record.started_ns, record.ended_ns)
