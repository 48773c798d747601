"""Events of spans → what a log record says of each. Pure; the wide record of an episode stands in ``wide_record``.

An event that came as a log record is in the logs already, so nothing is made of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import NO_CONTEXT, Context, Event, Metadata, Started, UserMessage
from otel_agent_analytics.conversations.metadata import attributes_of, merged
from otel_agent_analytics.outputs import wide_names as w
from otel_agent_analytics.outputs.event_kinds import KINDS, WITH_TURN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from otel_agent_analytics.conversations.state import State


class Entry(NamedTuple):
    """A log record that is to be sent."""

    event_name: str
    attributes: dict[str, Any]
    line: str
    """What a person reads first: the event's short name and what it is about."""
    time_ns: int | None = None
    """When it happened, UTC nanoseconds; None for what is decided now."""
    trace_id: str = ""
    """32 hex digits; empty without one."""
    span_id: str = ""
    """16 hex digits; empty without one."""
    warns: bool = False
    """Whether something failed."""


_NEAR: Final = 32
"""Events at the start of an episode in which what the application said of it is looked for; for metadata, whose last
word holds, also those at its end."""


def short_name(event_name: str) -> str:
    """Return the name of an event of ours without the prefix."""
    return event_name.removeprefix(v.EVENT_PREFIX)


def came_as_record(event: Event) -> bool:
    """Return whether an event came as a log record, and so is in the logs already.

    Every span has a trace; what an application says itself, in its own process, has none.
    """
    return not event.trace_id


def entries_of(state: State, events: Sequence[Event]) -> Iterator[Entry]:
    """Yield the log records of new events. ``state`` is that of their episode and holds them."""
    told = [event for event in events if type(event) in KINDS and not came_as_record(event)]
    if not told:
        return
    of_all, metadata = identity(state), _metadata(state)
    turns = _turns(state, [event for event in told if type(event) in WITH_TURN])
    for event in told:
        kind = KINDS[type(event)]
        values = kind.values(event)
        own = dict(zip(kind.attributes, values, strict=True))
        about = f" {values[0]}" if isinstance(values[0], str) else ""
        name = short_name(kind.event_name)
        head = {w.EVENT_NAME: name, v.EVENT_ID: event.id, **of_all, w.TURN: turns.get(event.id)}
        said = {**head, v.GEN_AI_AGENT_NAME: event.agent, **{key: own[key] for key in own if own[key] is not None}}
        said |= attributes_of(_as_of(event, metadata))
        yield Entry(
            kind.event_name,
            {key: value for key, value in said.items() if value is not None},
            name + about,
            event.time_ns if type(event) is UserMessage else event.until_ns,
            event.trace_id,
            event.id.partition(":")[0],
            warns=own.get(v.ERROR_TYPE) is not None,
        )


def started(before: State, after: State) -> Entry | None:
    """Return the record that the user has just begun to speak; None where the application told that it began."""
    if before.started or not after.started or any(type(event) is Started for event in after.events[:_NEAR]):
        return None
    name = short_name(v.EVENT_STARTED)
    event_id = f"{after.conversation_id}:{after.episode}:{name}"
    trace_id = next((event.trace_id for event in after.events[:_NEAR] if event.trace_id), "")
    said = {w.EVENT_NAME: name, v.EVENT_ID: event_id, **identity(after), **attributes_of(_metadata(after))}
    return Entry(v.EVENT_STARTED, said, name, after.cut.started_ns, trace_id)


def identity(state: State) -> dict[str, Any]:
    """Return what tells of which episode a record is, and whose it is as far as the application said so."""
    context = state.ended.context if state.ended is not None else _context(state)
    said = {
        v.GEN_AI_CONVERSATION_ID: state.conversation_id,
        w.EPISODE: state.episode,
        v.CHANNEL: context.channel,
        v.USER_HASH: context.user,
        v.SESSION_ID: context.session_id,
        v.DERIVED: True,
    }
    return {key: value for key, value in said.items() if value is not None}


def _context(state: State) -> Context:
    """Return what was said first of channel, user or session, as far as the first few events tell."""
    said = (event.context for event in state.events[:_NEAR] if isinstance(event, (UserMessage, Started)))
    return next((one for one in said if one.channel or one.user or one.session_id), NO_CONTEXT)


def _metadata(state: State) -> Metadata | None:
    """Return the last word on each further fact, as far as a few events at either end tell."""
    if state.ended is not None:
        return state.ended.context.metadata
    events = state.events
    near = events if len(events) <= 2 * _NEAR else (*events[:_NEAR], *events[-_NEAR:])
    return merged(event.context.metadata for event in near if isinstance(event, (UserMessage, Started)))


def _as_of(event: Event, metadata: Metadata | None) -> Metadata | None:
    """Return the facts of a record: of a message what was said with it, whatever was said later."""
    own = event.context.metadata if type(event) is UserMessage else None
    return metadata if own is None else merged((metadata, own))


def _turns(state: State, events: Sequence[Event]) -> dict[str, int]:
    """Return in which turn each event is, as far as is known now: an answer is in that of its message.

    The walk begins at the newest event, near which new ones nearly always are.
    """
    message_of = {event.id: getattr(event, "answers", None) or event.id for event in events}
    wanted = set(message_of.values())
    if not wanted:
        return {}
    turn = state.cut.turns + sum(type(event) is UserMessage for event in state.events[state.cut.size :])
    found: dict[str, int] = {}
    for event in reversed(state.events):
        if event.id in wanted:
            found[event.id] = turn
            if len(found) == len(wanted):
                break
        turn -= type(event) is UserMessage
    return {event_id: found[message] for event_id, message in message_of.items() if message in found}
