"""Single conversations: the latest ones, and one with all that is stored of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from otel_agent_analytics.service.queries.answers import Listed, listed
from otel_agent_analytics.service.queries.records import CALL, EPISODE, MESSAGE
from otel_agent_analytics.service.queries.statement import Read, Statement

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
