"""Conversation analytics for AI agents, from the traces that they already make.

The public names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otel_agent_analytics.api import (
        conversation,
        end_conversation,
        feedback,
        record_event,
        start_conversation,
    )
    from otel_agent_analytics.install import instrument, uninstrument
    from otel_agent_analytics.instrumentor import AgentAnalyticsInstrumentor
    from otel_agent_analytics.settings import Settings

__version__ = "0.1.0"

_HOMES = {
    "AgentAnalyticsInstrumentor": "instrumentor",
    "Settings": "settings",
    "conversation": "api",
    "end_conversation": "api",
    "feedback": "api",
    "instrument": "install",
    "record_event": "api",
    "start_conversation": "api",
    "uninstrument": "install",
}

__all__ = [
    "AgentAnalyticsInstrumentor",
    "Settings",
    "conversation",
    "end_conversation",
    "feedback",
    "instrument",
    "record_event",
    "start_conversation",
    "uninstrument",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
