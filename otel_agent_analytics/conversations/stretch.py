"""The state machine of a conversation, and the walk through it: how far does its running stretch reach, and why?

``TRANSITIONS`` is the machine. The walk takes events in the order in which they happened; a silence of ``idle_ns``
between two of them ends the stretch as an explicit end does.

    EMPTY ──(opened, agent spoke)──▶ VISIT ──(user)──▶ WAITING ◀──(user)──▶ ANSWERED
                                       └────────────┬─────┴────────────────────┘
                                               end or silence ──▶ ENDED ──(user comes back)──▶ WAITING
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final, NamedTuple

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
)

if TYPE_CHECKING:
    from otel_agent_analytics.conversations.rules import Rules


class Phase(enum.Enum):
    """Where a conversation stands."""

    __hash__ = object.__hash__  # the members are single objects, and an enumeration hashes by its names, in Python

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
    started_ns: int
    """When the first of them that starts a conversation happened."""
    active_ns: int
    """When the last of its events was over."""
    due_ns: int
    """When it ends, unless something happens before."""
    reason: str
    """Why it then ends."""


NOTHING: Final = Cut(0, Phase.EMPTY, 0, 0, 0, 0, v.END_IDLE)
"""The cut of no events."""


def starts_episode(event: Event) -> bool:
    """Return whether an event starts an episode where there is none: a rating does not."""
    return type(event) in TRANSITIONS[Phase.EMPTY]


def extended(cut: Cut, event: Event, events: tuple[Event, ...], rules: Rules) -> Cut | None:
    """Return the cut with one more event at its end, where nothing ends by it; None when a walk must tell."""
    follows = cut.size == len(events) - 1 and cut.phase is not Phase.ENDED
    if not follows or isinstance(event, EndRequested) or (cut.size and event.time_ns > cut.due_ns):
        return None
    phase = TRANSITIONS[cut.phase].get(type(event), cut.phase)
    return _one_more(cut, event, phase, rules)


def walk(start: Cut, events: tuple[Event, ...], resumed_ns: int, rules: Rules) -> Cut:
    """Go on from ``start`` through the events to the first end after ``resumed_ns``, or to the last event."""
    cut = start
    for event in events[start.size :]:
        settled = event.time_ns <= resumed_ns
        if cut.size and not settled and event.time_ns > cut.due_ns:
            return cut
        phase = TRANSITIONS[cut.phase].get(type(event), cut.phase)
        if phase is Phase.ENDED and not settled:
            at_ns = event.time_ns
            return Cut(cut.size + 1, phase, cut.turns, cut.started_ns, at_ns, at_ns, v.END_REQUESTED)
        phase = cut.phase if phase is Phase.ENDED else phase
        cut = _one_more(cut, event, phase, rules)
    return cut


def _one_more(cut: Cut, event: Event, phase: Phase, rules: Rules) -> Cut:
    started_ns = event.time_ns if cut.phase is Phase.EMPTY else cut.started_ns
    active_ns = max(cut.active_ns, event.until_ns)
    turns = cut.turns + isinstance(event, UserMessage)
    if phase is Phase.EMPTY:
        return Cut(cut.size + 1, phase, turns, started_ns, active_ns, active_ns + rules.reopen_ns, v.END_IDLE)
    idle_ns, old_ns = active_ns + rules.idle_ns, started_ns + rules.max_age_ns
    reason = v.END_IDLE if idle_ns <= old_ns else v.END_MAX_AGE
    return Cut(cut.size + 1, phase, turns, started_ns, active_ns, min(idle_ns, old_ns), reason)
