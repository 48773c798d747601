"""Every definition, in the order in which people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from otel_agent_analytics.definitions.agreement import AGREEMENT
from otel_agent_analytics.definitions.episodes import EPISODES
from otel_agent_analytics.definitions.money_and_people import MONEY_AND_PEOPLE
from otel_agent_analytics.definitions.outcomes import OUTCOMES
from otel_agent_analytics.definitions.quality import QUALITY

if TYPE_CHECKING:
    from otel_agent_analytics.definitions.definition import Definition

DEFINITIONS_VERSION: Final = 3
"""Goes up with every change of what a figure means, so that figures of two versions are not compared unawares."""


def definitions() -> list[Definition]:
    """Return what each figure means, with the numbers that it rests on and the metrics in which it shows."""
    return [*EPISODES, *OUTCOMES, *QUALITY, *AGREEMENT, *MONEY_AND_PEOPLE]
