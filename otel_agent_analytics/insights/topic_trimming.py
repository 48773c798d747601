"""Stored topics without what is of some users or conversations, or too old: on the form that is stored. Pure.

Of a message that others said too the words stay, since they are the words of others. What the words of messages were
made into goes with the last message that has them: labels alone stay, which as many users said as must be.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics.insights.words import stems

if TYPE_CHECKING:
    from collections.abc import Collection

_SHORT_BYTES: Final = 6
_NUMBER_BYTES: Final = 4
"""Of a number of a vector, as it is stored."""


class Gone(NamedTuple):
    """What is to go."""

    users: Collection[str] = frozenset()
    """Short hashes of users."""
    conversations: Collection[str] = frozenset()
    """Short hashes of conversations."""
    before_ns: int = 0
    """What was last said before goes, UTC nanoseconds."""


def short_hash(text: str | None) -> str:
    """Return the short hash under which a user or a conversation is known; of None an empty text."""
    return "" if text is None else blake2b(text.encode("utf-8", "replace"), digest_size=_SHORT_BYTES).hexdigest()


def trimmed(said: dict[str, Any], gone: Gone) -> tuple[dict[str, Any], int]:
    """Return stored topics without what is to go, and how many messages that took away or made less of.

    Args:
        said: as ``topic_state.said_of`` tells it.
        gone: what is to go.

    Raises:
        ValueError: it is damaged.
    """
    try:
        kept = [_without(document, gone) for document in said["documents"] if not _goes(document, gone)]
        changed = len(said["documents"]) - len(kept) + sum(one not in said["documents"] for one in kept)
        known = [[*topic[:4], [user for user in topic[4] if user not in gone.users]] for topic in said["known"]]
        learnt = _of_terms(said["learnt"], {stem for document in kept for stem in stems(document[0])})
        return {**said, "documents": kept, "known": known, "learnt": learnt}, changed
    except (KeyError, TypeError, IndexError, ValueError) as problem:
        raise ValueError(f"stored topics are damaged: {problem!r}") from problem


def oldest_ns(said: dict[str, Any]) -> int | None:
    """Return when the message was last said that has not been said for longest; None where there is none."""
    return min((document[_LAST] for document in said["documents"]), default=None)


# The places of a document's values, as ``topic_state`` stores them.
_USERS, _LAST, _CONVERSATIONS = 2, 3, 5


def _goes(document: list[Any], gone: Gone) -> bool:
    if document[_LAST] < gone.before_ns:
        return True
    return any(
        bool(document[place]) and all(one in hashes for one in document[place])
        for place, hashes in ((_USERS, gone.users), (_CONVERSATIONS, gone.conversations))
    )


def _without(document: list[Any], gone: Gone) -> list[Any]:
    found = list(document)
    for place, hashes in ((_USERS, gone.users), (_CONVERSATIONS, gone.conversations)):
        found[place] = [one for one in document[place] if one not in hashes]
    return found


def _of_terms(learnt: dict[str, Any], there: set[str]) -> dict[str, Any]:
    """Return what was learnt without the stems that no message has any more: each has a row of numbers."""
    terms = learnt["terms"]
    if terms is None:
        return learnt
    _, columns, numbers = learnt["basis"]
    rows, width = b64decode(numbers), columns * _NUMBER_BYTES
    kept = [place for place, term in enumerate(terms) if term in there]
    body = b"".join(rows[place * width : (place + 1) * width] for place in kept)
    basis = [len(kept), columns, b64encode(body).decode()]
    return {**learnt, "terms": [terms[place] for place in kept], "basis": basis}
