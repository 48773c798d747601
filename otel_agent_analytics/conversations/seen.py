"""The ids of the events of one conversation: a value that grows by one at next to no cost, however many there are."""

from __future__ import annotations

from typing import Final, NamedTuple

_RECENT: Final = 32
_NONE: Final[frozenset[str]] = frozenset()


class Seen(NamedTuple):
    """A set of ids in two parts, so that adding one copies only the small part.

    Most conversations never have more than the small part: a tuple, which takes a quarter of the memory of a set.
    """

    settled: frozenset[str] = _NONE
    recent: tuple[str, ...] = ()

    def has(self, event_id: str) -> bool:
        """Return whether the id is in the set."""
        return event_id in self.recent or event_id in self.settled

    def plus(self, *event_ids: str) -> Seen:
        """Return the set with these ids too."""
        recent = (*self.recent, *event_ids)
        if len(recent) <= _RECENT:
            return Seen(self.settled, recent)
        return Seen(self.settled.union(recent), ())


NOTHING_SEEN: Final = Seen()
