"""Which conversation a span or record belongs to, and what the application said of that conversation on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import NO_CONTEXT, Context

if TYPE_CHECKING:
    from collections.abc import Mapping

# In the order of the fields of Context.
_CONTEXT_ATTRIBUTES = (v.CHANNEL, v.DEVICE, v.LANGUAGE, v.COUNTRY, v.USER_HASH, v.SESSION_ID)


def conversation_of(attributes: Mapping[str, Any]) -> str | None:
    """Return the id of the conversation that a span or record belongs to; None without one. Never invented."""
    value = attributes.get(v.GEN_AI_CONVERSATION_ID)
    return value if isinstance(value, str) and value else None


def context_of(attributes: Mapping[str, Any]) -> Context:
    """Return what the application said of the conversation on this span or record."""
    said = [text(attributes.get(key)) for key in _CONTEXT_ATTRIBUTES]
    return Context(*said) if any(said) else NO_CONTEXT


def text(value: Any) -> str | None:
    """Return a value as the text that it should be; None when there is nothing."""
    return None if value is None or value == "" else str(value)


def whole(value: Any) -> int | None:
    """Return a count as it should be, a whole number that is not negative; anything else is no count."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def flag(value: Any) -> bool | None:
    """Return a yes or no as it should be; anything else is unknown."""
    return value if isinstance(value, bool) else None
