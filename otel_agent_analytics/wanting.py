"""What tells the intents of messages, from the settings: the same in an agent's process and in the analyzer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from otel_agent_analytics.measuring import Wants
    from otel_agent_analytics.settings import Settings


def wants_of(settings: Settings) -> Wants | None:
    """Return what tells the intents of messages; None without intents of the user's own, and where nothing is measured.

    Raises:
        SettingError: the user's file of intents is wrong.
    """
    if settings.intents_file is None or not settings.signals:
        return None
    # Only where they are wanted, so that no other process loads it.
    from otel_agent_analytics.insights.hearing import Hearing
    from otel_agent_analytics.insights.intents import Intents, read_intents

    return Hearing(Intents(read_intents(settings.intents_file)))
