"""The tables in PostgreSQL, for several analyzers at once: whoever works on a conversation holds its row."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg

from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.errors import ConflictError, StorageError, UnavailableError
from otel_agent_analytics.storage.export import from_postgres
from otel_agent_analytics.storage.migrations import migrate, require_current
from otel_agent_analytics.storage.postgres_transaction import (
    LEARNING,
    LOCKS,
    MIGRATING,
    SENDING,
    PostgresTransaction,
)
from otel_agent_analytics.storage.sql import SqlTransaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.storage.database import Read
    from otel_agent_analytics.storage.rows import Row

TYPES: Final = {
    t.TEXT: "text",
    t.WHOLE: "bigint",
    t.YES_NO: "boolean",
    t.BYTES: "bytea",
    t.EXACT: "numeric",
    t.NUMBER: "double precision",
    t.NAMES: "text",
}
_WRITERS: Final = 1000
"""The lock of writer n is this plus n."""
_MOST_WRITERS: Final = 256
_OPEN_LONGEST: Final = "30s"
_HOLDING: Final = "SELECT conversation_id, body FROM facts WHERE position(CAST(? AS bytea) IN body) > 0"
_AGAIN: Final = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
_LATER: Final = (psycopg.OperationalError, psycopg.InterfaceError)


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
        self._duties: set[int] = set()
        """The locks of this connection that say who does what for all."""
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

    def sends(self) -> bool:
        """Return whether this process, of all on this database, is the one that sends what is in the outbox.

        Raises:
            UnavailableError: the database cannot be reached.
        """
        return self._does(SENDING)

    def learns(self) -> bool:
        """Return whether this process, of all on this database, is the one that learns topics.

        Raises:
            UnavailableError: the database cannot be reached.
        """
        return self._does(LEARNING)

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

    def _does(self, duty: int) -> bool:
        """Return whether this connection has the lock of a duty, which it takes where nobody has it."""
        with self._working:
            try:
                self._reconnect()
                if duty not in self._duties and self._lock(duty):
                    self._duties.add(duty)
            except _LATER as problem:
                raise UnavailableError(f"the database cannot be used now: {problem}") from problem
            return duty in self._duties

    def _execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return _run(self._connection, statement, parameters)

    def _connected(self) -> psycopg.Connection[Row]:
        return connected(self._url)

    def _reconnect(self) -> None:
        """Connect again where the connection was lost. The number among the analyzers goes with the connection."""
        if self._connection.closed or self._connection.broken:
            self._connection.close()
            self._duties.clear()
            self._connection = self._connected()
            if not self._lock(_WRITERS + self.writer):
                self._connection.close()
                raise UnavailableError(
                    "the number of this analyzer is taken: the connection that was lost is still open"
                )

    def _prepare(self) -> None:
        with self._connection.transaction():
            self._execute(f"SELECT pg_advisory_xact_lock({LOCKS}, {MIGRATING})")
            migrate("postgres", "the database", self._execute)

    def _take_number(self) -> int:
        number = next((number for number in range(_MOST_WRITERS) if self._lock(_WRITERS + number)), None)
        if number is None:
            raise StorageError(f"{_MOST_WRITERS} analyzers are at work on this database, which is as many as can be")
        return number

    def _lock(self, lock: int) -> bool:
        return bool(self._execute(f"SELECT pg_try_advisory_lock({LOCKS}, {lock})")[0][0])


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
