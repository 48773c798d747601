"""The class of an error, for ``error.type``: few values, never a message."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Mapping

# What the SDK writes into a span's error (openai-agents 0.24), and what it means.
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


def error_type(error: Mapping[str, Any] | None, exception: BaseException | None) -> str | None:
    """Return the class of a failure: the exception in flight, else what the SDK's message means; None without one."""
    if error is None and exception is None:
        return None
    if exception is not None:
        return type(exception).__name__
    message = error.get("message") if error is not None else None
    return SDK_MESSAGES.get(str(message), v.OTHER_ERROR)


def exception_in_flight() -> BaseException | None:
    """Return the exception in flight: the SDK ends spans in ``finally`` blocks, so it is the cause."""
    found = sys.exc_info()[1]
    return None if isinstance(found, GeneratorExit) else found
