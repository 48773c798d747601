"""Topics of one service's conversations, found while they come in: ids that stay, labels that give nobody away.

Each conversation's first substantive message is given to ``observe``, which says the topic and learns from it; every
now and then, when ``due``, ``learn`` finds the topics anew. Until a sample of messages is full, topics are found from
nothing each time, and a group goes on with the topic that held mostly the same messages; after that they only move,
merge, end and begin. What is told before that is a first guess: ``learn`` says which of the latest conversations have
another topic now.

Where it runs. All of it is state of one process, bounded by ``Limits``, and holds words of messages: it is content.
With message content on, the analyzer keeps one for each service, as it keeps texts: packed, encrypted where there is a
key, and let go with them. With content off, texts are never outside the agent's process, so the state is there, and
only the id of a topic and its label travel, which a number of users said. Ids of two processes have nothing to do with
each other: a service of many processes with content off has intents of its own (``intents``), or topics ``unknown``.

Not safe to use from several threads at once. ``learn`` takes up to a second; ``learnt`` can run anywhere else, on what
``learning`` returns, and ``adopt`` takes its result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from otel_agent_analytics.insights.documents import Document, Documents
from otel_agent_analytics.insights.learning import NOTHING_LEARNT, Learning, Learnt, learnt, topics_of
from otel_agent_analytics.insights.limits import DEFAULT_LIMITS, Limits
from otel_agent_analytics.insights.partition import NONE
from otel_agent_analytics.insights.told import Told
from otel_agent_analytics.insights.topic_trimming import short_hash
from otel_agent_analytics.insights.vectors import WITHOUT_EMBEDDER
from otel_agent_analytics.insights.words import content_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.insights.learning import Topic
    from otel_agent_analytics.insights.vectors import Embedder

OTHER: Final = "other"
"""What is near no topic, or near one that too few have come for to be shown."""
_MOST_GONE: Final = 1_000
"""Topics that have gone into another, of which that is remembered; the oldest are forgotten."""


class State(NamedTuple):
    """All that ``Topics`` holds."""

    documents: list[Document]
    learnt: Learnt
    known: dict[str, Topic]
    gone_into: dict[str, str]
    since: int
    """Conversations since topics were last learnt."""
    size: int
    """Documents at that time."""


class Topics:
    """The topics of one service.

    Args:
        limits: how many there may be, and what it takes to be shown.
        embedder: makes the vectors; without one they are learnt from the messages alone.
        state: what another one held, made with the same embedder.
    """

    def __init__(
        self, limits: Limits = DEFAULT_LIMITS, embedder: Embedder | None = None, state: State | None = None
    ) -> None:
        self._limits = limits
        self._embedder = embedder
        self._near = (WITHOUT_EMBEDDER if embedder is None else embedder.closeness).near
        self._documents = Documents(limits, state.documents if state is not None else ())
        self._learnt = state.learnt if state is not None else NOTHING_LEARNT
        self._told = Told()
        self._known = dict(state.known) if state is not None else {}
        self._gone_into = dict(state.gone_into) if state is not None else {}
        self._since, self._size = (state.since, state.size) if state is not None else (0, 0)

    def observe(
        self, text: str, user: str | None, time_ns: int, language: str = "en", conversation: str | None = None
    ) -> str | None:
        """Take the message by which a conversation is known, and return its topic.

        Args:
            text: the first substantive message; see ``words.first_substantive``.
            user: the keyed hash of the user, of which a short hash is kept; all that are None count as one.
            time_ns: when it was said, UTC nanoseconds.
            language: its language; decides which small words say nothing.
            conversation: the id under which a change of its topic is told; None where that is of no use.

        Returns:
            A topic's id; ``other``; None where nothing is known: no topics yet, or no word that says anything.
        """
        document = self._document(text, user, time_ns, language)
        if document is None:
            return None
        told = self.take(document)
        if conversation is not None:
            self._told.note(conversation, document, told)
        return told

    def take(self, document: Document) -> str | None:
        """Take a message as a document, and return what ``observe`` does."""
        self._documents.add(document)
        self._since += 1
        [topic] = self._topics([document])
        if topic is not None:
            known = self._known[topic]
            users = sorted(known.users | document.users)[: self._limits.fewest_users]
            self._known[topic] = known._replace(conversations=known.conversations + 1, users=frozenset(users))
        return self._as_shown(topic)

    def topic_of(self, text: str, language: str = "en") -> str | None:
        """Return the topic of a message, as ``observe`` does, and learn nothing from it."""
        document = self._document(text, None, 0, language)
        return None if document is None else self._tell([document])[0]

    @property
    def due(self) -> bool:
        """Whether so much was said since topics were last learnt that ``learn`` is worth its time."""
        return self._since >= max(self._limits.first, min(self._size, self._limits.documents // 4))

    def learn(self) -> dict[str, str | None]:
        """Find the topics anew in what is held; return what ``adopt`` returns."""
        return self.adopt(learnt(self.learning()))

    def learning(self) -> Learning:
        """Return what there is to learn from now."""
        self._since, self._size = 0, len(self._documents)
        return Learning(self._documents.sample(), self._learnt, self._limits, self._embedder)

    def adopt(self, found: Learnt) -> dict[str, str | None]:
        """Go on with what was learnt from the last ``learning``.

        Returns:
            Of the latest conversations those whose topic is another now, and which.
        """
        known = self._known | {topic.id: topic for topic in found.founded}
        for old, new in found.gone_into:
            if old in known and new in known:
                known[new] = self._both(known[new], known.pop(old))
                self._gone_into[old] = new
        labels = zip(found.ids, found.labels, strict=True)
        self._known = {topic: known[topic]._replace(label=label) for topic, label in labels}
        self._gone_into = dict(list(self._gone_into.items())[-_MOST_GONE:])
        self._learnt = found
        return self._told.changed(self._tell)

    def resolved(self, topic: str) -> str:
        """Return the topic that a topic has gone into, if it has; else the same."""
        while topic in self._gone_into:
            topic = self._gone_into[topic]
        return topic

    def shown(self) -> list[Topic]:
        """Return the topics that enough conversations and users have come for, the most frequent first."""
        shown = [topic for topic in self._known.values() if self._is_shown(topic)]
        return sorted(shown, key=lambda topic: (-topic.conversations, topic.id))

    def state(self) -> State:
        """Return all that is held, to be stored."""
        return State(
            self._documents.sample(), self._learnt, dict(self._known), dict(self._gone_into), self._since, self._size
        )

    def _document(self, text: str, user: str | None, time_ns: int, language: str) -> Document | None:
        words = content_words(text, language)
        if not words:
            return None
        vector = () if self._embedder is None else tuple(self._embedder.embed([text])[0].astype(np.float16).tolist())
        return Document(words, 1, frozenset([short_hash(user)]), time_ns, vector)

    def _topics(self, documents: Sequence[Document]) -> list[str | None]:
        rows = topics_of(documents, self._learnt, self._near).tolist()
        return [None if row == NONE else self._learnt.ids[row] for row in rows]

    def _tell(self, documents: Sequence[Document]) -> list[str | None]:
        return [self._as_shown(topic) for topic in self._topics(documents)]

    def _as_shown(self, topic: str | None) -> str | None:
        if not self._learnt.ids:
            return None
        return topic if topic is not None and self._is_shown(self._known[topic]) else OTHER

    def _is_shown(self, topic: Topic) -> bool:
        enough = topic.conversations >= self._limits.fewest_conversations
        return enough and len(topic.users) >= self._limits.fewest_users and bool(topic.label)

    def _both(self, one: Topic, other: Topic) -> Topic:
        users = frozenset(sorted(one.users | other.users)[: self._limits.fewest_users])
        return one._replace(
            first_ns=min(one.first_ns, other.first_ns),
            conversations=one.conversations + other.conversations,
            users=users,
        )
