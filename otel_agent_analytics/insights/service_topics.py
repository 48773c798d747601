"""The topics of many services in one process, as they were last learnt: tells names, and learns nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.errors import guard
from otel_agent_analytics.insights.topic_names import name_of
from otel_agent_analytics.insights.words import LONGEST, content_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from otel_agent_analytics.insights.learning import Learnt
    from otel_agent_analytics.insights.topic_names import NamedTopics
    from otel_agent_analytics.measuring import Speaker, Wants

MOST_SERVICES: Final = 50
"""Services that have topics, the first by time of first sight: each takes up to 1.5 MB of memory."""
_HEARD: Final = guard("topics.heard")

Service: TypeAlias = "tuple[str, str, str]"
"""Name, namespace and environment."""


class Words(tuple[str, ...]):
    """The content words of a message, on the way to where they are learnt from: no sender has any."""

    __slots__ = ()


class ServiceTopics:
    """Tells the topics of services. Safe to use from any thread.

    Args:
        most: services that have topics; those of others are ``unknown``.
    """

    def __init__(self, most: int = MOST_SERVICES) -> None:
        self._most = most
        self._known: dict[Service, tuple[Learnt, Mapping[str, str]] | None] = {}

    def name(self, service: Service, words: tuple[str, ...]) -> str:
        """Return the name of a message's topic; ``unknown`` where nothing was learnt of its service."""
        known = self._known.get(service)
        return v.UNKNOWN if known is None else name_of(words, *known)

    def takes(self, service: Service) -> bool:
        """Return whether messages of a service are learnt from."""
        return self._known[service] is not None if service in self._known else not self.full

    @property
    def full(self) -> bool:
        """Whether there are as many services as may be."""
        return len(self._known) >= self._most

    def put(self, service: Service, topics: NamedTopics) -> None:
        """Tell these of a service from now on."""
        self._known[service] = (topics.state.learnt, topics.names)

    def put_unreadable(self, service: Service) -> None:
        """Tell nothing of a service from now on, and take none of its messages: what is stored of it cannot be read."""
        self._known[service] = None

    def drop(self, service: Service) -> None:
        """Forget a service."""
        self._known.pop(service, None)


class TopicHearing:
    """Says what messages want, with the topics of the service that they are sent to. Safe to use from any thread.

    Args:
        wants: says the rest of it.
        topics: tells topics.
        redact: returns what may be kept of a text, since its words are learnt from, and stored.
    """

    def __init__(self, wants: Wants, topics: ServiceTopics, redact: Callable[[str], str]) -> None:
        self._wants = wants
        self._topics = topics
        self._redact = redact

    def __call__(self, text: str, language: str, speaker: Speaker) -> dict[str, object]:
        """Return intent, content words and topic as attributes; nothing where no word says anything."""
        said = dict(self._wants(text, language, speaker))
        if said and speaker.service is not None:
            with _HEARD:
                words = Words(content_words(self._redact(text[:LONGEST]), language))
                said[v.USER_MESSAGE_TOPIC] = self._topics.name(speaker.service, words)
                said[v.USER_MESSAGE_WORDS] = words
        return said
