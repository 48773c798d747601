"""Alerts of Loki's ruler, on the log records of conversations. Pure."""

from __future__ import annotations

from typing import Final

from grafana.source.rules.alerts.alert import WARNING, Alert, group
from grafana.source.rules.writing import Group

_STREAM: Final = '{service_name=~".+"} | agent_analytics_event_name="conversation_ended"'
_FAILED: Final = "agent_analytics_conversation_failed_turns > 0"
# A list, such as ["TimeoutError"]; it may be empty.
_NAMED: Final = r"agent_analytics_conversation_error_types =~ `.*\w.*`"
_BY: Final = "service_name, service_namespace, deployment_environment_name"

# Five conversations at the least: with the half, a share that is no chance where a few in a hundred fail.
_AGENT: Final = """\
sum by ({by}, gen_ai_agent_name) (count_over_time({stream} | {failed} [1h]))
/ sum by ({by}, gen_ai_agent_name) (count_over_time({stream} [1h]))
> 0.25
and sum by ({by}, gen_ai_agent_name) (count_over_time({stream} | {failed} [1h])) >= 5
"""

# What the day before did not have at all is a burst too.
_BURST: Final = """\
sum by ({by}, agent_analytics_conversation_error_types) (
  count_over_time({stream} | {named} [1h])
) >= 10
unless sum by ({by}, agent_analytics_conversation_error_types) (
  count_over_time({stream} | {named} [1h])
) <= 5 * sum by ({by}, agent_analytics_conversation_error_types) (
  count_over_time({stream} | {named} [1d] offset 1h)
) / 24
"""

_FIELDS: Final = {"by": _BY, "stream": _STREAM, "failed": _FAILED, "named": _NAMED}

ALERTS: Final = (
    Alert(
        "AgentErrorsOfOneAgent",
        WARNING,
        _AGENT.format(**_FIELDS),
        "The conversations of one agent fail.",
        "Service {{ $labels.service_name }}: {{ $value | humanizePercentage }} of the conversations of the agent "
        "{{ $labels.gen_ai_agent_name }} in the last hour had a failed turn.",
        "agent-agents-tools",
        hold="5m",
        keep="",
    ),
    Alert(
        "AgentErrorBurst",
        WARNING,
        _BURST.format(**_FIELDS),
        "One type of error comes much more often than in the day before.",
        "Service {{ $labels.service_name }}: {{ $value | humanize }} conversations of the last hour had "
        "{{ $labels.agent_analytics_conversation_error_types }}.",
        "agent-agents-tools",
        hold="5m",
        keep="",
    ),
)


def groups() -> tuple[Group, ...]:
    """Return the group of these alerts."""
    return (group("agent_analytics_records", ALERTS),)
