"""The tables in one DuckDB file: no server, one process at a time; within it, reads run beside the writer."""

from __future__ import annotations

import contextlib
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from otel_agent_analytics.storage.bulk import WORTH_IT, insertion
from otel_agent_analytics.storage.errors import LockedError, StorageError, UnavailableError
from otel_agent_analytics.storage.export import TYPES, from_duckdb
from otel_agent_analytics.storage.migrations import migrate, require_current
from otel_agent_analytics.storage.sql import SqlTransaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.storage import tables as t
    from otel_agent_analytics.storage.database import Read
    from otel_agent_analytics.storage.days import Day
    from otel_agent_analytics.storage.rows import Row
    from otel_agent_analytics.storage.statements import Execute

_LATER: Final = (duckdb.OperationalError, duckdb.InternalError, duckdb.FatalException)
_MOST_PARSED: Final = 200
"""Statements that need not be parsed again, which takes almost half of the time of a small one."""
IN_MEMORY: Final = ":memory:"
_HOLDING: Final = "SELECT conversation_id, body FROM facts WHERE contains(hex(body), hex(CAST(? AS BLOB)))"


class DuckDBTransaction(SqlTransaction):
    """A transaction in DuckDB: the only one that writes, so that it need not ask which days are without sums.

    Args:
        execute: runs a statement within the transaction.
        unsummed: days that are known to be noted as having no sums.
    """

    def __init__(self, execute: Execute, unsummed: set[Day]) -> None:
        super().__init__(execute, TYPES)
        self._unsummed = unsummed
        self.noted: set[Day] = set()
        """Days that are noted as having no sums when this transaction counts."""

    def _note(self, days: Iterable[Day]) -> None:
        new = {*days} - self._unsummed - self.noted
        super()._note(new)
        self.noted |= new

    def _add(self, table: t.Table, rows: Sequence[Row]) -> None:
        if len(rows) < WORTH_IT:
            super()._add(table, rows)
        else:
            self._execute(*insertion(table, rows, self._types))

    def summed(self, source: str, day: int) -> None:
        """Note that the sums of a day, which is held, are there."""
        self._unsummed.discard((source, day))
        super().summed(source, day)


class DuckDBFile:
    """A DuckDB file that nobody writes, opened so that nothing in it can be changed.

    Args:
        path: of the file.
        memory_mib: how much memory DuckDB may use for itself, MiB.

    Raises:
        LockedError: the file is open in another process, which writes it.
        StorageError: there is no such file, it is no DuckDB file, or another version wrote it.
    """

    def __init__(self, path: str, *, memory_mib: int = 256) -> None:
        if not Path(path).exists():
            raise StorageError(f"{path} is not there")
        try:
            self._connection = duckdb.connect(path, read_only=True, config={"memory_limit": f"{memory_mib}MiB"})
        except duckdb.IOException as problem:
            locked = "lock" in str(problem).lower()
            raise (LockedError if locked else StorageError)(_told(path, problem)) from problem
        try:
            require_current("duckdb", path, lambda text, said=(): self._connection.execute(text, said).fetchall())
        except BaseException:
            self.close()
            raise

    @contextmanager
    def snapshot(self) -> Iterator[Read]:
        """Yield what runs questions, with ``?`` for each parameter."""
        yield lambda text, said=(): self._connection.execute(text, said).fetchall()

    def export(self, table: str, path: str, format_: str) -> None:
        """Write a table to a Parquet or CSV file."""
        from_duckdb(self._connection, table, path, format_)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


