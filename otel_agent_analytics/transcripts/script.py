"""A transcript → what is played: events that no run carries, and runs with the moves that their models make. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from otel_agent_analytics.transcripts.transcript import Call, Message, Transcript

DEFAULT_AGENT: Final = "agent"


class Move(NamedTuple):
    """One model call: what it answers."""

    agent: str
    texts: tuple[str, ...]
    calls: tuple[Call, ...]
    at_ns: int
    """When the answer was there, UTC nanoseconds."""
    usage: Mapping[str, Any] | None = None
    error: str | None = None
    """The model call fails with this text."""
    handoff_to: str | None = None


class Run(NamedTuple):
    """A user message and the run that serves it."""

    at_ns: int
    text: str
    agent: str
    """Who has the conversation when the user speaks."""
    moves: tuple[Move, ...]
    left: tuple[Message, ...]
    """Messages that no run can carry: what an agent said after the run had failed."""


class Said(NamedTuple):
    """A message that no run carries: a greeting, or a user message that nobody answers."""

    at_ns: int
    message: Message


def script(transcript: Transcript) -> list[Run | Said]:
    """Return what is played of a transcript, in its order."""
    played: list[Run | Said] = []
    agent = next((message.agent for message in transcript.messages if message.agent), DEFAULT_AGENT)
    for user, answers in _turns(transcript.messages):
        if user is None or not answers:
            played += [Said(message.at_ns or 0, message) for message in (*answers, *([user] if user else []))]
            agent = next((message.agent for message in reversed(answers) if message.agent), agent)
            continue
        failed = next((place for place, message in enumerate(answers, start=1) if message.error), len(answers))
        moves = _moves(answers[:failed], agent)
        played.append(Run(user.at_ns or 0, user.text, agent, moves, tuple(answers[failed:])))
        agent = moves[-1].agent
    return played


def _turns(messages: Sequence[Message]) -> Iterator[tuple[Message | None, list[Message]]]:
    user: Message | None = None
    answers: list[Message] = []
    for message in messages:
        if message.role == "user":
            if user is not None or answers:
                yield user, answers
            user, answers = message, []
        else:
            answers.append(message)
    if user is not None or answers:
        yield user, answers


def _moves(answers: Sequence[Message], agent: str) -> tuple[Move, ...]:
    """Return the model calls of a run. A text that is not the last word goes along with the agent's next call."""
    moves: list[Move] = []
    waiting: list[str] = []
    for message in answers:
        speaker = message.agent or agent
        if speaker != agent:
            moves.append(_handoff(agent, speaker, waiting, message.at_ns or 0))
            agent, waiting = speaker, []
        if message.error is not None:
            moves.append(Move(agent, (), (), message.at_ns or 0, error=message.error))
        elif message.calls and message.text and not any(call.answered for call in message.calls):
            # Calls without a result beside a text: the text is what came of them.
            moves.append(Move(agent, tuple(waiting), message.calls, message.at_ns or 0, message.usage))
            waiting = [message.text]
        elif message.calls:
            texts = (*waiting, message.text) if message.text else tuple(waiting)
            moves.append(Move(agent, texts, message.calls, message.at_ns or 0, message.usage))
            waiting = []
        else:
            waiting.append(message.text)
            if message is not answers[-1]:
                continue
        if waiting and message is answers[-1]:
            usage = message.usage if not message.calls else None
            moves.append(Move(agent, tuple(waiting), (), _last_ns(message), usage))
    return tuple(moves)


def _handoff(agent: str, target: str, texts: Sequence[str], at_ns: int) -> Move:
    return Move(agent, tuple(texts), (), at_ns, handoff_to=target)


def _last_ns(message: Message) -> int:
    return max(message.at_ns or 0, *(call.result_ns or 0 for call in message.calls), 0)
