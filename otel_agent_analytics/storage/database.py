"""The seam between the analyzer and whatever keeps its tables: one writer at a time, a transaction for each batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.storage.days import Day
    from otel_agent_analytics.storage.rows import Row
    from otel_agent_analytics.storage.tables import Table
    from otel_agent_analytics.tracking.returns import Episode


class StoredHead(NamedTuple):
    """Where a conversation stands, as stored."""

    conversation_id: str
    sequence: int
    first_sequence: int
    arrived_ns: int
    body: bytes
    since_ns: int | None = None
    """When the first of its facts that count was written; None where that is not known."""


class Gone(NamedTuple):
    """What is left of a conversation that was deleted."""

    conversation_hash: int
    floor_ns: int
    """Event time up to which what still comes of it is late."""
    sequence: int
    """How often it had been written; what is written of the same id from now on counts on from there."""


class Batch(NamedTuple):
    """What one transaction writes; rows in the order of the columns of their tables."""

    facts: Sequence[Row] = ()
    heads: Sequence[Row] = ()
    """Each takes the place of the conversation's last one."""
    calls: Sequence[Row] = ()
    messages: Sequence[Row] = ()
    conversations: Sequence[Row] = ()
    """Each takes the place of the episode's last one."""
    removed: Sequence[tuple[str, int]] = ()
    """Episodes, by conversation id and number, that are open again."""
    totals: Sequence[Row] = ()
    """Each takes the place of the series' last one."""
    content: Sequence[Row] = ()
    """Each takes the place of what was kept of the same span."""
    waiting: Sequence[Row] = ()
    """Spans whose trace is not whole."""
    read: Sequence[tuple[str, int]] = ()
    """Rows of ``waiting``, by trace and part, that others take the place of."""
    users: Sequence[Row] = ()
    """Each takes the place of what the writer knew of that service and day."""
    outbox: Sequence[Row] = ()
    """Log records that are to be sent."""
    revisions: Sequence[Row] = ()
    """Each takes the place of the episode's last one."""
    local_insights: Sequence[Row] = ()
    """What the local extractor says; what it said before stays."""
    sent: Sequence[tuple[int, int]] = ()
    """Rows of ``outbox``, by number and writer, that need not be sent any more."""
    insights: Sequence[Row] = ()
    insight_jobs: Sequence[Row] = ()
    jobs_done: Sequence[tuple[str, int, str]] = ()
    """Rows of ``insight_jobs``, by conversation, episode and hash, that are not to be judged any more."""
    agreement: Sequence[Row] = ()
    """Each takes the place of the episode's last one."""
    disagreed: Sequence[tuple[str, int]] = ()
    """Rows of ``agreement``, by conversation and episode, that do not count any more."""
    topics: Sequence[Row] = ()
    """Each takes the place of what the service had."""
    topic_messages: Sequence[Row] = ()
    learnt_from: Sequence[tuple[str, str]] = ()
    """Rows of ``topic_messages``, by conversation and message, that topics have been learnt from."""


class Whole(NamedTuple):
    """When a trace is taken for whole, by the time at which something of it last arrived, UTC nanoseconds."""

    with_root_ns: int
    """Where its root has come, it is when nothing has arrived since."""
    without_root_ns: int
    """The same where its root has not come."""
    most_spans: int
    """It is when it has more."""


