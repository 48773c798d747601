"""When which part of which conversation is played, and by which of several processes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics.transcripts.script import Run, Said, script

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from otel_agent_analytics.transcripts.transcript import Transcript


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
        if not one.parts:
            yield Cue(one.transcript.at_ns or 0, number, 0)
        for place, part in enumerate(one.parts):
            yield Cue(part.at_ns, number, place)


def answers(run: Run) -> list[dict[str, str]]:
    """Return what agents say in a run, as messages of a history."""
    return [{"role": "assistant", "content": text} for move in run.moves for text in move.texts if text]
