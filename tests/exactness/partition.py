"""The smallest host of the pure core, as a distributed engine would hold it: one call per partition and batch.

What goes from call to call is bytes, so any process may take any partition. Two exchanges are keyed differently:

    conversations    by conversation id: everything but the next
    who came back    by who spoke, the user's hash or the conversation: ``assumed``, which looks at all conversations
                     of a user. The messages and the questions go to the partition of their key; the answers go back

Not partitioned: the usual number of turns, which effort is compared with. It is that of days long past, so an engine
sends it to every partition once a day; the first day has none.
"""

from __future__ import annotations

import pickle
import zlib
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.conversations.events import Event, ModelCalled, UserMessage, order
from otel_agent_analytics.conversations.from_span import decode
from otel_agent_analytics.conversations.rules import Rules
from otel_agent_analytics.conversations.state import (
    State,
    advance_all,
    end,
    fresh,
    new,
    next_episode,
    opened,
    own_deadline,
    resume,
    settled,
    unsettled,
)
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs.totals import Totals
from tests.helpers.traffic import HOUR_NS, price

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agent_analytics.conversations.record import ConversationRecord
    from tests.helpers.script import Source

PARTITIONS: Final = 8
RULES: Final = Rules(reopen_ns=2 * HOUR_NS, max_age_ns=6 * HOUR_NS)
"""Short times, so that a day has next episodes of the same conversation as well."""
_FOREVER_NS: Final = 1 << 62
_OF_THE_PIPELINE: Final = frozenset(metric for metric, _ in c.PIPELINE.values())

Sums = dict[tuple[str, ...], int | Decimal]
Spoken = list[tuple[str, int]]
"""Who spoke, a conversation or a user, and when, UTC nanoseconds."""
Question = tuple[str, int, int]
"""Conversation, episode, and when it ended, UTC nanoseconds."""


def partition_of(key: str) -> int:
    """Return which partition a key belongs to: the same in every process, as ``hash`` is not."""
    return zlib.crc32(key.encode()) % PARTITIONS


@dataclass
class Done:
    """What a call comes to: the states as bytes, what was counted, and who spoke when."""

    states: bytes = pickle.dumps({})
    sums: Sums = field(default_factory=dict)
    spoken: Spoken = field(default_factory=list)


def fold(states: bytes, sources: Iterable[Source], watermark_ns: int) -> Done:
    """Fold a batch into the conversations of a partition, and end those that are due."""
    held, totals = _Held(pickle.loads(states)), Totals()  # noqa: S301 - our own bytes
    done = Done()
    by_conversation: dict[str, list[Event]] = defaultdict(list)
    for source in sources:
        for conversation_id, event in decode(source):
            by_conversation[conversation_id].append(price(event) if isinstance(event, ModelCalled) else event)
    for conversation_id, events in by_conversation.items():
        for event in sorted(events, key=order):
            held.take(conversation_id, event, totals)
            done.spoken += _spoken(conversation_id, event)
    for conversation_id in list(held.states):
        held.end_due(conversation_id, watermark_ns, totals)
    done.states, done.sums = pickle.dumps(held.states), sums_of(totals)
    return done


def ask(states: bytes) -> list[tuple[str, Question]]:
    """Return, for each ended episode, whom to ask for: its conversation, and its user where there is one."""
    questions = []
    for state in pickle.loads(states).values():  # noqa: S301 - our own bytes
        for record in unsettled(state, _FOREVER_NS, RULES):
            question = (record.conversation_id, record.episode, record.ended_ns)
            questions += [(key, question) for key in _keys(record.conversation_id, record.context.user)]
    return questions


def answer(spoken: Spoken, questions: list[tuple[str, Question]]) -> set[Question]:
    """Return the episodes whose user spoke within the time for coming back after their end."""
    times: dict[str, list[int]] = defaultdict(list)
    for key, at_ns in sorted(spoken):
        times[key].append(at_ns)
    back = set()
    for key, question in questions:
        after = bisect_right(times[key], question[2])
        if after < len(times[key]) and times[key][after] <= question[2] + RULES.return_ns:
            back.add(question)
    return back


def settle(states: bytes, back: set[Question]) -> Done:
    """Settle every ended episode of a partition by what was answered."""
    totals, after = Totals(), {}
    for conversation_id, held in pickle.loads(states).items():  # noqa: S301 - our own bytes
        state = held
        for record in unsettled(state, _FOREVER_NS, RULES):
            returned = (record.conversation_id, record.episode, record.ended_ns) in back
            state = settled(state, record._replace(returned=returned))
            totals.changed(record._replace(returned=returned), record)
        after[conversation_id] = state
    return Done(pickle.dumps(after), sums_of(totals))


def sums_of(totals: Totals) -> Sums:
    """Return every counter with its twin, and every histogram, but what tells of the pipeline, to be added up."""
    sums: Sums = {}
    for metric, counters in totals.counters().items():
        if metric in _OF_THE_PIPELINE:
            continue
        for (_, labels), total in counters.items():
            sums[metric.name, *labels] = total.value
            sums[f"{metric.name} taken back", *labels] = total.retracted
    for metric, distributions in totals.histograms().items():
        for (_, labels), distribution in distributions.items():
            sums[f"{metric.name} sum", *labels] = distribution.total
            for bucket, count in enumerate(distribution.counts):
                sums[f"{metric.name} bucket {bucket}", *labels] = count
    return sums


@dataclass
class _Held:
    """The states of a partition."""

    states: dict[str, State]

    def take(self, conversation_id: str, event: Event, totals: Totals) -> None:
        held = self.states.get(conversation_id) or new(conversation_id)
        before = opened(held, event, RULES)
        if before is not held and held.stale:  # what came late is to be in its record before the next begins
            before = opened(self._end(held, totals), event, RULES)
        events = fresh(before, [event])
        if events:
            self._go_on(before, advance_all(before, events, RULES), events, totals)

    def end_due(self, conversation_id: str, watermark_ns: int, totals: Totals) -> None:
        """End what is due. An ended episode stays, to be settled when everybody has been heard."""
        state = self.states[conversation_id]
        while state.events and (state.ended is None or state.stale) and own_deadline(state, RULES) <= watermark_ns:
            state = self._end(state, totals)

    def _end(self, before: State, totals: Totals) -> State:
        after, record = end(before, RULES)
        if record is None:
            totals.moved(before, after, []) if after.events else None
            self.states[before.conversation_id] = after
            return after
        record = record._replace(effort=1 + record.effort_points if record.engaged else None)
        after = after._replace(ended=record)
        self._tell(record, before, after, totals)
        again = resume(after, RULES)
        if again is not after:
            self._go_on(after if again.episode == after.episode else next_episode(after, RULES), again, [], totals)
        self.states[before.conversation_id] = again
        return again

    def _tell(self, record: ConversationRecord, before: State, after: State, totals: Totals) -> None:
        totals.moved(before, after, [])
        if before.ended is None:
            totals.ended(record)
        elif record != before.ended:
            totals.changed(record, before.ended)

    def _go_on(self, before: State, after: State, events: list[Event], totals: Totals) -> None:
        totals.moved(before, after, events)
        if before.ended is not None and after.ended is None:
            totals.reopened(before.ended)
        self.states[after.conversation_id] = after


def _spoken(conversation_id: str, event: Event) -> Spoken:
    if not isinstance(event, UserMessage):
        return []
    return [(key, event.time_ns) for key in _keys(conversation_id, event.context.user)]


def _keys(conversation_id: str, user: str | None) -> list[str]:
    return [f"conversation {conversation_id}", *([] if user is None else [f"user {user}"])]
