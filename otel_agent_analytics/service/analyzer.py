"""Batches of spans and records → one transaction each: facts, heads, rows and totals, or nothing of it."""

from __future__ import annotations

import contextlib
import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.conversations.identity import conversation_of
from otel_agent_analytics.dialects.options import DEFAULT_OPTIONS
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.service.damaged import readable
from otel_agent_analytics.service.elsewhere import DerivedElsewhere
from otel_agent_analytics.service.queued import NOTHING
from otel_agent_analytics.storage.content import Safe
from otel_agent_analytics.storage.database import Batch
from otel_agent_analytics.storage.errors import ConflictError
from otel_agent_analytics.storage.forgetting import forget
from otel_agent_analytics.storage.local_insights import LocalInsights
from otel_agent_analytics.storage.people import StoredLengths, StoredSettling
from otel_agent_analytics.storage.recording import Recording
from otel_agent_analytics.storage.retention import Retention, portion
from otel_agent_analytics.storage.staging import StagedStore
from otel_agent_analytics.storage.total_rows import StoredTotals, fill
from otel_agent_analytics.storage.users import StoredUsers
from otel_agent_analytics.storage.waiting import WaitingTraces
from otel_agent_analytics.tracking.routing import routed
from otel_agent_analytics.tracking.tracker import Tracker, unpriced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from otel_agent_analytics.conversations.events import LogRecord, ModelCalled, SpanRecord
    from otel_agent_analytics.conversations.rules import Rules
    from otel_agent_analytics.dialects.options import Options
    from otel_agent_analytics.service.heard import HeardMessages
    from otel_agent_analytics.service.judgements import Judgements
    from otel_agent_analytics.service.queued import Queued
    from otel_agent_analytics.service.verdicts import Verdict
    from otel_agent_analytics.storage.content import Keeper
    from otel_agent_analytics.storage.database import Database, Transaction
    from otel_agent_analytics.storage.envelope import Envelope
    from otel_agent_analytics.storage.forgetting import Forgotten
    from otel_agent_analytics.storage.outbox import Outbox
    from otel_agent_analytics.storage.rows import Row

_ALL: Final = Retention()
_NO_KEY: Final = Safe()
MOST_DUE: Final = 1_000
_TRIES: Final = 5

_NO_NOTES: Final[Mapping[tuple[str, Service], int]] = MappingProxyType({})

T = TypeVar("T")


