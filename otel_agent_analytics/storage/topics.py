"""What is stored of the topics of services, and of the messages that they are learnt from. One statement or two each.

A body is written with the version that it was read in, and not where somebody has written another meanwhile: who
learns, who forgets a user and who deletes what is old never undo each other's work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.errors import known_place, note_fault
from otel_agent_analytics.insights.topic_trimming import Gone, oldest_ns, short_hash, trimmed
from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.database import Batch
from otel_agent_analytics.storage.errors import CodecError
from otel_agent_analytics.storage.judged import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from otel_agent_analytics.storage.content import Safe
    from otel_agent_analytics.storage.database import Database, Read, Transaction
    from otel_agent_analytics.storage.rows import Row

_DAMAGED: Final = known_place("topics.damaged")
_SERVICE: Final = ", ".join(t.TOPICS.key)
_OF_SERVICE: Final = " AND ".join(f"{name} = ?" for name in t.TOPICS.key)
_TABLES: Final = (t.TOPICS, t.TOPIC_MESSAGES)
WORDS: Final = "words"
"""The name under which the words of a message stand in its body."""


class Stored(NamedTuple):
    """What is stored of a service beside its topics."""

    service: Service
    version: int
    messages: int
    """Different ones that topics were learnt from."""
    oldest_ns: int | None
    learnt_ns: int
    """0: nothing was learnt yet."""


class Message(NamedTuple):
    """A message that is to be learnt from."""

    conversation_id: str
    message_id: str
    user_hash: str | None
    body: bytes
    arrived_ns: int

    @property
    def key(self) -> tuple[str, str]:
        """What tells it apart."""
        return self.conversation_id, self.message_id


def services(read: Read) -> list[Stored]:
    """Return the services that have topics, or are to have some."""
    statement = f"SELECT {_SERVICE}, version, messages, oldest_ns, learnt_ns FROM topics ORDER BY {_SERVICE}"
    return [Stored(Service(*row[:3]), *row[3:]) for row in read(statement)]


def waiting(read: Read) -> dict[Service, int]:
    """Return how many messages of each service are still to be learnt from."""
    statement = f"SELECT {_SERVICE}, count(*) FROM topic_messages GROUP BY {_SERVICE} ORDER BY min(arrived_ns)"
    return {Service(*row[:3]): row[3] for row in read(statement)}


def messages(read: Read, service: Service, most: int) -> list[Message]:
    """Return the messages of a service that are still to be learnt from, the oldest first.

    The span of a model call does not say who the user is. What came of the conversation since may have said it.
    """
    statement = (
        f"SELECT {', '.join(Message._fields)} FROM topic_messages WHERE {_OF_SERVICE} "
        "ORDER BY arrived_ns, conversation_id, message_id LIMIT ?"
    )
    found = [Message(*row) for row in read(statement, [*service, most])]
    unknown = {one.conversation_id for one in found if one.user_hash is None}
    rows = rows_of(read, t.MESSAGES, (t.CONVERSATION_ID, t.USER_HASH), unknown) if unknown else []
    users = {conversation_id: user for conversation_id, user in rows if user is not None}
    return [one._replace(user_hash=one.user_hash or users.get(one.conversation_id)) for one in found]


def body_of(read: Read, service: Service) -> tuple[int, bytes] | None:
    """Return version and body of a service's topics; None where it has none."""
    rows = read(f"SELECT version, body FROM topics WHERE {_OF_SERVICE}", list(service))
    return (rows[0][0], bytes(rows[0][1])) if rows else None


def row(stored: Stored, body: bytes) -> Row:
    """Return the row of a service."""
    return (*stored.service, *stored[1:], body)


