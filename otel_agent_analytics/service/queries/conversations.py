"""Single conversations: the latest ones, and one with all that is stored of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from otel_agent_analytics.service.queries.answers import Window, window
from otel_agent_analytics.service.queries.choices import AFTER, CHOICES, place_of
from otel_agent_analytics.service.queries.records import CALL, EPISODE, MESSAGE
from otel_agent_analytics.service.queries.statement import DAY_NS, Statement, Stretches
from otel_agent_analytics.service.queries.zone import instant
from otel_agent_analytics.storage.tables import CONVERSATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.storage.database import Read
    from otel_agent_analytics.storage.rows import Row

_LATEST_NS: Final = 30 * DAY_NS
"""How far ahead of the clocks times may be that were taken; much more than the settings would let pass by default."""
_OF_EXTRACTOR: Final = ("extractor", "extractor_version")
_LAST_NS: Final = 2**63 - 1

_RECENT: Final = """
    SELECT {columns} FROM conversations WHERE {ended} AND {chosen}
    ORDER BY ended_ns DESC, conversation_id, episode DESC LIMIT :most
"""
_MATCHING: Final = "SELECT count(*) FROM conversations WHERE {ended} AND {chosen}"
STANDS: Final = Statement(
    "SELECT active, deadline_ns, arrived_ns FROM heads WHERE conversation_id = :conversation_id AND sequence > 0"
)
ENDS: Final = Statement("""
    SELECT min(started_ns), min(ended_ns), max(ended_ns) FROM conversations WHERE conversation_id = :conversation_id
""")
EPISODES: Final = Statement(
    """
    SELECT {columns} FROM conversations
    WHERE conversation_id = :conversation_id AND ended_ns >= :first_end_ns AND ended_ns <= :last_end_ns
    ORDER BY episode LIMIT :most
    """,
    columns=EPISODE.columns,
)
CALLS: Final = Statement(
    """
    SELECT {columns} FROM calls WHERE conversation_id = :conversation_id AND started_ns WITHIN :gaps
    ORDER BY started_ns, duration_ns, kind, name LIMIT :most
    """,
    columns=CALL.columns,
)
MESSAGES: Final = Statement(
    """
    SELECT {columns} FROM messages WHERE conversation_id = :conversation_id AND sent_ns WITHIN :gaps
    ORDER BY sent_ns, role DESC LIMIT :most
    """,
    columns=MESSAGE.columns,
)
INSIGHTS: Final = Statement("""
    SELECT episode, extractor, extractor_version, revision, judged_ns, body FROM insights
    WHERE conversation_id = :conversation_id AND ended_ns >= :first_start_ns AND ended_ns <= :last_end_ns
    ORDER BY episode, extractor, revision LIMIT :most
""")
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
class Page:
    """Some of the conversations that are chosen, the latest ends first."""

    window: Window
    items: Sequence[Episode]
    more: bool
    """Whether there are more behind them."""
    matching: int | None
    """How many there are on all pages; None on any page but the first."""
    next: str | None
    """What ``after`` must be for the page behind this one; None where there is none."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an extractor said of an ended episode. Its highest revision holds; those before are history."""

    episode: int
    extractor: str
    """local, or the name of a judge."""
    extractor_version: str
    revision: int
    """How often this extractor has judged the episode, from 1."""
    judged: str
    """When, ISO 8601, UTC."""
    findings: dict[str, Any]
    """What was found: each with its confidence and the numbers of the user messages that show it."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is stored of one conversation: its ended episodes, and the calls and messages of all of them."""

    conversation_id: str
    open: bool
    """Whether it is open now, and its user has spoken."""
    episodes: list[Episode]
    calls: list[Call]
    messages: list[Message]
    insights: list[Judgement]
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


def recent(read: Read, asked: Asked) -> Page:
    """Answer: which conversations ended last, of those that are chosen? Visits among them."""
    values = asked.values() | {name: value for one in asked.chosen.values() for name, value in one.items()}
    rows = _choosing(_RECENT, asked.chosen).rows(read, values)
    shown, more = rows[: asked.limit], len(rows) > asked.limit
    matching = None if AFTER in asked.chosen else _choosing(_MATCHING, asked.chosen).rows(read, values)[0][0]
    return Page(window(asked), [EPISODE.of(row) for row in shown], more, matching, _place(shown[-1]) if more else None)


def conversation(read: Read, asked: Asked) -> Conversation | None:
    """Answer: what happened in a conversation? None where nothing of it is known."""
    values = asked.values()
    stands, ((first_ns, *ends),) = STANDS.rows(read, values), ENDS.rows(read, values)
    values |= {"gaps": _lasted(stands, first_ns), "first_end_ns": ends[0] or 0, "last_end_ns": ends[1] or 0}
    values |= {"first_start_ns": first_ns or 0}
    episodes = [EPISODE.of(row) for row in EPISODES.rows(read, values)]
    calls = [CALL.of(row) for row in CALLS.rows(read, values)]
    messages = [MESSAGE.of(row) for row in MESSAGES.rows(read, values)]
    insights = [_judgement(row) for row in INSIGHTS.rows(read, values)]
    if not (stands or episodes or calls or messages):
        return None
    most, is_open = asked.limit, bool(stands and stands[0][0])
    parts = episodes[:most], calls[:most], messages[:most], insights[:most]
    more = max(len(episodes), len(calls), len(messages), len(insights)) > most
    return Conversation(asked.conversation_id, is_open, *parts, more)


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


def _choosing(text: str, chosen: Iterable[str]) -> Statement:
    conditions = " AND ".join(f"({CHOICES[name].condition})" for name in chosen)
    return Statement(text, columns=EPISODE.columns, chosen=conditions or "true")


def _place(row: Row) -> str:
    found = dict(zip(CONVERSATIONS.names, row, strict=True))
    return place_of(found["ended_ns"], found["episode"], found["conversation_id"])


def _judgement(row: Row) -> Judgement:
    episode, extractor, version, revision, judged_ns, body = row
    findings = {name: value for name, value in json.loads(bytes(body)).items() if name not in _OF_EXTRACTOR}
    return Judgement(episode, extractor, version, revision, instant(judged_ns), findings)


def _lasted(stands: list[Row], first_ns: int | None) -> Stretches:
    """Return when a conversation can have had calls and messages, so that no other days need be looked through.

    Of one that is done with everything came between its first episode and the last arrival. Of any other, any time.
    """
    if stands and stands[0][1] is None and first_ns is not None:
        return Stretches([(first_ns - DAY_NS, max(stands[0][2], first_ns) + _LATEST_NS)])
    return Stretches([(0, _LAST_NS)])
