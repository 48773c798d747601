"""A transcript → what is played: events that no run carries, and runs with the moves that their models make. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from otel_agent_analytics.transcripts.transcript import Call, Guardrail, Message, Transcript

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
    """Messages that no run can carry: what an agent said just before the run failed, and after it."""
    guardrails: tuple[Guardrail, ...] = ()
    """What checks the message before a model is asked."""


class Said(NamedTuple):
    """A message that no run carries: a greeting, or a user message that nobody answers."""

    at_ns: int
    message: Message


def script(transcript: Transcript) -> list[Run | Said]:
    """Return what is played of a transcript, in its order."""
    played: list[Run | Said] = []
    agent = next((message.agent for message in transcript.messages if message.agent), DEFAULT_AGENT)
    for user, answers in _turns(transcript.messages):
        if user is not None and any(guardrail.triggered for guardrail in user.guardrails):
            played.append(Run(user.at_ns or 0, user.text, agent, (), tuple(answers), user.guardrails))
            agent = next((message.agent for message in reversed(answers) if message.agent), agent)
            continue
        if user is None or not answers:
            played += [Said(message.at_ns or 0, message) for message in (*answers, *([user] if user else []))]
            agent = next((message.agent for message in reversed(answers) if message.agent), agent)
            continue
        failed = next((place for place, message in enumerate(answers, start=1) if message.error), len(answers))
        moves, unsaid = _moves(answers[:failed], agent)
        left = (*unsaid, *answers[failed:])
        played.append(Run(user.at_ns or 0, user.text, agent, moves, left, user.guardrails))
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


def _moves(answers: Sequence[Message], agent: str) -> tuple[tuple[Move, ...], list[Message]]:
    """Return the model calls of a run, and the messages that fit into none because the run failed right after them.

    A text that is not the last word goes along with the agent's next call, and so does its usage.
    """
    moves: list[Move] = []
    waiting: list[Message] = []
    for message in answers:
        speaker, at_ns = message.agent or agent, message.at_ns or 0
        if speaker != agent:
            moves.append(_move(agent, waiting, at_ns, handoff_to=speaker))
            agent, waiting = speaker, []
        if message.error is not None:
            moves.append(Move(agent, (), (), at_ns, error=message.error))
        elif not message.calls:
            waiting.append(message)
        elif message.text and not any(call.answered for call in message.calls):
            # Calls without a result beside a text: the text is what came of them.
            moves.append(_move(agent, [*waiting, message._replace(text="")], at_ns))
            waiting = [message._replace(calls=(), usage=None)]
        else:
            moves.append(_move(agent, [*waiting, message], at_ns))
            waiting = []
    if waiting and answers[-1].error is None:
        moves.append(_move(agent, waiting, _last_ns(answers[-1])))
        waiting = []
    return tuple(moves), waiting


def _move(agent: str, messages: Sequence[Message], at_ns: int, *, handoff_to: str | None = None) -> Move:
    """Return the one model call that stands for several messages; at most the last of them has calls."""
    texts = tuple(message.text for message in messages if message.text)
    calls = messages[-1].calls if messages else ()
    usages = [message.usage for message in messages if message.usage is not None]
    usage = _added(usages) if len(usages) > 1 else next(iter(usages), None)
    return Move(agent, texts, calls, at_ns, usage, handoff_to=handoff_to)


def _added(usages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sums of token counts, of those in nested details too."""
    total: dict[str, Any] = {}
    for key in dict.fromkeys(key for usage in usages for key in usage):
        counts = [usage[key] for usage in usages if isinstance(usage.get(key), (int, Mapping))]
        nested = [count for count in counts if isinstance(count, Mapping)]
        if counts:
            total[key] = _added(nested) if nested else sum(counts)
    return total


def _last_ns(message: Message) -> int:
    return max(message.at_ns or 0, *(call.result_ns or 0 for call in message.calls), 0)
