"""When which part of which conversation is played, and by which of several processes. Pure."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics.transcripts.script import Run, Said, script

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from otel_agent_analytics.transcripts.transcript import Message, Transcript


class Cue(NamedTuple):
    """When to play which part of which conversation."""

    at_ns: int
    conversation: int
    part: int


class Share(NamedTuple):
    """Which part of the playing is this process's, where several share a recording as workers share conversations."""

    number: int
    """Which of them this is, from 0."""
    of: int

    def has(self, cue: Cue, parts: Sequence[Run | Said]) -> bool:
        """Return whether to play a part of a conversation here.

        The parts of a conversation go round. It stays with one process where a user message of it is in no run: how
        such a message stands to the one before knows only who has recorded that too.
        """
        together = any(isinstance(one, Said) and one.message.role == "user" for one in parts)
        return (cue.conversation + (0 if together else cue.part)) % self.of == self.number


WHOLE: Final = Share(0, 1)


class Played:
    """A conversation while it is played: its parts, and what has been said so far."""

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript
        self.parts = script(transcript)
        self.history: list[Any] = []
        self.last_ns = 0

    def is_last(self, part: int) -> bool:
        """Return whether nothing comes after a part."""
        return part >= len(self.parts) - 1

    def pass_over(self, part: int) -> None:
        """Note what is said in a part that another process plays."""
        said = self.parts[part] if self.parts else None
        if isinstance(said, Run):
            left = [{"role": message.role, "content": message.text} for message in said.left]
            self.history += [{"role": "user", "content": said.text}, *left, *answers(said)]
        elif said is not None:
            self.history.append({"role": said.message.role, "content": said.message.text})


def cues(played: Sequence[Played]) -> Iterator[Cue]:
    """Yield the cues of conversations; one that has no part but its beginning has one as well."""
    for number, one in enumerate(played):
        for place in range(max(1, len(one.parts))):
            yield _cue(one, number, place)


class Due(NamedTuple):
    """A part of a conversation that can be played as something that has just happened."""

    over_ns: int
    """When all of it has happened, UTC nanoseconds."""
    number: int
    """Tells parts of the same time apart."""
    one: Played
    cue: Cue


def as_they_happen(transcripts: Iterable[Transcript]) -> Iterator[Due]:
    """Yield the parts of scheduled conversations in the order in which they are over.

    Only the conversations that overlap are held, and the one that begins next.

    Args:
        transcripts: in the order of their first event; there may be no end to them.
    """
    waiting: list[Due] = []
    numbers = count()
    for conversation, transcript in enumerate(transcripts):
        one = Played(transcript)
        cue = _cue(one, conversation, 0)
        while waiting and waiting[0].over_ns <= cue.at_ns:
            yield _next(waiting, numbers)
        heappush(waiting, Due(_over_ns(one, 0), next(numbers), one, cue))
    while waiting:
        yield _next(waiting, numbers)


def _next(waiting: list[Due], numbers: Iterator[int]) -> Due:
    """Take the part that is over first, and let the conversation's next one wait in its place."""
    due = heappop(waiting)
    place = due.cue.part + 1
    if place < len(due.one.parts):
        cue = _cue(due.one, due.cue.conversation, place)
        heappush(waiting, Due(_over_ns(due.one, place), next(numbers), due.one, cue))
    return due


def _cue(one: Played, conversation: int, place: int) -> Cue:
    return Cue(one.parts[place].at_ns if one.parts else one.transcript.at_ns or 0, conversation, place)


def _over_ns(one: Played, place: int) -> int:
    if not one.parts:
        return one.transcript.at_ns or 0
    part = one.parts[place]
    if isinstance(part, Said):
        return _last_ns([part.message])
    moves = [max(move.at_ns, *(call.result_ns or 0 for call in move.calls), 0) for move in part.moves]
    return max(part.at_ns, *moves, _last_ns(part.left))


def _last_ns(messages: Sequence[Message]) -> int:
    times = [(message.at_ns or 0, *(call.result_ns or 0 for call in message.calls)) for message in messages]
    return max((max(each) for each in times), default=0)


def answers(run: Run) -> list[dict[str, str]]:
    """Return what agents say in a run, as messages of a history."""
    return [{"role": "assistant", "content": text} for move in run.moves for text in move.texts if text]
