"""The dashboard of money: what agents cost, what that bought, and what it saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import parts
from grafana.source.dashboards.board import Board, Row
from grafana.source.dashboards.conversations import OUTCOME_COLORS
from grafana.source.dashboards.links import of_series
from grafana.source.dashboards.looks import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
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
from grafana.source.promql import net, share
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

_MONTH: Final = 30 * 86400
_VERIFIED: Final = 'side="verified"'
_SIDE: Final = ("side",)
_HUMAN: Final = f"scalar(max({c.HUMAN_COST.name}))"


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
            Row("Which tokens are paid for?", [_tokens(), _cached(), _per_conversation()]),
            Row("What did it save?", [_savings(), _savings_parts(), _savings_over_time()]),
            Row("What is not in these figures?", [_unpriced(), _unpriced_share(), _left_out()]),
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
    panel = p.table(told, [query], Look(USD, decimals=4), (Override("cost", p.cell_bar()),), "cost")
    return p.transformed(panel, *p.as_columns({"agent": "agent", "model": "model"}, "cost"))


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


def _token(kind: str, window: str = f.STEP) -> str:
    return f.count(c.TOKENS, window, f'token_type="{kind}"')


def _tokens() -> sdk.Panel:
    told = Told(
        "Tokens",
        "Input holds what was read from and written to a cache, output holds reasoning; here each token is shown "
        "once, so that the bars add up.",
        (10, 9),
    )
    fresh = f"clamp_min({_token('input')} - {_token('cache_read')} - {_token('cache_write')}, 0)"
    spoken = f"clamp_min({_token('output')} - {_token('reasoning')}, 0)"
    queries = [
        over_time(fresh, "input, not cached"),
        over_time(_token("cache_read"), "input, read from a cache"),
        over_time(_token("cache_write"), "input, written to a cache"),
        over_time(spoken, "output, no reasoning"),
        over_time(_token("reasoning"), "output, reasoning"),
    ]
    colors = (("input, not cached", BLUE), ("input, read from a cache", GREEN), ("input, written to a cache", YELLOW),
              ("output, no reasoning", ORANGE), ("output, reasoning", PURPLE))  # fmt: skip
    return p.bars(told, queries, Look(decimals=1, colors=colors))


def _cached() -> sdk.Panel:
    told = Told("Read from a cache", "Share of the input tokens of a model that were read from a cache.", (7, 9))
    by = ("model",)
    read = f.count(c.TOKENS, f.WINDOW, 'token_type="cache_read"', by=by)
    sent = f.count(c.TOKENS, f.WINDOW, 'token_type="input"', by=by)
    return p.lines(told, [over_time(share(read, sent), "{{model}}")], Look(SHARE, decimals=1, least=0, most=1))


def _per_conversation() -> sdk.Panel:
    told = Told("Tokens of conversations", "How many ended conversations used so many input and output tokens.", (7, 9))
    expression = f.buckets(c.CONVERSATION_TOKENS, window=f.RANGE)
    return parts.distribution(told, expression, c.CONVERSATION_TOKENS, parts.tokens, Look(decimals=0))


def _saved(window: str) -> str:
    verified = net(c.SAVINGS_CONVERSATIONS, window, f.of(_VERIFIED))
    return f"{verified} * {_HUMAN} - {net(c.SAVINGS_COST, window, f.of())}"


def _savings() -> sdk.Panel:
    told = Told(
        "Savings",
        "Over the conversations verified as resolved: what a human would have cost, a setting, less what they cost; "
        "less what the escalated ones cost. As good as that setting.",
        (6, 9),
    )
    queries = [now(_saved(f.RANGE), "saved"), now(f"max({c.HUMAN_COST.name})", "a human's conversation (setting)")]
    return p.stat(told, queries, Look(USD, decimals=2), orientation="horizontal")


def _savings_parts() -> sdk.Panel:
    told = Told(
        "What savings are made of",
        "Verified: resolved, as an evaluation or the agent's last statement says. Escalated: a human was asked for. "
        "One that is both is on both sides. Left out: a call had no price.",
        (9, 9),
    )
    metrics = (c.SAVINGS_CONVERSATIONS, c.SAVINGS_COST, c.SAVINGS_UNPRICED)
    questions = [rows(f.count(metric, f.RANGE, by=_SIDE)) for metric in metrics]
    overrides = (
        Override("cost", {"unit": USD, "decimals": 4}),
        Override("left out", {"custom.cellOptions": {"type": "color-text"}}),
    )
    panel = p.table(told, questions, Look(decimals=0), overrides)
    return p.transformed(panel, *p.as_columns({"side": "side"}, "conversations", "cost", "left out"))


def _savings_over_time() -> sdk.Panel:
    told = Told("Savings over time", "Savings by the day; below 0 the agents cost more than they saved.", (9, 9))
    return p.bars(
        told, [over_time(_saved(f.STEP), "saved")], Look(USD, decimals=2, colors=(("saved", GREEN),)), step="1d"
    )


def _unpriced() -> sdk.Panel:
    told = Told(
        "Calls without a price, by model",
        "Model calls whose cost is unknown: no price for the model, or no usage was told.",
        (9, 8),
    )
    query = over_time(f.count(c.UNPRICED, f.STEP, by=("model",)), "{{model}}")
    return p.bars(told, [query], Look(decimals=0, nothing="no model was called"))


def _unpriced_share() -> sdk.Panel:
    told = Told("Their share, by model", "Calls without a price, of the calls of a model, in the time shown.", (7, 8))
    by = ("model",)
    part, calls = f.count(c.UNPRICED, f.RANGE, by=by), f.count(c.MODEL_CALLS, f.RANGE, by=by)
    look = Look(SHARE, decimals=1, least=0, most=1, steps=((0.0, GREEN), (0.01, YELLOW), (0.05, RED)))
    return p.ranking(told, [now(share(part, calls), "{{model}}")], look)


def _left_out() -> sdk.Panel:
    told = Told(
        "Left out of savings",
        "Conversations that would count for or against savings, and have an unpriced call.",
        (8, 8),
    )
    query = over_time(f.count(c.SAVINGS_UNPRICED, f.STEP, by=_SIDE), "{{side}}")
    return p.bars(told, [query], Look(decimals=0, colors=(("verified", GREY), ("escalated", ORANGE))), step="6h")
