"""The state of one conversation, and the fold: ``new``, ``advance``, ``deadline``, ``end``.

A state keeps the events of one episode in the order in which they *happened*. Everything that depends on order (turns,
who spoke last, whether people fell silent) is read off that list, never off the order of arrival; so any shuffling or
duplication of the same events gives the same state. ``TRANSITIONS`` is the state machine: the walk over the events goes
through it, and a silence of ``idle_ns`` between two events ends the episode as an explicit end does.

    EMPTY ──(opened, agent spoke)──▶ VISIT ──(user)──▶ WAITING ◀──(user)──▶ ANSWERED
                                       └────────────┬─────┴────────────────────┘
                                               end or silence ──▶ ENDED ──(user comes back)──▶ WAITING
"""

from __future__ import annotations

import enum
from bisect import bisect_left
from typing import Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import (
    AgentResponse,
    EndRequested,
    Event,
    GuardrailChecked,
    HandoffRequested,
    ModelCalled,
    RunFailed,
    Started,
    ToolCalled,
    UserMessage,
    order,
)
from otel_agent_analytics.conversations.record import Closing, ConversationRecord, build_record
from otel_agent_analytics.conversations.rules import Rules


class Phase(enum.Enum):
    """Where a conversation stands."""

    EMPTY = "empty"
    """Nothing happened that starts a conversation (a rating does not)."""
    VISIT = "visit"
    """It is open and the user has not spoken."""
    WAITING = "waiting"
    """The user spoke and waits."""
    ANSWERED = "answered"
    """The agent had the last word."""
    ENDED = "ended"
    """It was ended or fell silent; a user message reopens it."""


_WORK: Final = (ToolCalled, HandoffRequested, ModelCalled, GuardrailChecked)

# What is not listed leaves the phase as it is.
TRANSITIONS: Final[dict[Phase, dict[type, Phase]]] = {
    Phase.EMPTY: {
        UserMessage: Phase.WAITING,
        **dict.fromkeys((Started, AgentResponse, RunFailed, *_WORK), Phase.VISIT),
    },
    Phase.VISIT: {UserMessage: Phase.WAITING, EndRequested: Phase.ENDED},
    Phase.WAITING: {AgentResponse: Phase.ANSWERED, EndRequested: Phase.ENDED},
    Phase.ANSWERED: {UserMessage: Phase.WAITING, EndRequested: Phase.ENDED},
    Phase.ENDED: {UserMessage: Phase.WAITING},
}


class Cut(NamedTuple):
    """How far the running stretch of an episode reaches: up to its first end, or to the last event."""

    size: int
    """How many events, from the first, belong to it."""
    phase: Phase
    turns: int
    """How many of them are user messages."""
    active_ns: int
    """When the last of its events was over."""
    due_ns: int
    """When it ends, unless something happens before."""
    reason: str
    """Why it then ends."""


class State(NamedTuple):
    """One conversation: its running or last episode. Immutable; pickles, and its parts are plain values."""

    conversation_id: str
    episode: int
    """1 for the first episode of the id that this host has seen."""
    floor_ns: int
    """Events at or before this time belong to an episode that is gone."""
    events: tuple[Event, ...]
    """In the order in which they happened."""
    ids: frozenset[str]
    """Ids of the events, so that a duplicate is known."""
    resumed_ns: int
    """Time of the user message that last reopened the episode: silences before it have been dealt with."""
    cut: Cut
    ended: ConversationRecord | None
    """The record that stands for the episode while it is ended."""
    stale: bool
    """Whether an event came after the end that the record does not know of yet."""
    reached: int
    """How many turns have been counted as reached."""
    lost: int
    """Events left out because the episode had too many."""

    @property
    def phase(self) -> Phase:
        """Where the conversation stands."""
        return Phase.ENDED if self.ended is not None else self.cut.phase

    @property
    def engaged(self) -> bool:
        """Whether the user has spoken in the running stretch or before it."""
        return self.cut.turns > 0

    @property
    def active(self) -> bool:
        """Whether it is open and the user has spoken."""
        return self.ended is None and self.engaged


_NOTHING: Final = Cut(0, Phase.EMPTY, 0, 0, 0, v.END_IDLE)


def new(conversation_id: str) -> State:
    """Return the state of a conversation of which nothing is known."""
    return State(conversation_id, 1, -1, (), frozenset(), 0, _NOTHING, None, stale=False, reached=0, lost=0)


def knows(state: State, event: Event) -> bool:
    """Return whether the event is in the state already: a duplicate."""
    return event.id in state.ids


def advance(state: State, event: Event, rules: Rules) -> State:
    """Return the state with one more event; the same object for a duplicate, or for an episode that is gone."""
    if event.id in state.ids or event.time_ns <= state.floor_ns:
        return state
    if len(state.events) >= rules.max_events:
        return state._replace(lost=state.lost + 1)
    boundary = _boundary(state, rules)
    if boundary is not None and isinstance(event, UserMessage) and event.time_ns > boundary:
        return _grown(_next_episode(state, boundary), event, rules)
    return _grown(state, event, rules)


