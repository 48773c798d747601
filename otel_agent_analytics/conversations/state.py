"""The state of one conversation, and the fold: ``new``, ``opened``, ``advance``, ``deadline``, ``end``, ``resume``.

A state keeps the events of one episode in the order in which they *happened*. Everything that depends on order (turns,
who spoke last, whether people fell silent) is read off that list, never off the order of arrival; so any shuffling or
duplication of the same events gives the same state.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.conversations.events import Event, UserMessage, order
from otel_agent_analytics.conversations.judging import Closing, build_record
from otel_agent_analytics.conversations.record import ConversationRecord
from otel_agent_analytics.conversations.seen import NOTHING_SEEN, Seen
from otel_agent_analytics.conversations.stretch import NOTHING, Cut, Phase, starts_episode, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agent_analytics.conversations.rules import Rules


_ANCHOR_EVERY: Final = 16
"""Events between two anchors: no walk is longer than about twice that, unless a span comes very late."""
_MOST_EARLIER: Final = 64
"""Earlier episodes that a conversation holds; there is one at most, but where the reopening time is short."""
_NO_TURNS: Final[frozenset[int]] = frozenset()


class State(NamedTuple):
    """One conversation: its running or last episode. Immutable; pickles, and its parts are plain values."""

    conversation_id: str
    episode: int
    """1 for the first episode of the id that this host has seen."""
    floor_ns: int
    """Events at or before this time belong to an episode that is gone."""
    events: tuple[Event, ...]
    """In the order in which they happened."""
    ids: Seen
    """Ids of the events, so that a duplicate is known."""
    resumed_ns: int
    """Time of the user message that last reopened the episode: silences before it have been dealt with."""
    retracted_ns: int
    """End of the record that was last taken back, UTC nanoseconds."""
    cut: Cut
    anchors: tuple[Cut, Cut]
    """Two earlier cuts, the older first, from which a walk can start that need not go further back."""
    ended: ConversationRecord | None
    """The record that stands for the episode while it is ended."""
    stale: bool
    """Whether an event came after the end that the record does not know of yet."""
    started: bool
    """Whether the episode has been counted as started."""
    reached: int
    """Up to which turn the episode has been counted as reached."""
    ahead: frozenset[int]
    """Turns beyond ``reached`` that have been counted before: for what turned out to be the episode before this one."""
    lost: int
    """Events left out because the episode had too many."""
    earlier: tuple[ConversationRecord, ...]
    """Records of earlier episodes of which it is open whether their user came back, or may turn out so."""

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


def new(conversation_id: str) -> State:
    """Return the state of a conversation of which nothing is known."""
    return State(
        conversation_id=conversation_id,
        episode=1,
        floor_ns=-1,
        events=(),
        ids=NOTHING_SEEN,
        resumed_ns=0,
        retracted_ns=0,
        cut=NOTHING,
        anchors=(NOTHING, NOTHING),
        ended=None,
        stale=False,
        started=False,
        reached=0,
        ahead=_NO_TURNS,
        lost=0,
        earlier=(),
    )


def knows(state: State, event: Event) -> bool:
    """Return whether the event is in the state already: a duplicate."""
    return state.ids.has(event.id)


def advance(state: State, event: Event, rules: Rules) -> State:
    """Return the state with one more event; the same object for a duplicate, or for an episode that is gone.

    ``state`` must be the one that ``opened`` returns for the event.
    """
    return advance_all(state, fresh(state, (event,)), rules)


def fresh(state: State, events: Iterable[Event]) -> list[Event]:
    """Return, of some events, those that are new to the state, each once."""
    found: dict[str, Event] = {}
    for event in events:
        if event.time_ns > state.floor_ns and event.id not in found and not state.ids.has(event.id):
            found[event.id] = event
    return list(found.values())


def advance_all(state: State, events: list[Event], rules: Rules) -> State:
    """Return the state with some more events, all of them ``fresh``: as ``advance`` does one by one, but at less cost.

    Only an open state takes more than one: by a single event an ended one may begin its next episode.
    """
    room = rules.max_events - len(state.events)
    if len(events) > room:
        state = state._replace(lost=state.lost + len(events) - max(0, room))
        events = sorted(events, key=order)[: max(0, room)]
    return _grown(state, events, rules) if events else state


def opened(state: State, event: Event, rules: Rules) -> State:
    """Return the state that an event adds to: the same one, or that of the next episode when the event begins it."""
    if state.ended is None or event.time_ns <= _boundary(state, rules):
        return state
    return _next_with_events(state, rules) if starts_episode(event) and not state.ids.has(event.id) else state


def deadline(state: State, rules: Rules) -> int:
    """Return the time in nanoseconds at which ``end`` must be called, unless something happens before."""
    own = own_deadline(state, rules)
    return min(own, *(_until(record, rules) for record in state.earlier)) if state.earlier else own


def own_deadline(state: State, rules: Rules) -> int:
    """Return the deadline of the running or last episode alone, without those of the episodes before it."""
    if state.ended is None:
        # A rating whose conversation did not come waits for late spans too, but lets nothing wait that came after it.
        alone = state.cut.phase is Phase.EMPTY and state.cut.size == len(state.events)
        return state.cut.due_ns + rules.held_on_ns if alone else state.cut.due_ns
    return state.ended.ended_ns if state.stale else _until(state.ended, rules)


def _until(record: ConversationRecord, rules: Rules) -> int:
    """Return when something is to be done about the record of an ended episode: settle it, and later let it go."""
    if record.engaged and record.returned is None:
        return record.ended_ns + rules.return_ns
    return record.ended_ns + max(rules.reopen_ns, rules.return_ns) + rules.held_on_ns


def unsettled(state: State, watermark_ns: int, rules: Rules) -> list[ConversationRecord]:
    """Return the records of which it is time to say whether their user came back."""
    ended = [state.ended] if state.ended is not None and not state.stale else []
    return [
        record
        for record in (*state.earlier, *ended)
        if record.engaged and record.returned is None and record.ended_ns + rules.return_ns <= watermark_ns
    ]


def settled(state: State, record: ConversationRecord) -> State:
    """Return the state with a record in the place of the one of the same episode."""
    if state.ended is not None and state.ended.episode == record.episode:
        return state._replace(ended=record)
    earlier = tuple(record if there.episode == record.episode else there for there in state.earlier)
    return state._replace(earlier=earlier)


def record_of(state: State, episode: int) -> ConversationRecord | None:
    """Return the record of an ended episode that the state still holds."""
    ended = (state.ended,) if state.ended is not None else ()
    return next((record for record in (*state.earlier, *ended) if record.episode == episode), None)


def let_go(state: State, watermark_ns: int, rules: Rules) -> State:
    """Return the state without the records of earlier episodes that need not be held any longer."""
    earlier = tuple(record for record in state.earlier if _until(record, rules) > watermark_ns)
    return state if len(earlier) == len(state.earlier) else state._replace(earlier=earlier)


def end(state: State, rules: Rules) -> tuple[State, ConversationRecord | None]:
    """Act on a deadline that has passed: return the state after it and the record of the episode that ended.

    No record means that something was forgotten: the episode after its reopening time, or what came without ever
    starting one (a rating). A state without events then holds only what the next episode must know.
    """
    if state.ended is not None and not state.stale:
        return _next_with_events(state, rules)._replace(earlier=()), None
    if state.cut.phase is Phase.EMPTY:
        started_nothing = state._replace(events=(), ids=NOTHING_SEEN, cut=NOTHING, anchors=(NOTHING, NOTHING))
        return _regrown(started_nothing, state.events[state.cut.size :], rules), None
    boundary, back = _boundary(state, rules), _coming_back(state, rules)
    events = [e for e in state.events if e.time_ns <= boundary and (back is None or order(e) < order(back))]
    closing = Closing(state.cut.started_ns, state.cut.active_ns, state.cut.reason)
    record = build_record(state.conversation_id, state.episode, events, closing, rules)
    if state.ended is not None and _who_and_when(state.ended) == _who_and_when(record):
        record = record._replace(returned=state.ended.returned)
    after = state._replace(ended=record, stale=False)
    return _decided(after, max(state.reached, record.user_turns)), record


def _who_and_when(record: ConversationRecord) -> tuple[str | None, int]:
    return record.context.user, record.ended_ns


def resume(state: State, rules: Rules) -> State:
    """Return an ended state open again, where its user was back before the end was acted on; else the same object.

    It is the same episode, reopened, or the next one when the user took longer than the reopening time.
    """
    back = _coming_back(state, rules) if state.ended is not None else None
    if back is None:
        return state
    same = back.time_ns <= _boundary(state, rules)
    return _resumed(state, back.time_ns, rules) if same else _next_with_events(state, rules)


def next_episode(state: State, rules: Rules) -> State:
    """Return the empty state of the episode after an ended one.

    Where an earlier event came so late that it cut one episode in two, what the second half was counted for stays
    counted: it is not counted again.
    """
    turns, engaged = (state.ended.user_turns, state.ended.engaged) if state.ended is not None else (0, True)
    earlier = state.earlier if state.ended is None or not engaged else (*state.earlier, state.ended)[-_MOST_EARLIER:]
    return new(state.conversation_id)._replace(
        episode=state.episode + 1,
        earlier=earlier,
        floor_ns=_boundary(state, rules),
        started=state.started and not engaged,
        ahead=state.ahead.union(range(turns + 1, state.reached + 1)),
    )


def _grown(state: State, new_events: list[Event], rules: Rules) -> State:
    at, events = _merged(state.events, new_events)
    ids = state.ids.plus(*(event.id for event in new_events))
    if state.ended is None:
        return _walked(state, events, ids, at, rules)
    grown = state._replace(events=events, ids=ids)
    event = new_events[0]
    if isinstance(event, UserMessage) and event.time_ns > state.ended.ended_ns:
        return _resumed(grown, event.time_ns, rules)
    cut = walk(NOTHING, grown.events, grown.resumed_ns, rules)
    if cut.phase is not Phase.ENDED and cut.due_ns > cut.active_ns + rules.reopen_ns:
        # It waits for longer than an ended one is open to its user, so it must not stand as ended meanwhile.
        return _cut_at(grown._replace(ended=None, anchors=(NOTHING, NOTHING)), cut)
    return _cut_at(grown, cut, stale=True)


def _merged(events: tuple[Event, ...], new_events: list[Event]) -> tuple[int, tuple[Event, ...]]:
    """Return all events in their order, and the place from which on it is not as it was."""
    if len(new_events) > 1:
        new_events = sorted(new_events, key=order)
    first = order(new_events[0])
    if not events or first > order(events[-1]):
        return len(events), (*events, *new_events)
    at = bisect_left(events, first, key=order)
    return at, (*events[:at], *sorted((*events[at:], *new_events), key=order))


def _walked(state: State, events: tuple[Event, ...], ids: Seen, at: int, rules: Rules) -> State:
    """Return an open state with more events, the first at ``at``; the walk starts at the nearest cut before that."""
    older, newer = state.anchors
    start = state.cut
    if at < len(events) and events[at].time_ns < state.resumed_ns:
        resumed_ns = _first_back(events, at, state)
        if resumed_ns != state.resumed_ns:
            state, start, older, newer = state._replace(resumed_ns=resumed_ns), NOTHING, NOTHING, NOTHING
    if start.size > at:
        start = next((anchor for anchor in (newer, older) if anchor.size <= at), NOTHING)
        if start is not newer:
            older, newer = NOTHING, start
    cut = walk(start, events, state.resumed_ns, rules)
    if cut.phase is not Phase.ENDED and cut.size - newer.size >= _ANCHOR_EVERY:
        older, newer = newer, cut
    reached = max(state.reached, cut.decided)
    return state._replace(
        events=events,
        ids=ids,
        cut=cut,
        anchors=(older, newer),
        started=state.started or cut.turns > 0,
        reached=reached,
        ahead=state.ahead and state.ahead.difference(range(reached + 1)),
    )


def _first_back(events: tuple[Event, ...], at: int, state: State) -> int:
    """Return when the user was first back after the end that was taken back."""
    new = (e.time_ns for e in events[at:] if isinstance(e, UserMessage) and e.time_ns > state.retracted_ns)
    return min(state.resumed_ns, next(new, state.resumed_ns))


def _next_with_events(state: State, rules: Rules) -> State:
    """Return the next episode with the events that came too late for this one."""
    after = next_episode(state, rules)
    return _regrown(after, [event for event in state.events if event.time_ns > after.floor_ns], rules)


def _regrown(state: State, events: Iterable[Event], rules: Rules) -> State:
    events = list(events)
    return _grown(state, events, rules) if events else state


def _cut_at(state: State, cut: Cut, *, stale: bool = False) -> State:
    # Only turns of the running stretch are sure to be of this episode; later ones are counted when it gets there.
    started = state.started or cut.turns > 0
    return _decided(state._replace(cut=cut, stale=stale, started=started), max(state.reached, cut.decided))


def _decided(state: State, reached: int) -> State:
    if reached == state.reached:
        return state
    return state._replace(reached=reached, ahead=state.ahead and state.ahead.difference(range(reached + 1)))


def _resumed(state: State, at_ns: int, rules: Rules) -> State:
    retracted_ns = state.ended.ended_ns if state.ended is not None else state.retracted_ns
    resumed = state._replace(ended=None, resumed_ns=at_ns, retracted_ns=retracted_ns, anchors=(NOTHING, NOTHING))
    return _cut_at(resumed, walk(NOTHING, resumed.events, at_ns, rules))


def _boundary(state: State, rules: Rules) -> int:
    """Return the time after which an event belongs to the next episode, if this one ends where its stretch does."""
    cut, ended = state.cut, state.ended
    started_ns, ended_ns = (cut.started_ns, cut.active_ns) if ended is None else (ended.started_ns, ended.ended_ns)
    return min(ended_ns + rules.reopen_ns, started_ns + rules.max_age_ns)


def _coming_back(state: State, rules: Rules) -> Event | None:
    """Return the first event after the running stretch that goes on: with this episode, or with the next."""
    boundary = _boundary(state, rules)
    later = state.events[state.cut.size :]
    goes_on = (e for e in later if isinstance(e, UserMessage) or (e.time_ns > boundary and starts_episode(e)))
    return next(goes_on, None)
