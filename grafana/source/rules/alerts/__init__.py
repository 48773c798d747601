"""The alerts, a file for each family."""

from __future__ import annotations

from typing import Final

from grafana.source.rules.alerts import collector, conversations, cost, errors, judge, pipeline, traffic
from grafana.source.rules.alerts.alert import Alert, group
from grafana.source.rules.writing import Group

ALERTS: Final[dict[str, tuple[Alert, ...]]] = {
    "conversations": conversations.ALERTS,
    "errors": errors.ALERTS,
    "cost": cost.ALERTS,
    "traffic": traffic.ALERTS,
    "pipeline": (*pipeline.ALERTS, *judge.ALERTS, *collector.ALERTS),
}
"""Every alert, by family."""

FAMILIES: Final[dict[str, tuple[Group, ...]]] = {
    name: (group(f"agent_analytics_{name}_alerts", alerts),) for name, alerts in ALERTS.items()
}
"""The group of each family."""
