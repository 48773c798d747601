"""Spans and records in → events → states → sinks. Not thread-safe: its host calls it from one thread at a time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import FURTHER_EVENTS, FeedbackReceived, order
from otel_agent_analytics.conversations.state import (
    State,
    advance_all,
    deadline,
    end,
    fresh,
    knows,
    let_go,
    new,
    next_episode,
    opened,
    own_deadline,
    record_of,
    resume,
    settled,
    unsettled,
)
from otel_agent_analytics.conversations.stretch import Phase
from otel_agent_analytics.errors import guard
from otel_agent_analytics.tracking.intake import take_in
from otel_agent_analytics.tracking.lengths import TurnLengths
from otel_agent_analytics.tracking.settling import Settling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from otel_agent_analytics.conversations.events import Event, LogRecord, ModelCalled, Service, SpanRecord
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.conversations.rules import Rules
    from otel_agent_analytics.tracking.lengths import Lengths
    from otel_agent_analytics.tracking.settling import Settler
    from otel_agent_analytics.tracking.sink import Sink
    from otel_agent_analytics.tracking.store import Store

_NOTED: Final = guard("sink.noted")
_MOVED: Final = guard("sink.moved")
_ENDED: Final = guard("sink.ended")
_CHANGED: Final = guard("sink.changed")
_REOPENED: Final = guard("sink.reopened")
_FOLDED: Final = guard("tracker.fold")
_STUCK: Final = guard("tracker.stuck")
_SPARE_ENDS: Final = 8
_TIDY_EVERY_NS: Final = 3600 * 1_000_000_000


def unpriced(call: ModelCalled) -> ModelCalled:
    """Price nothing."""
    return call


class Tracker:
    """Folds spans and records into conversations and ends those that are due.

    Args:
        store: keeps the states.
        sinks: what is told of events and records.
        rules: the numbers and names by which conversations are judged.
        price: returns a model call with its cost.
        settling: knows who spoke when; None: what this process has heard of.
        lengths: knows how many turns are usual; None: by what this process has seen end.
        forgetful: whether the store forgets conversations. Then what is so old that its conversation may be forgotten
            is late; else a conversation that the store does not know is a new one, of whatever age.

    ``_runs`` counts the runs that are open per conversation; it is bounded by the runs of this process. ``_active``
    counts conversations by service; it is bounded by the number of services in this process.
    """

    def __init__(
        self,
        store: Store,
        sinks: Sequence[Sink],
        rules: Rules,
        price: Callable[[ModelCalled], ModelCalled] = unpriced,
        *,
        settling: Settler | None = None,
        lengths: Lengths | None = None,
        forgetful: bool = True,
    ) -> None:
        self._store = store
        self._sinks = sinks
        self._rules = rules
        self._price = price
        self._runs: Counter[str] = Counter()
        self._active: Counter[Service] = Counter()
        self._settling = settling if settling is not None else Settling(rules)
        self._lengths = lengths if lengths is not None else TurnLengths()
        self._forgetful = forgetful
        self._watermark_ns = 0
        self._tidied_ns = 0

    def active(self) -> dict[Service, int]:
        """Return how many engaged conversations are open, by service."""
        return dict(self._active)

    def run_started(self, conversation_id: str) -> None:
        """Note that a run of the conversation is open: until it ends, the conversation is not idle."""
        self._runs[conversation_id] += 1

    def run_ended(self, conversation_id: str) -> None:
        """Note that a run of the conversation is over."""
        self._runs[conversation_id] -= 1
        if self._runs[conversation_id] <= 0:
            del self._runs[conversation_id]

    def take(self, source: SpanRecord | LogRecord) -> None:
        """Fold one span or record into its conversation."""
        self.take_all((source,))

    def take_all(self, sources: Iterable[SpanRecord | LogRecord], horizon_ns: int | None = None) -> None:
        """Fold a batch, each conversation at once.

        Args:
            sources: spans and records, in any order.
            horizon_ns: what ends later is from the future and is left out, UTC nanoseconds; None: nothing is.
        """
        intake = take_in(sources, self._price, horizon_ns)
        for conversation_id, events in intake.events.items():
            with _FOLDED:
                self._fold(conversation_id, events, intake.notes)
        self._take_back_assumptions()
        for (what, service), amount in intake.notes.items():
            self._note(what, service, amount)

    def take_events(self, conversation_id: str, events: list[Event]) -> None:
        """Fold events that are known already; one of an episode that is gone counts for nothing."""
        with _FOLDED:
            self._fold(conversation_id, events, Counter())
        self._take_back_assumptions()

    def advance_to(self, watermark_ns: int) -> None:
        """End every conversation that is due at this event time. The watermark never goes back."""
        self._watermark_ns = watermark_ns = max(watermark_ns, self._watermark_ns)
        left: dict[str, int] = {}
        for state in self._store.due(watermark_ns):
            # Every end uses up an event at least. One that does not would keep this loop, and a core, busy for ever.
            conversation_id = state.conversation_id
            left[conversation_id] = left.get(conversation_id, 2 * len(state.events) + _SPARE_ENDS) - 1
            if left[conversation_id] < 0:
                self._give_up(state)
                continue
            if state.ended is None and self._runs[conversation_id] and not self._is_too_old(state):
                self._store.put(state, watermark_ns + 1)
                continue
            self._due(state)
        if watermark_ns - self._tidied_ns > _TIDY_EVERY_NS:
            self._tidied_ns = watermark_ns
            self._settling.tidy(watermark_ns)

    def reset(self) -> None:
        """Forget everything, as a restart does."""
        self._store.clear()
        for container in (self._runs, self._active, self._settling, self._lengths):
            container.clear()
        for sink in self._sinks:
            sink.reset()

    # --- events in --------------------------------------------------------------------------------------------------

    def _fold(self, conversation_id: str, events: list[Event], notes: Counter[tuple[str, Service]]) -> None:
        """Fold the events of one conversation."""
        before = self._store.get(conversation_id)
        if before is None:
            oldest_ns = self._watermark_ns - self._rules.idle_ns - self._rules.reopen_ns - self._rules.held_on_ns
            kept = [event for event in events if event.until_ns >= oldest_ns] if self._forgetful else events
            if len(kept) < len(events):
                _note_refused(v.PIPELINE_LATE, [event for event in events if event.until_ns < oldest_ns], notes)
                events = kept
            if not events:
                return
            before = new(conversation_id)
        state = before
        if state.ended is not None:
            events = sorted(events, key=order)
        while events:
            if state.stale and opened(state, events[0], self._rules) is not state:
                before = state = self._judged_anew(before, state)
            # An open episode takes them all; in an ended one each may begin the next.
            size = len(events) if state.ended is None else 1
            state, events = self._fold_some(state, events[:size], notes), events[size:]
        if state is not before:
            self._put(before, state)

    def _fold_some(self, before: State, events: list[Event], notes: Counter[tuple[str, Service]]) -> State:
        base = opened(before, events[0], self._rules)
        new_events = fresh(base, events)
        if len(new_events) < len(events):
            taken = set(map(id, new_events))
            refused = [event for event in events if id(event) not in taken]
            known = {event.id for event in new_events}
            twice = [event for event in refused if event.id in known or knows(base, event)]
            _note_duplicates(twice, notes)
            _note_refused(v.PIPELINE_LATE, [event for event in refused if event not in twice], notes)
        if not new_events:
            return before
        after = advance_all(base, new_events, self._rules)
        if after.lost > base.lost:
            _note_refused(
                v.PIPELINE_CONVERSATION_FULL, [event for event in new_events if not knows(after, event)], notes
            )
            new_events = [event for event in new_events if knows(after, event)]
        self._moved(base, after, new_events)
        return after

    # --- time goes on -----------------------------------------------------------------------------------------------

    def _due(self, before: State) -> None:
        state, due_ns = before, deadline(before, self._rules)
        for record in unsettled(state, self._watermark_ns, self._rules):
            done = self._settling.settle(record)
            state = settled(state, done)
            self._changed(done, record)
        state = let_go(state, self._watermark_ns, self._rules)
        # After something was settled its own end may be due too, but waits for its turn: others may be due before it.
        if own_deadline(state, self._rules) > (self._watermark_ns if state is before else due_ns):
            self._put(before, state)
        else:
            self._end(before, state)
        self._take_back_assumptions()

    def _end(self, before: State, state: State) -> None:
        if state.cut.phase is Phase.EMPTY:
            self._unmatched(state)
        after, record = end(state, self._rules)
        if record is None:
            if after.events:
                self._put(before, after)
                self._moved(state._replace(ended=None), after, [])
            else:
                self._store.retire(after)
            return
        record = self._with_effort(record, state.ended)
        after = after._replace(ended=record)
        self._tell(record, state, after)
        again = resume(after, self._rules)
        if again is not after:
            self._moved(after if again.episode == after.episode else next_episode(after, self._rules), again, [])
        self._put(before, again)

    def _judged_anew(self, before: State, state: State) -> State:
        """Act on what came late of an ended episode, before the next begins; return the state that is then held."""
        self._put(before, state)
        self._end(state, state)
        return self._store.get(state.conversation_id) or state

    def _unmatched(self, state: State) -> None:
        """Count ratings of a conversation that never came."""
        ratings = [event for event in state.events[: state.cut.size] if isinstance(event, FeedbackReceived)]
        if ratings:
            self._note(v.PIPELINE_FEEDBACK_UNMATCHED, ratings[0].service, len(ratings))

    def _with_effort(self, record: ConversationRecord, earlier: ConversationRecord | None) -> ConversationRecord:
        if not record.engaged:
            return record
        if earlier is not None and earlier.engaged:
            self._lengths.note(earlier, -1)
        self._lengths.note(record)
        return record._replace(effort=self._lengths.effort(record))

    @guard("tracker.broken")
    def _take_back_assumptions(self) -> None:
        """Take back that users did not come back, for those of whom a late message says that they did."""
        for episode in self._settling.broken():
            state = self._store.get(episode.conversation_id)
            record = record_of(state, episode.episode) if state is not None else None
            if state is not None and record is not None and record.returned is False:
                back = record._replace(returned=True)
                self._put(state, settled(state, back))
                self._changed(back, record)

    def _give_up(self, state: State) -> None:
        self._put(state, new(state.conversation_id))
        self._store.retire(new(state.conversation_id)._replace(episode=state.episode + 1))
        with _STUCK:
            raise RuntimeError("a conversation ends again and again, so it was forgotten")

    # --- what the sinks are told ------------------------------------------------------------------------------------

    def _tell(self, record: ConversationRecord, before: State, after: State) -> None:
        """Tell of an end, or of what a late event changed of one."""
        for sink in self._sinks:
            with _MOVED:
                sink.moved(before, after, [])
        if before.ended is None:
            for sink in self._sinks:
                with _ENDED:
                    sink.ended(record)
        elif record != before.ended:
            self._changed(record, before.ended)

    def _changed(self, record: ConversationRecord, earlier: ConversationRecord) -> None:
        for sink in self._sinks:
            with _CHANGED:
                sink.changed(record, earlier)

    def _moved(self, before: State, after: State, events: list[Event]) -> None:
        for sink in self._sinks:
            with _MOVED:
                sink.moved(before, after, events)
        self._settling.heard(after, events)
        if before.ended is not None and after.ended is None:
            self._reopened(before.ended)

    def _reopened(self, record: ConversationRecord) -> None:
        if record.engaged:
            self._lengths.note(record, -1)
        for sink in self._sinks:
            with _REOPENED:
                sink.reopened(record)

    def _put(self, before: State, after: State) -> None:
        self._store.put(after, deadline(after, self._rules))
        if before.active:
            self._active[before.events[0].service] -= 1
        if after.active:
            self._active[after.events[0].service] += 1

    def _is_too_old(self, state: State) -> bool:
        return self._watermark_ns > state.events[0].time_ns + self._rules.max_age_ns

    def _note(self, what: str, service: Service, amount: int) -> None:
        for sink in self._sinks:
            with _NOTED:
                sink.noted(what, service, amount)


def _note_refused(what: str, events: list[Event], notes: Counter[tuple[str, Service]]) -> None:
    """Count refused events by the spans that they came in."""
    for service in {event.id.partition(":")[0]: event.service for event in events}.values():
        notes[what, service] += 1


def _note_duplicates(events: list[Event], notes: Counter[tuple[str, Service]]) -> None:
    """Count events that came again, by their spans: a span's further events are named after its first."""
    for event in events:
        if event.id.rpartition(":")[2] not in FURTHER_EVENTS:
            notes[v.PIPELINE_DUPLICATE, event.service] += 1
