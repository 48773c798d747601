"""Events of one episode, in their order → its turns. Turn n is the n-th user message; turn 0 is what came before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.conversations.events import (
    AgentResponse,
    Event,
    MessageHeard,
    ModelCalled,
    RunFailed,
    ToolCalled,
    UserMessage,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


class Turn(NamedTuple):
    """One user message and what followed it, up to the next."""

    message: UserMessage | None
    """None for turn 0, before the user first spoke."""
    answers: list[AgentResponse]
    failures: list[RunFailed]
    tools: list[ToolCalled]
    calls: list[ModelCalled]


def turns_of(events: Iterable[Event]) -> list[Turn]:
    """Return turn 0 and the turns after it. ``events`` must be in their order."""
    turns = [_turn(None)]
    by_message: dict[str, Turn] = {}
    for event in events:
        if isinstance(event, UserMessage):
            turns.append(_turn(event))
            by_message[event.id] = turns[-1]
        elif isinstance(event, AgentResponse):
            # A run knows which message it serves; only an answer without one goes to whatever turn is running.
            by_message.get(event.answers or "", turns[-1]).answers.append(event)
        elif isinstance(event, RunFailed):
            by_message.get(event.answers or "", turns[-1]).failures.append(event)
        elif isinstance(event, ToolCalled):
            turns[-1].tools.append(event)
        elif isinstance(event, ModelCalled):
            turns[-1].calls.append(event)
        elif isinstance(event, MessageHeard):
            turns[-1] = _heard(turns[-1], event)
    return turns


def first_said(events: Iterable[Event], content_words: int) -> UserMessage | MessageHeard | None:
    """Return what first told of a message with so many content words. ``events`` must be in their order.

    That may be a call of a model whose message is not known yet: the span of the turn ends after it.
    """
    known = False
    for event in events:
        if isinstance(event, UserMessage):
            told = event.signs.content_words
        elif isinstance(event, MessageHeard) and not known:
            told = event.content_words
        else:
            continue
        known = told is not None
        if known and (told or 0) >= content_words:
            return event
    return None


def _heard(turn: Turn, event: MessageHeard) -> Turn:
    message = turn.message
    if message is None or message.signs.content_words is not None:
        return turn
    signs = message.signs._replace(**{name: getattr(event, name) for name in _WANTS})
    return turn._replace(message=message._replace(signs=signs))


_WANTS: Final = ("intent", "intent_confidence", "content_words", "topic")


def _turn(message: UserMessage | None) -> Turn:
    return Turn(message, [], [], [], [])
