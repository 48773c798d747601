"""Which conversation a run belongs to, and what its spans say of it. Never invented."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.context import current_conversation, metadata_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping


class Said(NamedTuple):
    """Attributes that tell of the conversation."""

    every: dict[str, Any]
    """For every span of the run."""
    turn: dict[str, Any]
    """For the spans that stand for the user's turn."""


def said(group_id: Any, metadata: Mapping[str, Any] | None, derived: bool) -> Said:
    """Return what a run's spans carry; the conversation is ``conversation()``'s, else the group id, else metadata."""
    context = current_conversation.get()
    conversation_id = context.conversation_id if context is not None else _id(group_id) or _from_metadata(metadata)
    every: dict[str, Any] = {} if conversation_id is None else {v.GEN_AI_CONVERSATION_ID: conversation_id}
    if derived:
        every[v.DERIVED] = True
    return Said(every, {**metadata_attributes(metadata), **(context.attributes if context is not None else {})})


def _from_metadata(metadata: Mapping[str, Any] | None) -> str | None:
    found = (_id((metadata or {}).get(key)) for key in v.CONVERSATION_METADATA_KEYS)
    return next((conversation_id for conversation_id in found if conversation_id), None)


def _id(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
