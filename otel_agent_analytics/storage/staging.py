"""States of conversations between the database and the fold: loaded for a batch, folded, written with it.

A state is built from its head and facts when it is first touched, and then held, while there is room, as long as nobody
else has written the conversation meanwhile. What a batch changes becomes visible only when its transaction counts.
"""

from __future__ import annotations

import heapq
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.conversations.packing import head_of, restored
from otel_agent_analytics.conversations.stretch import Phase
from otel_agent_analytics.errors import known_place, note_fault
from otel_agent_analytics.storage.burial import state_after
from otel_agent_analytics.storage.codec import pack_events, pack_head, unpack_events, unpack_head
from otel_agent_analytics.storage.graves import Graves

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from otel_agent_analytics.conversations.events import Event
    from otel_agent_analytics.conversations.rules import Rules
    from otel_agent_analytics.conversations.state import State
    from otel_agent_analytics.storage.database import StoredHead, Transaction
    from otel_agent_analytics.storage.rows import Row

logger = logging.getLogger("otel_agent_analytics")

_DAMAGED: Final = known_place("storage.damaged")


class _Held(NamedTuple):
    """A state as the database has it."""

    state: State
    sequence: int
    first_sequence: int
    arrived_ns: int
    since_ns: int
    """When the row of facts from which it is told was written; 0 where that is not known."""


class _Changed(NamedTuple):
    """A state as this batch leaves it, and when something is to be done about it; None: never again."""

    state: State
    deadline_ns: int | None


