"""The dashboard of those who build the agents: agents, handoffs, tools, models, errors and times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import shaping as s
from grafana.source.dashboards import tools_models
from grafana.source.dashboards.board import Board, Row
from grafana.source.dashboards.links import of_cell, of_series
from grafana.source.dashboards.looks import SECONDS, SHARE, USD, Look, Override
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import buckets_over_time, over_time, rows
from grafana.source.dashboards.variables import agent, data_sources, environment, service, window
from grafana.source.promql import share, wilson_lower, wilson_upper
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

_BY_AGENT: Final = ("agent",)


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid="agent-agents-tools",
        title="Agents / Agents and tools",
        description="How agents compare, whom they hand over to, how their tools and models do, and what fails.",
        variables=[*data_sources("prometheus", "loki", "tempo"), service(), environment(), agent(), window()],
        rows=[
            Row("How do the agents compare?", [_outcomes(), _times_and_cost()]),
            Row("Who hands over to whom?", [_handoff_graph(), _handoff_table(), _escalations()]),
            Row("How long do users wait?", [_response_time(), _response_heatmap(), _first_response()]),
            Row("What do the tools do?", tools_models.tools()),
            Row("What do the models do?", tools_models.models()),
            Row("What fails?", tools_models.failures()),
        ],
        start="now-24h",
    )


def _outcomes() -> sdk.Panel:
    told = Told(
        "Agents side by side",
        "Each conversation counts for one agent: the one that asked for a human, whose run failed, or that gave the "
        "last answer. Shares are of that agent's ended conversations, each with its 95 % interval (Wilson).",
        (24, 7),
    )
    whole = f.ended(f.RANGE, f.AGENT, by=_BY_AGENT)
    columns = {"conversations": whole}
    for name in ("completed", "abandoned", "failed", "escalated"):
        escalated = f.count(c.ESCALATED, f.RANGE, f.AGENT, by=_BY_AGENT)
        part = escalated if name == "escalated" else _ended_as(name)
        columns[name] = share(part, whole)
        columns[f"{name}, low"], columns[f"{name}, high"] = wilson_lower(part, whole), wilson_upper(part, whole)
    overrides = (
        Override("agent", of_cell("agent", "Conversations of this agent")),
        Override("conversations", {"unit": "short", "decimals": 0, **s.cell_bar()}),
        Override("failed", s.cell_of_errors()),
        Override("/, low$/", {"displayName": "95 % low", "custom.width": 80}),
        Override("/, high$/", {"displayName": "95 % high", "custom.width": 80}),
    )
    panel = p.table(told, [rows(one) for one in columns.values()], Look(SHARE, decimals=1), overrides, "conversations")
    return s.transformed(panel, *s.as_columns({"agent": "agent"}, *columns))


def _times_and_cost() -> sdk.Panel:
    told = Told(
        "Times and cost of each agent",
        "Response: from the user's message to the end of the run. Time to resolve: length of the resolved "
        "conversations. Cost: of the model calls of the agent, whatever conversation they were in.",
        (24, 6),
    )
    columns = {
        "answers": f.observed(c.RESPONSE_TIME, f.AGENT, by=_BY_AGENT),
        "response, half within": f.quantile(0.5, c.RESPONSE_TIME, f.AGENT, by=_BY_AGENT, window=f.RANGE),
        "response, 95 % within": f.quantile(0.95, c.RESPONSE_TIME, f.AGENT, by=_BY_AGENT, window=f.RANGE),
        "time to resolve, mean": f.mean(c.RESOLUTION_TIME, f.AGENT, by=_BY_AGENT),
        "time to resolve, half within": f.quantile(0.5, c.RESOLUTION_TIME, f.AGENT, by=_BY_AGENT, window=f.RANGE),
        "cost": f.count(c.COST, f.RANGE, f.AGENT, by=_BY_AGENT),
    }
    overrides = (
        Override("agent", of_cell("agent", "Conversations of this agent")),
        Override("answers", {"decimals": 0, **s.cell_bar()}),
        Override("/^(response|time)/", {"unit": SECONDS, "decimals": 1}),
        Override("cost", {"unit": USD, "decimals": 3}),
    )
    panel = p.table(told, [rows(one) for one in columns.values()], Look(), overrides, "answers")
    return s.transformed(panel, *s.as_columns({"agent": "agent"}, *columns))


def _ended_as(outcome: str) -> str:
    return f.ended(f.RANGE, f.AGENT, f'outcome="{outcome}"', by=_BY_AGENT)


def _handoffs() -> str:
    counted = f.count(c.HANDOFFS, f.RANGE, by=("from_agent", "to_agent"))
    return f"{counted} > 0"


def _handoff_graph() -> sdk.Panel:
    told = Told(
        "Handoffs",
        "Each arrow is how often one agent handed over to another in the time shown; the number on an agent is how "
        "often it was handed to.",
        (10, 11),
    )
    edges = f'label_join({_handoffs()}, "id", " → ", "from_agent", "to_agent")'
    options = {
        "nodes": {"mainStatUnit": "received"},
        "edges": {"mainStatUnit": "handoffs"},
        "zoomMode": "cooperative",
    }
    panel = p.other("nodeGraph", told, [rows(edges)], options, Look(nothing="no handoffs"))
    names = {"from_agent": "source", "to_agent": "target", "Value": "mainstat"}
    shaped = {"excludeByName": {"Time": True}, "renameByName": names, "indexByName": {}, "includeByName": {}}
    return s.transformed(panel, ("organize", shaped))


def _handoff_table() -> sdk.Panel:
    told = Told("Handoffs as a list", "How often one agent handed over to another in the time shown.", (7, 11))
    overrides = (Override("handoffs", {"decimals": 0, **s.cell_bar()}),)
    panel = p.table(told, [rows(_handoffs())], Look(nothing="no handoffs"), overrides, "handoffs")
    return s.transformed(panel, *s.as_columns({"from_agent": "from", "to_agent": "to"}, "handoffs"))


def _escalations() -> sdk.Panel:
    told = Told(
        "Escalations by agent",
        "Conversations in which a human was asked for, by the agent that asked. A call that failed asks for nobody.",
        (7, 11),
    )
    query = over_time(f.count(c.ESCALATED, f.STEP, f.AGENT, by=_BY_AGENT), "{{agent}}")
    return p.bars(told, [query], Look(decimals=0), [of_series("agent")])


def _response_time() -> sdk.Panel:
    told = Told(
        "Response time by agent, 90 %",
        "From the user's message to the end of the run that answered it: 9 of 10 were faster. The dots are single "
        "runs, and lead to their traces.",
        (9, 9),
    )
    expression = f.quantile(0.9, c.RESPONSE_TIME, f.AGENT, by=_BY_AGENT)
    panel = p.lines(told, [over_time(expression, "{{agent}}", exemplars=True)], Look(SECONDS), (), [of_series("agent")])
    panel.interval = "5m"
    return s.limited(panel, f.lowest_limit("response_seconds"))


def _response_heatmap() -> sdk.Panel:
    told = Told(
        "Response times", "All runs by how long they took, from the user's message to the end of the run.", (8, 9)
    )
    panel = p.heatmap(told, [buckets_over_time(f.buckets(c.RESPONSE_TIME, f.AGENT, window=f.STEP))], Look(SECONDS))
    panel.interval = "5m"
    return panel


def _first_response() -> sdk.Panel:
    told = Told(
        "First response",
        "From a user's message to the first token of its answer or, where nothing was streamed, to the answer. "
        "Counted when the conversation ends, of all agents.",
        (7, 9),
    )
    queries = [
        over_time(f.quantile(0.95, c.FIRST_RESPONSE_TIME, window=f.WINDOW), "95 of 100", exemplars=True),
        over_time(f.quantile(0.5, c.FIRST_RESPONSE_TIME, window=f.WINDOW), "half"),
    ]
    return p.lines(told, queries, Look(SECONDS))
