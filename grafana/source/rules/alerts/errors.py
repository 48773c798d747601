"""Alerts on what breaks: conversations that fail, tools that fail, agents that turn in circles. Pure.

Error budgets as in the Site Reliability Workbook, chapter 5: a budget that burns many times faster than it may is a
page, one that burns slowly is a ticket. Its windows of 5 and 30 minutes hold no conversation of a small service, so
that the short one is an hour here, and the long one says with a Wilson bound that it is no chance.
"""

from __future__ import annotations

from typing import Final

from grafana.source.rules.alerts.alert import CRITICAL, WARNING, Alert, value_of
from grafana.source.rules.alerts.expressions import PERCENT, SERVICE, surely
from grafana.source.rules.naming import bound, count, limit, share
from grafana.source.rules.shares import SHOWN

_BURN: Final = """\
{share}
and {lower} > {factor} * {budget}
and {recent} > {factor} * {budget}
and {counted} >= {minimum}
"""

FAST: Final = (("1h", "1h", 14.4), ("6h", "1h", 6.0))
"""Window, short window, how many times faster than it may: what wakes somebody."""
SLOW: Final = (("1d", "6h", 3.0), ("3d", "6h", 1.0))
"""The same for what makes a ticket."""


def _burn(window: str, recent: str, factor: float) -> str:
    return _BURN.format(
        share=share("failure", window),
        lower=bound("failure", "lower", SHOWN, window),
        recent=share("failure", recent),
        factor=f"{factor:g}",
        budget=limit("failure_budget"),
        counted=count("conversations_ended", window),
        minimum=limit("minimum_conversations_failing"),
    )


ALERTS: Final = (
    Alert(
        "AgentErrorBudgetBurnFast",
        CRITICAL,
        "or\n".join(_burn(*burn) for burn in FAST),
        "Conversations fail: the error budget of a month is gone within days.",
        f"{SERVICE}{PERCENT} of the conversations fail; the budget is {value_of(limit('failure_budget'))}.",
        "agent-quality",
        hold="5m",
    ),
    Alert(
        "AgentErrorBudgetBurnSlow",
        WARNING,
        "or\n".join(_burn(*burn) for burn in SLOW),
        "Conversations fail: the error budget of a month will not last.",
        f"{SERVICE}{PERCENT} of the conversations fail; the budget is {value_of(limit('failure_budget'))}.",
        "agent-quality",
    ),
    Alert(
        "AgentToolFailing",
        WARNING,
        surely("tool_failure", "6h", (">", "tool_failure_rate"), ("tool_calls", "minimum_calls"), "service_tool"),
        "A tool fails too often.",
        f"{SERVICE}{PERCENT} of the calls of the tool {{{{ $labels.tool }}}} in the last six hours failed; the "
        f"threshold is {value_of(limit('tool_failure_rate'))}.",
        "agent-agents-tools",
        hold="10m",
    ),
    Alert(
        "AgentLooping",
        WARNING,
        surely("loop", "6h", (">", "loop_rate"), ("user_messages", "minimum_messages")),
        "An agent calls the same tool with the same arguments again and again.",
        f"{SERVICE}there were loops of tool calls at {PERCENT} of the user messages of the last six hours; the "
        f"threshold is {value_of(limit('loop_rate'))}.",
        "agent-agents-tools",
        hold="10m",
    ),
)
