"""Shares of a window with the ends of their intervals (Wilson 1927), by service. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from grafana.source.promql import LOWER, UPPER, Z95, wilson
from grafana.source.rules import counts, naming
from grafana.source.rules.writing import Group, recording

SHOWN: Final = "95"
"""The interval that is shown."""
SURE: Final = "999"
"""The interval of alerts. They look every minute, so what happens by chance in one look of 20 would happen daily."""
CERTAIN: Final = "9997"
"""The interval of alerts that wake somebody."""
PROBABLE: Final = "80"
"""The interval of alerts that have a second reason."""
Z: Final = {PROBABLE: 1.28, SHOWN: Z95, SURE: 3.29, CERTAIN: 3.6}
"""The quantile of the normal distribution for each interval, both sides."""


class Share(NamedTuple):
    """A part of a whole, both counts."""

    name: str
    part: str
    whole: str
    windows: tuple[str, ...]
    intervals: tuple[str, ...] = (SHOWN, SURE)


SHARES: Final = (
    Share("completion", "conversations_completed", "conversations_ended", ("1d", "7d")),
    Share("abandonment", "conversations_abandoned", "conversations_ended", ("1d", "7d")),
    Share("escalation", "conversations_escalated", "conversations_ended", ("1d", "7d")),
    Share("failure", "conversations_failed", "conversations_ended", ("1h", "6h", "1d", "3d")),
    Share(
        "resolution",
        "conversations_resolved",
        "conversations_of_known_status",
        ("1d", "7d"),
        (PROBABLE, SHOWN, SURE, CERTAIN),
    ),
    Share("resolution_coverage", "conversations_of_known_status", "conversations_ended", ("1d",), ()),
    Share(
        "negative",
        "conversations_negative",
        "conversations_of_known_sentiment",
        ("1d", "7d"),
        (PROBABLE, SHOWN, SURE, CERTAIN),
    ),
    Share("csat", "conversations_rated_positive", "conversations_rated", ("7d",)),
    Share("unresolved", "conversations_unresolved_about", "conversations_about", ("1d",)),
    Share("rephrase", "rephrases", "judged_turns", ("1d",)),
    Share("loop", "loops", "user_messages", ("6h",)),
    Share("tool_failure", "tool_errors", "tool_calls", ("6h",)),
    Share("unpriced", "unpriced_calls", "model_calls", ("1d",)),
    Share("spans_dropped", "spans_dropped", "spans_received", ("1h",), ()),
    Share("spans_late", "spans_late", "spans_received", ("1h",), ()),
    Share("spans_without_conversation", "spans_without_conversation", "spans_received", ("1h",), ()),
)


def groups() -> tuple[Group, ...]:
    """Return a group for each share."""
    return tuple(Group(f"agent_analytics_{share.name}", tuple(_rules(share))) for share in SHARES)


def _rules(share: Share) -> Iterator[dict[str, str]]:
    level = counts.of(share.part).level
    for window in share.windows:
        part, whole = (naming.count(name, window, level) for name in (share.part, share.whole))
        name = naming.share(share.name, window, level)
        # More may be taken back in a window than came in it, so that a part may exceed its whole.
        yield recording(name, f"clamp_max({part} / ({whole} > 0), 1)")
        for percent in share.intervals:
            for side, sign in (("lower", LOWER), ("upper", UPPER)):
                record = naming.bound(share.name, side, percent, window, level)
                yield recording(record, wilson(name, whole, sign, Z[percent]))
