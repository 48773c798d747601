"""What the settings say of personal data and texts, in the form in which the analyzer's parts take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.redaction import Redaction
from otel_agent_analytics.storage.content import Keeper, Safe
from otel_agent_analytics.storage.retention import Retention
from otel_agent_analytics.wanting import topics_of, wants_of, wants_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.insights.service_topics import ServiceTopics
    from otel_agent_analytics.measuring import Wants
    from otel_agent_analytics.service_settings import ServiceSettings
    from otel_agent_analytics.settings import Settings

_WHOLE: Final = 1 << 30
"""Characters: what arrives has been cut already."""


class Care(NamedTuple):
    """How the analyzer treats what is of persons."""

    user_key: bytes | None = None
    """Hides user ids; None: those of posted events are left out, and nobody can be forgotten by a plain id."""
    signals: bool = True
    """Whether the texts of posted events are measured for more than their length."""
    safe: Safe = Safe()
    """Packs texts, and reads them."""
    keeper: Keeper | None = None
    """Takes the texts off spans; None: they are not kept."""
    retention: Retention = Retention()
    """How long what is kept."""
    redact: Callable[[str], str] | None = None
    """Returns what may leave of a text, to a judge; None: all of it."""
    wants: Wants | None = None
    """Tells what messages want; None: nobody does."""
    topics: ServiceTopics | None = None
    """Tells the topics of services; None: nobody does, and nothing of them is kept."""


NO_CARE: Final = Care()


def care_of(settings: Settings, own: ServiceSettings) -> Care:
    """Return what the settings say.

    Raises:
        SettingError: a key for texts is none, the user's file of intents is wrong, or NumPy is missing for topics.
    """
    safe, topics = Safe(own.content_key), topics_of(settings)
    redaction = _redaction(settings) if own.keep_content or topics is not None else None
    kept = redaction if own.keep_content else None
    return Care(
        settings.user_key,
        settings.signals,
        safe,
        Keeper(safe, kept) if kept is not None else None,
        Retention(own.retain_facts_days, own.retain_content_days, own.retain_conversations_days),
        kept.text if kept is not None else None,
        wants_of(settings) if topics is None or redaction is None else wants_with(topics, settings, redaction.text),
        topics,
    )


def _redaction(settings: Settings) -> Redaction:
    redaction = Redaction(_WHOLE, settings.redact, settings.personal_data_kinds, settings.user_key)
    redaction.load()
    return redaction
