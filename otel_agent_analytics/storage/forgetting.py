"""A user who wants to be forgotten: her conversations are found wherever she is named, and every row of them goes.

Totals stay: they are sums, and no person can be found in them.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import NO_CONTEXT
from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage import topics
from otel_agent_analytics.storage.burial import erase
from otel_agent_analytics.storage.codec import unpack_events, unpack_spans
from otel_agent_analytics.storage.content import Safe
from otel_agent_analytics.storage.database import StoredHead
from otel_agent_analytics.storage.envelope import BETWEEN, names_in
from otel_agent_analytics.storage.errors import CodecError, ConflictError
from otel_agent_analytics.storage.raters import make_anonymous, rated_by

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agent_analytics.storage.database import Database, Transaction

_TRIES: Final = 5
_NO_KEY: Final = Safe()
_SURE: Final = 32
"""Characters of a hash that do not stand in facts by chance."""
_AT_ONCE: Final = 10_000
"""Values in one statement."""


class Forgotten(NamedTuple):
    """What was deleted, or would be."""

    conversation_ids: tuple[str, ...]
    rows: dict[str, int]
    """Rows by table; of ``topics`` the messages in them that were deleted, or not only of this user."""
    rated: tuple[str, ...]
    """Conversations of others that were rated: the ratings stay, without a name."""


def forget(
    database: Database,
    user_hash: str,
    now_ns: int,
    *,
    rater: str | None = None,
    dry_run: bool = False,
    safe: Safe = _NO_KEY,
) -> Forgotten:
    """Delete everything of a user in one transaction; what is sent again of it later is late.

    Args:
        database: keeps it.
        user_hash: keyed hash of the user id.
        now_ns: the time now, UTC nanoseconds: what happened until then is forgotten.
        rater: what the user is called as a rater, beside the hash.
        dry_run: whether to count only.
        safe: reads the topics that were learnt, to take out what this user said.

    Raises:
        StorageError: it could not be done; nothing is deleted then.
    """
    ids = _conversations_of(database, user_hash)
    values = {t.CONVERSATION_ID: ids, t.USER_HASH: [user_hash], t.TRACE_ID: _traces_of(database, ids)}
    names = {*ids, user_hash, rater or user_hash}
    values[t.TRACE_ID] += sorted(_waiting_of(database, names).difference(values[t.TRACE_ID]))
    raters = {user_hash, rater or user_hash} - {v.DEFAULT_RATER, ""}
    rated = tuple(sorted(rated_by(database, raters).difference(ids)))
    gone = topics.gone_of(ids, user_hash)
    if dry_run:
        of_topics = _of_topics(topics.affected(database.read, safe, gone))
        return Forgotten(tuple(ids), _counted(database, values) | of_topics, rated)
    for tries_left in reversed(range(_TRIES)):
        try:
            with database.transaction() as transaction:
                make_anonymous(transaction, rated, raters)
                transaction.forget_person(user_hash)
                of_topics = _of_topics(topics.forget_in(transaction, safe, gone))
                return Forgotten(tuple(ids), _deleted(transaction, values, now_ns) | of_topics, rated)
        except ConflictError:
            if not tries_left:
                raise
    raise AssertionError  # never: the last try returns or raises


def _of_topics(messages: int) -> dict[str, int]:
    return {t.TOPICS.name: messages} if messages else {}


def _conversations_of(database: Database, user_hash: str) -> list[str]:
    """Return the ids of all conversations in which a user is named, whatever the episode, ended or open."""
    facts = database.holding(user_hash.encode())
    found = {conversation_id for conversation_id, body in facts if _names(bytes(body), user_hash)}
    for table in t.TABLES:
        if {t.CONVERSATION_ID, t.USER_HASH} <= set(table.names):
            statement = f"SELECT DISTINCT conversation_id FROM {table.name} WHERE user_hash = ?"
            found.update(row[0] for row in database.read(statement, [user_hash]))
    return sorted(found)


def _names(facts: bytes, user_hash: str) -> bool:
    """Return whether a user is named in facts: the same bytes may stand in them for something else."""
    try:
        contexts = [getattr(event, "context", NO_CONTEXT) for event in unpack_events(facts)]
    except CodecError:
        return len(user_hash) >= _SURE  # damaged: it is deleted where nothing else can look like that
    return any(context.user == user_hash for context in contexts)


def _traces_of(database: Database, conversation_ids: list[str]) -> list[str]:
    found: set[str] = set()
    for table in t.TABLES:
        if {t.CONVERSATION_ID, t.TRACE_ID} <= set(table.names):
            found.update(_read_in(database, table, f"DISTINCT {t.TRACE_ID}", t.CONVERSATION_ID, conversation_ids))
    return sorted(found - {""})


def _waiting_of(database: Database, names: set[str]) -> set[str]:
    """Return the traces that wait to be read and name a user, or one of her conversations."""
    found: set[str] = set()
    for trace_id, named, body in database.read("SELECT trace_id, names, body FROM waiting"):
        with contextlib.suppress(CodecError):  # only what an earlier version wrote is read for it
            there = names_in(unpack_spans(bytes(body))) if named is None else named
            if not names.isdisjoint(there.split(BETWEEN)):
                found.add(trace_id)
    return found


def _counted(database: Database, values: dict[str, list[str]]) -> dict[str, int]:
    """Return how many rows would be deleted; one that is found in two ways counts once, by the first of them."""
    counts = dict.fromkeys((table.name for table in t.TABLES if table.personal), 0)
    for table in t.TABLES:
        for column in (table.personal or ())[:1]:
            counts[table.name] = sum(_read_in(database, table, "count(*)", column, values[column]))
    return counts


def _deleted(transaction: Transaction, values: dict[str, list[str]], now_ns: int) -> dict[str, int]:
    ids = values[t.CONVERSATION_ID]
    heads = transaction.heads(ids)
    known = {head.conversation_id for head in heads}
    unknown = [StoredHead(one, 0, 1, now_ns, b"") for one in ids if one not in known]
    counts = erase(transaction, _floors(transaction, ids, heads, now_ns), [*heads, *unknown], now_ns)
    for table in t.TABLES:
        for column in table.personal or ():
            if column != t.CONVERSATION_ID:
                deleted = transaction.delete(table, column, values[column]) if values[column] else 0
                counts[table.name] = counts.get(table.name, 0) + deleted
    return counts


def _floors(transaction: Transaction, ids: Iterable[str], heads: Iterable[StoredHead], now_ns: int) -> dict[str, int]:
    """Return up to when what comes of conversations is late: until now, or later where a clock ran ahead."""
    floors = dict.fromkeys(ids, now_ns)
    facts = transaction.facts({head.conversation_id: head.first_sequence for head in heads})
    for conversation_id, bodies in facts.items():
        with contextlib.suppress(CodecError):
            times = [event.time_ns for body in bodies for event in unpack_events(body)]
            floors[conversation_id] = max([now_ns, *times])
    return floors


def _read_in(database: Database, table: t.Table, what: str, column: str, values: list[str]) -> list[Any]:
    found: list[Any] = []
    for at in range(0, len(values), _AT_ONCE):
        some = values[at : at + _AT_ONCE]
        places = ", ".join("?" * len(some))
        found += [
            row[0] for row in database.read(f"SELECT {what} FROM {table.name} WHERE {column} IN ({places})", some)
        ]
    return found
