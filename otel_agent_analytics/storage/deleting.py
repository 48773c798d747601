"""The statements that delete: what is too old, what is of a person; and what is left, so that it stays deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.database import Gone, StoredHead
from otel_agent_analytics.storage.days import TIMES, days_of
from otel_agent_analytics.storage.statements import Statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from otel_agent_analytics.storage.rows import Row


class Deleting(Statements):
    """The part of a transaction that deletes; each database overrides what it says otherwise."""

    @property
    def shared(self) -> bool:
        """Whether other processes may write to the same database."""
        return False

    def delete(self, table: t.Table, column: str, values: Iterable[str]) -> int:
        """Delete the rows of a table that have one of some texts in a column; return how many these were."""
        condition = f"{column} IN ({self._rows(('value', t.TEXT))})"
        return self._delete(table, condition, [sorted(values)])

    def delete_old(self, table: t.Table, column: str, before_ns: int, most: int) -> int:
        """Delete rows whose time in a column is before another, so many at most; return how many these were."""
        some = self._some(table, f"{table.name} WHERE {column} < ?")
        return self._delete(table, some, [before_ns, most])

    def delete_old_facts(self, before_ns: int, most: int) -> int:
        """Delete facts of episodes that are forgotten, written before a time, so many at most; return how many."""
        some = self._some(
            t.FACTS,
            "facts LEFT JOIN heads ON facts.conversation_id = heads.conversation_id "
            "WHERE facts.arrived_ns < ? AND (heads.first_sequence IS NULL OR facts.sequence < heads.first_sequence)",
        )
        return self._delete(t.FACTS, some, [before_ns, most])

    def finished(self, before_ns: int, most: int) -> list[StoredHead]:
        """Return conversations of which all is said and nothing has arrived since a time."""
        statement = (
            f"SELECT {', '.join(StoredHead._fields)} FROM heads WHERE deadline_ns IS NULL AND arrived_ns < ? "
            "ORDER BY arrived_ns LIMIT ?"
        )
        return [StoredHead(*row) for row in self._execute(statement, [before_ns, most])]

    def all_facts(self, conversation_ids: Iterable[str]) -> list[Row]:
        """Return conversation id, sequence and body of every row of facts of conversations."""
        wanted = self._rows(("value", t.TEXT))
        statement = f"SELECT conversation_id, sequence, body FROM facts WHERE conversation_id IN ({wanted})"
        return self._execute(statement, [sorted(conversation_ids)])

    def rewrite_facts(self, conversation_id: str, sequence: int, body: bytes) -> None:
        """Put other facts in the place of a row's."""
        statement = "UPDATE facts SET body = ? WHERE conversation_id = ? AND sequence = ?"
        self._execute(statement, [body, conversation_id, sequence])

    def rewrite_head(self, conversation_id: str, sequence: int, body: bytes) -> None:
        """Put another head in the place of a conversation's, which was written once more by that."""
        statement = "UPDATE heads SET body = ?, sequence = ? WHERE conversation_id = ?"
        self._execute(statement, [body, sequence, conversation_id])

    def store_key(self) -> bytes:
        """Return the key of this store, under which the ids of deleted conversations are hashed."""
        key: str = self._execute("SELECT value FROM store_key")[0][0]
        return key.encode()

    def graves(self, since_ns: int) -> list[Row]:
        """Return hash and time of the conversations that were deleted at a time or later."""
        return self._execute("SELECT conversation_hash, gone_ns FROM gone WHERE gone_ns >= ?", [since_ns])

    def gone(self, conversation_hashes: Iterable[int]) -> list[Gone]:
        """Return what is left of conversations that were deleted."""
        wanted = self._rows(("value", t.WHOLE))
        statement = f"SELECT {', '.join(Gone._fields)} FROM gone WHERE conversation_hash IN ({wanted})"
        return [Gone(*row) for row in self._execute(statement, [sorted(conversation_hashes)])]

    def bury(self, gone: Sequence[Row]) -> None:
        """Write what is left of deleted conversations."""
        self._replace(t.GONE, gone)

    def alone(self) -> bool:
        """Return whether this transaction, of all analyzers on this database, is the one that may tidy up now."""
        return True

    def _delete(self, table: t.Table, condition: str, parameters: Sequence[Any]) -> int:
        """Delete rows, whose days have sums no more."""
        time = TIMES.get(table.name)
        deleted = self._execute(f"DELETE FROM {table.name} WHERE {condition} RETURNING {time or 1}", parameters)
        if time is not None:
            self._touched |= days_of(table.name, {row[0] for row in deleted})
        return len(deleted)

    def _some(self, table: t.Table, condition: str) -> str:
        """Return what picks some rows by where they lie; the parameters are those of the condition, and how many."""
        return f"rowid IN (SELECT {table.name}.rowid FROM {condition} LIMIT ?)"
