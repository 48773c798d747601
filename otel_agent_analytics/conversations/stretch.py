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
    ApprovalRequested,
    EndRequested,
    Event,
    FeedbackReceived,
    GuardrailChecked,
    HandoffRequested,
    LoopFound,
    ModelCalled,
    ResolutionJudged,
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


_WORK: Final = (ToolCalled, HandoffRequested, ModelCalled, GuardrailChecked, LoopFound, ApprovalRequested)

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
    channel: str | None
    """The channel that the application named first; None when it named none."""
    sure: int | None
    """How many turns came before the first silence that is longer than the reopening time: a span that is still to come
    may say that the episode ended there. None without one."""

    @property
    def decided(self) -> int:
        """How many turns are sure to be over."""
        return max(0, (self.turns if self.sure is None else self.sure) - 1)


NOTHING: Final = Cut(0, Phase.EMPTY, 0, 0, 0, 0, v.END_IDLE, None, None)
"""The cut of no events."""


def starts_episode(event: Event) -> bool:
    """Return whether an event starts an episode where there is none: a rating does not."""
    return type(event) in TRANSITIONS[Phase.EMPTY]


def walk(start: Cut, events: tuple[Event, ...], resumed_ns: int, rules: Rules) -> Cut:
    """Go on from ``start`` through the events to the first end after ``resumed_ns``, or to the last event.

    Everything is kept in local names: this is the engine's inner loop.
    """
    size, phase, turns, started_ns, active_ns, due_ns, reason, channel, sure = start
    if phase is Phase.ENDED:
        return start
    for at in range(size, len(events)):
        event = events[at]
        time_ns = event.time_ns
        settled = time_ns <= resumed_ns
        if at and not settled and time_ns > due_ns:
            break
        if sure is None and at and not settled and time_ns > active_ns + rules.reopen_ns:
            sure = turns
        kind = type(event)
        following = TRANSITIONS[phase].get(kind, phase)
        if following is Phase.ENDED:
            if not settled:
                return Cut(at + 1, following, turns, started_ns, time_ns, time_ns, v.END_REQUESTED, channel, sure)
            following = phase
        started_ns = time_ns if phase is Phase.EMPTY else started_ns
        phase = following
        active_ns = max(active_ns, event.until_ns)
        if kind in _TELLS_CONTEXT:
            turns += kind is UserMessage
            channel = channel or event.context.channel  # type: ignore[union-attr]  # these kinds have one
        size = at + 1
        if phase is Phase.EMPTY:
            due_ns = active_ns + rules.reopen_ns
        else:
            following_due = _due(kind, channel, active_ns, started_ns, rules)
            if kind not in _SAID_ABOUT_IT or following_due[0] > due_ns:
                due_ns, reason = following_due
    return Cut(size, phase, turns, started_ns, active_ns, due_ns, reason, channel, sure)


_SAID_ABOUT_IT: Final = frozenset({FeedbackReceived, ResolutionJudged})
"""Nothing of this goes on with a conversation, so it ends no waiting for an approval."""
_TELLS_CONTEXT: Final = frozenset({UserMessage, Started})


def _due(kind: type, channel: str | None, active_ns: int, started_ns: int, rules: Rules) -> tuple[int, str]:
    """Return when an episode ends unless something happens, and why."""
    old_ns = started_ns + rules.max_age_ns
    idle_ns = rules.idle_ns
    if rules.idle_by_channel and channel is not None:
        idle_ns = dict(rules.idle_by_channel).get(channel, idle_ns)
    if kind is ApprovalRequested:  # a human is to decide, and may take his time
        idle_ns = rules.max_age_ns
    silent_ns = active_ns + idle_ns
    return (silent_ns, v.END_IDLE) if silent_ns <= old_ns else (old_ns, v.END_MAX_AGE)
