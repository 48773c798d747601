"""How much a share changed against before, and how much of that is no chance, by service. Pure.

The difference of two independent shares has the interval of Newcombe 1998 (Statistics in Medicine 17, 873-890, method
10), made of the Wilson intervals of both: its lower end is d - √((p₁ - l₁)² + (u₂ - p₂)²), where d = p₁ - p₂ and l₁, u₂
are the ends that lie towards each other. It holds where counts are small and shares near 0 or 1; the plain difference
of two days with 20 conversations each is more than 5 points nearly always.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from grafana.source.rules import naming
from grafana.source.rules.shares import SURE
from grafana.source.rules.writing import Group, recording

DAY: Final = ("1d", "1d", "7d offset 1d")
"""The last day against the seven days before it: few conversations are compared with many."""
WEEK: Final = ("7d", "7d", "7d offset 7d")
"""The last seven days against the seven before them: finds half the change, a few days later."""


class Change(NamedTuple):
    """A change of a share in the bad direction."""

    name: str
    share: str
    falls: bool
    """Whether it is bad that the share falls, else that it rises."""
    spans: tuple[tuple[str, str, str], ...] = (DAY,)
    """Name, window of now, window of before."""


CHANGES: Final = (
    Change("completion_fall", "completion", falls=True, spans=(DAY, WEEK)),
    Change("abandonment_rise", "abandonment", falls=False),
    Change("escalation_rise", "escalation", falls=False),
    Change("resolution_fall", "resolution", falls=True),
    Change("negative_rise", "negative", falls=False),
)

_LEAST: Final = """\
{high} - {low}
- sqrt(({high} - {high_lower}) ^ 2 + ({low_upper} - {low}) ^ 2)
"""


def groups() -> tuple[Group, ...]:
    """Return the group of all changes."""
    return (Group("agent_analytics_changes", tuple(rule for change in CHANGES for rule in _rules(change))),)


def _rules(change: Change) -> Iterator[dict[str, str]]:
    for span, now, before in change.spans:
        high, low = (before, now) if change.falls else (now, before)
        shares = {"high": _at(change.share, "share", high), "low": _at(change.share, "share", low)}
        ends = {
            "high_lower": _at(change.share, f"lower{SURE}_", high),
            "low_upper": _at(change.share, f"upper{SURE}_", low),
        }
        yield recording(naming.change(change.name, f"point{span}"), "{high} - {low}".format(**shares))
        yield recording(naming.change(change.name, f"least{span}"), _LEAST.format(**shares, **ends))


def _at(share: str, operation: str, window: str) -> str:
    length, _, back = window.partition(" ")
    return f"service:agent_analytics_{share}:{operation}{length}{' ' + back if back else ''}"
