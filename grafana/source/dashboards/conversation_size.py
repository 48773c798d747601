"""How much is said in conversations, and how long they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import parts
from grafana.source.dashboards.looks import (
    BLUE,
    GREY,
    SECONDS,
    Look,
)
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import buckets_now, over_time
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk


def said() -> list[sdk.Panel]:
    """Return the panels of how much is said."""
    return [_messages(), _active(), _visits()]


def sizes() -> list[sdk.Panel]:
    """Return the panels of how long a conversation is."""
    return [_turns(), _lengths(), _durations()]


def _messages() -> sdk.Panel:
    told = Told("Messages", "Messages of users and of agents.", (10, 8))
    query = over_time(f.count(c.MESSAGES, f.STEP, by=("role",)), "{{role}}")
    return p.bars(told, [query], Look(decimals=0, colors=(("user", BLUE), ("agent", GREY))))


def _active() -> sdk.Panel:
    told = Told("Open conversations", "Engaged conversations that have begun and not ended, at each moment.", (7, 8))
    query = over_time(f"sum by (service_name) ({f.gauge(c.ACTIVE)})", "{{service_name}}")
    return p.lines(told, [query], Look(decimals=0, nothing="no service is seen"))


def _visits() -> sdk.Panel:
    told = Told("Visits", "Conversations that ended without a word of the user; they are in no rate.", (7, 8))
    return p.bars(told, [over_time(f.count(c.VISITS, f.STEP), "visits")], Look(decimals=0, colors=(("visits", GREY),)))


def _turns() -> sdk.Panel:
    told = Told(
        "Turns of a conversation",
        "How many conversations had so many user messages, in the time shown. One that was reopened is counted at "
        "each of its ends.",
        (8, 9),
    )
    expression = f.buckets(c.CONVERSATION_TURNS, window=f.RANGE)
    return parts.distribution(told, expression, c.CONVERSATION_TURNS, parts.plain, Look(decimals=0))


def _lengths() -> sdk.Panel:
    told = Told(
        "Length of a conversation",
        "How many conversations lasted so long, from the first event to the end, in the time shown. One that was "
        "reopened is counted at each of its ends.",
        (8, 9),
    )
    return p.ranking(
        told,
        [buckets_now(f.buckets(c.DURATION, window=f.RANGE))],
        Look(decimals=0),
        parts.bounds(c.DURATION, parts.seconds),
    )


def _durations() -> sdk.Panel:
    told = Told(
        "Length over time",
        "Half of the conversations, and nine of ten, were shorter, over the window chosen above; from buckets, so a "
        "step is coarse. First event to end.",
        (8, 9),
    )
    queries = [
        over_time(f.quantile(0.9, c.DURATION, window=f.WINDOW), "9 of 10", exemplars=True),
        over_time(f.quantile(0.5, c.DURATION, window=f.WINDOW), "half"),
        over_time(f.mean(c.DURATION, window=f.WINDOW), "mean"),
    ]
    return p.lines(told, queries, Look(SECONDS))
