"""Which conversations are chosen where not all are: by a hash of their ids, alike in every analyzer. Pure."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

_HASHES: Final = 1 << 64


def is_chosen(conversation_id: str, share: float) -> bool:
    """Return whether a conversation is one of a share of them, 0 to 1; it stays so where the share grows."""
    digest = blake2b(conversation_id.encode("utf-8", "replace"), digest_size=8, person=b"judge").digest()
    return int.from_bytes(digest) < share * _HASHES