class Analyzer:
    """Folds what arrives into conversations, each batch in a transaction of its own. Thread-safe.

    Args:
        database: keeps everything.
        rules: by which conversations are judged.
        clock: returns the time now, UTC nanoseconds.
        price: returns a model call with its cost.
        lateness_ns: how long spans may be late before an end is acted on, nanoseconds.
        skew_ns: how far ahead of the clock a span may end; what is further ahead is left out and counted.
        options: what is decided about translating spans of other frameworks.
        users: whether users are counted, which takes datasketches.
        writer: whose totals these are, where several analyzers share a database.
        keeper: takes the texts off spans; None: they are not kept.
        outbox: takes what is told of conversations; None: nothing is.
        retention: how long what is kept.
        judge: makes what says which ended episodes are to be judged, by what counts; None: none is.
        heard: hears what messages want in texts on spans, and collects what topics are learnt from; None: nobody does.
        safe: reads the topics that were learnt, where a user is forgotten.
        envelope: what spans are stored in that wait for their trace; None: as they came.

    Raises:
        StorageError: what is stored cannot be read.
    """

    def __init__(  # noqa: PLR0913 - all but four by keyword
        self,
        database: Database,
        rules: Rules,
        clock: Callable[[], int],
        price: Callable[[ModelCalled], ModelCalled] = unpriced,
        *,
        lateness_ns: int = 60 * 1_000_000_000,
        skew_ns: int = 3600 * 1_000_000_000,
        options: Options = DEFAULT_OPTIONS,
        users: bool = False,
        writer: int = 0,
        keeper: Keeper | None = None,
        outbox: Outbox | None = None,
        retention: Retention = _ALL,
        judge: Callable[[Totals], Judgements] | None = None,
        heard: HeardMessages | None = None,
        safe: Safe = _NO_KEY,
        envelope: Envelope | None = None,
    ) -> None:
        self.database = database
        self._rules = rules
        self._keeper = keeper
        self._retention = retention
        self._texts: list[Row] = []
        self._outbox = outbox
        self._heard = heard
        self._safe = safe
        self._sent: Sequence[tuple[int, int]] = ()
        self._queued = NOTHING
        self.forgets: list[Callable[[Iterable[str]], None]] = []
        """Is told of conversations that were deleted, by their ids."""
        self._clock = clock
        self._lateness_ns = lateness_ns
        self._skew_ns = skew_ns
        self._writer = writer
        self._working = threading.Lock()
        self._store = StagedStore(rules, lateness_ns=lateness_ns)
        self._recording = Recording(self._store)
        self._insights = LocalInsights(rules)
        self._settling = StoredSettling(rules)
        self._lengths = StoredLengths()
        self._waiting = WaitingTraces(options, lateness_ns, envelope)
        self._users = StoredUsers(clock, writer) if users else None
        self.totals = Totals()
        self.judge = judge(self.totals) if judge is not None else None
        self._elsewhere = DerivedElsewhere(self.totals)
        self._stored_totals = StoredTotals(self.totals, writer)
        self._doubtful = False
        """Whether a transaction failed: it may have counted all the same, so what is stored is to be read again."""
        self._tracker = Tracker(
            self._store,
            [
                self._recording,
                self._insights,
                self.totals,
                *(sink for sink in (self._users, outbox, self.judge, heard) if sink is not None),
            ],
            rules,
            price,
            settling=self._settling,
            lengths=self._lengths,
            forgetful=False,
        )
        with database.transaction() as transaction:
            self._restore(transaction)
            self._waiting.restore(transaction)
            if outbox is not None:
                outbox.restore(transaction)

    def take(
        self, sources: Sequence[SpanRecord | LogRecord], notes: Mapping[tuple[str, Service], int] = _NO_NOTES
    ) -> None:
        """Fold a batch. When this returns it is stored; when it raises nothing of it is.

        Args:
            sources: spans and records, in any order.
            notes: what is to be counted of the pipeline beside them, by service.

        Raises:
            StorageError: it could not be stored; ``UnavailableError`` where it may be later.
        """

        def fold(_: Transaction) -> None:
            for (what, service), amount in notes.items():
                self.totals.noted(what, service, amount)
            batch = routed(sources, self._waiting.speakers, self._waiting.traces)
            self._waiting.keep(batch)
            self._fold(batch.plain)

        self._in_transaction(fold)

    def let_go(self, sent: Sequence[tuple[int, int]], notes: Mapping[tuple[str, Service], int] = _NO_NOTES) -> None:
        """Delete log records from the outbox, since they were sent or never will be.

        Args:
            sent: their numbers and writers.
            notes: what is to be counted of the pipeline with that, by service.

        Raises:
            StorageError: it could not be stored; nothing has changed then.
        """

        def release(_: Transaction) -> None:
            self._sent = sent
            for (what, service), amount in notes.items():
                self.totals.noted(what, service, amount)

        self._in_transaction(release)

    def read_waiting(self) -> int:
        """Fold the spans of other frameworks whose traces are whole, at most 500; return how many traces these were.

        Raises:
            StorageError: it could not be stored; nothing has changed then.
        """

        def read(transaction: Transaction) -> int:
            self._fold(self._waiting.whole(transaction))
            return self._waiting.traces_read

        return self._in_transaction(read)

    def horizon_ns(self) -> int:
        """Return the time after which a span or event is from the future, UTC nanoseconds."""
        return self._clock() + self._skew_ns

    def forget(self, user_hash: str, *, rater: str | None = None, dry_run: bool = False) -> Forgotten:
        """Delete everything of a user but what totals say; return what was deleted, or would be.

        Raises:
            StorageError: it could not be done; nothing is deleted then.
        """
        with self._working:
            done = forget(self.database, user_hash, self._clock(), rater=rater, dry_run=dry_run, safe=self._safe)
            if not dry_run:
                self._store.drop((*done.conversation_ids, *done.rated))
                self._recording.reset()
                self._insights.reset()
        for forgets in self.forgets if not dry_run else ():
            forgets(done.conversation_ids)
        return done

    def tidy(self) -> bool:
        """Delete a little of what is too old; return whether there may be more.

        Raises:
            StorageError: it could not be done; nothing is deleted then.
        """
        with self._working:
            try:
                with self.database.transaction() as transaction:
                    return portion(transaction, self._retention, self._rules, self._clock())
            finally:
                self._store.drop(())

    def judged(self, verdict: Verdict) -> None:
        """Store what a judge found, with all that it changes.

        Raises:
            StorageError: it could not be stored; nothing has changed then.
        """

        def store(transaction: Transaction) -> None:
            self._store.expect([verdict.job.conversation_id])
            if self.judge is not None:
                event = self.judge.finish(transaction, verdict)
                if event is not None and verdict.job.conversation_id not in self._store.damaged:
                    self._tracker.take_events(verdict.job.conversation_id, [event])

        self._in_transaction(store)

    def not_judged(self, what: Callable[[Judgements, Transaction], None]) -> None:
        """Store that a conversation could not be judged.

        Raises:
            StorageError: it could not be stored; nothing has changed then.
        """

        def store(transaction: Transaction) -> None:
            if self.judge is not None:
                what(self.judge, transaction)

        self._in_transaction(store)

    def shown(self) -> Totals:
        """Return the totals of all analyzers on this database, as they are stored; examples are those of this one."""
        found = Totals()
        fill(found, self.database.shown())
        found.borrow_examples(self.totals)
        return found

    def active(self) -> dict[Service, int]:
        """Return how many engaged conversations are open, by service."""
        return self.database.active()

    def close_due(self) -> int:
        """End and settle what is due, at most a thousand conversations; return how many these were.

        Raises:
            StorageError: it could not be stored; nothing has changed then.
        """

        def close(_: Transaction) -> int:
            due = self._store.expect_due(MOST_DUE)
            if due:
                self._tracker.advance_to(self._clock() - self._lateness_ns)
            return due

        return self._in_transaction(close)

    def _fold(self, sources: Sequence[SpanRecord | LogRecord]) -> None:
        own = self._elsewhere.without(sources)
        self._store.expect(one for one in (conversation_of(s.attributes) for s in sources) if one is not None)
        own = readable(own, self._store.damaged, self.totals)
        if self._heard is not None:
            own = self._heard.heard(own)
        self._tracker.take_all(own, self.horizon_ns())
        if self._keeper is not None:
            self._texts = self._keeper.rows(own, self._clock())

    def _in_transaction(self, work: Callable[[Transaction], T]) -> T:
        """Do some work and store what came of it; where another analyzer was in the way, do it again."""
        for _ in range(_TRIES - 1):
            with contextlib.suppress(ConflictError):
                return self._once(work)
        return self._once(work)

    def _once(self, work: Callable[[Transaction], T]) -> T:
        with self._working:
            try:
                with self.database.transaction() as transaction:
                    self._begin(transaction)
                    done = work(transaction)
                    self._queued = self._to_judge(transaction)
                    self._stored_totals.agree_on_labels(transaction)
                    transaction.write(self._batch(transaction))
            except BaseException:
                self._store.undone()
                self._lengths.clear()
                self._doubtful = True
                raise
            self._doubtful = False
            for part in (self._store, self._stored_totals, self._waiting):
                part.done()
            return done

    def _begin(self, transaction: Transaction) -> None:
        now_ns = self._clock()
        self._recording.reset(now_ns)
        self._insights.reset(now_ns)
        self._texts, self._sent = [], ()
        if self._users is not None:
            self._users.reset()
        for part in (self._outbox, self.judge, self._heard):
            if part is not None:
                part.reset(now_ns)
        if self._doubtful:
            self._restore(transaction)
        self._store.begin(transaction, now_ns)
        self._settling.begin(transaction, now_ns - self._lateness_ns)
        self._lengths.begin(transaction)
        self._waiting.begin(now_ns)
        self._elsewhere.begin(now_ns)

    def _restore(self, transaction: Transaction) -> None:
        """Read again what is held of the database."""
        self._stored_totals.restore(transaction.totals(self._writer))
        self._stored_totals.know_labels(transaction)
        if self._users is not None:
            self._users.restore(transaction.users(self._writer))

    def _to_judge(self, transaction: Transaction) -> Queued:
        if self.judge is None:
            return NOTHING
        return self.judge.queued(transaction, self._texts, self._recording.calls)

    def _batch(self, transaction: Transaction) -> Batch:
        facts, heads = self._store.rows()
        recorded = self._recording
        outbox, revisions = self._outbox.rows(transaction) if self._outbox is not None else ((), ())
        return Batch(
            facts=[*facts, *self._elsewhere.facts_after(self._store.floor_ns)],
            heads=heads,
            calls=recorded.calls,
            messages=recorded.messages,
            conversations=recorded.conversations,
            removed=recorded.removed,
            totals=self._stored_totals.moved(),
            # In the order of the columns: the conversation first, the time of the span fifth.
            content=[row for row in self._texts if row[4] > self._store.floor_ns(row[0])],
            waiting=self._waiting.rows,
            read=self._waiting.read,
            users=self._users.rows() if self._users is not None else (),
            outbox=outbox,
            revisions=revisions,
            local_insights=self._insights.rows(transaction),
            sent=self._sent,
            topic_messages=self._heard.rows if self._heard is not None else (),
            **self._queued._asdict(),
        )
