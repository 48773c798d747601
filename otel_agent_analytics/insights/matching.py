"""Which of the new groups is which of the old topics? Those that hold mostly the same messages."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_SAME: Final = 1 / 3
"""Share of the messages of either, that must be of both."""
_GONE_INTO: Final = 1 / 2
"""Share of an old topic's messages that must be in a group into which it has gone."""


class Matches(NamedTuple):
    """What became of the topics."""

    same: dict[int, str]
    """Group → the topic that it goes on with; a group that is not in it is new."""
    gone_into: dict[str, int]
    """Topic that is no more → the group that has most of it; a topic that fell apart is in neither."""


def matched(before: Sequence[str | None], after: Sequence[int]) -> Matches:
    """Return what became of topics.

    Args:
        before: the topic of each message, None for none.
        after: its group now, less than 0 for none.
    """
    both = [(old, new) for old, new in zip(before, after, strict=True) if old is not None and new >= 0]
    old_sizes = Counter(old for old in before if old is not None)
    new_sizes = Counter(new for new in after if new >= 0)
    shared = sorted(Counter(both).items(), key=lambda item: (-item[1], item[0]))
    same: dict[int, str] = {}
    for (old, new), count in shared:
        either = old_sizes[old] + new_sizes[new] - count
        if new not in same and old not in same.values() and count >= _SAME * either:
            same[new] = old
    gone_into: dict[str, int] = {}
    for (old, new), count in shared:
        if old not in same.values() and count >= _GONE_INTO * old_sizes[old]:
            gone_into.setdefault(old, new)
    return Matches(same, gone_into)