class StagedStore:
    """The tracker's store, for one transaction at a time. Not thread-safe.

    Args:
        rules: by which conversations are judged.
        lateness_ns: how long after its last span arrived a conversation is left open at least, nanoseconds.
        max_held: how many states are held between batches; the one that was touched longest ago goes first.

    Attributes:
        damaged: ids of conversations that are stored and cannot be read: they are left as they are.
    """

    def __init__(self, rules: Rules, *, lateness_ns: int, max_held: int = 2_000) -> None:
        self._rules = rules
        self._lateness_ns = lateness_ns
        self._max_held = max_held
        self._graves = Graves()
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self.damaged: set[str] = set()
        self._begin_nothing()

    def _begin_nothing(self) -> None:
        self._transaction: Transaction | None = None
        self._now_ns = 0
        self._arriving = False
        self._current: dict[str, _Held | None] = {}
        self._changed: dict[str, _Changed] = {}
        self._appended: dict[str, list[Event]] = {}
        self._heap: list[tuple[int, str]] = []

    # --- around a batch -----------------------------------------------------------------------------------------------

    def begin(self, transaction: Transaction, now_ns: int) -> None:
        """Work in a transaction from now on. ``now_ns`` is the time of arrival, UTC nanoseconds."""
        self._begin_nothing()
        self._transaction, self._now_ns = transaction, now_ns

    def expect(self, conversation_ids: Iterable[str]) -> None:
        """Load the conversations that something arrives of, all at once."""
        wanted = set(conversation_ids)
        self._load(self._of_transaction.heads(wanted), wanted)
        self._arriving = True

    def expect_due(self, most: int) -> int:
        """Load conversations that are due now; return how many."""
        heads = self._of_transaction.due(self._now_ns, most, self.damaged)
        self._load(heads, {head.conversation_id for head in heads})
        self._heap = [(0, head.conversation_id) for head in heads]  # in the order of their deadlines already
        return len(heads)

    def noted(self, conversation_id: str, events: list[Event]) -> None:
        """Note which events the fold took, so that they need not be looked for."""
        self._appended.setdefault(conversation_id, []).extend(events)

    def rows(self) -> tuple[list[Row], list[Row]]:
        """Return the rows of facts and of heads that this batch writes."""
        facts: list[Row] = []
        heads: list[Row] = []
        for conversation_id, changed in self._changed.items():
            held = self._written(conversation_id, changed.state, facts)
            heads.append(self._head_row(held, changed.deadline_ns))
            self._current[conversation_id] = held
        return facts, heads

    def floor_ns(self, conversation_id: str) -> int:
        """Return the event time up to which what comes of a conversation is late; -1 where nothing is known of it."""
        state = self.get(conversation_id)
        return state.floor_ns if state is not None else -1

    def drop(self, conversation_ids: Iterable[str]) -> None:
        """Let go of conversations that were deleted. Between transactions."""
        self._graves.dug()
        for conversation_id in conversation_ids:
            self._held.pop(conversation_id, None)

    def done(self) -> None:
        """Keep what the batch left: its transaction counts."""
        for conversation_id, held in self._current.items():
            if held is not None and held.state.events:
                self._held[conversation_id] = held
                self._held.move_to_end(conversation_id)
            else:
                self._held.pop(conversation_id, None)
        while len(self._held) > self._max_held:
            self._held.popitem(last=False)
        self._begin_nothing()

    def undone(self) -> None:
        """Forget what the batch did, since its transaction does not count."""
        for conversation_id in self._current:
            self._held.pop(conversation_id, None)
        self._begin_nothing()

    # --- as the tracker's store ---------------------------------------------------------------------------------------

    def get(self, conversation_id: str) -> State | None:
        """Return the state of a conversation; None when nothing is known of it."""
        changed = self._changed.get(conversation_id)
        if changed is not None:
            return changed.state
        if conversation_id not in self._current:
            self._load(self._of_transaction.heads([conversation_id]), {conversation_id})
        held = self._current[conversation_id]
        return held.state if held is not None else None

    def put(self, state: State, deadline_ns: int) -> None:
        """Keep a state, to be returned by ``due`` once it is due by the time of arrival too."""
        self._changed[state.conversation_id] = _Changed(state, deadline_ns)
        if self._heap_wants(state, deadline_ns):
            heapq.heappush(self._heap, (deadline_ns, state.conversation_id))

    def retire(self, state: State) -> None:
        """Let go of a conversation; keep the little that its next episode must know."""
        self._changed[state.conversation_id] = _Changed(state, None)

    def due(self, watermark_ns: int) -> Iterator[State]:
        """Yield the states that were loaded since they are due; each that is put back and still is, again."""
        while self._heap:
            _, conversation_id = heapq.heappop(self._heap)
            state = self.get(conversation_id)
            if state is not None:
                yield state

    def clear(self) -> None:
        """Forget everything."""
        self._held.clear()
        self._begin_nothing()

    # --- inside -------------------------------------------------------------------------------------------------------

    @property
    def _of_transaction(self) -> Transaction:
        assert self._transaction is not None, "outside of a transaction"  # noqa: S101 - a fault of this package
        return self._transaction

    def _heap_wants(self, state: State, deadline_ns: int) -> bool:
        return not self._arriving and self._due_ns(state, deadline_ns) <= self._now_ns

    def _load(self, heads: Sequence[StoredHead], wanted: set[str]) -> None:
        """Make states current: those that are held where nobody wrote them since, the others from their facts."""
        self._current.update(dict.fromkeys(wanted))
        stale: dict[str, StoredHead] = {}
        for head in heads:
            held = self._held.get(head.conversation_id)
            if held is not None and held.sequence == head.sequence:
                self._current[head.conversation_id] = held
            else:
                stale[head.conversation_id] = head
        since_ns = min((head.since_ns or 0 for head in stale.values()), default=0)
        facts = self._of_transaction.facts({one: head.first_sequence for one, head in stale.items()}, since_ns)
        for conversation_id, head in stale.items():
            try:
                self._current[conversation_id] = self._built(head, facts[conversation_id])
            except Exception as problem:  # noqa: BLE001 - what is damaged may fail in any way, and must not stop the rest
                self._set_aside(conversation_id, problem)
        unknown = wanted.difference(head.conversation_id for head in heads)
        if unknown:
            self._recall(unknown)

    def _recall(self, unknown: set[str]) -> None:
        """Make current what is left of conversations that were deleted, so that they stay deleted."""
        for conversation_id, gone in self._graves.among(self._of_transaction, unknown).items():
            state = state_after(conversation_id, gone)
            self._current[conversation_id] = _Held(state, gone.sequence, gone.sequence + 1, self._now_ns, self._now_ns)

    def _built(self, head: StoredHead, facts: Iterable[bytes]) -> _Held:
        events = [event for body in facts for event in unpack_events(body)]
        state = restored(head.conversation_id, unpack_head(head.body), events, self._rules)
        return _Held(state, head.sequence, head.first_sequence, head.arrived_ns, head.since_ns or 0)

    def _set_aside(self, conversation_id: str, problem: Exception) -> None:
        """Leave a conversation that cannot be read as it is stored, until the process ends."""
        note_fault(_DAMAGED, problem)
        if conversation_id not in self.damaged:
            self.damaged.add(conversation_id)
            logger.error("conversation %r cannot be read, so it is left as it is: %s", conversation_id, problem)

    def _written(self, conversation_id: str, state: State, facts: list[Row]) -> _Held:
        """Return a changed state as the database will have it; add the row of facts that this takes, if any."""
        before = self._current.get(conversation_id)
        sequence, first_sequence, since_ns = 1, 1, self._now_ns
        if before is not None:
            sequence, first_sequence, since_ns = before.sequence + 1, before.first_sequence, before.since_ns
        arrived_ns = self._now_ns if self._arriving or before is None else before.arrived_ns
        new_events = self._appended.get(conversation_id, [])
        kept = len(before.state.events) if before is not None and before.state.episode == state.episode else 0
        if kept + len(new_events) != len(state.events) or (before is not None and not kept):
            # Another episode, or some events are gone: what is left stands in a row of its own, and counts from there.
            new_events, first_sequence, since_ns = list(state.events), sequence, self._now_ns
        if new_events:  # whoever looks for rows from a time on finds it, also where a clock was set back
            facts.append((conversation_id, sequence, max(self._now_ns, since_ns), pack_events(new_events)))
        return _Held(state, sequence, first_sequence, arrived_ns, since_ns)

    def _head_row(self, held: _Held, deadline_ns: int | None) -> Row:
        state = held.state
        service = state.events[0].service if state.events else ("", "", "")
        due_ns = None if deadline_ns is None else max(deadline_ns, held.arrived_ns) + self._hold_ns(state)
        return (
            state.conversation_id, *service, held.sequence, held.first_sequence, deadline_ns, due_ns, held.arrived_ns,
            state.active, pack_head(head_of(state)), held.since_ns,
        )  # fmt: skip

    def _due_ns(self, state: State, deadline_ns: int) -> int:
        current = self._current.get(state.conversation_id)
        arrived_ns = current.arrived_ns if current is not None else self._now_ns
        return max(deadline_ns, arrived_ns) + self._hold_ns(state)

    def _hold_ns(self, state: State) -> int:
        """Return how long after its time, or its last span, a conversation is left as it is.

        One of which all is said is held until its user can no longer come back, by the time of arrival too; and so is
        what came before anything that starts a conversation, such as a rating.
        """
        records = (state.ended, *state.earlier)
        if state.phase is Phase.EMPTY and state.cut.size == len(state.events):
            return self._lateness_ns + self._rules.reopen_ns
        if state.stale or any(record is None or (record.engaged and record.returned is None) for record in records):
            return self._lateness_ns
        return self._lateness_ns + self._rules.reopen_ns