def replace(transaction: Transaction, new: Row, learnt_from: Sequence[Message] = ()) -> bool:
    """Write topics of a service, whose version is one more than that of those that were read.

    Returns:
        Whether that was done; not where others were written meanwhile.
    """
    place = t.TOPICS.names.index("version")
    locked = " FOR UPDATE" if transaction.shared else ""
    found = transaction.ask(f"SELECT version FROM topics WHERE {_OF_SERVICE}{locked}", list(new[:3]))
    if (found[0][0] if found else 0) != new[place] - 1:
        return False
    transaction.write(Batch(topics=[new], learnt_from=[one.key for one in learnt_from]))
    return True


def refuse(transaction: Transaction, service: Service) -> None:
    """Delete the messages of a service that is to have no topics."""
    transaction.ask(f"DELETE FROM topic_messages WHERE {_OF_SERVICE}", list(service))


def clear(database: Database) -> None:
    """Delete all of it: where nobody looks for topics nothing of them is kept.

    Raises:
        StorageError: it could not be done.
    """
    if any(database.read(f"SELECT 1 FROM {table.name} LIMIT 1") for table in _TABLES):
        with database.transaction() as transaction:
            for table in _TABLES:
                transaction.ask(f"DELETE FROM {table.name}")


def gone_of(conversation_ids: Iterable[str], user_hash: str) -> Gone:
    """Return what is to go of a user who is to be forgotten."""
    return Gone({short_hash(user_hash)}, {short_hash(one) for one in conversation_ids})


def affected(read: Read, safe: Safe, gone: Gone) -> int:
    """Return how many messages of topics ``forget_in`` would take away or make less of."""
    return sum(count for _, _, count in _trimmed(read, safe, gone))


def forget_in(transaction: Transaction, safe: Safe, gone: Gone) -> int:
    """Take what is of a user out of all topics; return how many messages that took away or made less of.

    Topics that cannot be read, as where the key is missing, are deleted whole, with their names. Whoever is just
    learning has read what is to be forgotten: what he has learnt does not count.
    """
    transaction.ask("UPDATE topics SET version = version + 1")
    found = _trimmed(transaction.ask, safe, gone)
    for stored, said, count in found:
        if said is None:
            transaction.ask(f"DELETE FROM topics WHERE {_OF_SERVICE}", list(stored.service))
        elif count:
            transaction.write(Batch(topics=[_rewritten(stored, said, safe)]))
    return sum(count for _, _, count in found)


def let_go_of_old(database: Database, safe: Safe, before_ns: int) -> None:
    """Take the messages out of topics that did not come again since a time, UTC nanoseconds.

    Raises:
        StorageError: it could not be done.
    """
    for stored in services(database.read):
        if stored.oldest_ns is not None and stored.oldest_ns < before_ns:
            with database.transaction() as transaction:
                _trim(transaction, stored.service, safe, Gone(before_ns=before_ns))


def _trim(transaction: Transaction, service: Service, safe: Safe, gone: Gone) -> None:
    for stored, said, _ in _trimmed(transaction.ask, safe, gone, service):
        if said is None:
            transaction.ask(f"DELETE FROM topics WHERE {_OF_SERVICE}", list(service))
        else:
            replace(transaction, _rewritten(stored._replace(version=stored.version + 1), said, safe))


def _rewritten(stored: Stored, said: dict[str, Any], safe: Safe) -> Row:
    return row(stored._replace(messages=len(said["documents"]), oldest_ns=oldest_ns(said)), safe.pack(said))


def _trimmed(
    read: Read, safe: Safe, gone: Gone, service: Service | None = None
) -> list[tuple[Stored, dict[str, Any] | None, int]]:
    """Return what is left of the topics of each service, or of one; None where they cannot be read."""
    found: list[tuple[Stored, dict[str, Any] | None, int]] = []
    for stored in services(read):
        kept = body_of(read, stored.service) if service in (None, stored.service) and stored.learnt_ns else None
        if kept is None:
            continue
        try:
            said, count = trimmed(safe.unpack(kept[1]), gone)
        except (CodecError, ValueError) as problem:
            note_fault(_DAMAGED, problem)
            found.append((stored, None, stored.messages))
        else:
            found.append((stored, said, count))
    return found
