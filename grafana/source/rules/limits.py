"""The threshold of each service, from the hand-written ones: its own, else the one of all. Pure but for one file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml

from grafana.source import promql
from grafana.source.rules import naming
from grafana.source.rules.writing import Group, recording
from otel_agent_analytics.outputs import catalogue as c

FILE: Final = Path(__file__).parents[2] / "rules" / "thresholds.yaml"
_HEAD: Final = naming.threshold("")

_LIMIT: Final = """\
{known} * on (service_name) group_left () {threshold}{{service_name!=""}}
or
{known} * on () group_left () {threshold}{{service_name=""}}
"""


def names() -> tuple[str, ...]:
    """Return the names of the thresholds, as the hand-written file has them."""
    rules = yaml.safe_load(FILE.read_text())["groups"][0]["rules"]
    return tuple(dict.fromkeys(rule["record"].removeprefix(_HEAD) for rule in rules))


def groups() -> tuple[Group, ...]:
    """Return the group that spreads each threshold over the services."""
    seen = "\n  or ".join(promql.recorded(metric.name) for metric in (c.ENDED, c.RECEIVED))
    known = recording(naming.KNOWN, f"group by ({naming.SERVICE}) (\n  {seen}\n)")
    spread = (
        recording(naming.limit(name), _LIMIT.format(known=naming.KNOWN, threshold=naming.threshold(name)))
        for name in names()
    )
    return (Group("agent_analytics_limits", (known, *spread)),)
