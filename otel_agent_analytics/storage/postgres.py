"""The tables in PostgreSQL, for several analyzers at once: whoever works on a conversation holds its row."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import psycopg

from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.database import StoredHead, Whole
from otel_agent_analytics.storage.days import TIMES, days_of
from otel_agent_analytics.storage.errors import ConflictError, StorageError, UnavailableError
from otel_agent_analytics.storage.export import from_postgres
from otel_agent_analytics.storage.migrations import migrate, require_current
from otel_agent_analytics.storage.sql import HEAD_COLUMNS, SqlTransaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.storage.database import Batch, Read
    from otel_agent_analytics.storage.days import Day
    from otel_agent_analytics.storage.rows import Row
    from otel_agent_analytics.storage.sql import Execute
    from otel_agent_analytics.tracking.returns import Episode

TYPES: Final = {
    t.TEXT: "text",
    t.WHOLE: "bigint",
    t.YES_NO: "boolean",
    t.BYTES: "bytea",
    t.EXACT: "numeric",
    t.NUMBER: "double precision",
    t.NAMES: "text",
}
_DAYS: Final = 0x6F61_6178
"""The first half of the locks of days that are summed up; the second is the day."""
_LOCKS: Final = 0x6F61_6177
"""The first half of every advisory lock of this package."""
_MIGRATING, _CLOSING, _READING, _NAMING, _TIDYING = 1, 2, 3, 4, 5
_WRITERS: Final = 1000
"""The lock of writer n is this plus n."""
_MOST_WRITERS: Final = 256
_OPEN_LONGEST: Final = "30s"
_HOLDING: Final = "SELECT conversation_id, body FROM facts WHERE position(CAST(? AS bytea) IN body) > 0"
_AGAIN: Final = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
_LATER: Final = (psycopg.OperationalError, psycopg.InterfaceError)


class PostgresTransaction(SqlTransaction):
    """A transaction in PostgreSQL."""

    def __init__(self, execute: Execute, types: Mapping[str, str]) -> None:
        super().__init__(execute, types)
        self._placed: set[str] = set()

    @property
    def shared(self) -> bool:
        """Whether other processes may write to the same database."""
        return True

    def write(self, batch: Batch) -> None:
        """Write what is new, and take away the rows that were only made to be held."""
        super().write(batch)
        unused = self._placed.difference(row[0] for row in batch.heads)
        if unused:
            self.delete(t.HEADS, t.CONVERSATION_ID, unused)

    def heads(self, conversation_ids: Iterable[str]) -> list[StoredHead]:
        """Return what is stored of conversations, and hold them, in the order of their ids, against other writers."""
        wanted = sorted(conversation_ids)
        if not wanted:
            return []
        ids = self._rows(("id", t.TEXT))
        # A row that two find missing can be held by one of them only if it is there.
        columns = "conversation_id, service_name, service_namespace, deployment_environment_name"
        placed = self._execute(
            f"INSERT INTO heads ({columns}, sequence, first_sequence, arrived_ns, active, body) "
            f"SELECT id, '', '', '', 0, 1, 0, false, '' FROM ({ids}) n ON CONFLICT DO NOTHING "
            "RETURNING conversation_id",
            [wanted],
        )
        self._placed.update(row[0] for row in placed)
        found = self._execute(
            f"SELECT {HEAD_COLUMNS} FROM heads WHERE conversation_id IN ({ids}) ORDER BY conversation_id FOR UPDATE",
            [wanted],
        )
        return [StoredHead(*row) for row in found if row[1]]

    def due(self, now_ns: int, most: int, without: Iterable[str] = ()) -> list[StoredHead]:
        """Return conversations that are due by now; none where another analyzer is about them just now."""
        if not self._execute(f"SELECT pg_try_advisory_xact_lock({_LOCKS}, {_CLOSING})")[0][0]:
            return []
        due = super().due(now_ns, most, without)
        held = {head.conversation_id: head for head in self.heads(head.conversation_id for head in due)}
        # Those that somebody wrote meanwhile may not be due any more.
        current = [held.get(head.conversation_id) for head in due]
        return [head for head, was in zip(current, due, strict=True) if head is not None and head[1:4] == was[1:4]]

    def taken_for_gone(self, spoken: Iterable[tuple[str, str, int]], return_ns: int) -> list[Episode]:
        """Return the episodes whose users did not come back, as far as was known, of users that did.

        While this transaction is open nobody settles an episode without knowing what it is about to store.
        """
        self._execute(f"SELECT pg_advisory_xact_lock_shared({_LOCKS}, {_CLOSING})")
        return super().taken_for_gone(spoken, return_ns)

    def finished(self, before_ns: int, most: int) -> list[StoredHead]:
        """Return conversations of which all is said and nothing has arrived since a time, and hold them."""
        found = {head.conversation_id: head for head in super().finished(before_ns, most)}
        # Those that somebody wrote meanwhile may not be finished any more.
        return [head for head in self.heads(found) if head[1:4] == found[head.conversation_id][1:4]]

    def alone(self) -> bool:
        """Return whether this transaction, of all analyzers on this database, is the one that may tidy up now."""
        return bool(self._execute(f"SELECT pg_try_advisory_xact_lock({_LOCKS}, {_TIDYING})")[0][0])

    def _some(self, table: t.Table, condition: str) -> str:
        return f"ctid = ANY(ARRAY(SELECT {table.name}.ctid FROM {condition} LIMIT ?))"

    def whole_traces(self, whole: Whole, most: int) -> list[Row]:
        """Return the rows of traces that can be read now; none where another analyzer reads just now."""
        if not self._execute(f"SELECT pg_try_advisory_xact_lock({_LOCKS}, {_READING})")[0][0]:
            return []
        return super().whole_traces(whole, most)

    def series_of_others(self, writer: int) -> list[Row]:
        """Return the series that others write; nobody else adds one until the end of this transaction."""
        self._execute(f"SELECT pg_advisory_xact_lock({_LOCKS}, {_NAMING})")
        return super().series_of_others(writer)

    def hold_day(self, source: str, day: int) -> bool:
        """Keep others from writing a day until the end of the transaction; return whether it still has no sums."""
        self._execute(f"SELECT pg_advisory_xact_lock({_DAYS}, ?)", [day])
        return super().hold_day(source, day)

    def _note(self, days: Iterable[Day]) -> None:
        """Note that days have rows, and no sums that hold.

        This comes last in a transaction: who waits for a day here holds up nobody who has one.
        """
        noted = sorted(days, key=itemgetter(1, 0))
        if noted:
            wanted = sorted({day for _, day in noted})
            self._execute(f"SELECT pg_advisory_xact_lock_shared({_DAYS}, d) FROM unnest(?::integer[]) d", [wanted])
            rows = self._rows(("source", t.TEXT), ("day", t.WHOLE))
            self._execute(
                f"INSERT INTO days SELECT source, day, false FROM ({rows}) d "
                "ON CONFLICT (source, day) DO UPDATE SET summed = false WHERE days.summed",
                [list(values) for values in zip(*noted, strict=True)],
            )

    def _replace(self, table: t.Table, rows: Sequence[Row]) -> None:
        if rows:
            self._touch(table, rows)
            others = (name for name in table.names if name not in table.key)
            new = ", ".join(f"{name} = excluded.{name}" for name in others)
            upsert = f"{self._insertion(table)} ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET {new}"
            self._execute(upsert, [list(values) for values in zip(*rows, strict=True)])

    def _touch(self, table: t.Table, rows: Sequence[Row]) -> None:
        """Note the days of the rows whose place others are about to take."""
        if table.name in TIMES:
            types = {column.name: column.type for column in table.columns}
            keys = [[row[table.names.index(name)] for row in rows] for name in table.key]
            old = self._rows(*((name, types[name]) for name in table.key))
            statement = f"SELECT {TIMES[table.name]} FROM {table.name} WHERE ({', '.join(table.key)}) IN ({old})"
            self._touched |= days_of(table.name, {time_ns for (time_ns,) in self._execute(statement, keys)})


class PostgresReader:
    """A PostgreSQL database, connected so that nothing in it can be changed.

    Args:
        url: ``postgresql://…``, as libpq takes it.

    Raises:
        StorageError: another version wrote it.
        UnavailableError: it cannot be reached.
    """

    def __init__(self, url: str) -> None:
        self._connection = connected(url)
        self._connection.read_only = True
        self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        try:
            require_current("postgres", "the database", lambda text, said=(): _run(self._connection, text, said))
        except BaseException:
            self.close()
            raise

    @contextmanager
    def snapshot(self) -> Iterator[Read]:
        """Yield what runs questions, with ``?`` for each parameter, all on what counts now.

        Raises:
            UnavailableError: the database cannot be reached, or takes too long.
        """
        try:
            with self._connection.transaction():
                yield lambda text, said=(): _run(self._connection, text, said)
        except _LATER as problem:
            raise UnavailableError(f"the database cannot be used now: {problem}") from problem

    def export(self, table: str, path: str, format_: str) -> None:
        """Write a table, as it is at one moment, to a Parquet or CSV file.

        Raises:
            UnavailableError: the database cannot be reached.
        """
        try:
            with self._connection.transaction():
                self._connection.execute("SET LOCAL statement_timeout = 0")
                from_postgres(self._connection, table, path, format_)
        except _LATER as problem:
            raise UnavailableError(f"the database cannot be used now: {problem}") from problem

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()


class PostgresDatabase:
    """A PostgreSQL database.

    Args:
        url: ``postgresql://…``, as libpq takes it.

    Attributes:
        writer: number of this analyzer among those that are connected, from 0; its totals are its own.

    Raises:
        StorageError: it was written by a newer version.
        UnavailableError: it cannot be reached.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._working = threading.Lock()
        self._one_reads = threading.Lock()
        self._connection = self._connected()
        self._one_asks = threading.Lock()
        self._reader = self._asked = self._connection
        try:
            self._reader = self._connected()
            self._asked = self._connected()
            self._prepare()
            self.writer = self._take_number()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[PostgresTransaction]:
        """Begin a transaction: what was written in it counts when the block is left without an exception.

        Raises:
            ConflictError: another analyzer was in the way.
            UnavailableError: the database cannot be reached, or has no room.
        """
        with self._working:
            self._reconnect()
            try:
                with self._connection.transaction():
                    transaction = PostgresTransaction(self._execute, TYPES)
                    yield transaction
                    transaction.end()
            except psycopg.errors.InFailedSqlTransaction as problem:
                raise ConflictError(f"a statement before this one failed: {problem}") from problem
            except _AGAIN as problem:
                raise ConflictError(f"another analyzer was in the way: {problem}") from problem
            except _LATER as problem:
                raise UnavailableError(f"the database cannot be used now: {problem}") from problem

    def active(self) -> dict[Service, int]:
        """Return how many engaged conversations are open, by service."""
        with self._reading() as reading:
            return reading.active()

    def shown(self) -> list[Row]:
        """Return the totals of all writers together: rows of the table's columns without the writer."""
        with self._reading() as reading:
            return reading.shown()

    def holding(self, text: bytes) -> list[Row]:
        """Return conversation id and facts of each row of facts that has some bytes in it."""
        return self.read(_HOLDING, [text])

    def read(self, statement: str, parameters: Sequence[Any] = (), /) -> list[Row]:
        """Return the rows that come of a question, with ``?`` for each parameter: what counts by now.

        Raises:
            UnavailableError: the database cannot be reached, or takes too long.
        """
        with self._reading() as reading:
            return reading._execute(statement, parameters)  # noqa: SLF001 - what it reads with

    def export(self, table: str, path: str, format_: str) -> None:
        """Write a table, as it is at one moment, to a Parquet or CSV file.

        Raises:
            UnavailableError: the database cannot be reached.
        """
        reader = PostgresReader(self._url)
        try:
            reader.export(table, path, format_)
        finally:
            reader.close()

    @contextmanager
    def snapshot(self) -> Iterator[Read]:
        """Yield what runs questions, with ``?`` for each parameter, all on what counts now.

        Raises:
            UnavailableError: the database cannot be reached, or takes too long.
        """
        with self._one_asks:
            try:
                if self._asked.closed or self._asked.broken:
                    self._asked = self._connected()
                self._asked.isolation_level, self._asked.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
                with self._asked.transaction():
                    yield lambda text, said=(): _run(self._asked, text, said)
            except _LATER as problem:
                raise UnavailableError(f"the database cannot be used now: {problem}") from problem

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()
        self._reader.close()
        self._asked.close()

    @contextmanager
    def _reading(self) -> Iterator[SqlTransaction]:
        """Read beside the writer: what counts by now."""
        with self._one_reads:
            try:
                yield SqlTransaction(self._ask, TYPES)
            except _LATER as problem:
                raise UnavailableError(f"the database cannot be used now: {problem}") from problem

    def _ask(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Read; where the connection was lost, perhaps long ago, over another one."""
        try:
            return _run(self._reader, statement, parameters)
        except _LATER:
            if not (self._reader.closed or self._reader.broken):
                raise
            self._reader.close()
            self._reader = self._connected()
            return _run(self._reader, statement, parameters)

    def _execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return _run(self._connection, statement, parameters)

    def _connected(self) -> psycopg.Connection[Row]:
        return connected(self._url)

    def _reconnect(self) -> None:
        """Connect again where the connection was lost. The number among the analyzers goes with the connection."""
        if self._connection.closed or self._connection.broken:
            self._connection.close()
            self._connection = self._connected()
            if not self._lock(_WRITERS + self.writer):
                self._connection.close()
                raise UnavailableError(
                    "the number of this analyzer is taken: the connection that was lost is still open"
                )

    def _prepare(self) -> None:
        with self._connection.transaction():
            self._execute(f"SELECT pg_advisory_xact_lock({_LOCKS}, {_MIGRATING})")
            migrate("postgres", "the database", self._execute)

    def _take_number(self) -> int:
        number = next((number for number in range(_MOST_WRITERS) if self._lock(_WRITERS + number)), None)
        if number is None:
            raise StorageError(f"{_MOST_WRITERS} analyzers are at work on this database, which is as many as can be")
        return number

    def _lock(self, lock: int) -> bool:
        return bool(self._execute(f"SELECT pg_try_advisory_lock({_LOCKS}, {lock})")[0][0])


def connected(url: str) -> psycopg.Connection[Row]:
    """Connect to a database.

    Raises:
        UnavailableError: it cannot be reached.
    """
    try:
        options = f"-c idle_in_transaction_session_timeout={_OPEN_LONGEST} -c statement_timeout={_OPEN_LONGEST}"
        return psycopg.connect(url, autocommit=True, options=options, connect_timeout=5)
    except psycopg.OperationalError as problem:
        raise UnavailableError(f"the database cannot be reached: {problem}") from problem


def _run(connection: psycopg.Connection[Row], statement: str, parameters: Sequence[Any]) -> list[Row]:
    query = statement.replace("?", "%s").encode()
    cursor = connection.execute(query, parameters or None)
    return cursor.fetchall() if cursor.description is not None else []
