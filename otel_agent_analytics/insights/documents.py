"""The messages that topics are learnt from: a bounded sample in which later ones are likelier, whatever came first.

Each message has a lot, drawn from its own words. A sample by lots that grow with time is the same for the same messages
in any order (forward decay; G. Cormode et al., 2009), so that the same day learnt twice gives the same topics. Messages
of the same stems are one document, which counts how often it was said.
"""

from __future__ import annotations

from hashlib import blake2b
from math import log
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from otel_agent_analytics.insights.words import stems

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from otel_agent_analytics.insights.limits import Limits

_LOT_BITS: Final = 64
_SET_PHRASE: Final = 0.02
"""Share of all conversations from which on a message stands for several documents."""
_WEIGHT_OF_SET_PHRASE: Final = 6.0
"""Enough for two of them without a word in common to be topics of their own."""
_SLACK: Final = 1.25
"""So much more than the sample may wait to be thrown out: it is done for many at once."""


class Document(NamedTuple):
    """Messages that say the same with the same stems."""

    words: tuple[str, ...]
    """Content words, in the form and order that come first in the alphabet."""
    said: int
    """Conversations in which it was said."""
    users: frozenset[str]
    """Hashes of some of those who said it: the least, as many as must be known."""
    last_ns: int
    """When it was last said, UTC nanoseconds."""
    vector: tuple[float, ...] = ()
    """What an embedder makes of it, in half precision; empty without one."""
    conversations: frozenset[str] = frozenset()
    """Hashes of some of the conversations in which it was said, as many as must be known; empty where nobody asks."""


def weights_of(documents: Sequence[Document]) -> NDArray[np.float64]:
    """Return how many documents each one stands for: 1, or several where much of what is said are the very same words.

    Such are the texts of buttons. Only shares count, so that the same said twice as often changes nothing.
    """
    said = np.array([document.said for document in documents], dtype=np.float64)
    return np.where(said >= _SET_PHRASE * said.sum(), _WEIGHT_OF_SET_PHRASE, 1.0)


class Documents:
    """Holds a bounded number of documents. Not safe to use from several threads at once."""

    def __init__(self, limits: Limits, held: Iterable[Document] = ()) -> None:
        self._limits = limits
        self._held = {_key(document.words): document for document in held}

    def __len__(self) -> int:
        return len(self._held)

    def add(self, document: Document) -> None:
        """Take a message, which may be one that is held."""
        key = _key(document.words)
        held = self._held.get(key)
        self._held[key] = document if held is None else self._both(held, document)
        if len(self._held) > _SLACK * self._limits.documents:
            self._held = self._sample()

    def sample(self) -> list[Document]:
        """Return what is held, in an order that is the same for the same documents."""
        held = self._sample()
        return [held[key] for key in sorted(held)]

    def _sample(self) -> dict[str, Document]:
        kept = sorted(self._held, key=lambda key: (self._lot(key), key))[: self._limits.documents]
        return {key: self._held[key] for key in kept}

    def _lot(self, key: str) -> float:
        """Return the lot of a document; the least are kept."""
        drawn = (int(key, 16) + 1) / (2**_LOT_BITS + 1)
        return log(-log(drawn)) - log(2) * self._held[key].last_ns / self._limits.half_life_ns

    def _both(self, one: Document, other: Document) -> Document:
        first = min(one, other, key=lambda document: (document.words, document.vector))
        users = frozenset(sorted(one.users | other.users)[: self._limits.fewest_users])
        conversations = frozenset(sorted(one.conversations | other.conversations)[: self._limits.fewest_conversations])
        last_ns = max(one.last_ns, other.last_ns)
        return Document(first.words, one.said + other.said, users, last_ns, first.vector, conversations)


def _key(words: tuple[str, ...]) -> str:
    """Return the lot of a document as 16 hexadecimal digits: the same for the same stems."""
    text = " ".join(sorted(set(stems(words))))
    return blake2b(text.encode("utf-8", "replace"), digest_size=_LOT_BITS // 8).hexdigest()
