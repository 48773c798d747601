"""Learns the topics of services from stored messages, on a thread of its own, and tells them as they were last learnt.

Of several analyzers on one database one learns, for all, from the messages that all of them have stored. The others
read what it wrote within about a second, so a topic has the same name from each: names are stored with the topics.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.conversations.rules import SECOND_NS
from otel_agent_analytics.errors import guard, known_place, note_fault
from otel_agent_analytics.insights.documents import Document
from otel_agent_analytics.insights.limits import DEFAULT_LIMITS
from otel_agent_analytics.insights.topic_names import NO_TOPICS, NamedTopics, learn
from otel_agent_analytics.insights.topic_state import said_of, state_of
from otel_agent_analytics.insights.topic_trimming import short_hash
from otel_agent_analytics.storage import topics as stored_topics
from otel_agent_analytics.storage.errors import CodecError, ConflictError, UnavailableError
from otel_agent_analytics.storage.retention import DAY_NS, FOREVER, Retention
from otel_agent_analytics.storage.topics import WORDS, Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.insights.limits import Limits
    from otel_agent_analytics.insights.service_topics import ServiceTopics
    from otel_agent_analytics.storage.content import Safe
    from otel_agent_analytics.storage.database import Database
    from otel_agent_analytics.storage.topics import Message

logger = logging.getLogger("otel_agent_analytics")

_LEARNING: Final = guard("topics.learn")
_DAMAGED: Final = known_place("topics.unreadable")
_LOOK_SECONDS: Final = 1.0
_REST_SECONDS: Final = 60.0
"""After a fault: the same messages would most likely bring it again."""
_TIDY_SECONDS: Final = 3600.0
_NAMED_WITHIN_NS: Final = 3600 * SECOND_NS
"""After so long topics are learnt anew where enough was said for one more: in a service with few users, say."""
_AT_ONCE: Final = 2_000
"""Messages that are learnt from in one step."""
_NAMES: Final = "names"
_STOP_SECONDS: Final = 10.0


class TopicLearning:
    """Learns as long as it runs.

    Args:
        database: has the messages, and keeps what is learnt.
        topics: tells it.
        safe: packs it.
        clock: returns the time now, UTC nanoseconds.
        retention: how long texts, and conversations, are kept.
        limits: how many topics there may be, and what it takes to be named.
    """

    def __init__(
        self,
        database: Database,
        topics: ServiceTopics,
        safe: Safe,
        clock: Callable[[], int],
        retention: Retention = Retention(),  # noqa: B008 - cannot change
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._database = database
        self._topics = topics
        self._safe = safe
        self._clock = clock
        self._retention = retention
        self._limits = limits
        self._versions: dict[Service, int] = {}
        self._told: set[Service] = set()
        self._next_tidying = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="agent-analytics-topics", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, when what is under way is done; what was not learnt from is stored."""
        self._stopping.set()
        self._thread.join(_STOP_SECONDS)

    def refresh(self) -> None:
        """Read what was learnt since the last time, by whichever analyzer.

        Raises:
            StorageError: it cannot be read now.
        """
        there = {one.service: one for one in stored_topics.services(self._database.read)}
        for service in self._versions.keys() - there.keys():
            self._topics.drop(service)
            self._told.discard(service)
            del self._versions[service]
        for service, one in there.items():
            if self._versions.get(service) != one.version:
                found = stored_topics.body_of(self._database.read, service)
                if found is not None:
                    self._read(service, *found)

    def learn_some(self) -> None:
        """Learn the topics of the services for which it is time, where this is the analyzer that learns.

        Raises:
            StorageError: something of it cannot be read or written now.
        """
        if not self._database.learns():
            return
        self._tidy()
        there = {one.service: one for one in stored_topics.services(self._database.read)}
        for service, count in stored_topics.waiting(self._database.read).items():
            if self._stopping.is_set():
                return
            if service not in there:
                self._admit(service)
            elif self._is_due(there[service], count) and self._topics.takes(service):
                self._learn(there[service])

    # --- inside -------------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while not self._stopping.is_set():
            rest = _REST_SECONDS
            with _LEARNING:
                # Where the database cannot be used now, everything stays as it is until the next look.
                with contextlib.suppress(UnavailableError, ConflictError):
                    self.refresh()
                    self.learn_some()
                rest = _LOOK_SECONDS
            self._stopping.wait(rest)

    def _read(self, service: Service, version: int, body: bytes) -> None:
        self._versions[service] = version
        try:
            self._topics.put(service, self._unpacked(body))
        except (CodecError, ValueError) as problem:
            note_fault(_DAMAGED, problem)
            self._topics.put_unreadable(service)
            if service not in self._told:
                self._told.add(service)
                logger.warning("the topics of %s cannot be read, so nothing is told of them: %s", service.name, problem)

    def _unpacked(self, body: bytes) -> NamedTopics:
        if not body:
            return NO_TOPICS
        said = self._safe.unpack(body)
        return NamedTopics(state_of(said), said[_NAMES])

    def _is_due(self, stored: Stored, count: int) -> bool:
        if count >= max(self._limits.first, min(stored.messages, self._limits.documents // 4)):
            return True
        late = stored.learnt_ns > 0 and self._clock() - stored.learnt_ns >= _NAMED_WITHIN_NS
        return late and count >= self._limits.fewest_conversations

    def _admit(self, service: Service) -> None:
        """Give a service its place among those that have topics; where all are taken, let go of its messages."""
        with self._database.transaction() as transaction:
            if self._topics.full:
                stored_topics.refuse(transaction, service)
            else:
                stored_topics.replace(transaction, stored_topics.row(Stored(service, 1, 0, None, 0), b""))
        if self._topics.full and service not in self._told:
            self._told.add(service)
            logger.warning("%s has no topics, as other services have as many as may be", service.name)
        self.refresh()

    def _learn(self, stored: Stored) -> None:
        found = stored_topics.body_of(self._database.read, stored.service)
        if found is None:
            return
        some = stored_topics.messages(self._database.read, stored.service, _AT_ONCE)
        begun = time.monotonic()
        now = learn(self._unpacked(found[1]), self._documents(some), self._limits)
        said = {**said_of(now.state), _NAMES: dict(now.names)}
        new = Stored(stored.service, found[0] + 1, len(now.state.documents), _oldest_ns(now), self._clock())
        row = stored_topics.row(new, self._safe.pack(said))  # now: nobody else can write within a transaction
        with self._database.transaction() as transaction:
            written = stored_topics.replace(transaction, row, some)
        if written:
            self._versions[stored.service] = new.version
            self._topics.put(stored.service, now)
            seconds = time.monotonic() - begun
            logger.debug("%d topics of %s, learnt in %.2f s", len(now.names), stored.service.name, seconds)

    def _documents(self, messages: Iterable[Message]) -> Iterator[Document]:
        for message in messages:
            try:
                words = tuple(map(str, self._safe.unpack(bytes(message.body))[WORDS]))
            except (CodecError, KeyError, TypeError) as problem:
                note_fault(_DAMAGED, problem)
                continue
            users = frozenset([short_hash(message.user_hash)])
            conversations = frozenset([short_hash(message.conversation_id)])
            yield Document(words, 1, users, message.arrived_ns, (), conversations)

    def _tidy(self) -> None:
        """Let go of what is too old, once an hour."""
        days = [days for days in (self._retention.content, self._retention.conversations) if days != FOREVER]
        if days and time.monotonic() >= self._next_tidying:
            self._next_tidying = time.monotonic() + _TIDY_SECONDS
            stored_topics.let_go_of_old(self._database, self._safe, self._clock() - min(days) * DAY_NS)


def _oldest_ns(topics: NamedTopics) -> int | None:
    return min((document.last_ns for document in topics.state.documents), default=None)
