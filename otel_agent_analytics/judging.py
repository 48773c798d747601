"""How conversations are judged, from the settings: the same in an agent's process and in the analyzer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from otel_agent_analytics.conversations.rules import SECOND_NS, Rules
from otel_agent_analytics.tracking.pricing import pricing

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.conversations.events import ModelCalled
    from otel_agent_analytics.settings import Settings


class Judging(NamedTuple):
    """What decides about conversations, beside what they are."""

    rules: Rules
    price: Callable[[ModelCalled], ModelCalled]
    """Returns a model call with its cost."""
    lateness_ns: int
    """How much later than it happened a span may arrive, nanoseconds."""
    skew_ns: int
    """How far ahead of the clock a span may end, nanoseconds."""
    human_cost_usd: float
    """What a conversation costs that a human handles."""


def judging_of(settings: Settings) -> Judging:
    """Return what the settings say.

    Raises:
        SettingError: the user's file of prices is wrong.
    """
    return Judging(
        rules_of(settings),
        pricing(settings.prices_file),
        round(settings.lateness_seconds * SECOND_NS),
        round((settings.lateness_seconds + settings.max_clock_skew_seconds) * SECOND_NS),
        settings.human_cost_usd,
    )


def rules_of(settings: Settings) -> Rules:
    """Return what the pure core must be told, from the settings."""
    return Rules(
        idle_ns=round(settings.idle_seconds * SECOND_NS),
        idle_by_channel=tuple(
            (channel, round(seconds * SECOND_NS)) for channel, seconds in settings.idle_seconds_by_channel
        ),
        reopen_ns=round(settings.reopen_seconds * SECOND_NS),
        max_age_ns=round(settings.max_age_seconds * SECOND_NS),
        max_events=settings.max_events_per_conversation,
        escalation_names=frozenset(settings.escalation_names),
        not_escalation_names=frozenset(settings.not_escalation_names),
    )
