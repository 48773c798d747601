"""What is left of a conversation that was deleted: so little that it names nobody, and enough that it stays deleted."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.conversations.state import new
from otel_agent_analytics.storage import tables as t

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agent_analytics.conversations.state import State
    from otel_agent_analytics.storage.database import Gone, StoredHead, Transaction

_BYTES: Final = 8


def hash_of(conversation_id: str, key: bytes) -> int:
    """Return 64 bits of a keyed hash of a conversation's id, as a signed number."""
    digest = hashlib.blake2b(conversation_id.encode("utf-8", "replace"), digest_size=_BYTES, key=key).digest()
    return int.from_bytes(digest, signed=True)


def state_after(conversation_id: str, gone: Gone) -> State:
    """Return the state of a conversation that was deleted: what comes of the time before that is late."""
    return new(conversation_id)._replace(floor_ns=gone.floor_ns)


def erase(transaction: Transaction, floors: dict[str, int], heads: Iterable[StoredHead], now_ns: int) -> dict[str, int]:
    """Delete every row of some conversations, and bury those that are held.

    Args:
        transaction: holds the conversations.
        floors: event time, by conversation, up to which what still comes of it is late, UTC nanoseconds.
        heads: where these conversations stood; one that is not among them is deleted and not buried.
        now_ns: the time now, UTC nanoseconds.

    Returns:
        How many rows were deleted, by table.
    """
    counts = {
        table.name: transaction.delete(table, t.CONVERSATION_ID, floors)
        for table in t.TABLES
        if t.CONVERSATION_ID in (table.personal or ())
    }
    key = transaction.store_key()
    transaction.bury(
        [(hash_of(head.conversation_id, key), floors[head.conversation_id], head.sequence, now_ns) for head in heads]
    )
    return counts
