"""Which services there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.service.queries.answers import Listed, listed
from otel_agent_analytics.service.queries.statement import Statement
from otel_agent_analytics.service.queries.summed import CONVERSATIONS, parts

if TYPE_CHECKING:
    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.storage.database import Read

_NAMES: Final = "service_name, service_namespace, deployment_environment_name"
SERVICES: Final = Statement(
    """
    SELECT {service}, sum(episodes) AS all_episodes FROM (
        SELECT {service}, episodes FROM conversation_days WHERE dimension = '' AND {summed}
        UNION ALL SELECT {service}, count(*) AS episodes {ended_else} AND user_turns > 0 GROUP BY {service}
    ) parts
    GROUP BY {service} ORDER BY all_episodes DESC, {service} LIMIT :most
    """,
    service=_NAMES,
)


@dataclass(frozen=True, slots=True)
class Service:
    """A service in one of the places where it runs."""

    name: str
    namespace: str
    """Empty: it has none."""
    environment: str
    """Empty: it does not say."""
    conversations: int


def services(read: Read, asked: Asked) -> Listed[Service]:
    """Answer: which services are there, and how many conversations did each have?"""
    rows = SERVICES.rows(read, parts(read, asked, CONVERSATIONS))
    return listed(asked, [Service(name, space, place, int(episodes)) for name, space, place, episodes in rows])
