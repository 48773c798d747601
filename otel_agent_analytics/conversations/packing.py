"""A state in two parts, as a store keeps it: its events, and the little that cannot be read off them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from otel_agent_analytics.conversations.events import Event, order
from otel_agent_analytics.conversations.record import ConversationRecord
from otel_agent_analytics.conversations.seen import NOTHING_SEEN
from otel_agent_analytics.conversations.state import State, new
from otel_agent_analytics.conversations.stretch import NOTHING, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agent_analytics.conversations.rules import Rules


class Head(NamedTuple):
    """What a state holds beside its events. The fields mean what those of ``State`` do."""

    episode: int
    floor_ns: int
    resumed_ns: int
    retracted_ns: int
    ended: ConversationRecord | None
    stale: bool
    started: bool
    reached: int
    ahead: tuple[int, ...]
    lost: int
    earlier: tuple[ConversationRecord, ...]


def head_of(state: State) -> Head:
    """Return what a store must keep of a state beside its events."""
    said = state._asdict() | {"ahead": tuple(sorted(state.ahead))}
    return Head(*(said[name] for name in Head._fields))


def restored(conversation_id: str, head: Head, events: Iterable[Event], rules: Rules) -> State:
    """Return the state that a head and its events, in any order, make together."""
    kept = tuple(sorted(events, key=order))
    return new(conversation_id)._replace(
        **head._asdict() | {"ahead": frozenset(head.ahead)},
        events=kept,
        ids=NOTHING_SEEN.plus(*(event.id for event in kept)),
        cut=walk(NOTHING, kept, head.resumed_ns, rules),
    )
