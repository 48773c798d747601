"""The dashboard of those who own the product: how many conversations there are, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import conversation_counts, conversation_rates, conversation_size, parts
from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards.board import Board, Row
from grafana.source.dashboards.looks import (
    GREEN,
    RED,
    SHARE,
    YELLOW,
    Look,
)
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import now
from grafana.source.dashboards.variables import data_sources, environment, service, window
from grafana.source.promql import share
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

_COMPLETED: Final = 'outcome="completed"'
_ABANDONED: Final = 'outcome="abandoned"'
_FAILED: Final = 'outcome="failed"'


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid="agent-conversations",
        title="Agents / Conversations",
        description="How many conversations there are, what becomes of them, and how that moves.",
        variables=[*data_sources("prometheus", "loki", "tempo"), service(), environment(), window()],
        rows=[
            Row("How is it going?", _summary()),
            Row("What became of them?", conversation_counts.became()),
            Row("Are the rates moving?", conversation_rates.moving()),
            Row("Is that more or less than before?", conversation_counts.beside_before()),
            Row("How much is said, and how long does it take?", conversation_size.said()),
            Row("How long is a conversation?", conversation_size.sizes()),
        ],
    )


def _summary() -> list[sdk.Panel]:
    return [_ended(), _open_now(), _completion(), _resolution(), _coverage(), _escalation()]


def _ended() -> sdk.Panel:
    told = Told("Ended", "Engaged conversations that ended in the time shown, less those taken back.", (4, 5))
    return p.stat(told, [now(f.ended(f.RANGE), "ended")], Look(decimals=0))


def _open_now() -> sdk.Panel:
    told = Told("Open now", "Engaged conversations that have begun and not ended.", (3, 5))
    return p.stat(told, [now(f"sum({f.gauge(c.ACTIVE)})", "open")], Look(decimals=0, nothing="no service is seen"))


def _completion() -> sdk.Panel:
    told = Told(
        "Completion",
        "Share of the ended conversations whose outcome is completed, with its 95 % interval (Wilson): the user was "
        "content to leave.",
        (5, 5),
    )
    return parts.rate(told, "completed", f.ended(f.RANGE, _COMPLETED), f.ended(f.RANGE), _graded(0.4, 0.6))


def _resolution() -> sdk.Panel:
    told = Told(
        "Resolution rate",
        "Conversations with the status resolved, of those whose status is known, with the 95 % interval (Wilson). "
        "Read it with its coverage.",
        (5, 5),
    )
    return parts.rate(told, "resolved", f.resolved(f.RANGE), f.known_status(f.RANGE), _graded(0.4, 0.6))


def _coverage() -> sdk.Panel:
    told = Told(
        "Its coverage",
        "Share of the ended conversations whose result is known. Below a half, do not lean on the resolution rate.",
        (3, 5),
    )
    question = share(f.known_status(f.RANGE), f.count(c.BY_STATUS, f.RANGE))
    return p.stat(told, [now(question, "known")], _graded(0.5, 0.7))


def _escalation() -> sdk.Panel:
    told = Told(
        "Escalation",
        "Share of the ended conversations in which a human was asked for, whatever the outcome, with its 95 % "
        "interval (Wilson).",
        (4, 5),
    )
    look = Look(SHARE, decimals=1, steps=((0.0, GREEN), (0.2, YELLOW), (0.4, RED)))
    return parts.rate(told, "escalated", f.count(c.ESCALATED, f.RANGE), f.ended(f.RANGE), look)


def _graded(poor: float, good: float) -> Look:
    """Return a share that is red, yellow from the first bound on and green from the second."""
    return Look(SHARE, decimals=1, steps=((0.0, RED), (poor, YELLOW), (good, GREEN)))