class Transaction(Protocol):
    """Reads and writes that count together or not at all."""

    @property
    def shared(self) -> bool:
        """Whether other processes may write to the same database."""

    def heads(self, conversation_ids: Iterable[str]) -> list[StoredHead]:
        """Return what is stored of conversations, and hold them until the end of the transaction."""

    def due(self, now_ns: int, most: int, without: Iterable[str] = ()) -> list[StoredHead]:
        """Return conversations that are due by now, those that are due first, and hold them as well.

        Args:
            now_ns: UTC nanoseconds.
            most: as many at most.
            without: ids of conversations that are left as they are.
        """

    def facts(self, first_sequences: Mapping[str, int], since_ns: int = 0) -> dict[str, list[bytes]]:
        """Return the facts of conversations, by id, each from a row on; none of these was written before a time."""

    def spoke(self, user_hash: str, after_ns: int, until_ns: int) -> bool:
        """Return whether a user spoke, in any conversation, after one time and no later than another."""

    def went_on(self, conversation_id: str, after_ns: int, until_ns: int) -> bool:
        """Return whether a user spoke in a conversation after one time and no later than another."""

    def taken_for_gone(self, spoken: Iterable[tuple[str, str, int]], return_ns: int) -> list[Episode]:
        """Return the episodes whose users did not come back, as far as was known, of users that did.

        Args:
            spoken: who spoke, where and when: the hash of the user (or an empty text), the conversation, nanoseconds.
            return_ns: how long after an end somebody who speaks is back.
        """

    def turn_counts(self, service: Service, from_ns: int, to_ns: int) -> dict[int, int]:
        """Return how many engaged episodes that ended in [from, to) had how many turns."""

    def totals(self, writer: int) -> list[Row]:
        """Return the totals of a writer."""

    def all_facts(self, conversation_ids: Iterable[str]) -> list[Row]:
        """Return conversation id, sequence and body of every row of facts of conversations."""

    def rewrite_facts(self, conversation_id: str, sequence: int, body: bytes) -> None:
        """Put other facts in the place of a row's."""

    def rewrite_head(self, conversation_id: str, sequence: int, body: bytes) -> None:
        """Put another head in the place of a conversation's, which was written once more by that."""

    def store_key(self) -> bytes:
        """Return the key of this store, under which the ids of deleted conversations are hashed."""

    def graves(self, since_ns: int) -> list[Row]:
        """Return hash and time of the conversations that were deleted at a time or later."""

    def gone(self, conversation_hashes: Iterable[int]) -> list[Gone]:
        """Return what is left of conversations that were deleted."""

    def delete(self, table: Table, column: str, values: Iterable[str]) -> int:
        """Delete the rows of a table that have one of some texts in a column; return how many these were."""

    def delete_old(self, table: Table, column: str, before_ns: int, most: int) -> int:
        """Delete rows whose time in a column is before another, so many at most; return how many these were."""

    def delete_old_facts(self, before_ns: int, most: int) -> int:
        """Delete facts of episodes that are forgotten, written before a time, so many at most; return how many."""

    def finished(self, before_ns: int, most: int) -> list[StoredHead]:
        """Return conversations of which all is said and nothing has arrived since a time, and hold them."""

    def bury(self, gone: Sequence[Row]) -> None:
        """Write what is left of deleted conversations."""

    def alone(self) -> bool:
        """Return whether this transaction, of all analyzers on this database, is the one that may tidy up now."""

    def series_of_others(self, writer: int) -> list[Row]:
        """Return the series that others write: metric, service and labels. None of them adds one until the end."""

    def users(self, writer: int) -> list[Row]:
        """Return what a writer knows of users."""

    def revisions(self, conversation_ids: Iterable[str]) -> dict[tuple[str, int], int]:
        """Return how often ends were told, by conversation and episode; of those that were told more than once."""

    def judged(self, extractor: str, conversation_ids: Iterable[str]) -> dict[tuple[str, int], int]:
        """Return how often an extractor has judged episodes, by conversation and episode; of those that it has."""

    def last_told(self, writer: int) -> int:
        """Return the highest number of what a writer has in the outbox; 0 where that is nothing."""

    def told_of(self, conversation_ids: Iterable[str]) -> list[Row]:
        """Return number, writer and body of every row of the outbox of conversations."""

    def rewrite_told(self, number: int, writer: int, body: bytes) -> None:
        """Put another log record in the place of one that is to be sent."""

    def whole_traces(self, whole: Whole, most: int) -> list[Row]:
        """Return the rows of so many traces that can be read now, of those that have waited longest, and hold them.

        They can where some of it was read before: what came later came too late to change that.
        """

    def waiting_traces(self, most: int) -> list[str]:
        """Return the traces that have something that is to be read."""

    def let_go(self, arrived_before_ns: int) -> None:
        """Remove what was read long ago, but where more of its trace waits."""

    def write(self, batch: Batch) -> None:
        """Write what is new."""

    def unsummed(self, until_day: int) -> list[Day]:
        """Return the days before a day that have rows and no sums, the earliest first."""

    def hold_day(self, source: str, day: int) -> bool:
        """Keep others from writing a day until the end of the transaction; return whether it still has no sums."""

    def summed(self, source: str, day: int) -> None:
        """Note that the sums of a day, which is held, are there."""

    def forget_person(self, user_hash: str) -> int:
        """Take a user out of the sums of days; return from how many rows."""

    def ask(self, statement: str, parameters: Sequence[Any] = (), /) -> list[Row]:
        """Run a statement within the transaction, with ``?`` for each parameter."""


class Read(Protocol):
    """Runs a statement beside the writer, with ``?`` for each parameter."""

    def __call__(self, statement: str, parameters: Sequence[Any] = (), /) -> list[Row]:
        """Return the rows that come of it."""


class Database(Protocol):
    """Keeps the tables."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a transaction: what was written in it counts when the block is left without an exception."""

    def sends(self) -> bool:
        """Return whether this process, of all on this database, is the one that sends what is in the outbox.

        It stays so until it lets go of the database, or loses its connection.
        """

    def learns(self) -> bool:
        """Return whether this process, of all on this database, is the one that learns topics; it stays so as above."""

    def active(self) -> dict[Service, int]:
        """Return how many engaged conversations are open, by service."""

    def shown(self) -> list[Row]:
        """Return the totals of all writers together: rows of the table's columns without the writer."""

    def holding(self, text: bytes) -> list[Row]:
        """Return conversation id and facts of each row of facts that has some bytes in it."""

    def read(self, statement: str, parameters: Sequence[Any] = (), /) -> list[Row]:
        """Return the rows that come of a question, with ``?`` for each parameter: what counts by now."""

    def export(self, table: str, path: str, format_: str) -> None:
        """Write a table, as it is at one moment, to a Parquet or CSV file."""

    def snapshot(self) -> AbstractContextManager[Read]:
        """Yield what runs questions, with ``?`` for each parameter, all on what counts now."""

    def close(self) -> None:
        """Let go of the database."""
