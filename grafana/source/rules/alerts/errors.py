"""Alerts on what breaks: conversations that fail, tools that fail, agents that turn in circles. Pure.

Error budgets as in the Site Reliability Workbook, chapter 5: a budget that burns many times faster than it may is a
page, one that burns slowly is a ticket. Its windows of 5 and 30 minutes hold no conversation of a small service, so
that the short one is an hour here, and the long one says with a Wilson bound that it is no chance.
"""

from __future__ import annotations

from typing import Final

from grafana.source.rules import naming
from grafana.source.rules.alerts.alert import CRITICAL, WARNING, Alert, value_of
from grafana.source.rules.naming import bound, count, limit, share
from grafana.source.rules.shares import SHOWN, SURE

_SERVICE: Final = "Service {{ $labels.service_name }}: "
_VALUE: Final = "{{ $value | humanizePercentage }}"

_BURN: Final = """\
{share}
and {lower} > {factor} * {budget}
and {recent} > {factor} * {budget}
and {counted} >= {minimum}
"""

_TOOL: Final = """\
{share}
and {lower} > on ({service}) group_left () {limit}
and {counted} >= on ({service}) group_left () {minimum}
"""

_LOOP: Final = """\
{share}
and {lower} > {limit}
and {counted} >= {minimum}
"""


def _burn(window: str, recent: str, factor: float) -> str:
    return _BURN.format(
        share=share("failure", window),
        lower=bound("failure", "lower", SHOWN, window),
        recent=share("failure", recent),
        factor=factor,
        budget=limit("failure_budget"),
        counted=count("conversations_ended", window),
        minimum=limit("minimum_conversations_failing"),
    )


ALERTS: Final = (
    Alert(
        "AgentErrorBudgetBurnFast",
        CRITICAL,
        f"{_burn('1h', '1h', 14.4).rstrip()}\nor\n{_burn('6h', '1h', 6)}",
        "Conversations fail: the error budget of a month is gone within days.",
        f"{_SERVICE}{_VALUE} of the conversations fail; the budget is {value_of(limit('failure_budget'))}.",
        "agent-quality",
        hold="5m",
    ),
    Alert(
        "AgentErrorBudgetBurnSlow",
        WARNING,
        f"{_burn('1d', '6h', 3).rstrip()}\nor\n{_burn('3d', '6h', 1)}",
        "Conversations fail: the error budget of a month will not last.",
        f"{_SERVICE}{_VALUE} of the conversations fail; the budget is {value_of(limit('failure_budget'))}.",
        "agent-quality",
    ),
    Alert(
        "AgentToolFailing",
        WARNING,
        _TOOL.format(
            share=share("tool_failure", "6h", "service_tool"),
            lower=bound("tool_failure", "lower", SURE, "6h", "service_tool"),
            counted=count("tool_calls", "6h", "service_tool"),
            service=naming.SERVICE,
            limit=limit("tool_failure_rate"),
            minimum=limit("minimum_calls"),
        ),
        "A tool fails too often.",
        f"{_SERVICE}{_VALUE} of the calls of the tool {{{{ $labels.tool }}}} in the last six hours failed; the "
        f"threshold is {value_of(limit('tool_failure_rate'))}.",
        "agent-agents-tools",
        hold="10m",
    ),
    Alert(
        "AgentLooping",
        WARNING,
        _LOOP.format(
            share=share("loop", "6h"),
            lower=bound("loop", "lower", SURE, "6h"),
            limit=limit("loop_rate"),
            counted=count("user_messages", "6h"),
            minimum=limit("minimum_messages"),
        ),
        "An agent calls the same tool with the same arguments again and again.",
        f"{_SERVICE}there were loops of tool calls at {_VALUE} of the user messages of the last six hours; the "
        f"threshold is {value_of(limit('loop_rate'))}.",
        "agent-agents-tools",
        hold="10m",
    ),
)
