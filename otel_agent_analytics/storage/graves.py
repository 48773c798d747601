"""Which conversations were deleted: known in memory where one process alone deletes, else asked of the database."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING

from otel_agent_analytics.storage.burial import hash_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agent_analytics.storage.database import Gone, Transaction


class Graves:
    """Finds deleted conversations. Not thread-safe. Holds eight bytes for each that was deleted before it began."""

    def __init__(self) -> None:
        self._key = b""
        self._since_ns = -1
        self._stale = True
        self._old = array("q")
        self._new: set[int] = set()

    def dug(self) -> None:
        """Take note that this process has deleted some."""
        self._stale = True

    def among(self, transaction: Transaction, conversation_ids: Iterable[str]) -> dict[str, Gone]:
        """Return what is left of those of some conversations that were deleted."""
        if not transaction.shared:
            self._refresh(transaction)
            if not self._old and not self._new:
                return {}
        self._key = self._key or transaction.store_key()
        ids = {hash_of(one, self._key): one for one in conversation_ids}
        asked = ids if transaction.shared else [one for one in ids if self._has(one)]
        return {ids[gone.conversation_hash]: gone for gone in transaction.gone(asked)} if asked else {}

    def _refresh(self, transaction: Transaction) -> None:
        if not self._stale:
            return
        found = transaction.graves(self._since_ns)
        if self._since_ns < 0:
            self._old = array("q", sorted(row[0] for row in found))
        else:
            self._new.update(row[0] for row in found)
        self._since_ns = max([self._since_ns, 0, *(row[1] for row in found)])
        self._stale = False

    def _has(self, conversation_hash: int) -> bool:
        at = bisect_left(self._old, conversation_hash)
        return conversation_hash in self._new or (at < len(self._old) and self._old[at] == conversation_hash)
