"""What users want, what they talk about, and what of it remains unresolved."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.service.queries.answers import Listed, listed
from otel_agent_analytics.service.queries.figures import Rate
from otel_agent_analytics.service.queries.reckoning import share
from otel_agent_analytics.service.queries.statement import Statement
from otel_agent_analytics.service.queries.zone import instant

if TYPE_CHECKING:
    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.storage.database import Read

_UNRESOLVED: Final = f"resolution_status IN ('{v.UNRESOLVED}', '{v.PARTIALLY_RESOLVED}')"
_COUNTED: Final = f"""
    SELECT {{column}}, count(*), max(ended_ns), count(*) FILTER (WHERE {_UNRESOLVED}),
        count(*) FILTER (WHERE resolution_status = '{v.RESOLVED}'), count(resolution_status)
    {{engaged}} AND {{column}} IS NOT NULL GROUP BY {{column}}
"""
INTENTS: Final = Statement(_COUNTED, column="intents")
TOPICS: Final = Statement(_COUNTED, column="topic")
EXAMPLES: Final = Statement(
    """
    SELECT topic, conversation_id FROM (
        SELECT topic, conversation_id, row_number() OVER (PARTITION BY topic ORDER BY last_ns DESC, conversation_id)
            AS place
        FROM (
            SELECT topic, conversation_id, max(ended_ns) AS last_ns {engaged} AND topic IS NOT NULL AND {unresolved}
            GROUP BY topic, conversation_id
        ) conversations_of_topic
    ) latest
    WHERE place <= {most} ORDER BY topic, place
    """,
    unresolved=_UNRESOLVED,
    most="3",
)


@dataclass(frozen=True, slots=True)
class Intent:
    """What users want: an intent of your own, or a discovered topic where you have none; ``other`` for no known one."""

    intent: str
    count: int
    """Conversations that were begun for it."""
    last_seen: str
    """When the last of them ended, also where it was asked for beside something else; ISO 8601, UTC."""
    secondary: int
    """Conversations in which it was asked for beside something else."""
    unresolved: int
    """Of ``count``, those that are known to be unresolved, in whole or in part."""
    share: Rate | None
    """Of all conversations whose intent is known."""
    unresolved_rate: Rate | None
    """unresolved ÷ count; a conversation of which it is not known is not unresolved."""
    resolution_rate: Rate | None
    """Those that were resolved, of those of ``count`` whose result is known."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What users talk about: a topic that was discovered, else what they came for."""

    topic: str
    count: int
    """Conversations about it."""
    last_seen: str
    """When the last of them ended, ISO 8601, UTC."""
    unresolved: int
    """Those that are known to be unresolved, in whole or in part."""
    share: Rate | None
    """Of all conversations whose topic is known."""
    unresolved_rate: Rate | None
    """unresolved ÷ count; a conversation of which it is not known is not unresolved."""
    resolution_rate: Rate | None
    """Those that were resolved, of those of ``count`` whose result is known."""


@dataclass(frozen=True, slots=True)
class UnresolvedTopic:
    """What remains unresolved."""

    topic: str
    count: int
    """Conversations about it that are known to be unresolved, in whole or in part."""
    conversations: int
    """All conversations about it."""
    rate: Rate | None
    """count ÷ conversations."""
    last_seen: str
    """When the last conversation about it ended, ISO 8601, UTC."""
    examples: Sequence[str]
    """Ids of the latest unresolved ones, at most 3."""


class _Count(NamedTuple):
    """How often something was wanted."""

    name: str
    episodes: int = 0
    last_ns: int = 0
    unresolved: int = 0
    resolved: int = 0
    known: int = 0
    """Of how many the result is known."""
    secondary: int = 0

    def plus(self, episodes: int, last_ns: int, unresolved: int, resolved: int, known: int) -> _Count:
        """Return it with more of the same."""
        return self._replace(
            episodes=self.episodes + episodes,
            last_ns=max(self.last_ns, last_ns),
            unresolved=self.unresolved + unresolved,
            resolved=self.resolved + resolved,
            known=self.known + known,
        )

    def beside(self, times: int, last_ns: int) -> _Count:
        """Return it with how often it was wanted beside something else."""
        return self._replace(last_ns=max(self.last_ns, last_ns), secondary=self.secondary + times)


def top_intents(read: Read, asked: Asked) -> Listed[Intent]:
    """Answer: what do users want?"""
    return listed(asked, intents(read, asked))


def topics(read: Read, asked: Asked) -> Listed[Topic]:
    """Answer: what do users talk about?"""
    return listed(asked, all_topics(read, asked))


def unresolved_topics(read: Read, asked: Asked) -> Listed[UnresolvedTopic]:
    """Answer: what remains unresolved?"""
    return listed(asked, unresolved(read, asked))


def intents(read: Read, asked: Asked) -> list[Intent]:
    """Return all intents, the most frequent first."""
    found: dict[str, _Count] = {}
    for wanted, *said in INTENTS.rows(read, asked.values()):
        episodes, last_ns, *results = map(int, said)
        first, *others = json.loads(wanted) or [None]
        if first is not None:
            found[first] = found.get(first, _Count(first)).plus(episodes, last_ns, *results)
        for name in others:
            found[name] = found.get(name, _Count(name)).beside(episodes, last_ns)
    known = sum(one.episodes for one in found.values())
    return [
        Intent(
            one.name,
            one.episodes,
            instant(one.last_ns),
            one.secondary,
            one.unresolved,
            share(one.episodes, known),
            share(one.unresolved, one.episodes),
            share(one.resolved, one.known),
        )
        for one in sorted(found.values(), key=lambda one: (-one.episodes, -one.secondary, one.name))
    ]


def all_topics(read: Read, asked: Asked) -> list[Topic]:
    """Return all topics, the most frequent first."""
    found = _topics(read, asked)
    known = sum(one.episodes for one in found)
    return [
        Topic(
            one.name,
            one.episodes,
            instant(one.last_ns),
            one.unresolved,
            share(one.episodes, known),
            share(one.unresolved, one.episodes),
            share(one.resolved, one.known),
        )
        for one in sorted(found, key=lambda one: (-one.episodes, one.name))
    ]


def unresolved(read: Read, asked: Asked) -> list[UnresolvedTopic]:
    """Return the topics of which something remains unresolved, those with most of it first."""
    examples: dict[str, list[str]] = {}
    for topic, conversation_id in EXAMPLES.rows(read, asked.values()):
        examples.setdefault(topic, []).append(conversation_id)
    found = [one for one in _topics(read, asked) if one.unresolved]
    return [
        UnresolvedTopic(
            one.name,
            one.unresolved,
            one.episodes,
            share(one.unresolved, one.episodes),
            instant(one.last_ns),
            examples.get(one.name, []),
        )
        for one in sorted(found, key=lambda one: (-one.unresolved, one.name))
    ]


def _topics(read: Read, asked: Asked) -> list[_Count]:
    return [_Count(name, *map(int, said)) for name, *said in TOPICS.rows(read, asked.values())]
