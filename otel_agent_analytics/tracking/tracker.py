"""Spans and records in → events → states → sinks. Not thread-safe: its host calls it from one thread at a time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.from_span import decode
from otel_agent_analytics.conversations.identity import conversation_of
from otel_agent_analytics.conversations.state import (
    State,
    advance,
    deadline,
    end,
    knows,
    new,
    next_episode,
    opened,
    resume,
)
from otel_agent_analytics.errors import guard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.conversations.events import Event, LogRecord, Service, SpanRecord
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.conversations.rules import Rules
    from otel_agent_analytics.tracking.sink import Sink
    from otel_agent_analytics.tracking.store import Store

_NOTED: Final = guard("sink.noted")
_MOVED: Final = guard("sink.moved")
_ENDED: Final = guard("sink.ended")
_REOPENED: Final = guard("sink.reopened")
_STUCK: Final = guard("tracker.stuck")
_SPARE_ENDS: Final = 8


class Tracker:
    """Folds spans and records into conversations and ends those that are due.

    ``_runs`` counts the runs that are open per conversation; it is bounded by the runs of this process. ``_active``
    counts conversations by service; it is bounded by the number of services in this process.
    """

    def __init__(self, store: Store, sinks: Sequence[Sink], rules: Rules) -> None:
        self._store = store
        self._sinks = sinks
        self._rules = rules
        self._runs: Counter[str] = Counter()
        self._active: Counter[Service] = Counter()
        self._watermark_ns = 0

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
        self._note(v.PIPELINE_RECEIVED, source.service)
        if conversation_of(source.attributes) is None:
            self._note(v.PIPELINE_WITHOUT_CONVERSATION, source.service)
            return
        told: str | None = None
        for conversation_id, event in decode(source):
            refused = self._fold(conversation_id, event)
            if refused is not None and refused != told:
                self._note(refused, source.service)
                told = refused

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
            if state.ended is None and self._runs[state.conversation_id] and not self._is_too_old(state):
                self._store.put(state, watermark_ns + 1)
                continue
            self._end(state)

    def reset(self) -> None:
        """Forget everything, as a restart does."""
        self._store.clear()
        self._runs.clear()
        self._active.clear()
        for sink in self._sinks:
            sink.reset()

    def _fold(self, conversation_id: str, event: Event) -> str | None:
        """Fold one event; return why it was refused, None when it was new."""
        before = self._store.get(conversation_id)
        if before is None:
            if event.until_ns < self._watermark_ns - self._rules.idle_ns - self._rules.reopen_ns:
                return v.PIPELINE_LATE
            before = new(conversation_id)
        base = opened(before, event, self._rules)
        after = advance(base, event, self._rules)
        if after is base:
            return v.PIPELINE_DUPLICATE if knows(base, event) else v.PIPELINE_LATE
        self._put(before, after)
        if after.lost > base.lost:
            return v.PIPELINE_CONVERSATION_FULL
        self._moved(base, after, event)
        return None

    def _end(self, before: State) -> None:
        after, record = end(before, self._rules)
        if record is None and not after.events:
            self._store.retire(after)
            return
        if record is None:
            self._put(before, after)
            self._moved(before._replace(ended=None), after, None)
            return
        if record != before.ended:
            for sink in self._sinks:
                with _ENDED:
                    sink.ended(record, before, after)
        again = resume(after, self._rules)
        if again is not after:
            self._moved(after if again.episode == after.episode else next_episode(after, self._rules), again, None)
        self._put(before, again)

    def _give_up(self, state: State) -> None:
        self._put(state, new(state.conversation_id))
        self._store.retire(new(state.conversation_id)._replace(episode=state.episode + 1))
        with _STUCK:
            raise RuntimeError("a conversation ends again and again, so it was forgotten")

    def _moved(self, before: State, after: State, event: Event | None) -> None:
        for sink in self._sinks:
            with _MOVED:
                sink.moved(before, after, event)
        if before.ended is not None and after.ended is None:
            self._reopened(before.ended)

    def _reopened(self, record: ConversationRecord) -> None:
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

    def _note(self, what: str, service: Service) -> None:
        for sink in self._sinks:
            with _NOTED:
                sink.noted(what, service, 1)
