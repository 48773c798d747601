"""What users want in texts that come to the analyzer, and which of their messages topics are to be learnt from.

A sink of the tracker, and what looks at sources before they are folded. Words travel with a source until it is folded.
They are stored for learning in the same transaction, where the message is the first of its episode that says something:
so what comes twice is learnt from once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord, SpanRecord, Started, UserMessage
from otel_agent_analytics.conversations.from_span import MODEL_OPERATIONS, heard_id, operation_of
from otel_agent_analytics.conversations.identity import conversation_of, text
from otel_agent_analytics.conversations.turns import first_said
from otel_agent_analytics.conversations.wanted import SUBSTANTIVE
from otel_agent_analytics.dialects.messages import asked_by
from otel_agent_analytics.dialects.official import OFFICIAL
from otel_agent_analytics.errors import guard
from otel_agent_analytics.insights.service_topics import Words
from otel_agent_analytics.measuring import Speaker, spoken_language
from otel_agent_analytics.storage.topics import WORDS
from otel_agent_analytics.tracking.sink import SinkBase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from otel_agent_analytics.conversations.events import Event
    from otel_agent_analytics.conversations.state import State
    from otel_agent_analytics.insights.service_topics import ServiceTopics
    from otel_agent_analytics.measuring import Wants
    from otel_agent_analytics.storage.content import Safe
    from otel_agent_analytics.storage.rows import Row

_HEARD: Final = guard("heard.message")
_TELLING: Final = MODEL_OPERATIONS | {v.OPERATION_TURN}
_ANSWERS_USER: Final = 1
"""The first model call of a turn is given the user's message; the later ones are given it once more."""


class HeardMessages(SinkBase):
    """Hears messages, and collects those of one transaction that are to be learnt from; a sink of the tracker.

    Args:
        wants: says what a message wants.
        topics: says of which services messages are learnt from.
        safe: packs words.
    """

    def __init__(self, wants: Wants, topics: ServiceTopics, safe: Safe) -> None:
        self._wants = wants
        self._topics = topics
        self._safe = safe
        self.reset()

    def reset(self, now_ns: int = 0) -> None:
        """Begin another transaction. ``now_ns`` is the time of arrival, UTC nanoseconds."""
        self._now_ns = now_ns
        self._words: dict[tuple[str | None, str], Words] = {}
        """By conversation, and the id of the event that tells of the message."""
        self.rows: list[Row] = []
        """Of messages that are to be learnt from."""

    # --- before the fold ----------------------------------------------------------------------------------------------

    def heard(self, sources: Iterable[SpanRecord | LogRecord]) -> list[SpanRecord | LogRecord]:
        """Return sources with what the user wants on spans of model calls that were given what he said."""
        found = [self._with_wants(source) if _may_tell(source) else source for source in sources]
        for source in found:
            words = source.attributes.get(v.USER_MESSAGE_WORDS)
            if isinstance(words, Words):  # nobody else has any: whatever comes from outside is something else
                self._words[conversation_of(source.attributes), _event_id(source)] = words
        return found

    def _with_wants(self, span: SpanRecord | LogRecord) -> SpanRecord | LogRecord:
        with _HEARD:
            asked = asked_by(OFFICIAL, span.attributes)
            if asked.user is not None and not asked.after_tool:
                tag = span.attributes.get(v.LANGUAGE)
                speaker = Speaker(conversation_of(span.attributes), None, span.service)
                wants = self._wants(asked.user, spoken_language(asked.user, tag), speaker)
                return span._replace(attributes={**span.attributes, **wants})
        return span

    # --- as a sink ----------------------------------------------------------------------------------------------------

    def moved(self, before: State, after: State, events: list[Event]) -> None:
        """Take the message by which an episode is known, where it came just now and its words are at hand."""
        if not self._words:
            return
        first = first_said(after.events, SUBSTANTIVE)
        if first is None or not any(event is first for event in events):
            return
        words = self._words.get((after.conversation_id, first.id))
        if words is not None and self._topics.takes(first.service):
            body = self._safe.pack({WORDS: words})
            row = (after.conversation_id, first.id, *first.service, _user_of(after.events), body, self._now_ns)
            self.rows.append(row)


def _may_tell(source: SpanRecord | LogRecord) -> bool:
    """Return whether a source is a model call, or a turn, that has the user's message, and nobody has heard it."""
    said = source.attributes
    return (
        v.GEN_AI_INPUT_MESSAGES in said
        and isinstance(source, SpanRecord)
        and v.USER_MESSAGE_CONTENT_WORDS not in said
        and v.INNER not in said
        and said.get(v.MODEL_TURN, _ANSWERS_USER) == _ANSWERS_USER
        and operation_of(said) in _TELLING
    )


def _event_id(source: SpanRecord | LogRecord) -> str:
    if isinstance(source, LogRecord):
        return text(source.attributes.get(v.EVENT_ID)) or ""
    return source.span_id if operation_of(source.attributes) == v.OPERATION_TURN else heard_id(source.span_id)


def _user_of(events: Sequence[Event]) -> str | None:
    contexts: Iterable[Any] = (event.context for event in events if isinstance(event, UserMessage | Started))
    return next((context.user for context in contexts if context.user), None)
