"""The statements of both dialects, where they agree: one for each table and question, all with bound parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.database import Batch, StoredHead, Whole
from otel_agent_analytics.storage.days import PERSONS, Day, touched
from otel_agent_analytics.storage.deleting import Deleting
from otel_agent_analytics.storage.statements import columns_of
from otel_agent_analytics.tracking.returns import Episode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from otel_agent_analytics.storage.rows import Row

HEAD_COLUMNS: Final = "conversation_id, sequence, first_sequence, arrived_ns, body, since_ns"
"""What ``StoredHead`` has, in its order."""


class SqlTransaction(Deleting):
    """A transaction that speaks SQL: what is asked and written."""

    # --- what is known of conversations -------------------------------------------------------------------------------

    def heads(self, conversation_ids: Iterable[str]) -> list[StoredHead]:
        """Return what is stored of conversations."""
        wanted = sorted(conversation_ids)
        statement = f"SELECT {HEAD_COLUMNS} FROM heads WHERE conversation_id IN ({self._rows(('id', t.TEXT))})"
        return [StoredHead(*row) for row in self._execute(statement, [wanted])] if wanted else []

    def due(self, now_ns: int, most: int, without: Iterable[str] = ()) -> list[StoredHead]:
        """Return conversations that are due by now, those whose time came first, but for some."""
        left = list(without)
        others = f"AND conversation_id NOT IN ({self._rows(('id', t.TEXT))}) " if left else ""
        statement = (
            f"SELECT {HEAD_COLUMNS} FROM heads WHERE due_ns <= ? {others}ORDER BY deadline_ns, conversation_id LIMIT ?"
        )
        parameters = [now_ns, left, most] if left else [now_ns, most]
        return [StoredHead(*row) for row in self._execute(statement, parameters)]

    def facts(self, first_sequences: Mapping[str, int], since_ns: int = 0) -> dict[str, list[bytes]]:
        """Return the facts of conversations, by id, each from a row on; none of these was written before a time.

        The rows lie in the order of their times: so a database need not look through what it has of all times.
        """
        found: dict[str, list[bytes]] = {conversation_id: [] for conversation_id in first_sequences}
        if not found:
            return found
        wanted = self._rows(("id", t.TEXT), ("first_sequence", t.WHOLE))
        statement = (
            f"SELECT f.conversation_id, f.body FROM facts f JOIN ({wanted}) w "
            "ON f.conversation_id = w.id AND f.sequence >= w.first_sequence WHERE f.arrived_ns >= ? "
            "ORDER BY f.conversation_id, f.sequence"
        )
        for conversation_id, body in self._execute(statement, [*columns_of(first_sequences.items()), since_ns]):
            found[conversation_id].append(bytes(body))
        return found

    # --- what is known of users ---------------------------------------------------------------------------------------

    def spoke(self, user_hash: str, after_ns: int, until_ns: int) -> bool:
        """Return whether a user spoke, in any conversation, after one time and no later than another."""
        return self._spoke("user_hash", user_hash, after_ns, until_ns)

    def went_on(self, conversation_id: str, after_ns: int, until_ns: int) -> bool:
        """Return whether a user spoke in a conversation after one time and no later than another."""
        return self._spoke("conversation_id", conversation_id, after_ns, until_ns)

    def _spoke(self, column: str, value: str, after_ns: int, until_ns: int) -> bool:
        statement = f"SELECT 1 FROM messages WHERE {column} = ? AND role = ? AND sent_ns > ? AND sent_ns <= ? LIMIT 1"
        return bool(self._execute(statement, [value, v.ROLE_USER, after_ns, until_ns]))

    def taken_for_gone(self, spoken: Iterable[tuple[str, str, int]], return_ns: int) -> list[Episode]:
        """Return the episodes whose users did not come back, as far as was known, of users that did."""
        columns = columns_of(spoken)
        if not columns:
            return []
        heard = self._rows(("who", t.TEXT), ("conversation", t.TEXT), ("sent_ns", t.WHOLE))
        # One question for each way to be the same person, since a database finds no index for an OR of the two.
        statement = " UNION ".join(
            f"SELECT c.conversation_id, c.episode, c.ended_ns FROM conversations c JOIN ({heard}) h ON {same} "
            "WHERE c.returned = false AND c.ended_ns < h.sent_ns AND h.sent_ns <= c.ended_ns + ?"
            for same in ("c.user_hash = h.who", "c.conversation_id = h.conversation")
        )
        found = [Episode(*row) for row in self._execute(statement, [*columns, return_ns, *columns, return_ns])]
        return sorted(found, key=lambda episode: (episode.ended_ns, episode.conversation_id))

    def turn_counts(self, service: Service, from_ns: int, to_ns: int) -> dict[int, int]:
        """Return how many engaged episodes that ended in [from, to) had how many turns."""
        statement = (
            "SELECT user_turns, count(*) FROM conversations WHERE ended_ns >= ? AND ended_ns < ? AND user_turns > 0 "
            "AND service_name = ? AND service_namespace = ? AND deployment_environment_name = ? GROUP BY user_turns"
        )
        return dict(self._execute(statement, [from_ns, to_ns, *service]))

    # --- what waits for the rest of its trace -------------------------------------------------------------------------

    def whole_traces(self, whole: Whole, most: int) -> list[Row]:
        """Return the rows of traces that can be read now, of those that have waited longest."""
        statement = (
            "SELECT trace_id FROM waiting WHERE trace_id IN (SELECT trace_id FROM waiting WHERE unread) "
            "GROUP BY trace_id HAVING bool_or(NOT unread) OR (bool_or(root) AND max(arrived_ns) <= ?) "
            "OR max(arrived_ns) <= ? OR sum(spans) > ? ORDER BY min(arrived_ns), trace_id LIMIT ?"
        )
        found = [row[0] for row in self._execute(statement, [*whole, most])]
        statement = (
            f"SELECT {', '.join(t.WAITING.names)} FROM waiting WHERE trace_id IN ({self._rows(('id', t.TEXT))}) "
            "ORDER BY trace_id, arrived_ns, part"
        )
        return self._execute(statement, [found]) if found else []

    def waiting_traces(self, most: int) -> list[str]:
        """Return the traces that have something that is to be read."""
        return [row[0] for row in self._execute("SELECT DISTINCT trace_id FROM waiting WHERE unread LIMIT ?", [most])]

    def let_go(self, arrived_before_ns: int) -> None:
        """Remove what was read long ago, but where more of its trace waits."""
        unread = "SELECT trace_id FROM waiting WHERE unread"
        self._execute(
            f"DELETE FROM waiting WHERE NOT unread AND arrived_ns < ? AND trace_id NOT IN ({unread})",
            [arrived_before_ns],
        )

    # --- what is shown ------------------------------------------------------------------------------------------------

    def active(self) -> dict[Service, int]:
        """Return how many engaged conversations are open, by service."""
        service = "service_name, service_namespace, deployment_environment_name"
        rows = self._execute(f"SELECT {service}, count(*) FROM heads WHERE active GROUP BY {service}")
        return {Service(*row[:3]): row[3] for row in rows}

    def shown(self) -> list[Row]:
        """Return the totals of all writers together: rows of the table's columns without the writer."""
        series = ", ".join(name for name in t.TOTALS.key if name != "writer")
        return self._execute(f"SELECT {series}, sum(value), sum(retracted) FROM totals GROUP BY {series}")

    def totals(self, writer: int) -> list[Row]:
        """Return the totals of a writer."""
        return self._execute(f"SELECT {', '.join(t.TOTALS.names)} FROM totals WHERE writer = ?", [writer])

    def series_of_others(self, writer: int) -> list[Row]:
        """Return the series that others write: metric, service and labels. None of them adds one until the end."""
        series = ", ".join(name for name in t.TOTALS.key if name not in {"writer", "bucket"})
        return self._execute(f"SELECT DISTINCT {series} FROM totals WHERE writer <> ?", [writer])

    def users(self, writer: int) -> list[Row]:
        """Return what a writer knows of users."""
        return self._execute(f"SELECT {', '.join(t.USERS.names)} FROM users WHERE writer = ?", [writer])

    # --- what is to be told -------------------------------------------------------------------------------------------

    def revisions(self, conversation_ids: Iterable[str]) -> dict[tuple[str, int], int]:
        """Return how often ends were told, by conversation and episode; of those that were told more than once."""
        wanted = sorted(conversation_ids)
        statement = (
            "SELECT conversation_id, episode, revision FROM revisions "
            f"WHERE conversation_id IN ({self._rows(('id', t.TEXT))})"
        )
        return {(row[0], row[1]): row[2] for row in self._execute(statement, [wanted])} if wanted else {}

    def judged(self, extractor: str, conversation_ids: Iterable[str]) -> dict[tuple[str, int], int]:
        """Return how often an extractor has judged episodes, by conversation and episode; of those that it has."""
        wanted = sorted(conversation_ids)
        statement = (
            "SELECT conversation_id, episode, max(revision) FROM insights "
            f"WHERE conversation_id IN ({self._rows(('id', t.TEXT))}) AND extractor = ? "
            "GROUP BY conversation_id, episode"
        )
        return {(row[0], row[1]): row[2] for row in self._execute(statement, [wanted, extractor])} if wanted else {}

    def last_told(self, writer: int) -> int:
        """Return the highest number of what a writer has in the outbox; 0 where that is nothing."""
        found: int = self._execute("SELECT coalesce(max(number), 0) FROM outbox WHERE writer = ?", [writer])[0][0]
        return found

    def told_of(self, conversation_ids: Iterable[str]) -> list[Row]:
        """Return number, writer and body of every row of the outbox of conversations."""
        wanted = self._rows(("value", t.TEXT))
        statement = f"SELECT number, writer, body FROM outbox WHERE conversation_id IN ({wanted})"
        return self._execute(statement, [sorted(conversation_ids)])

    def rewrite_told(self, number: int, writer: int, body: bytes) -> None:
        """Put another log record in the place of one that is to be sent."""
        self._execute("UPDATE outbox SET body = ? WHERE number = ? AND writer = ?", [body, number, writer])

    # --- what is new --------------------------------------------------------------------------------------------------

    def write(self, batch: Batch) -> None:
        """Write what is new, one statement or two for each table."""
        self._remove(t.CONVERSATIONS, batch.removed)
        self._remove(t.WAITING, batch.read)
        self._remove(t.OUTBOX, batch.sent)
        self._remove(t.INSIGHT_JOBS, batch.jobs_done)
        self._remove(t.AGREEMENT, batch.disagreed)
        self._remove(t.TOPIC_MESSAGES, batch.learnt_from)
        for table in (t.HEADS, t.CONVERSATIONS, t.TOTALS, t.USERS, t.CONTENT, t.REVISIONS, t.AGREEMENT, t.TOPICS):
            self._replace(table, getattr(batch, table.name))
        for table in (t.FACTS, t.CALLS, t.MESSAGES, t.WAITING, t.OUTBOX, t.INSIGHTS, t.INSIGHT_JOBS, t.TOPIC_MESSAGES):
            self._add(table, getattr(batch, table.name))
        self._add(t.INSIGHTS, batch.local_insights)
        self._touched |= touched(batch)

    # --- sums by day --------------------------------------------------------------------------------------------------

    def unsummed(self, until_day: int) -> list[Day]:
        """Return the days before a day that have rows and no sums, the earliest first."""
        statement = "SELECT source, day FROM days WHERE NOT summed AND day < ? ORDER BY day, source"
        return [(source, day) for source, day in self._execute(statement, [until_day])]

    def hold_day(self, source: str, day: int) -> bool:
        """Keep others from writing a day until the end of the transaction; return whether it still has no sums."""
        return bool(self._execute("SELECT 1 FROM days WHERE source = ? AND day = ? AND NOT summed", [source, day]))

    def summed(self, source: str, day: int) -> None:
        """Note that the sums of a day, which is held, are there."""
        self._execute("UPDATE days SET summed = true WHERE source = ? AND day = ?", [source, day])

    def forget_person(self, user_hash: str) -> int:
        """Take a user out of the sums of days; return from how many rows."""
        theirs = "WHERE person = CAST(md5(?) AS UUID)"
        return sum(len(self._execute(f"DELETE FROM {name} {theirs} RETURNING 1", [user_hash])) for name in PERSONS)

    def ask(self, statement: str, parameters: Sequence[Any] = (), /) -> list[Row]:
        """Run a statement within the transaction, with ``?`` for each parameter."""
        return self._execute(statement, parameters)
