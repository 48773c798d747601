"""States in the memory of this process: right for one process; a restart forgets.

Only the conversations that were touched last are held as they are; the others wait in compressed bytes, an eighth of
the size, until they are touched again. What all of them have in common is compressed once: the first to wait is the
dictionary of the others.
"""

from __future__ import annotations

import heapq
import pickle
import zlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agent_analytics.conversations.state import State


_FAST: Final = 1
"""Level of compression: higher ones save a twentieth more and take a fifth as long again."""
_LONGEST_DICTIONARY: Final = 32_768
"""Bytes: as far back as zlib looks."""


class MemoryStore:
    """A store in dictionaries, with a heap of deadlines.

    Every container is bounded: ``_states`` by ``max_unpacked``; ``_packed`` and ``_deadlines`` by the conversations
    that are open plus ``max_ended`` ended ones; ``_ended`` and ``_retired`` by ``max_ended``; ``_queued`` and ``_heap``
    by about one entry per conversation (one is added only where none as early is there). When more conversations have
    ended, the one that ended longest ago is forgotten.
    """

    def __init__(self, max_ended: int = 100_000, max_unpacked: int = 5_000) -> None:
        self._max_ended = max_ended
        self._max_unpacked = max_unpacked
        self._states: OrderedDict[str, State] = OrderedDict()
        self._packed: dict[str, bytes] = {}
        self._dictionary = b""
        self._deadlines: dict[str, int] = {}
        self._queued: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._retired: OrderedDict[str, State] = OrderedDict()

    def __len__(self) -> int:
        return len(self._states) + len(self._packed)

    def get(self, conversation_id: str) -> State | None:
        """Return the state of a conversation; None when nothing is known of it."""
        state = self._states.get(conversation_id)
        if state is not None:
            return state
        packed = self._packed.get(conversation_id)
        return self._unpack(packed) if packed is not None else self._retired.get(conversation_id)

    def put(self, state: State, deadline_ns: int) -> None:
        """Keep a state, to be returned by ``due`` from ``deadline_ns`` on."""
        conversation_id = state.conversation_id
        self._hold(conversation_id, state)
        self._retired.pop(conversation_id, None)
        self._deadlines[conversation_id] = deadline_ns
        if deadline_ns < self._queued.get(conversation_id, deadline_ns + 1):
            self._queue(conversation_id, deadline_ns)
        if state.ended is None:
            self._ended.pop(conversation_id, None)
        elif conversation_id not in self._ended:
            self._ended[conversation_id] = None
            while len(self._ended) > self._max_ended:
                self._forget(next(iter(self._ended)))

    def retire(self, state: State) -> None:
        """Let go of a conversation; keep, while there is room, the little that its next episode must know."""
        self._forget(state.conversation_id)
        self._retired[state.conversation_id] = state
        while len(self._retired) > self._max_ended:
            self._retired.popitem(last=False)

    def due(self, watermark_ns: int) -> Iterator[State]:
        """Yield every state whose deadline is at or before the watermark, the earliest first."""
        while self._heap and self._heap[0][0] <= watermark_ns:
            queued_ns, conversation_id = heapq.heappop(self._heap)
            if self._queued.get(conversation_id) != queued_ns:
                continue  # an earlier entry of the same conversation stood in for this one
            del self._queued[conversation_id]
            deadline_ns = self._deadlines.get(conversation_id)
            if deadline_ns is None:
                continue
            if deadline_ns > queued_ns:  # it moved later: others may be due before
                self._queue(conversation_id, deadline_ns)
            else:
                state = self.get(conversation_id)
                if state is not None:
                    yield state

    def clear(self) -> None:
        """Forget everything."""
        for container in (
            self._states,
            self._packed,
            self._deadlines,
            self._queued,
            self._heap,
            self._ended,
            self._retired,
        ):
            container.clear()

    def _forget(self, conversation_id: str) -> None:
        self._states.pop(conversation_id, None)
        self._packed.pop(conversation_id, None)
        self._deadlines.pop(conversation_id, None)
        self._ended.pop(conversation_id, None)

    def _hold(self, conversation_id: str, state: State) -> None:
        self._packed.pop(conversation_id, None)
        self._states[conversation_id] = state
        self._states.move_to_end(conversation_id)
        if len(self._states) > self._max_unpacked:
            untouched, waiting = self._states.popitem(last=False)
            self._packed[untouched] = self._pack(waiting)

    def _pack(self, state: State) -> bytes:
        plain = pickle.dumps(state, pickle.HIGHEST_PROTOCOL)
        self._dictionary = self._dictionary or plain[-_LONGEST_DICTIONARY:]
        machine = zlib.compressobj(_FAST, zdict=self._dictionary)
        return machine.compress(plain) + machine.flush()

    def _unpack(self, packed: bytes) -> State:
        plain = zlib.decompressobj(zdict=self._dictionary).decompress(packed)
        state: State = pickle.loads(plain)  # noqa: S301 - bytes that this process wrote and kept
        return state

    def _queue(self, conversation_id: str, deadline_ns: int) -> None:
        self._queued[conversation_id] = deadline_ns
        heapq.heappush(self._heap, (deadline_ns, conversation_id))
