"""A transaction in PostgreSQL: whoever works on a conversation holds its row; some work is done by one at a time."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.database import StoredHead, Whole
from otel_agent_analytics.storage.days import TIMES, days_of
from otel_agent_analytics.storage.sql import HEAD_COLUMNS, SqlTransaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from otel_agent_analytics.storage.database import Batch
    from otel_agent_analytics.storage.days import Day
    from otel_agent_analytics.storage.rows import Row
    from otel_agent_analytics.storage.statements import Execute
    from otel_agent_analytics.tracking.returns import Episode

DAYS: Final = 0x6F61_6178
"""The first half of the locks of days that are summed up; the second is the day."""
LOCKS: Final = 0x6F61_6177
"""The first half of every other advisory lock of this package."""
MIGRATING: Final = 1
"""The second half of the lock of whoever changes the tables; and of those who close, read, name labels and tidy up."""
_CLOSING, _READING, _NAMING, _TIDYING = 2, 3, 4, 5
SENDING: Final = 6
"""And of whoever sends what is in the outbox, as long as its connection lasts."""
LEARNING: Final = 7
"""And of whoever learns topics, in the same way."""


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
        if not self._execute(f"SELECT pg_try_advisory_xact_lock({LOCKS}, {_CLOSING})")[0][0]:
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
        self._execute(f"SELECT pg_advisory_xact_lock_shared({LOCKS}, {_CLOSING})")
        return super().taken_for_gone(spoken, return_ns)

    def finished(self, before_ns: int, most: int) -> list[StoredHead]:
        """Return conversations of which all is said and nothing has arrived since a time, and hold them."""
        found = {head.conversation_id: head for head in super().finished(before_ns, most)}
        # Those that somebody wrote meanwhile may not be finished any more.
        return [head for head in self.heads(found) if head[1:4] == found[head.conversation_id][1:4]]

    def alone(self) -> bool:
        """Return whether this transaction, of all analyzers on this database, is the one that may tidy up now."""
        return bool(self._execute(f"SELECT pg_try_advisory_xact_lock({LOCKS}, {_TIDYING})")[0][0])

    def _some(self, table: t.Table, condition: str) -> str:
        return f"ctid = ANY(ARRAY(SELECT {table.name}.ctid FROM {condition} LIMIT ?))"

    def whole_traces(self, whole: Whole, most: int) -> list[Row]:
        """Return the rows of traces that can be read now; none where another analyzer reads just now."""
        if not self._execute(f"SELECT pg_try_advisory_xact_lock({LOCKS}, {_READING})")[0][0]:
            return []
        return super().whole_traces(whole, most)

    def series_of_others(self, writer: int) -> list[Row]:
        """Return the series that others write; nobody else adds one until the end of this transaction."""
        self._execute(f"SELECT pg_advisory_xact_lock({LOCKS}, {_NAMING})")
        return super().series_of_others(writer)

    def hold_day(self, source: str, day: int) -> bool:
        """Keep others from writing a day until the end of the transaction; return whether it still has no sums."""
        self._execute(f"SELECT pg_advisory_xact_lock({DAYS}, ?)", [day])
        return super().hold_day(source, day)

    def _note(self, days: Iterable[Day]) -> None:
        """Note that days have rows, and no sums that hold.

        This comes last in a transaction: who waits for a day here holds up nobody who has one.
        """
        noted = sorted(days, key=itemgetter(1, 0))
        if noted:
            wanted = sorted({day for _, day in noted})
            self._execute(f"SELECT pg_advisory_xact_lock_shared({DAYS}, d) FROM unnest(?::integer[]) d", [wanted])
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
