"""Which conversation a run belongs to, and what its spans say of it. Never invented."""

from __future__ import annotations

import itertools
from typing import Any, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.runner import RunGiven, given_now
from otel_agent_analytics.context import ConversationContext, current_conversation, metadata_attributes
from otel_agent_analytics.values import LONGEST_ID, note_unsound, sound, text

_MOST: Final = 100
"""Attributes that a turn's span may carry of what the application said: a span has room for 128."""


class Said(NamedTuple):
    """Attributes that tell of the conversation, and where they are from."""

    every: dict[str, Any]
    """For every span of the run."""
    turn: dict[str, Any]
    """For the spans that stand for the user's turn."""
    context: ConversationContext | None
    given: RunGiven | None


def said(group_id: Any, metadata: Any, *, derived: bool) -> Said:
    """Return what a run's spans carry.

    The conversation is ``conversation()``'s, else the run's own grouping in the SDK's order (``conversation_id``, the
    session's id, the group id), else metadata's.
    """
    context, given = current_conversation.get(), given_now()
    metadata = metadata if issubclass(type(metadata), dict) else {}
    conversation_id, key = _identity(context, given, group_id, metadata)
    every: dict[str, Any] = {} if not conversation_id else {v.GEN_AI_CONVERSATION_ID: conversation_id}
    if derived:
        every[v.DERIVED] = True
    turn = {**metadata_attributes(metadata), **(context.attributes if context is not None else {})}
    if conversation_id:
        turn[v.CONVERSATION_KEY] = key
    if len(turn) > _MOST:  # what was put there last, by conversation(), stays
        turn = dict(itertools.islice(turn.items(), len(turn) - _MOST, None))
    return Said(sound(every), sound(turn), context, given)


def _identity(
    context: ConversationContext | None, given: RunGiven | None, group_id: Any, metadata: dict[str, Any]
) -> tuple[str | None, str]:
    """Return the id of the conversation, and what named it."""
    if context is not None:
        return context.conversation_id, "conversation"
    if given is not None and given.conversation_id:
        return given.conversation_id, given.key
    group = _id(group_id)
    return (group, "group_id") if group else _from_metadata(metadata)


def same_now(before: Said) -> bool:
    """Return whether nothing was said since, so that what was said then still holds."""
    return before.context is current_conversation.get() and before.given is given_now()


def _from_metadata(metadata: dict[str, Any]) -> tuple[str | None, str]:
    for key in v.CONVERSATION_METADATA_KEYS:
        value: Any = dict.get(metadata, key)
        if issubclass(type(value), str) and value.strip():
            return _id(value), f"metadata.{key}"
    return None, ""


def _id(value: Any) -> str | None:
    """Return an id without the space around it; one that is no text names nothing, and is counted."""
    if issubclass(type(value), str):
        return text(value.strip(), LONGEST_ID)  # type: ignore[no-any-return]  # a text gives a text or None
    if value is not None:
        note_unsound(v.GEN_AI_CONVERSATION_ID, value)
    return None
