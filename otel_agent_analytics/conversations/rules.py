"""The numbers and names by which conversations are judged, as one frozen value that the host passes in."""

from __future__ import annotations

from typing import Final, NamedTuple

SECOND_NS: Final = 1_000_000_000


class Rules(NamedTuple):
    """What the pure core must be told; the defaults are those of the definitions."""

    idle_ns: int = 1800 * SECOND_NS
    """A conversation ends after this long without an event, in nanoseconds."""
    idle_by_channel: tuple[tuple[str, int], ...] = ()
    """The same for single channels: (channel, nanoseconds)."""
    reopen_ns: int = 86400 * SECOND_NS
    """A user message up to this long after the end reopens the episode, in nanoseconds."""
    max_age_ns: int = 7 * 86400 * SECOND_NS
    """An episode is over this long after its start, in nanoseconds."""
    return_ns: int = 86400 * SECOND_NS
    """An episode counts as resolved by assumption when its user does not come back for this long, in nanoseconds."""
    held_on_ns: int = 3 * 3600 * SECOND_NS
    """How much longer an ended episode is held than it must be, so that late spans still find it, in nanoseconds."""
    max_events: int = 10_000
    """Events kept of one episode; what is over is counted and left out."""
    escalation_names: frozenset[str] = frozenset()
    """Tools or agents that always mean a human."""
    not_escalation_names: frozenset[str] = frozenset()
    """Tools or agents that never mean a human."""


DEFAULT_RULES: Final = Rules()