class DuckDBDatabase:
    """A DuckDB file.

    Args:
        path: of the file, which is made where there is none; ``:memory:`` for one that goes with the process.
        threads: how many cores a statement may use.
        memory_mib: how much memory DuckDB may use for itself, MiB.

    Raises:
        StorageError: the file is open elsewhere, is no DuckDB file, or was written by a newer version.
    """

    def __init__(self, path: str, *, threads: int = 1, memory_mib: int = 256) -> None:
        self._writing = threading.Lock()
        self._parsed: dict[str, Any] = {}
        self._unsummed: set[Day] = set()
        self._path = path
        self._config: dict[str, Any] = {"threads": threads, "memory_limit": f"{memory_mib}MiB"}
        self._invalid = False
        """Whether DuckDB gave the file up, as where a checkpoint finds no room: then it is to be opened anew."""
        try:
            self._connection = duckdb.connect(path, config=self._config)
        except duckdb.IOException as problem:
            raise _told(path, problem) from problem
        try:
            self._prepare(path)
        except BaseException:
            self._connection.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[DuckDBTransaction]:
        """Begin a transaction: what was written in it counts when the block is left without an exception.

        Raises:
            UnavailableError: there is no room for it, on disk or in memory.
        """
        with self._writing, self._told_as_unavailable():
            self._open_anew()
            self._connection.begin()
            try:
                transaction = DuckDBTransaction(self._execute, self._unsummed)
                yield transaction
                transaction.end()
                self._connection.commit()
                self._unsummed |= transaction.noted
            except BaseException:
                with contextlib.suppress(duckdb.Error):  # the transaction may be gone already
                    self._connection.rollback()
                raise

    def sends(self) -> bool:
        """Return whether this process is the one that sends what is in the outbox: it has the file to itself."""
        return True

    def learns(self) -> bool:
        """Return whether this process is the one that learns topics: it has the file to itself."""
        return True

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
            UnavailableError: there is not enough memory for it, or the file cannot be read.
        """
        with self._asking() as cursor:
            return cursor.execute(statement, parameters).fetchall()

    def export(self, table: str, path: str, format_: str) -> None:
        """Write a table, as it is at one moment, to a Parquet or CSV file.

        Raises:
            UnavailableError: there is no room for it, on disk or in memory.
        """
        with self._asking() as cursor:
            from_duckdb(cursor, table, path, format_)

    @contextmanager
    def snapshot(self) -> Iterator[Read]:
        """Yield what runs questions, with ``?`` for each parameter, all on what counts now.

        Raises:
            UnavailableError: there is not enough memory for one, or the file cannot be read.
        """
        with self._asking() as cursor:
            cursor.begin()
            yield lambda text, said=(): cursor.execute(text, said).fetchall()

    def close(self) -> None:
        """Let go of the file."""
        with self._writing:
            self._connection.close()

    @contextmanager
    def _asking(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._told_as_unavailable(), self._connection.cursor() as cursor:
            yield cursor

    @contextmanager
    def _reading(self) -> Iterator[SqlTransaction]:
        """Read beside the writer: what counts by now."""
        with self._asking() as cursor:
            yield SqlTransaction(lambda text, said=(): cursor.execute(text, said).fetchall(), TYPES)

    @contextmanager
    def _told_as_unavailable(self) -> Iterator[None]:
        try:
            yield
        except _LATER as problem:
            self._invalid |= isinstance(problem, duckdb.FatalException)
            raise UnavailableError(f"the database cannot be used now: {problem}") from problem

    def _open_anew(self) -> None:
        """Open the file again where DuckDB gave it up; what had counted by then is in it."""
        if self._invalid and self._path != IN_MEMORY:
            self._connection.close()
            self._parsed.clear()
            self._connection = duckdb.connect(self._path, config=self._config)
            self._invalid = False

    def _execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        parsed = self._parsed.get(statement)
        if parsed is None:
            if len(self._parsed) >= _MOST_PARSED:
                self._parsed.clear()
            parsed = self._parsed[statement] = self._connection.extract_statements(statement)[0]
        return self._connection.execute(parsed, parameters).fetchall()

    def _prepare(self, path: str) -> None:
        self._connection.begin()
        try:
            migrate("duckdb", path, self._execute)
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise


def _told(path: str, problem: Exception) -> StorageError:
    if "lock" in str(problem).lower():
        return LockedError(
            f"{path} is open in another process, and a DuckDB file can be open in one only: ask that one, or end it"
        )
    return StorageError(f"{path} cannot be opened: {problem}")
