"""The class of an error, for ``error.type``: few values, never a message."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from otel_agent_analytics.agents_sdk.run import OpenSpan, OpenTrace, Turn

# What the SDK writes into a span's error (openai-agents 0.24), and what it means. These texts are the SDK's own, so
# they may be shown whatever is said of content; any other may repeat what somebody said.
SDK_MESSAGES: Final[dict[str, str]] = {
    "Max turns exceeded": "MaxTurnsExceeded",
    "Guardrail tripwire triggered": "GuardrailTripwireTriggered",
    "Error getting response": "model_error",
    "Error streaming response": "model_error",
    "Error running tool": "tool_error",
    "Error running tool (non-fatal)": "tool_error",
    "Tool execution cancelled": "tool_cancelled",
    "Tool execution rejected": "tool_rejected",
    "Tool not found": "ModelBehaviorError",
    "Multiple handoffs requested": "multiple_handoffs",
    "Invalid input filter": "UserError",
    "Invalid input filter result": "UserError",
    "Error in call_model_input_filter": "UserError",
    "Error in agent run": "agent_error",
}
_HANDLED_KINDS: Final = {"MaxTurnsExceeded": "max_turns"}
"""Errors that an application may answer itself → what the SDK calls their handlers."""


def error_type(error: Any, exception: BaseException | None) -> str | None:
    """Return the class of a failure: the exception in flight, else what the SDK's message means; None without one."""
    if exception is not None:
        return type(exception).__name__
    return None if error is None else SDK_MESSAGES.get(error_message(error) or "", v.OTHER_ERROR)


def error_message(error: Any) -> str | None:
    """Return the text of an SDK span's error; None for one without."""
    message = dict.get(error, "message") if issubclass(type(error), dict) else None
    return message if type(message) is str else None


def exception_in_flight() -> BaseException | None:
    """Return the exception in flight: the SDK ends spans in ``finally`` blocks, so it is the cause."""
    found = sys.exception()
    return None if isinstance(found, GeneratorExit) else found


def exception_since(opened: OpenSpan | OpenTrace) -> BaseException | None:
    """Return the exception in flight, unless it was there when the span began: then it is not this span's."""
    now = exception_in_flight()
    return None if now is opened.exception else now


def end_run(turn: Turn, exception: BaseException | None) -> str | None:
    """Note on a turn why its run failed, and return it; None when it did not, or the application answered the error."""
    kind = _HANDLED_KINDS.get(turn.error_type or "")
    if exception is not None:
        turn.error_type = type(exception).__name__
    elif turn.given is not None and kind in turn.given.handled:
        turn.error_type, turn.error_answered = None, True
    return turn.error_type
