"""The transcripts of ended episodes: what is kept of their texts, with the calls beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.errors import known_place, note_fault
from otel_agent_analytics.insights.transcript import Call, Redact, Texts, Transcript, transcript_of
from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.errors import CodecError
from otel_agent_analytics.storage.judged import rows_of
from otel_agent_analytics.storage.rows import HANDOFF, TOOL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from otel_agent_analytics.storage.content import Safe
    from otel_agent_analytics.storage.database import Read
    from otel_agent_analytics.storage.rows import Row

_DAMAGED: Final = known_place("transcripts.damaged_text")
_CONTENT: Final = ("conversation_id", "sent_ns", "body")
_CALLS: Final = ("conversation_id", "started_ns", "kind", "name", "error_type")


class Stretch(NamedTuple):
    """An episode, and when it was."""

    conversation_id: str
    episode: int
    started_ns: int
    ended_ns: int

    @property
    def of(self) -> tuple[str, int]:
        """Conversation id and number of the episode."""
        return self.conversation_id, self.episode


class Transcripts:
    """Makes transcripts.

    Args:
        safe: reads texts.
        redact: returns what may be shown of a text, which a field of some name has; None: all of it.
        most_characters: of a transcript.
    """

    def __init__(self, safe: Safe, redact: Redact | None, most_characters: int) -> None:
        self._safe = safe
        self._redact = redact
        self._most = most_characters

    def of(
        self, read: Read, stretches: Sequence[Stretch], texts: Iterable[Row] = (), calls: Iterable[Row] = ()
    ) -> dict[Stretch, Transcript]:
        """Return the transcripts of episodes, of those of which a text of the user is known.

        Args:
            read: asks the store.
            stretches: the episodes.
            texts: rows of texts that are not stored yet.
            calls: rows of calls that are not stored yet.
        """
        said, done = self._texts(read, stretches, texts), _calls(read, stretches, calls)
        found: dict[Stretch, Transcript] = {}
        for one in stretches:
            within = [text for text in said.get(one.conversation_id, ()) if _is_within(text.time_ns, one)]
            called = [call for call in done.get(one.conversation_id, ()) if _is_within(call.time_ns, one)]
            transcript = transcript_of(within, called, self._redact, self._most)
            if transcript is not None:
                found[one] = transcript
        return found

    def _texts(self, read: Read, stretches: Sequence[Stretch], new: Iterable[Row]) -> dict[str, list[Texts]]:
        rows = rows_of(read, t.CONTENT, _CONTENT, (one.conversation_id for one in stretches))
        found: dict[str, list[Texts]] = {}
        for conversation_id, sent_ns, body in [*rows, *_picked(new, t.CONTENT, _CONTENT)]:
            try:
                found.setdefault(conversation_id, []).append(Texts(sent_ns, self._safe.unpack(bytes(body))))
            except CodecError as problem:
                note_fault(_DAMAGED, problem)
        return found


def _calls(read: Read, stretches: Sequence[Stretch], new: Iterable[Row]) -> dict[str, list[Call]]:
    found: dict[str, list[Call]] = {}
    rows = rows_of(read, t.CALLS, _CALLS, (one.conversation_id for one in stretches))
    for conversation_id, *call in [*rows, *_picked(new, t.CALLS, _CALLS)]:
        if call[1] in (TOOL, HANDOFF):
            found.setdefault(conversation_id, []).append(Call(*call))
    return found


def _picked(rows: Iterable[Row], table: t.Table, columns: Sequence[str]) -> list[Row]:
    at = [table.names.index(name) for name in columns]
    return [tuple(row[place] for place in at) for row in rows]


def _is_within(time_ns: int, one: Stretch) -> bool:
    return one.started_ns <= time_ns <= one.ended_ns
