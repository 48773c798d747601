"""What is asked of the store about episodes that were judged, or are to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.outputs.agreement import Opinions
from otel_agent_analytics.storage import tables as t

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from otel_agent_analytics.storage.database import Read, Transaction
    from otel_agent_analytics.storage.insight_jobs import JobKey
    from otel_agent_analytics.storage.rows import Row

Episode: TypeAlias = "tuple[str, int]"
"""Conversation id and number."""
_SERVICE: Final = "service_name, service_namespace, deployment_environment_name"
_AT_ONCE: Final = 500


def agreed(transaction: Transaction, episodes: Collection[Episode]) -> dict[Episode, tuple[Service, Opinions]]:
    """Return what the counters of agreement have of conversations, by episode."""
    columns = f"conversation_id, episode, {_SERVICE}, {', '.join(Opinions._fields)}"
    rows = _of_conversations(transaction.ask, f"SELECT {columns} FROM agreement", _ids(episodes))
    return {(row[0], row[1]): (Service(*row[2:5]), Opinions(*row[5:])) for row in rows}


def jobs_of(transaction: Transaction, episodes: Collection[Episode]) -> list[JobKey]:
    """Return the keys of the jobs of episodes."""
    wanted = set(episodes)
    statement = f"SELECT {', '.join(t.INSIGHT_JOBS.key)} FROM insight_jobs"
    rows = _of_conversations(transaction.ask, statement, _ids(wanted))
    return [(row[0], row[1], row[2]) for row in rows if (row[0], row[1]) in wanted]


def opinions_of_rules(transaction: Transaction, episode: Episode) -> tuple[Service, Opinions] | None:
    """Return what the rules say of an ended episode, and its raters; None where it goes on."""
    statement = (
        f"SELECT {_SERVICE}, resolution_status, sentiment, rating FROM conversations "
        "WHERE conversation_id = ? AND episode = ?"
    )
    rows = transaction.ask(statement, list(episode))
    return (Service(*rows[0][:3]), Opinions(rows[0][3], rows[0][4], rows[0][5], None, None)) if rows else None


def last_revision(transaction: Transaction, episode: Episode, extractor: str) -> int:
    """Return how often an extractor has judged an episode."""
    statement = "SELECT max(revision) FROM insights WHERE conversation_id = ? AND episode = ? AND extractor = ?"
    return transaction.ask(statement, [*episode, extractor])[0][0] or 0


def found_before(transaction: Transaction, episodes: Collection[Episode], extractor: str) -> dict[JobKey, bytes]:
    """Return what was found last in episodes, by conversation, episode and hash of the transcript."""
    columns = "conversation_id, episode, transcript_hash, body"
    statement = f"SELECT {columns} FROM (SELECT * FROM insights WHERE extractor = ?) judged"
    rows = _of_conversations(transaction.ask, statement, _ids(episodes), extractor, order="revision")
    return {(row[0], row[1], row[2]): bytes(row[3]) for row in rows}


def store_key(read: Read) -> bytes:
    """Return the key of this store, under which transcripts are hashed."""
    key: str = read("SELECT value FROM store_key", [])[0][0]
    return key.encode()


def rows_of(read: Read, table: t.Table, columns: Sequence[str], conversation_ids: Iterable[str]) -> list[Row]:
    """Return some columns of all rows of conversations."""
    return _of_conversations(read, f"SELECT {', '.join(columns)} FROM {table.name}", sorted(set(conversation_ids)))


def _ids(episodes: Collection[Episode]) -> list[str]:
    return sorted({conversation_id for conversation_id, _ in episodes})


def _of_conversations(read: Read, statement: str, ids: Sequence[str], *first: str, order: str = "") -> list[Row]:
    found: list[Row] = []
    for at in range(0, len(ids), _AT_ONCE):
        some = ids[at : at + _AT_ONCE]
        of_some = f"{statement} WHERE conversation_id IN ({', '.join('?' * len(some))})"
        found += read(f"{of_some} ORDER BY {order}" if order else of_some, [*first, *some])
    return found
