"""The dashboard of money: what agents cost, what that bought, and what it saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import cost_savings, parts
from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import shaping as s
from grafana.source.dashboards.board import Board, Row
from grafana.source.dashboards.conversation_counts import OUTCOME_COLORS
from grafana.source.dashboards.links import of_series
from grafana.source.dashboards.looks import (
    BLUE,
    GREEN,
    RED,
    SHARE,
    USD,
    YELLOW,
    Look,
    Override,
)
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import now, over_time, rows
from grafana.source.dashboards.variables import agent, data_sources, environment, service, window
from grafana.source.promql import share
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

_MONTH: Final = 30 * 86400


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid="agent-cost",
        title="Agents / Cost and savings",
        description="What the agents cost, by agent and model, what a solved conversation cost, and what that saved.",
        variables=[*data_sources("prometheus", "loki", "tempo"), service(), environment(), agent(), window()],
        rows=[
            Row("What is spent?", _summary()),
            Row("On what?", [_by_agent(), _by_model(), _largest()]),
            Row("What did a conversation cost?", [_over_time(), _by_outcome(), _spread()]),
            Row("Which tokens are paid for?", cost_savings.tokens()),
            Row("What did it save?", cost_savings.savings()),
            Row("What is not in these figures?", cost_savings.left_out()),
        ],
    )


def _summary() -> list[sdk.Panel]:
    spent = f.count(c.COST, f.RANGE, f.AGENT)
    calls = f.count(c.MODEL_CALLS, f.RANGE)
    return [
        p.stat(
            Told("Spent", "Cost of the priced model calls in the time shown, at the price of their time.", (5, 4)),
            [now(spent, "spent")],
            Look(USD, decimals=2),
        ),
        p.stat(
            Told("A month at this pace", "What 30 days cost if they are all like the time shown.", (5, 4)),
            [now(f"{spent} / $__range_s * {_MONTH}", "a month")],
            Look(USD, decimals=0),
        ),
        p.stat(
            Told(
                "Per conversation",
                "Mean cost of an ended conversation, where it is known. One that was reopened"
                " is in it at each of its ends.",
                (5, 4),
            ),
            [now(f.mean(c.CONVERSATION_COST), "per conversation")],
            Look(USD, decimals=4),
        ),
        p.stat(
            Told(
                "Per resolved conversation",
                "The cost of all ended conversations, whatever became of them, by the number whose status is resolved.",
                (5, 4),
            ),
            [now(share(f.count(c.ENDED_COST, f.RANGE), f.resolved(f.RANGE)), "per resolved")],
            Look(USD, decimals=4, nothing="none resolved"),
        ),
        p.stat(
            Told(
                "Calls without a price",
                "Share of the model calls whose cost is unknown; they are in no figure of money.",
                (4, 4),
            ),
            [now(share(f.count(c.UNPRICED, f.RANGE), calls), "unpriced")],
            Look(SHARE, decimals=1, steps=((0.0, GREEN), (0.01, YELLOW), (0.05, RED))),
        ),
    ]


def _by_agent() -> sdk.Panel:
    told = Told("Cost by agent", "Cost of the model calls of each agent, by the time of the call.", (9, 9))
    query = over_time(f.count(c.COST, f.STEP, f.AGENT, by=("agent",)), "{{agent}}")
    return p.bars(told, [query], Look(USD, decimals=3), [of_series("agent")])


def _by_model() -> sdk.Panel:
    told = Told("Cost by model", "Cost of the calls of each model, by the time of the call.", (8, 9))
    return p.bars(
        told, [over_time(f.count(c.COST, f.STEP, f.AGENT, by=("model",)), "{{model}}")], Look(USD, decimals=3)
    )


def _largest() -> sdk.Panel:
    told = Told("Largest costs", "By agent and model, in the time shown.", (7, 9))
    query = rows(f"topk(20, {f.count(c.COST, f.RANGE, f.AGENT, by=('agent', 'model'))} > 0)")
    panel = p.table(told, [query], Look(USD, decimals=4), (Override("cost", s.cell_bar()),), "cost")
    return s.transformed(panel, *s.as_columns({"agent": "agent", "model": "model"}, "cost"))


def _over_time() -> sdk.Panel:
    told = Told(
        "Per conversation and per resolved one",
        "Per conversation: mean of the known costs. Per resolved: the cost of all ended, by the number resolved. Over"
        " the window chosen above; the dots lead to traces.",
        (9, 9),
    )
    queries = [
        over_time(share(f.count(c.ENDED_COST, f.WINDOW), f.resolved(f.WINDOW)), "per resolved"),
        over_time(f.mean(c.CONVERSATION_COST, window=f.WINDOW), "per conversation", exemplars=True),
    ]
    return p.lines(told, queries, Look(USD, decimals=4, colors=(("per resolved", GREEN), ("per conversation", BLUE))))


def _by_outcome() -> sdk.Panel:
    told = Told(
        "Cost by outcome", "What the ended conversations cost, by what became of them, in the time shown.", (7, 9)
    )
    query = now(f.count(c.ENDED_COST, f.RANGE, by=("outcome",)), "{{outcome}}")
    return p.donut(told, [query], Look(USD, decimals=3, colors=OUTCOME_COLORS), [of_series("outcome")])


def _spread() -> sdk.Panel:
    told = Told(
        "Costs of conversations",
        "How many ended conversations cost so much, where it is known. One that was reopened counts at each of its "
        "ends.",
        (8, 9),
    )
    expression = f.buckets(c.CONVERSATION_COST, window=f.RANGE)
    return parts.distribution(told, expression, c.CONVERSATION_COST, parts.dollars, Look(decimals=0))
