"""Every counter once, whichever analyzers show it: the only rules that read counters as they are scraped. Pure."""

from __future__ import annotations

from grafana.source import promql
from grafana.source.rules.writing import Group, recording
from otel_agent_analytics.outputs.catalogue import PER_PROCESS


def groups() -> tuple[Group, ...]:
    """Return the group that records each counter and each twin; a counter of a process stays with its process."""
    own = {metric.name for metric in PER_PROCESS}
    names = (name for name in promql.counters() if name not in own)
    rules = tuple(recording(promql.recorded(name), promql.deduplicated(name)) for name in names)
    return (Group("agent_analytics_counters", rules, "30s"),)
