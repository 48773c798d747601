"""Alerts on money: a cost that jumps, calls that have no price. Pure."""

from __future__ import annotations

from typing import Final

from grafana.source.rules.alerts.alert import WARNING, Alert, value_of
from grafana.source.rules.naming import KNOWN, bound, count, limit, share
from grafana.source.rules.shares import SURE

_SERVICE: Final = "Service {{ $labels.service_name }}: "

# A week has 28 times six hours. In its first week nothing is usual for a service.
_SPIKE: Final = """\
{now} >= {floor}
and {now} > {factor} * (
  {now} offset 1w > {week} offset 6h / 28
  or {week} offset 6h / 28
)
and {known} offset 1w
"""

_UNPRICED: Final = """\
{share}
and {lower} > {limit}
and {counted} >= {minimum}
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
        f"{_SERVICE}the model calls of the last six hours cost {{{{ $value | printf `%.2f` }}}} USD, more than "
        f"{value_of(limit('cost_factor'), 'humanize')} times what is usual; those of the last seven days cost "
        f"{value_of(count('cost_usd', '7d'), 'printf `%.2f`')} USD.",
        "agent-cost",
        hold="15m",
    ),
    Alert(
        "AgentCallsUnpriced",
        WARNING,
        _UNPRICED.format(
            share=share("unpriced", "1d"),
            lower=bound("unpriced", "lower", SURE, "1d"),
            limit=limit("unpriced_share"),
            counted=count("model_calls", "1d"),
            minimum=limit("minimum_calls"),
        ),
        "Model calls have no price, so that all figures of money are too low.",
        f"{_SERVICE}{{{{ $value | humanizePercentage }}}} of the model calls of the last day have no price; the "
        f"threshold is {value_of(limit('unpriced_share'))}.",
        "agent-cost",
    ),
)
