"""What tells the intents and topics of messages, from the settings."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from otel_agent_analytics.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.insights.finder import TopicFinder
    from otel_agent_analytics.insights.intents import Intents
    from otel_agent_analytics.insights.service_topics import ServiceTopics
    from otel_agent_analytics.measuring import Wants
    from otel_agent_analytics.settings import Settings

NO_NUMPY = "topics need NumPy: pip install 'otel-agent-analytics[insights]'"


def wants_of(settings: Settings, *, topics: bool = False) -> Wants | None:
    """Return what tells what messages want; None where nobody is to, and where nothing is measured.

    Args:
        settings: name the file of intents, and say whether topics are found.
        topics: whether this process may find topics: one that has the messages of its own service alone.

    Raises:
        SettingError: the user's file of intents is wrong, or topics are wanted and cannot be found.
    """
    finds = topics and settings.topics
    if not settings.signals or (settings.intents_file is None and not finds):
        return None
    # Only where they are wanted, so that no other process loads it.
    from otel_agent_analytics.insights.hearing import Hearing

    return Hearing(_intents(settings.intents_file), _finder() if finds else None)


def topics_of(settings: Settings) -> ServiceTopics | None:
    """Return what tells the topics of services; None where nobody is to, and where nothing is measured.

    Raises:
        SettingError: topics are wanted and cannot be found.
    """
    if not (settings.signals and settings.topics):
        return None
    _require_numpy()
    from otel_agent_analytics.insights.service_topics import ServiceTopics

    return ServiceTopics()


def wants_with(topics: ServiceTopics, settings: Settings, redact: Callable[[str], str]) -> Wants:
    """Return what tells what messages want, their topics too.

    Args:
        topics: tells these.
        settings: name the file of intents.
        redact: returns what may be kept of a text.

    Raises:
        SettingError: the user's file of intents is wrong.
    """
    from otel_agent_analytics.insights.hearing import Hearing
    from otel_agent_analytics.insights.service_topics import TopicHearing

    return TopicHearing(Hearing(_intents(settings.intents_file)), topics, redact)


def _intents(path: str | None) -> Intents | None:
    if path is None:
        return None
    from otel_agent_analytics.insights.intents import Intents, read_intents

    return Intents(read_intents(path))


def _finder() -> TopicFinder:
    _require_numpy()
    from otel_agent_analytics.insights.finder import TopicFinder

    return TopicFinder()


def _require_numpy() -> None:
    if importlib.util.find_spec("numpy") is None:
        raise SettingError(NO_NUMPY)
