"""Alerts on money: a cost that jumps, calls that have no price. Pure."""

from __future__ import annotations

from typing import Final

from grafana.source.rules.alerts.alert import WARNING, Alert, value_of
from grafana.source.rules.alerts.expressions import PERCENT, SERVICE, surely
from grafana.source.rules.naming import KNOWN, count, limit

# A week has 28 times six hours. In its first week nothing is usual for a service.
_SPIKE: Final = """\
{now} >= {floor}
and {now} > {factor} * (
  {now} offset 1w > {week} offset 6h / 28
  or {week} offset 6h / 28
)
and {known} offset 1w
"""

ALERTS: Final = (
    Alert(
        "AgentCostSpike",
        WARNING,
        _SPIKE.format(
            now=count("cost_usd", "6h"),
            week=count("cost_usd", "7d"),
            floor=limit("cost_floor_usd"),
            factor=limit("cost_factor"),
            known=KNOWN,
        ),
        "Model calls cost much more than usual.",
        f"{SERVICE}the model calls of the last six hours cost {{{{ $value | printf `%.2f` }}}} USD, more than "
        f"{value_of(limit('cost_factor'), 'humanize')} times what is usual; those of the last seven days cost "
        f"{value_of(count('cost_usd', '7d'), 'printf `%.2f`')} USD.",
        "agent-cost",
        hold="15m",
    ),
    Alert(
        "AgentCallsUnpriced",
        WARNING,
        surely("unpriced", "1d", (">", "unpriced_share"), ("model_calls", "minimum_calls")),
        "Model calls have no price, so that all figures of money are too low.",
        f"{SERVICE}{PERCENT} of the model calls of the last day have no price; the "
        f"threshold is {value_of(limit('unpriced_share'))}.",
        "agent-cost",
    ),
)
