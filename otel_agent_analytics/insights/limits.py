"""What bounds the topics: how many there are, how much is held, and how many must have said something."""

from __future__ import annotations

from typing import Final, NamedTuple

_DAY_NS: Final = 86_400 * 10**9


class Limits(NamedTuple):
    """The defaults suit one service."""

    most_topics: int = 60
    """Topics at a time; the smallest goes first."""
    fewest_conversations: int = 10
    """A topic is shown from this many conversations on."""
    fewest_users: int = 5
    """A topic is shown, and a word stands in its label, when at least so many users said it. Conversations whose user
    is unknown count as one user."""
    documents: int = 4_096
    """Different messages that are held to learn from."""
    first: int = 200
    """Conversations after which topics are first learnt."""
    half_life_ns: int = 30 * _DAY_NS
    """A message that is this much older is half as likely to be held, nanoseconds."""
    label_words: int = 3
    """Words of a label at most."""


DEFAULT_LIMITS: Final = Limits()