def deadline(state: State, rules: Rules) -> int:
    """Return the time in nanoseconds at which ``end`` must be called, unless something happens before."""
    if state.ended is not None:
        return state.ended.ended_ns if state.stale else state.ended.ended_ns + rules.reopen_ns
    if state.cut.phase is Phase.EMPTY:
        return state.cut.active_ns + rules.reopen_ns
    return state.cut.due_ns


def end(state: State, rules: Rules) -> tuple[State, ConversationRecord | None]:
    """Act on a deadline that has passed: return the state after it and the record of the episode that ended.

    No record means that nothing is left to remember. Where the user came back before the end was acted on, the state
    that is returned is open again (the same episode, reopened) or holds the next episode.
    """
    if (state.ended is not None and not state.stale) or state.cut.phase is Phase.EMPTY:
        return new(state.conversation_id), None
    back = _coming_back(state)
    before = [event for event in state.events if back is None or order(event) < order(back)]
    closing = Closing(state.cut.active_ns, state.cut.reason)
    record = build_record(state.conversation_id, state.episode, before, closing, rules)
    reached = max(state.reached, record.user_turns)
    after = state._replace(ended=record, stale=False, reached=reached)
    if back is None:
        return after, record
    boundary = _boundary(after, rules)
    if boundary is not None and back.time_ns > boundary:
        return _restarted(after, boundary, rules), record
    return _resumed(after, back.time_ns, rules), record


def _grown(state: State, event: Event, rules: Rules) -> State:
    in_order = not state.events or order(event) > order(state.events[-1])
    events = (*state.events, event) if in_order else _inserted(state.events, event)
    grown = state._replace(events=events, ids=state.ids | {event.id})
    if state.ended is not None:
        came_back = isinstance(event, UserMessage) and event.time_ns > state.ended.ended_ns
        return _resumed(grown, event.time_ns, rules) if came_back else _cut_at(grown, _walk(grown, rules), stale=True)
    cut = _extended(state.cut, event, events, rules) if in_order else None
    return _cut_at(grown, cut or _walk(grown, rules))


def _inserted(events: tuple[Event, ...], event: Event) -> tuple[Event, ...]:
    at = bisect_left(events, order(event), key=order)
    return (*events[:at], event, *events[at:])


def _cut_at(state: State, cut: Cut, *, stale: bool = False) -> State:
    # Only turns of the running stretch are sure to be of this episode; later ones are counted when it gets there.
    return state._replace(cut=cut, stale=stale, reached=max(state.reached, cut.turns - 1))


def _resumed(state: State, at_ns: int, rules: Rules) -> State:
    resumed = state._replace(ended=None, resumed_ns=at_ns)
    return _cut_at(resumed, _walk(resumed, rules))


def _boundary(state: State, rules: Rules) -> int | None:
    """Return the time after which a user message starts the next episode; None while the episode runs."""
    if state.ended is None:
        return None
    return min(state.ended.ended_ns + rules.reopen_ns, state.ended.started_ns + rules.max_age_ns)


def _next_episode(state: State, boundary: int) -> State:
    return new(state.conversation_id)._replace(episode=state.episode + 1, floor_ns=boundary)


def _restarted(state: State, boundary: int, rules: Rules) -> State:
    after = _next_episode(state, boundary)
    for event in state.events:
        if event.time_ns > boundary:
            after = _grown(after, event, rules)
    return after


def _coming_back(state: State) -> UserMessage | None:
    """Return the first user message after the running stretch, when one is there already."""
    later = state.events[state.cut.size :]
    return next((event for event in later if isinstance(event, UserMessage)), None)


def _extended(cut: Cut, event: Event, events: tuple[Event, ...], rules: Rules) -> Cut | None:
    """Return the cut with one more event at its end, where nothing ends by it; None when a walk must tell."""
    follows = cut.size == len(events) - 1 and cut.phase is not Phase.ENDED
    if not follows or isinstance(event, EndRequested) or (cut.size and event.time_ns > cut.due_ns):
        return None
    phase = TRANSITIONS[cut.phase].get(type(event), cut.phase)
    return _one_more(cut, event, phase, events[0].time_ns, rules)


def _walk(state: State, rules: Rules) -> Cut:
    """Go through the events and the table to the first end after ``resumed_ns``, or to the last event."""
    cut = _NOTHING
    for event in state.events:
        settled = event.time_ns <= state.resumed_ns
        if cut.size and not settled and event.time_ns > cut.due_ns:
            return cut
        phase = TRANSITIONS[cut.phase].get(type(event), cut.phase)
        if phase is Phase.ENDED and not settled:
            return Cut(cut.size + 1, phase, cut.turns, event.time_ns, event.time_ns, v.END_REQUESTED)
        phase = cut.phase if phase is Phase.ENDED else phase
        cut = _one_more(cut, event, phase, state.events[0].time_ns, rules)
    return cut


def _one_more(cut: Cut, event: Event, phase: Phase, started_ns: int, rules: Rules) -> Cut:
    active_ns = max(cut.active_ns, event.until_ns)
    idle_ns, old_ns = active_ns + rules.idle_ns, started_ns + rules.max_age_ns
    reason = v.END_IDLE if idle_ns <= old_ns else v.END_MAX_AGE
    turns = cut.turns + isinstance(event, UserMessage)
    return Cut(cut.size + 1, phase, turns, active_ns, min(idle_ns, old_ns), reason)
