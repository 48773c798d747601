"""The record of an ended episode → log records of what was decided: wide ones and the few small ones. Pure.

What is decided can be decided anew: by a late span, by a user who comes back. A wide record therefore has a count, 1
where it says what holds and -1 where it takes back what was said before, so that sums over the count are right.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.metadata import attributes_of
from otel_agent_analytics.outputs import wide_names as w
from otel_agent_analytics.outputs.event_records import Entry, short_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from otel_agent_analytics.conversations.record import ConversationRecord

OF_SMALL: Final = (
    v.GEN_AI_CONVERSATION_ID, w.EPISODE, v.OUTCOME, w.OUTCOME_REASON, v.GEN_AI_AGENT_NAME, v.CHANNEL, v.USER_HASH,
    v.SESSION_ID, w.USER_TURNS,
)  # fmt: skip
"""What the small records carry of the wide one."""
_LIFECYCLE: Final = {v.COMPLETED: v.EVENT_COMPLETED, v.ABANDONED: v.EVENT_ABANDONED}


class _Columns:
    """Some columns of the wide record, read at once."""

    def __init__(self, columns: Iterable[w.Column]) -> None:
        columns = tuple(columns)
        self._read = attrgetter(*(column.field for column in columns))
        self._shown = tuple((column.name, column.convert) for column in columns)

    def of(self, record: ConversationRecord) -> dict[str, Any]:
        """Return what is known as attributes."""
        said: dict[str, Any] = {}
        for (name, convert), value in zip(self._shown, self._read(record), strict=True):
            shown = value if convert is None or value is None else convert(value)
            if shown is not None:
                said[name] = shown
        return said


_WIDE: Final = _Columns(w.WIDE)
_SMALL: Final = _Columns(column for column in w.WIDE if column.name in OF_SMALL)
_SETTLED: Final = _Columns(column for column in w.WIDE if column.name in (*OF_SMALL, w.RETURNED))


def wide_attributes(record: ConversationRecord) -> dict[str, Any]:
    """Return every field of a record that is known as attributes, flat."""
    return {**_WIDE.of(record), **_resolutions(record), **attributes_of(record.context.metadata)}


def _resolutions(record: ConversationRecord) -> dict[str, bool]:
    if not record.engaged:
        return {}
    holding, known = record.resolutions, record.returned is not None
    return {name: kind in holding for kind, name in w.RESOLUTION.items() if known or kind != v.ASSUMED}


def ended(record: ConversationRecord, revision: int) -> Entry:
    """Return the wide record of an end. ``revision`` counts the ends that were told of the episode, from 1."""
    return _wide(v.EVENT_CONVERSATION_ENDED, record, revision, 1)


def retracted(record: ConversationRecord, revision: int) -> Entry:
    """Return what takes the wide record of an end back."""
    return _wide(w.EVENT_RETRACTED, record, revision, -1)


def settled(record: ConversationRecord, revision: int, count: int = 1) -> Entry:
    """Return the word on whether the user was back within a day; with a count of -1 it takes that word back."""
    said = {**_SETTLED.of(record), **_resolutions(record), w.REVISION: revision, w.COUNT: count}
    word = "returned" if record.returned else "not_returned"
    part = f"{revision}:{word}" if count > 0 else f"{revision}:{word}:retracted"
    return _entry(w.EVENT_SETTLED, record, part, said, word)


def reopened(record: ConversationRecord, revision: int) -> Entry:
    """Return the word that the user came back and the episode goes on."""
    return _small(v.EVENT_REOPENED, record, revision, record.outcome)


def lifecycle(record: ConversationRecord, revision: int) -> Iterator[Entry]:
    """Yield the small records of an end: that the user fell silent, and the outcome where it is an event.

    What the application said itself is a log record already.
    """
    if record.end_reason == v.END_IDLE:
        yield _small(w.EVENT_IDLE, record, revision, None)
    event_name = _LIFECYCLE.get(record.outcome or "")
    if event_name is not None and record.outcome_reason != v.REASON_EXPLICIT:
        yield _small(event_name, record, revision, record.outcome_reason)


def _wide(event_name: str, record: ConversationRecord, revision: int, count: int) -> Entry:
    said = {**wide_attributes(record), w.REVISION: revision, w.COUNT: count}
    outcome = f"{record.outcome} ({record.outcome_reason})" if record.outcome is not None else "visit"
    about = f"{outcome}, {record.user_turns} turns, {record.duration_seconds:.0f} s"
    warns = record.outcome == v.FAILED and count > 0
    return _entry(event_name, record, str(revision), said, about)._replace(warns=warns)


def _small(event_name: str, record: ConversationRecord, revision: int, about: str | None) -> Entry:
    said = {**_SMALL.of(record), w.REVISION: revision, **attributes_of(record.context.metadata)}
    return _entry(event_name, record, str(revision), said, about or "")


def _entry(event_name: str, record: ConversationRecord, part: str, said: dict[str, Any], about: str) -> Entry:
    name = short_name(event_name)
    event_id = f"{record.conversation_id}:{record.episode}:{name}:{part}"
    attributes = {w.EVENT_NAME: name, v.EVENT_ID: event_id, v.DERIVED: True, **said}
    return Entry(event_name, attributes, f"{name} {about}".rstrip(), trace_id=record.trace_id)
