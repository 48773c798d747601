"""Batches of spans and records → one transaction each: facts, heads, rows and totals, or nothing of it."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import Counter
from typing import TYPE_CHECKING, Final, TypeVar

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.identity import conversation_of
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.storage.database import Batch
from otel_agent_analytics.storage.errors import ConflictError
from otel_agent_analytics.storage.forgetting import forget
from otel_agent_analytics.storage.people import StoredLengths, StoredSettling
from otel_agent_analytics.storage.recording import Recording
from otel_agent_analytics.storage.retention import Retention, portion
from otel_agent_analytics.storage.staging import StagedStore
from otel_agent_analytics.storage.total_rows import StoredTotals, fill
from otel_agent_analytics.tracking.tracker import Tracker, unpriced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from otel_agent_analytics.conversations.events import LogRecord, ModelCalled, Service, SpanRecord
    from otel_agent_analytics.conversations.rules import Rules
    from otel_agent_analytics.storage.content import Keeper
    from otel_agent_analytics.storage.database import Database, Transaction
    from otel_agent_analytics.storage.forgetting import Forgotten
    from otel_agent_analytics.storage.rows import Row

logger = logging.getLogger("otel_agent_analytics")

_ALL: Final = Retention()
_MOST_DUE: Final = 1_000
_TRIES: Final = 5
_DERIVED_ELSEWHERE: Final = (
    "%s derives its conversations itself, so its spans are left out here: for conversations of all its processes "
    "together, call instrument(conversation_metrics=False) there"
)

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
        writer: whose totals these are, where several analyzers share a database.
        keeper: takes the texts off spans; None: they are not kept.
        retention: how long what is kept.

    Raises:
        StorageError: what is stored cannot be read.
    """

    def __init__(
        self,
        database: Database,
        rules: Rules,
        clock: Callable[[], int],
        price: Callable[[ModelCalled], ModelCalled] = unpriced,
        *,
        lateness_ns: int = 60 * 1_000_000_000,
        skew_ns: int = 3600 * 1_000_000_000,
        writer: int = 0,
        keeper: Keeper | None = None,
        retention: Retention = _ALL,
    ) -> None:
        self.database = database
        self._rules = rules
        self._keeper = keeper
        self._retention = retention
        self._texts: list[Row] = []
        self.forgets: list[Callable[[Iterable[str]], None]] = []
        """Is told of conversations that were deleted, by their ids."""
        self._clock = clock
        self._lateness_ns = lateness_ns
        self._skew_ns = skew_ns
        self._writer = writer
        self._told: set[Service] = set()
        self._working = threading.Lock()
        self._store = StagedStore(rules, lateness_ns=lateness_ns)
        self._recording = Recording(self._store)
        self._settling = StoredSettling(rules)
        self._lengths = StoredLengths()
        self.totals = Totals()
        self._stored_totals = StoredTotals(self.totals, writer)
        self._doubtful = False
        """Whether a transaction failed: it may have counted all the same, so what is stored is to be read again."""
        self._tracker = Tracker(
            self._store,
            [self._recording, self.totals],
            rules,
            price,
            settling=self._settling,
            lengths=self._lengths,
            forgetful=False,
        )
        with database.transaction() as transaction:
            self._stored_totals.restore(transaction.totals(writer))

    def take(self, sources: Sequence[SpanRecord | LogRecord]) -> None:
        """Fold a batch. When this returns it is stored; when it raises nothing of it is.

        Args:
            sources: spans and records, in any order.

        Raises:
            StorageError: it could not be stored; ``UnavailableError`` where it may be later.
        """

        def fold() -> None:
            own = self._own(sources)
            self._store.expect(one for one in (conversation_of(s.attributes) for s in own) if one is not None)
            self._tracker.take_all(own, self.horizon_ns())
            if self._keeper is not None:
                self._texts = self._keeper.rows(own, self._clock())

        self._in_transaction(fold)

    def horizon_ns(self) -> int:
        """Return the time after which a span or event is from the future, UTC nanoseconds."""
        return self._clock() + self._skew_ns

    def forget(self, user_hash: str, *, rater: str | None = None, dry_run: bool = False) -> Forgotten:
        """Delete everything of a user but what totals say; return what was deleted, or would be.

        Raises:
            StorageError: it could not be done; nothing is deleted then.
        """
        with self._working:
            done = forget(self.database, user_hash, self._clock(), rater=rater, dry_run=dry_run)
            if not dry_run:
                self._store.drop((*done.conversation_ids, *done.rated))
                self._recording.reset()
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

    def shown(self) -> Totals:
        """Return the totals of all analyzers on this database, as they are stored."""
        found = Totals()
        fill(found, self.database.shown())
        return found

    def active(self) -> dict[Service, int]:
        """Return how many engaged conversations are open, by service."""
        return self.database.active()

    def close_due(self) -> int:
        """End and settle what is due, at most a thousand conversations; return how many these were.

        Raises:
            StorageError: it could not be stored; nothing has changed then.
        """

        def close() -> int:
            due = self._store.expect_due(_MOST_DUE)
            if due:
                self._tracker.advance_to(self._clock() - self._lateness_ns)
            return due

        return self._in_transaction(close)

    def _own(self, sources: Sequence[SpanRecord | LogRecord]) -> Sequence[SpanRecord | LogRecord]:
        """Return what is to be derived here; count, and tell once per service, what its process derives itself."""
        elsewhere = Counter(source.service for source in sources if source.attributes.get(v.DERIVED) is True)
        if not elsewhere:
            return sources
        for service, count in elsewhere.items():
            self.totals.noted(v.PIPELINE_DERIVED_ELSEWHERE, service, count)
            if service not in self._told:
                self._told.add(service)
                logger.warning(_DERIVED_ELSEWHERE, service.name)
        return [source for source in sources if source.attributes.get(v.DERIVED) is not True]

    def _in_transaction(self, work: Callable[[], T]) -> T:
        """Do some work and store what came of it; where another analyzer was in the way, do it again."""
        for _ in range(_TRIES - 1):
            with contextlib.suppress(ConflictError):
                return self._once(work)
        return self._once(work)

    def _once(self, work: Callable[[], T]) -> T:
        with self._working:
            try:
                with self.database.transaction() as transaction:
                    self._begin(transaction)
                    done = work()
                    transaction.write(self._batch())
            except BaseException:
                self._store.undone()
                self._lengths.clear()
                self._doubtful = True
                raise
            self._doubtful = False
            self._store.done()
            self._stored_totals.done()
            return done

    def _begin(self, transaction: Transaction) -> None:
        now_ns = self._clock()
        self._recording.reset(now_ns)
        self._texts = []
        if self._doubtful:
            self._stored_totals.restore(transaction.totals(self._writer))
        self._store.begin(transaction, now_ns)
        self._settling.begin(transaction, now_ns - self._lateness_ns)
        self._lengths.begin(transaction)

    def _batch(self) -> Batch:
        facts, heads = self._store.rows()
        recorded = self._recording
        return Batch(
            facts=facts,
            heads=heads,
            calls=recorded.calls,
            messages=recorded.messages,
            conversations=recorded.conversations,
            removed=recorded.removed,
            totals=self._stored_totals.moved(),
            # In the order of the columns: the conversation first, the time of the span fifth.
            content=[row for row in self._texts if row[4] > self._store.floor_ns(row[0])],
        )
