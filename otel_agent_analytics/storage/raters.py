"""A forgotten user as the rater of other people's conversations: the rating stays, and who gave it goes."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import FeedbackReceived
from otel_agent_analytics.outputs import wide_names as w
from otel_agent_analytics.storage.codec import (
    pack_entry,
    pack_events,
    pack_head,
    unpack_entry,
    unpack_events,
    unpack_head,
)
from otel_agent_analytics.storage.errors import CodecError

if TYPE_CHECKING:
    from collections.abc import Collection

    from otel_agent_analytics.conversations.events import Event
    from otel_agent_analytics.conversations.packing import Head
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.outputs.event_records import Entry
    from otel_agent_analytics.storage.database import Database, Transaction

_BYTES: Final = 6


def rated_by(database: Database, raters: Collection[str]) -> set[str]:
    """Return the ids of conversations that one of some raters has rated, as far as their facts are kept."""
    return {
        conversation_id
        for rater in raters
        for conversation_id, body in database.holding(rater.encode("utf-8", "replace"))
        if any(_is_by(event, raters) for event in _readable(bytes(body)))
    }


def make_anonymous(transaction: Transaction, conversation_ids: Collection[str], raters: Collection[str]) -> None:
    """Put a name that means nobody in the place of raters, wherever they stand; every figure stays as it is."""
    nobody = f"forgotten-{secrets.token_hex(_BYTES)}"
    heads = transaction.heads(conversation_ids)
    for conversation_id, sequence, body in transaction.all_facts(conversation_ids):
        events = _readable(bytes(body))
        if any(_is_by(event, raters) for event in events):
            renamed = pack_events(_renamed(event, raters, nobody) for event in events)
            transaction.rewrite_facts(conversation_id, sequence, renamed)
    for head in heads:
        renamed_head = _without(unpack_head(head.body), raters, nobody)
        # Written anew under a later number, so that nobody goes on with what is held of it in memory.
        transaction.rewrite_head(head.conversation_id, head.sequence + 1, pack_head(renamed_head))
    short = {rater[: w.LONGEST_NAME] for rater in raters}
    for number, writer, body in transaction.told_of(conversation_ids):
        with contextlib.suppress(CodecError):  # what is damaged is never sent
            transaction.rewrite_told(number, writer, pack_entry(_renamed_in(unpack_entry(bytes(body)), short, nobody)))


def _readable(facts: bytes) -> list[Event]:
    """Return events; none where the facts are damaged, so that nobody can tell who rated."""
    try:
        return unpack_events(facts)
    except CodecError:
        return []


def _is_by(event: Event, raters: Collection[str]) -> bool:
    return isinstance(event, FeedbackReceived) and event.rater in raters


def _renamed(event: Event, raters: Collection[str], nobody: str) -> Event:
    return event._replace(rater=nobody) if isinstance(event, FeedbackReceived) and event.rater in raters else event


def _renamed_in(entry: Entry, raters: Collection[str], nobody: str) -> Entry:
    def renamed(rater: str) -> str:
        return nobody if rater[: w.LONGEST_NAME] in raters else rater

    said = dict(entry.attributes)
    if v.RATER in said:
        said[v.RATER] = renamed(said[v.RATER])
    if w.RATERS in said:
        said[w.RATERS] = [renamed(rater) for rater in said[w.RATERS]]
    return entry._replace(attributes=said)


def _without(head: Head, raters: Collection[str], nobody: str) -> Head:
    def renamed(record: ConversationRecord) -> ConversationRecord:
        ratings = tuple(
            (nobody if rater in raters else rater, rating, score) for rater, rating, score in record.ratings
        )
        return record._replace(ratings=ratings)

    ended = None if head.ended is None else renamed(head.ended)
    return head._replace(ended=ended, earlier=tuple(map(renamed, head.earlier)))
