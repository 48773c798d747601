"""Expressions that several alerts share. Pure."""

from __future__ import annotations

from typing import Final

from grafana.source.rules import naming
from grafana.source.rules.naming import bound, count, limit, share
from grafana.source.rules.shares import SURE

SERVICE: Final = "Service {{ $labels.service_name }}: "
"""How descriptions begin."""
PERCENT: Final = "{{ $value | humanizePercentage }}"
"""The value of a share."""

_SURELY: Final = """\
{share}
and {end} {sign}{match} {limit}
and {counted} >={match} {minimum}
"""


def surely(
    name: str, window: str, comparison: tuple[str, str], counted: tuple[str, str], level: str = "service"
) -> str:
    """Return the expression for a share that is beyond a threshold without a doubt; its value is the share.

    Args:
        name: of the share.
        window: of the share.
        comparison: ``<`` or ``>``, and the name of the threshold.
        counted: the name of the count that the share is of, and of the threshold for the least of it.
        level: of the share; one with more labels than those of a service is compared with the service's thresholds.
    """
    sign, threshold = comparison
    whole, minimum = counted
    return _SURELY.format(
        share=share(name, window, level),
        end=bound(name, "lower" if sign == ">" else "upper", SURE, window, level),
        sign=sign,
        match="" if level == "service" else f" on ({naming.SERVICE}) group_left ()",
        limit=limit(threshold),
        counted=count(whole, window, level),
        minimum=limit(minimum),
    )
