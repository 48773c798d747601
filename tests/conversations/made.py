"""Turns made by hand: what each side said is given as numbers, as they are measured where the texts are.

turns(agent(), user(sentiment=-0.4, complaint=True), tool("refund"), agent(statement="failure"))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from otel_agent_analytics.conversations.events import (
    NO_CONTEXT,
    NO_SIGNS,
    AgentResponse,
    Event,
    RunFailed,
    Service,
    Signs,
    ToolCalled,
    UserMessage,
)
from otel_agent_analytics.conversations.turns import turns_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.conversations.turns import Turn

SERVICE = Service("shop")
CALM = Signs("en", 0.0, False, False, False, False, False, False, False, 0.0, False, False)


def user(**signs: Any) -> Callable[[int], Event]:
    """Return a user's message with these signs; what is not said is calm English."""
    return lambda at: UserMessage(f"u{at}", at, at, SERVICE, "", None, 10, CALM._replace(**signs), NO_CONTEXT)


def unheard() -> Callable[[int], Event]:
    """Return a user's message of which nothing was measured."""
    return lambda at: UserMessage(f"u{at}", at, at, SERVICE, "", None, None, NO_SIGNS, NO_CONTEXT)


def agent(
    *, refusal: bool | None = False, statement: str | None = "none", question: bool | None = False
) -> Callable[[int], Event]:
    """Return an agent's message; None for what was not measured."""
    return lambda at: AgentResponse(
        f"a{at}", at, at, SERVICE, "", "Helper", None, 10, question, None, refusal, statement
    )


def tool(name: str, *, failed: bool = False) -> Callable[[int], Event]:
    """Return a tool call."""
    return lambda at: ToolCalled(f"t{at}", at, at, SERVICE, "", "Helper", name, "error_result" if failed else None)


def run_failed() -> Callable[[int], Event]:
    """Return a run's failure."""
    return lambda at: RunFailed(f"f{at}", at, at, SERVICE, "", "Helper", None, "ModelError")


def turns(*said: Callable[[int], Event]) -> list[Turn]:
    """Return the turns of a conversation, turn 0 first; one event a nanosecond."""
    return turns_of(make(at) for at, make in enumerate(said, start=1))
