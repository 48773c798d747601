"""What every transaction does with rows: statements with bound parameters, and the days whose sums they end.

Lists of values travel as arrays, one for each column, so that a statement is sent once for a whole batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.days import TIMES, Day, days_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from otel_agent_analytics.storage.rows import Row


class Execute(Protocol):
    """Runs a statement, with ``?`` for each parameter."""

    def __call__(self, statement: str, parameters: Sequence[Any] = (), /) -> list[Row]:
        """Return the rows that come of it."""


class Statements:
    """The part of a transaction that runs statements; each database overrides what it says otherwise.

    Args:
        execute: runs a statement within the transaction.
        types: what the database calls the types of columns.
    """

    def __init__(self, execute: Execute, types: Mapping[str, str]) -> None:
        self._run = execute
        self._types = types
        self._touched: set[Day] = set()
        """Whose sums do not hold any more when this transaction counts."""
        self._problem: Exception | None = None

    def end(self) -> None:
        """Fail where a statement did, although somebody caught it: nothing of such a transaction may count.

        Else note which days have sums no more: last, as somebody may have to wait for a day.
        """
        if self._problem is not None:
            raise self._problem
        self._note(self._touched)

    def _execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        if self._problem is not None:
            raise self._problem
        try:
            return self._run(statement, parameters)
        except Exception as problem:
            self._problem = problem
            raise

    def _note(self, days: Iterable[Day]) -> None:
        """Note that days have rows, and no sums that hold."""
        columns = columns_of(sorted(days))
        if columns:
            rows = self._rows(("source", t.TEXT), ("day", t.WHOLE))
            self._execute(f"DELETE FROM days WHERE (source, day) IN ({rows})", columns)
            self._execute(f"INSERT INTO days SELECT source, day, false FROM ({rows}) d", columns)

    def _replace(self, table: t.Table, rows: Sequence[Row]) -> None:
        at = [table.names.index(name) for name in table.key]
        self._remove(table, [tuple(row[place] for place in at) for row in rows])
        self._add(table, rows)

    def _add(self, table: t.Table, rows: Sequence[Row]) -> None:
        if rows:
            self._execute(self._insertion(table), columns_of(rows))

    def _insertion(self, table: t.Table) -> str:
        new = self._rows(*((column.name, column.type) for column in table.columns))
        return f"INSERT INTO {table.name} ({', '.join(table.names)}) {new}"

    def _remove(self, table: t.Table, keys: Sequence[Row]) -> None:
        if keys:
            types = {column.name: column.type for column in table.columns}
            old = self._rows(*((name, types[name]) for name in table.key))
            time, statement = (
                TIMES.get(table.name),
                f"DELETE FROM {table.name} WHERE ({', '.join(table.key)}) IN ({old})",
            )
            if time is None:
                self._execute(statement, columns_of(keys))
                return
            removed = self._execute(f"{statement} RETURNING {time}", columns_of(keys))
            self._touched |= days_of(table.name, {time_ns for (time_ns,) in removed})

    def _rows(self, *columns: tuple[str, str]) -> str:
        """Return the SELECT that makes rows of as many arrays as there are columns, given by name and type."""
        made = (f"unnest(CAST(? AS {self._types[type_]}[])) AS {name}" for name, type_ in columns)
        return f"SELECT {', '.join(made)}"


def columns_of(rows: Iterable[Row]) -> list[list[Any]]:
    """Return rows as a list for each column."""
    return [list(values) for values in zip(*rows, strict=True)]
