"""Who came back, and when: what tells whether an ended conversation may be taken for resolved.

An episode is resolved by assumption when its user says nothing more, in any conversation, for a day after its end. So
the times of each user's messages are kept for as long as an end may ask for them.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

_SLOT_NS: Final = 300 * 1_000_000_000
"""Of messages within five minutes only the first and the last are kept: an asked time is always longer than that."""
_MOST_USERS: Final = 100_000
_MOST_WAITING: Final = 256


class Episode(NamedTuple):
    """An episode whose user has not come back so far."""

    conversation_id: str
    episode: int
    ended_ns: int


class Returns:
    """Remembers when users spoke.

    ``_spoke`` and ``_waiting`` are bounded by 100,000 users, of whom the one that was heard of least recently goes
    first; a user's times by two for each five minutes of the time that is asked for; a user's episodes by 256.
    """

    def __init__(self, return_ns: int) -> None:
        self._return_ns = return_ns
        self._spoke: OrderedDict[str, dict[int, tuple[int, int]]] = OrderedDict()
        self._waiting: OrderedDict[str, list[Episode]] = OrderedDict()

    def spoke(self, who: str, at_ns: int) -> list[Episode]:
        """Note a message; return the episodes that had been settled without it, and whose user it brings back."""
        slots = self._spoke.setdefault(who, {})
        first, last = slots.get(at_ns // _SLOT_NS, (at_ns, at_ns))
        slots[at_ns // _SLOT_NS] = min(first, at_ns), max(last, at_ns)
        self._spoke.move_to_end(who)
        while len(self._spoke) > _MOST_USERS:
            self._spoke.popitem(last=False)
        waiting = self._waiting.get(who)
        if waiting is None:
            return []
        back = [one for one in waiting if one.ended_ns < at_ns <= one.ended_ns + self._return_ns]
        self._waiting[who] = [one for one in waiting if one not in back]
        return back

    def is_back(self, who: str, ended_ns: int) -> bool:
        """Return whether somebody spoke within the time after an end."""
        until_ns = ended_ns + self._return_ns
        slots = self._spoke.get(who, {})
        return any(last > ended_ns and first <= until_ns for first, last in slots.values())

    def wait(self, who: str, episode: Episode) -> None:
        """Note that an episode was settled as one whose user did not come back."""
        waiting = [one for one in self._waiting.get(who, ()) if one[:2] != episode[:2]]
        self._waiting[who] = [*waiting, episode][-_MOST_WAITING:]
        self._waiting.move_to_end(who)
        while len(self._waiting) > _MOST_USERS:
            self._waiting.popitem(last=False)

    def forget_before(self, watermark_ns: int, held_ns: int) -> None:
        """Let go of what no end will ask for any more: messages and episodes older than ``held_ns``."""
        oldest_ns = watermark_ns - held_ns
        for who in list(self._spoke):
            slots = {slot: times for slot, times in self._spoke[who].items() if times[1] >= oldest_ns}
            if slots:
                self._spoke[who] = slots
            else:
                del self._spoke[who]
        for who in list(self._waiting):
            waiting = [one for one in self._waiting[who] if one.ended_ns >= oldest_ns]
            if waiting:
                self._waiting[who] = waiting
            else:
                del self._waiting[who]

    def clear(self) -> None:
        """Forget everything."""
        self._spoke.clear()
        self._waiting.clear()
