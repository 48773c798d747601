"""Alerts on a language-model judge: a budget that is spent, calls that fail. Pure."""

from __future__ import annotations

from typing import Final

from grafana.source import promql
from grafana.source.rules import naming
from grafana.source.rules.alerts.alert import INFO, WARNING, Alert, value_of
from grafana.source.rules.alerts.expressions import SERVICE
from grafana.source.rules.naming import limit
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs import catalogue as c

_DASHBOARD: Final = "agent-quality"
_JUDGED: Final = f'result="{v.JUDGED}"'

_FAILING: Final = """\
{failed} >= on ({service}) {limit}
and on ({service}) {failed} > on ({service}) {judged}
"""


def _in_an_hour(metric: c.Metric, matchers: str = "") -> str:
    return f"sum by ({naming.SERVICE}) (increase({promql.recorded(metric.name)}{{{matchers}}}[1h]))"


ALERTS: Final = (
    Alert(
        "AgentJudgeBudgetSpent",
        INFO,
        f"{_in_an_hour(c.JUDGE_POSTPONED)} > 0",
        "The judge's budget of the day is spent: conversations wait for the next one.",
        f"{SERVICE}{{{{ $value | humanize }}}} conversations of the last hour were put off to the next UTC day.",
        _DASHBOARD,
        hold="10m",
    ),
    Alert(
        "AgentJudgeFailing",
        WARNING,
        _FAILING.format(
            failed=_in_an_hour(c.JUDGE_FAILURES),
            judged=_in_an_hour(c.JUDGEMENTS, _JUDGED),
            limit=limit("judge_failures"),
            service=naming.SERVICE,
        ),
        "Calls of the judge fail more often than they bring a judgement.",
        f"{SERVICE}{{{{ $value | humanize }}}} calls of the judge failed in the last hour, more than brought a "
        f"judgement; nothing is said below {value_of(limit('judge_failures'), 'humanize')}.",
        _DASHBOARD,
        hold="15m",
    ),
)
