"""What a host decides about translating, and what it lends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from otel_agent_analytics.measuring import Wants


class Options(NamedTuple):
    """What the host decides."""

    tool_error_pattern: str = ""
    """Regular expression; a tool whose result matches has failed. Empty: no result says so."""
    signals: bool = True
    """Whether more is measured of messages than length, question and closing words."""
    describe: Callable[..., Mapping[str, object]] | None = None
    """Called with those of ``user_id``, ``session_id``, ``channel``, ``device`` and ``language`` that the application
    said, as it wrote them; returns them as attributes, the user as a hash. Without it nothing of them is passed on."""
    wants: Wants | None = None
    """Tells what messages want; None: nobody does."""


DEFAULT_OPTIONS = Options()


class RecentMessages(Protocol):
    """What users said last, as far as the host remembers it."""

    def last(self, conversation_id: str | None) -> str | None:
        """Return what the user of a conversation said last; None when that is not known."""

    def note(self, conversation_id: str | None, text: str) -> None:
        """Remember what the user said."""
