"""What the settings say of personal data and texts, in the form in which the analyzer's parts take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics.context import user_hash
from otel_agent_analytics.redaction import REDACTED, Redaction
from otel_agent_analytics.storage.content import Keeper, Safe
from otel_agent_analytics.storage.envelope import Envelope
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
    redact: Callable[[str, str], str] | None = None
    """Returns what may leave of a text, which a field of some name has, to a judge; None: all of it."""
    wants: Wants | None = None
    """Tells what messages want; None: nobody does."""
    envelope: Envelope = Envelope()
    """What spans are stored in that wait for their trace."""
    topics: ServiceTopics | None = None
    """Tells the topics of services; None: nobody does, and nothing of them is kept."""


NO_CARE: Final = Care()


def care_of(settings: Settings, own: ServiceSettings) -> Care:
    """Return what the settings say.

    Raises:
        SettingError: a key for texts is none, the user's file of intents is wrong, or NumPy is missing for topics.
    """
    safe, topics = Safe(own.content_key), topics_of(settings)
    anything, reads = _redaction(settings), settings.redact is not None or bool(settings.personal_data_kinds)
    redaction = anything if own.keep_content else None
    if redaction is not None or topics is not None:
        anything.load()
    return Care(
        settings.user_key,
        settings.signals,
        safe,
        Keeper(safe, redaction) if redaction is not None else None,
        Retention(own.retain_facts_days, own.retain_content_days, own.retain_conversations_days),
        redaction.text if redaction is not None else None,
        wants_of(settings) if topics is None else wants_with(topics, settings, anything.text),
        Envelope(safe, _LeftOut(anything) if reads else None, _hiding(settings.user_key)),
        topics,
    )


def _redaction(settings: Settings) -> Redaction:
    return Redaction(_WHOLE, settings.redact, settings.personal_data_kinds, settings.user_key)


def _hiding(key: bytes | None) -> Callable[[str], str | None]:
    """Return what hides user ids; without a key nobody can say who they are, so they are left out."""
    return lambda user_id: None if key is None else user_hash(user_id, key)


class _LeftOut:
    """Redaction after which a text that may not be kept is absent, and so unknown, rather than another text."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction

    def text(self, text: str, named: str = "") -> Any:
        """Return what may be kept of a text; None for nothing of it."""
        found = self._redaction.text(text, named)
        return None if found == REDACTED else found

    def number(self, number: float, named: str = "") -> Any:
        """Return a number, or what may be kept of it as a text."""
        found = self._redaction.number(number, named)
        return None if found == REDACTED else found

    def key(self, key: str) -> str:
        """Return what may be kept of the name of a field."""
        return self._redaction.key(key)
