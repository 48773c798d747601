"""A sink that makes rows of insights: what the local extractor says of episodes that ended in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.conversations.turns import turns_of
from otel_agent_analytics.conversations.wanted import wants_of_turns
from otel_agent_analytics.errors import guard
from otel_agent_analytics.insights.local import NAME, Seen, local_insights
from otel_agent_analytics.storage.rows import names
from otel_agent_analytics.tracking.sink import SinkBase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agent_analytics.conversations.events import Event
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.conversations.rules import Rules
    from otel_agent_analytics.conversations.state import State
    from otel_agent_analytics.insights.schema import Insights
    from otel_agent_analytics.storage.database import Transaction
    from otel_agent_analytics.storage.rows import Row

_ROW: Final = guard("local_insights.row")


class _Ended(NamedTuple):
    """An episode that is to be judged."""

    record: ConversationRecord
    events: tuple[Event, ...]
    """Of it, and maybe of the next one."""
    before: bool
    """Whether it may have been judged before."""


class LocalInsights(SinkBase):
    """Collects what is judged in one transaction; a sink of the tracker.

    Args:
        rules: by which conversations are judged.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.reset()

    def reset(self, now_ns: int = 0) -> None:
        """Begin another transaction. ``now_ns`` is the time of arrival, UTC nanoseconds."""
        self._now_ns = now_ns
        self._states: dict[tuple[str, int], State] = {}
        self._ended: dict[tuple[str, int], _Ended] = {}

    def moved(self, before: State, after: State, events: list[Event]) -> None:
        """Remember the events of an episode whose end is told next."""
        if after.ended is not None and not events:
            self._states[after.conversation_id, after.episode] = after

    def ended(self, record: ConversationRecord) -> None:
        """Take note of an end."""
        state = self._states.get((record.conversation_id, record.episode))
        self._take(record, again=state is None or state.retracted_ns > 0)

    def changed(self, record: ConversationRecord, earlier: ConversationRecord) -> None:
        """Take note of what holds instead of an earlier record; who was back, and what a judge said, is no insight."""
        if record != earlier._replace(returned=record.returned, judged_resolved=record.judged_resolved):
            self._take(record, again=True)

    def reopened(self, record: ConversationRecord) -> None:
        """Forget an end that was told in this transaction; what was judged before stays, as history."""
        self._ended.pop((record.conversation_id, record.episode), None)

    def rows(self, transaction: Transaction) -> list[Row]:
        """Return the rows that this transaction writes."""
        known = transaction.judged(NAME, {key[0] for key, one in self._ended.items() if one.before})
        return list(self._rows(known))

    def _take(self, record: ConversationRecord, *, again: bool) -> None:
        if record.engaged:
            key = record.conversation_id, record.episode
            state = self._states.get(key)
            self._ended[key] = _Ended(record, state.events if state is not None else (), again)

    def _rows(self, known: dict[tuple[str, int], int]) -> Iterator[Row]:
        for key, one in self._ended.items():
            with _ROW:
                yield self._row(one, known.get(key, 0) + 1)

    def _row(self, one: _Ended, revision: int) -> Row:
        record, insights = one.record, self._insights(one)
        return (
            record.conversation_id, record.episode, insights.extractor, revision, *record.service, record.ended_ns,
            self._now_ns, insights.extractor_version, "", insights.primary_intent.value, insights.sentiment.value,
            insights.sentiment_trajectory.value, insights.resolution_status.value,
            names(named.value for named in insights.secondary_intents),
            names(named.value for named in insights.topics), insights.effort_score.value, None,
            insights.model_dump_json().encode(), self._now_ns,
        )  # fmt: skip

    def _insights(self, one: _Ended) -> Insights:
        record = one.record
        turns = turns_of(event for event in one.events if event.time_ns <= record.ended_ns)[: record.user_turns + 1]
        wants = wants_of_turns(turns)
        topics = (wants.topic,) if wants.topic is not None else ()
        return local_insights(Seen(record, turns, wants.intents, topics, self._rules))
