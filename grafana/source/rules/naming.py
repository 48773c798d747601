"""What the recorded series are called: ``level:metric:operation``. Pure."""

from __future__ import annotations

from typing import Final

from grafana.source import promql

INTERVAL: Final = "1m"
"""How often counts, shares and alerts are evaluated."""
SERVICE: Final = ", ".join(promql.OF_SERVICE)
"""The labels of a service, for ``by`` and ``on``."""
KNOWN: Final = "service:agent_analytics:known"
"""1 for each service of which anything was ever counted."""
_PREFIX: Final = "agent_analytics_"


def count(name: str, window: str, level: str = "service") -> str:
    """Return the name of a net count in a window."""
    return f"{level}:{_PREFIX}{name}:net{window}"


def share(name: str, window: str, level: str = "service") -> str:
    """Return the name of a share in a window."""
    return f"{level}:{_PREFIX}{name}:share{window}"


def bound(name: str, side: str, percent: str, window: str, level: str = "service") -> str:
    """Return the name of an end of a share's interval.

    Args:
        name: of the share.
        side: ``lower`` or ``upper``.
        percent: how much the interval holds, both sides: ``95``; ``9997`` for 99.97.
        window: of the share.
        level: of the share.
    """
    return f"{level}:{_PREFIX}{name}:{side}{percent}_{window}"


def change(name: str, operation: str) -> str:
    """Return the name of a change against the week before: ``point1d``, or ``least1d``, what it is at the least."""
    return f"service:{_PREFIX}{name}:{operation}"


def threshold(name: str) -> str:
    """Return the name of a hand-written threshold."""
    return f"agent_analytics:threshold:{name}"


def limit(name: str) -> str:
    """Return the name under which the threshold of each service is recorded."""
    return f"service:{_PREFIX}{name}:threshold"
