"""Single conversations: the latest ones, and one with all that is stored of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from otel_agent_analytics.service.queries.answers import Listed, listed
from otel_agent_analytics.service.queries.records import CALL, EPISODE, MESSAGE
from otel_agent_analytics.service.queries.statement import Read, Statement
from otel_agent_analytics.service.queries.zone import instant

if TYPE_CHECKING:
    from otel_agent_analytics.service.queries.asked import Asked

RECENT: Final = Statement(
    """
    SELECT {columns} FROM conversations WHERE {ended}
    ORDER BY ended_ns DESC, conversation_id, episode DESC LIMIT :most
    """,
    columns=EPISODE.columns,
)
STANDS: Final = Statement("SELECT active FROM heads WHERE conversation_id = :conversation_id AND sequence > 0")
EPISODES: Final = Statement(
    "SELECT {columns} FROM conversations WHERE conversation_id = :conversation_id ORDER BY episode LIMIT :most",
    columns=EPISODE.columns,
)
CALLS: Final = Statement(
    """
    SELECT {columns} FROM calls WHERE conversation_id = :conversation_id
    ORDER BY started_ns, duration_ns, kind, name LIMIT :most
    """,
    columns=CALL.columns,
)
MESSAGES: Final = Statement(
    "SELECT {columns} FROM messages WHERE conversation_id = :conversation_id ORDER BY sent_ns, role DESC LIMIT :most",
    columns=MESSAGE.columns,
)
_AMONG_IDS: Final = "conversation_id IN (SELECT unnest(CAST(:conversation_ids AS VARCHAR[])))"
STANDINGS: Final = Statement(
    "SELECT conversation_id, active, due_ns FROM heads WHERE {among_ids} AND sequence > 0 ORDER BY conversation_id",
    among_ids=_AMONG_IDS,
)
EPISODES_OF: Final = Statement(
    "SELECT {columns} FROM conversations WHERE {among_ids} ORDER BY conversation_id, episode",
    columns=EPISODE.columns,
    among_ids=_AMONG_IDS,
)

if TYPE_CHECKING:
    Episode: TypeAlias = Any
    Call: TypeAlias = Any
    Message: TypeAlias = Any
else:
    Episode, Call, Message = EPISODE.type, CALL.type, MESSAGE.type


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is stored of one conversation: its ended episodes, and the calls and messages of all of them."""

    conversation_id: str
    open: bool
    """Whether it is open now, and its user has spoken."""
    episodes: list[Episode]
    calls: list[Call]
    messages: list[Message]
    more: bool
    """Whether there is more of anything than the limit."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a conversation stands, and its ended episodes."""

    conversation_id: str
    open: bool
    """Whether it is open now, and its user has spoken."""
    due: str | None
    """When there is next something to do about it, ISO 8601, UTC: to end it, to say whether its user came back, or to
    forget it; None when nothing is left to do."""
    episodes: list[Episode]


@dataclass(frozen=True, slots=True)
class Standings:
    """Conversations by their ids; those of which nothing is known are left out."""

    conversations: list[Standing]


def recent(read: Read, asked: Asked) -> Listed[Episode]:
    """Answer: which conversations ended last? Visits among them."""
    return listed(asked, [EPISODE.of(row) for row in RECENT.rows(read, asked.values())])


def conversation(read: Read, asked: Asked) -> Conversation | None:
    """Answer: what happened in a conversation? None where nothing of it is known."""
    values = asked.values()
    stands = STANDS.rows(read, values)
    episodes = [EPISODE.of(row) for row in EPISODES.rows(read, values)]
    calls = [CALL.of(row) for row in CALLS.rows(read, values)]
    messages = [MESSAGE.of(row) for row in MESSAGES.rows(read, values)]
    if not (stands or episodes or calls or messages):
        return None
    most, is_open = asked.limit, bool(stands and stands[0][0])
    more = max(len(episodes), len(calls), len(messages)) > most
    return Conversation(asked.conversation_id, is_open, episodes[:most], calls[:most], messages[:most], more)


def standings(read: Read, asked: Asked) -> Standings:
    """Answer: what became of some conversations, and is more to come?"""
    values = asked.values()
    # In this order: what is due no more when the first question is answered, the second one knows.
    heads = STANDINGS.rows(read, values)
    episodes: dict[str, list[Episode]] = {}
    for row in EPISODES_OF.rows(read, values):
        episode = EPISODE.of(row)
        episodes.setdefault(episode.conversation_id, []).append(episode)
    found = [
        Standing(
            conversation_id, is_open, None if due_ns is None else instant(due_ns), episodes.get(conversation_id, [])
        )
        for conversation_id, is_open, due_ns in heads
    ]
    return Standings(found)
